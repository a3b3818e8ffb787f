package dev.nla4j.cli;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.json.Yaml;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.format.safetensors.ShardedWriter;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A target and a pair in released layout with random weights of any width, written a piece at a time. The tokenizer is
/// a small one, so the vocabulary has 1536 rows.
///
/// @param layers blocks of target and verbalizer
/// @param k the reconstructor has `k + 1` blocks
record RandomPair(String family, int dim, int hidden, int heads, int keyValues, int headWidth, int layers, int k) {
    private static final int VOCABULARY = 1536;
    private static final int MARKER = 1500;
    private static final int RANK = 4;
    private static final Path TOKENIZERS = Path.of("../core/src/test/resources/tokenizer");
    private static final String CHAT =
            "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}";
    private static final String AV = "What does <concept>{injection_char}</concept> mean?";
    private static final String AR = "Summary of the following text: <text>{explanation}</text> <summary>";

    /// A few thousand weights.
    static RandomPair tiny(String family) {
        return new RandomPair(family, 64, 96, 4, 2, 16, 4, 2);
    }

    private boolean isGemma() {
        return family.equals("gemma3");
    }

    /// Writes the target alone.
    Path target(Path folder) throws IOException {
        model(folder, layers, true, 1);
        return folder;
    }

    /// Writes `av/` and `ar/` with full weights.
    Path full(Path folder) throws IOException {
        model(folder.resolve("av"), layers, true, 2);
        model(folder.resolve("ar"), k + 1, false, 3);
        sidecars(folder);
        return folder;
    }

    /// Writes `av/` and `ar/` as adapters.
    Path adapters(Path folder, String base) throws IOException {
        for (String half : List.of("av", "ar")) {
            Path place = Files.createDirectories(folder.resolve(half));
            ObjectNode config = Json.mapper()
                    .createObjectNode()
                    .put("peft_type", "LORA")
                    .put("base_model_name_or_path", base)
                    .put("r", RANK)
                    .put("lora_alpha", 8);
            Files.writeString(place.resolve("adapter_config.json"), config.toString());
            List<TensorToWrite> tensors = new ArrayList<>();
            for (int layer = 0; layer < layers; layer++) {
                String block = "base_model.model.model.layers." + layer + ".";
                add(tensors, block + "self_attn.q_proj.lora_A.weight", 0.1, 7, RANK, dim);
                add(tensors, block + "self_attn.q_proj.lora_B.weight", 0.1, 7, (long) heads * headWidth, RANK);
                add(tensors, block + "mlp.down_proj.lora_A.weight", 0.1, 7, RANK, hidden);
                add(tensors, block + "mlp.down_proj.lora_B.weight", 0.1, 7, dim, RANK);
            }
            SafetensorsWriter.write(place.resolve("adapter_model.safetensors"), tensors, Map.of());
            tokenizer(place);
        }
        sidecars(folder);
        for (String half : List.of("av", "ar")) {
            Files.delete(folder.resolve(half).resolve("tokenizer.json"));
        }
        return folder;
    }

    /// Bytes of target, verbalizer and reconstructor in bf16, without the value head.
    long bf16Bytes() {
        List<TensorToWrite> all = new ArrayList<>(tensors(layers, true, 1));
        all.addAll(tensors(layers, true, 2));
        all.addAll(tensors(k + 1, false, 3));
        return all.stream().mapToLong(TensorToWrite::bytes).sum();
    }

    private void model(Path folder, int blocks, boolean whole, long seed) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), config(blocks).toPrettyString());
        tokenizer(folder);
        ShardedWriter.write(folder, tensors(blocks, whole, seed), 2_000_000_000L);
    }

    private void tokenizer(Path folder) throws IOException {
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "generation_config.json")) {
            Files.copy(TOKENIZERS.resolve("contract-" + family).resolve(name), folder.resolve(name));
        }
        Files.writeString(folder.resolve("chat_template.jinja"), CHAT);
    }

    /// In the spelling of transformers 4; Gemma 3 inside its multimodal configuration.
    private ObjectNode config(int blocks) {
        ObjectNode text = Json.mapper()
                .createObjectNode()
                .put("model_type", isGemma() ? "gemma3_text" : family)
                .put("vocab_size", VOCABULARY)
                .put("hidden_size", dim)
                .put("intermediate_size", hidden)
                .put("num_hidden_layers", blocks)
                .put("num_attention_heads", heads)
                .put("num_key_value_heads", keyValues)
                .put("head_dim", headWidth)
                .put("max_position_embeddings", 1024)
                .put("rms_norm_eps", 1e-6)
                .put("rope_theta", 500000.0)
                .put("torch_dtype", "bfloat16")
                .put("tie_word_embeddings", isGemma());
        if (!isGemma()) {
            return text;
        }
        text.put("query_pre_attn_scalar", headWidth).put("sliding_window", 32).put("rope_local_base_freq", 10000.0);
        ArrayNode types = text.putArray("layer_types");
        for (int layer = 0; layer < blocks; layer++) {
            types.add(layer % 2 == 0 ? "sliding_attention" : "full_attention");
        }
        ObjectNode outer = Json.mapper().createObjectNode().put("model_type", "gemma3");
        outer.set("text_config", text);
        return outer;
    }

    private List<TensorToWrite> tensors(int blocks, boolean whole, long seed) {
        String prefix = isGemma() ? "language_model.model." : "model.";
        List<TensorToWrite> tensors = new ArrayList<>();
        double ofDim = 1 / Math.sqrt(dim);
        add(tensors, prefix + "embed_tokens.weight", isGemma() ? ofDim : 1, seed, VOCABULARY, dim);
        for (int layer = 0; layer < blocks; layer++) {
            String block = prefix + "layers." + layer + ".";
            long attended = (long) heads * headWidth;
            long kept = (long) keyValues * headWidth;
            add(tensors, block + "self_attn.q_proj.weight", ofDim, seed, attended, dim);
            add(tensors, block + "self_attn.k_proj.weight", ofDim, seed, kept, dim);
            add(tensors, block + "self_attn.v_proj.weight", ofDim, seed, kept, dim);
            add(tensors, block + "self_attn.o_proj.weight", 1 / Math.sqrt(attended), seed, dim, attended);
            add(tensors, block + "mlp.gate_proj.weight", ofDim, seed, hidden, dim);
            add(tensors, block + "mlp.up_proj.weight", ofDim, seed, hidden, dim);
            add(tensors, block + "mlp.down_proj.weight", 1 / Math.sqrt(hidden), seed, dim, hidden);
            List<String> norms = new ArrayList<>(List.of("input_layernorm", "post_attention_layernorm"));
            if (isGemma()) {
                norms.addAll(List.of("pre_feedforward_layernorm", "post_feedforward_layernorm"));
                add(tensors, block + "self_attn.q_norm.weight", 0.2, seed, headWidth);
                add(tensors, block + "self_attn.k_norm.weight", 0.2, seed, headWidth);
            }
            norms.forEach(norm -> add(tensors, block + norm + ".weight", 0.2, seed, dim));
            if (family.equals("qwen2")) {
                add(tensors, block + "self_attn.q_proj.bias", 0.2, seed, attended);
                add(tensors, block + "self_attn.k_proj.bias", 0.2, seed, kept);
                add(tensors, block + "self_attn.v_proj.bias", 0.2, seed, kept);
            }
        }
        if (whole) {
            add(tensors, prefix + "norm.weight", 0.2, seed, dim);
            if (!isGemma()) {
                add(tensors, "lm_head.weight", ofDim, seed, VOCABULARY, dim);
            }
        }
        return tensors;
    }

    private static void add(List<TensorToWrite> tensors, String name, double size, long seed, long... dimensions) {
        List<Long> shape = java.util.Arrays.stream(dimensions).boxed().toList();
        long count = shape.stream().reduce(1L, Math::multiplyExact);
        tensors.add(new TensorToWrite(
                name, StoredType.BF16, shape, out -> noise(out, count, size, seed * 31 + name.hashCode())));
    }

    /// Gaussian numbers out of a table, fast enough for billions of them.
    private static void noise(WritableByteChannel out, long count, double size, long seed) throws IOException {
        Random gaussian = new Random(seed);
        short[] table = new short[1 << 16];
        for (int i = 0; i < table.length; i++) {
            table[i] = (short) (Float.floatToRawIntBits((float) (gaussian.nextGaussian() * size)) >>> 16);
        }
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer piece = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        long left = count;
        while (left > 0) {
            piece.clear();
            int shorts = (int) Math.min(left, piece.capacity() / 2);
            long bits = 0;
            for (int i = 0; i < shorts; i++) {
                bits = i % 4 == 0 ? random.nextLong() : bits >>> 16;
                piece.putShort(table[(int) (bits & 0xffff)]);
            }
            out.write(piece.flip());
            left -= shorts;
        }
    }

    /// Sidecars with what the live tokenizer says, and the value head.
    private void sidecars(Path folder) throws IOException {
        Path av = folder.resolve("av");
        try (Tokenizer tokenizer = ModelLoader.tokenizer(av)) {
            String marker = tokenizer.decode(new int[] {MARKER}, false);
            ChatTemplate chat = ChatTemplate.parse(CHAT, "test");
            String prompt =
                    chat.render(RenderOptions.of(List.of(Message.of("user", AV.replace("{injection_char}", marker))))
                            .withGenerationPrompt(true)
                            .withSpecials(LanguageModel.templateSpecials(tokenizer)));
            int[] ids = tokenizer.ids(prompt, false);
            int at = java.util.Arrays.stream(ids).boxed().toList().indexOf(MARKER);
            ObjectNode tokens = Json.mapper()
                    .createObjectNode()
                    .put("injection_char", marker)
                    .put("injection_token_id", MARKER)
                    .put("injection_left_neighbor_id", ids[at - 1])
                    .put("injection_right_neighbor_id", ids[at + 1]);
            sidecar(av, "av", tokens, isGemma() ? 60_000.0 : 150.0);
            sidecar(folder.resolve("ar"), "ar", tokens, null);
        }
        List<TensorToWrite> head = new ArrayList<>();
        add(head, "weight", 1 / Math.sqrt(dim), 5, dim, dim);
        SafetensorsWriter.write(folder.resolve("ar/value_head.safetensors"), head, Map.of());
    }

    private void sidecar(Path folder, String role, ObjectNode tokens, @org.jspecify.annotations.Nullable Double scale)
            throws IOException {
        ObjectNode root = Json.mapper()
                .createObjectNode()
                .put("kind", "nla_model")
                .put("schema_version", 2)
                .put("role", role)
                .put("base_checkpoint", "nobody/random")
                .put("d_model", dim);
        root.putObject("extraction").put("injection_scale", scale);
        root.set("tokens", tokens);
        root.putObject("prompt_templates").put("av", AV).put("ar", AR);
        if (role.equals("ar")) {
            root.putObject("critic").put("extraction_layer_index", k);
        }
        Files.writeString(folder.resolve("nla_meta.yaml"), Yaml.write(root));
    }
}
