package dev.nla4j.model;

import static dev.nla4j.format.gguf.GgufValues.f32;
import static dev.nla4j.format.gguf.GgufValues.text;
import static dev.nla4j.format.gguf.GgufValues.u32;

import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.gguf.GgufValue;
import dev.nla4j.format.gguf.GgufWriter;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.Safetensors;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/// Turns a model folder into a GGUF as llama.cpp's converter does, from `config.json` itself and not from
/// what the project makes of it, with names of its own: a second opinion on `GgufConfig` and `WeightNames`.
///
/// Followed in its source: ggml-org/llama.cpp, `conversion/{base,llama,qwen,gemma,phi}.py` and
/// `gguf-py/gguf/constants.py`; see `docs/design/gguf.md`.
final class GgufConversion {
    private final Path folder;
    private final JsonNode config;
    private final JsonNode outer;
    private final String type;
    private final JsonNode rope;
    private final boolean ropeByKind;
    private final Map<String, GgufValue> header = new LinkedHashMap<>();

    private GgufConversion(Path folder) {
        this.folder = folder;
        this.outer = Json.read(folder.resolve("config.json"), 1 << 20);
        this.config = outer.path("text_config").isObject() ? outer.path("text_config") : outer;
        this.type = config.path("model_type").stringValue();
        this.rope = config.path("rope_parameters").isObject()
                ? config.path("rope_parameters")
                : config.path("rope_scaling");
        this.ropeByKind = rope.has("full_attention") || rope.has("sliding_attention");
    }

    /// Writes `target`, without a tokenizer but for the ids that end a text.
    ///
    /// @param extra what the converter would not write, by key without the architecture
    static Path convert(Path folder, Path target, Map<String, GgufValue> extra) throws IOException {
        return convert(folder, target, extra, Map.of());
    }

    /// As above, with further keys whose names are whole.
    static Path convert(Path folder, Path target, Map<String, GgufValue> extra, Map<String, GgufValue> whole)
            throws IOException {
        GgufConversion conversion = new GgufConversion(folder);
        List<TensorToWrite> tensors = conversion.tensors();
        Map<String, GgufValue> header = conversion.header();
        extra.forEach((key, value) -> header.put(conversion.architecture() + "." + key, value));
        header.putAll(whole);
        GgufWriter.write(target, header, tensors);
        return target;
    }

    /// The same folder with every matrix rounded as the GGUF rounds it, in fp32 safetensors: what a reader of the GGUF
    /// must agree with.
    static Path rounded(Path folder, Path target) throws IOException {
        Files.createDirectories(target);
        Files.copy(folder.resolve("config.json"), target.resolve("config.json"));
        Path scratch = target.resolve("scratch.gguf");
        try (TensorSource source = Safetensors.open(folder)) {
            List<TensorToWrite> tensors = new ArrayList<>();
            for (String name : source.names()) {
                tensors.add(tensor(name, source.tensor(name).shape(), read(source, name)));
            }
            GgufWriter.write(scratch, Map.of(), tensors);
        }
        try (TensorSource source = GgufFile.open(scratch)) {
            List<TensorToWrite> tensors = new ArrayList<>();
            for (String name : source.names()) {
                tensors.add(TensorToWrite.ofF32(
                        name, StoredType.F32, source.tensor(name).shape(), MemorySegment.ofArray(read(source, name))));
            }
            SafetensorsWriter.write(target.resolve("model.safetensors"), tensors, Map.of());
        }
        Files.delete(scratch);
        return target;
    }

    private String architecture() {
        return switch (type) {
            case "mistral" -> "llama";
            case "gemma3_text" -> "gemma3";
            default -> type;
        };
    }

    private Map<String, GgufValue> header() {
        header.put("general.architecture", text(architecture()));
        header.put("general.type", text("model"));
        size("context_length", "max_position_embeddings");
        size("embedding_length", "hidden_size");
        size("block_count", "num_hidden_layers");
        size("feed_forward_length", "intermediate_size");
        size("attention.head_count", "num_attention_heads");
        size("attention.head_count_kv", "num_key_value_heads");
        real("attention.layer_norm_rms_epsilon", "rms_norm_eps");
        switch (type) {
            case "gemma" -> headWidth();
            case "gemma2" -> {
                headWidth();
                real("attn_logit_softcapping", "attn_logit_softcapping");
                real("final_logit_softcapping", "final_logit_softcapping");
                size("attention.sliding_window", "sliding_window");
            }
            case "phi3" -> phi3();
            default -> general();
        }
        header.put("general.file_type", u32(7));
        header.put("general.quantization_version", u32(2));
        List<JsonNode> stops = stops();
        if (!stops.isEmpty()) {
            header.put("tokenizer.ggml.eos_token_id", u32(stops.getFirst().intValue()));
        }
        return header;
    }

    /// `TextModel.set_gguf_parameters` and what llama and gemma3 add.
    private void general() {
        JsonNode full = ropeByKind ? rope.path("full_attention") : rope;
        scaling(full);
        theta(full).ifPresent(theta -> put("rope.freq_base", f32((float) (double) theta)));
        localTheta().ifPresent(theta -> put("rope.freq_base_swa", f32((float) (double) theta)));
        headWidth();
        if (architecture().equals("llama")) {
            size("vocab_size", "vocab_size");
            put("rope.dimension_count", u32(width()));
        }
        if (type.equals("gemma3_text")) {
            put("rope.freq_base", f32((float) (double) theta(full).orElse(1e6)));
            if (config.path("sliding_window_pattern").asInt(0) != 1) {
                size("attention.sliding_window", "sliding_window");
            }
        }
    }

    private void scaling(JsonNode full) {
        String kind = full.path("rope_type").asString(full.path("type").asString(""));
        if ((kind.equals("linear") || kind.equals("yarn")) && full.has("factor")) {
            put("rope.scaling.type", text(kind));
            put("rope.scaling.factor", f32(full.path("factor").floatValue()));
        }
        if (kind.equals("yarn")) {
            put(
                    "rope.scaling.original_context_length",
                    u32(full.path("original_max_position_embeddings").intValue()));
            ropeReal(full, "rope.scaling.yarn_attn_factor", "attention_factor");
            ropeReal(full, "rope.scaling.yarn_beta_fast", "beta_fast");
            ropeReal(full, "rope.scaling.yarn_beta_slow", "beta_slow");
        }
    }

    private void phi3() {
        put("rope.scaling.original_context_length", u32(original()));
        put("rope.dimension_count", u32(rotary()));
        put("rope.freq_base", f32((float) (double) theta(rope).orElseThrow()));
        put("attention.sliding_window", u32(config.path("sliding_window").asInt(0)));
        if (rope.has("long_factor")) {
            double stretch = config.path("max_position_embeddings").intValue() / (double) original();
            double factor = stretch > 1 ? Math.sqrt(1 + Math.log(stretch) / Math.log(original())) : 1;
            put("rope.scaling.attn_factor", f32((float) factor));
        }
    }

    private List<TensorToWrite> tensors() throws IOException {
        List<TensorToWrite> tensors = new ArrayList<>(factors());
        try (TensorSource source = Safetensors.open(folder)) {
            for (String stored : source.names()) {
                String name = stored.replace("language_model.", "");
                boolean unused = name.equals("lm_head.weight") && (type.equals("gemma") || type.equals("gemma2"));
                if (unused || stored.startsWith("vision_tower.") || stored.startsWith("multi_modal_projector.")) {
                    continue;
                }
                tensors.add(converted(name, source.tensor(stored), read(source, stored)));
            }
        }
        return tensors;
    }

    private TensorToWrite converted(String name, StoredTensor stored, float[] values) {
        if (architecture().startsWith("gemma") && name.endsWith("norm.weight")) {
            for (int i = 0; i < values.length; i++) {
                values[i] += 1;
            }
        }
        float[] ordered = values;
        if (architecture().equals("llama") && name.matches(".*\\.[qk]_proj\\.(weight|bias)")) {
            String heads = name.contains(".q_proj") ? "num_attention_heads" : "num_key_value_heads";
            ordered = permuted(
                    values,
                    config.path(heads).intValue(),
                    Math.toIntExact(stored.shape().getFirst()));
        }
        return tensor(renamed(name), stored.shape(), ordered);
    }

    /// `LlamaModel.permute`: a head's halves become its even and odd rows.
    private static float[] permuted(float[] values, int heads, int rows) {
        int columns = values.length / rows;
        int half = rows / heads / 2;
        float[] permuted = new float[values.length];
        for (int row = 0; row < rows; row++) {
            int head = row / (2 * half);
            int within = row % (2 * half);
            int from = head * 2 * half + within % 2 * half + within / 2;
            System.arraycopy(values, from * columns, permuted, row * columns, columns);
        }
        return permuted;
    }

    private String renamed(String name) {
        if (name.startsWith("lm_head.")) {
            return name.replace("lm_head", "output");
        }
        String inModel = name.substring("model.".length());
        if (!inModel.startsWith("layers.")) {
            return inModel.replace("embed_tokens", "token_embd").replace("norm.weight", "output_norm.weight");
        }
        String[] parts = inModel.split("\\.", 3);
        int dot = parts[2].lastIndexOf('.');
        boolean sandwich = type.equals("gemma2") || type.equals("gemma3_text");
        String part = switch (parts[2].substring(0, dot)) {
            case "input_layernorm" -> "attn_norm";
            case "self_attn.q_proj" -> "attn_q";
            case "self_attn.k_proj" -> "attn_k";
            case "self_attn.v_proj" -> "attn_v";
            case "self_attn.qkv_proj" -> "attn_qkv";
            case "self_attn.q_norm" -> "attn_q_norm";
            case "self_attn.k_norm" -> "attn_k_norm";
            case "self_attn.o_proj" -> "attn_output";
            case "post_attention_layernorm" -> sandwich ? "post_attention_norm" : "ffn_norm";
            case "pre_feedforward_layernorm" -> "ffn_norm";
            case "post_feedforward_layernorm" -> "post_ffw_norm";
            case "mlp.gate_proj" -> "ffn_gate";
            case "mlp.up_proj", "mlp.gate_up_proj" -> "ffn_up";
            case "mlp.down_proj" -> "ffn_down";
            default -> throw new IllegalStateException(name);
        };
        return "blk." + parts[1] + "." + part + parts[2].substring(dot);
    }

    /// Q8_0 where rows are whole blocks, F16 for other matrices, F32 for vectors.
    private static TensorToWrite tensor(String name, List<Long> shape, float[] values) {
        boolean matrix = shape.size() > 1;
        boolean blocks = matrix && shape.getLast() % StoredType.Q8_0.blockSize() == 0;
        StoredType stored = !matrix ? StoredType.F32 : blocks ? StoredType.Q8_0 : StoredType.F16;
        return TensorToWrite.ofF32(name, stored, shape, MemorySegment.ofArray(values));
    }

    /// Tensors of rope scaling: `generate_extra_tensors` of llama and phi3.
    private List<TensorToWrite> factors() {
        if (type.equals("phi3") && rope.has("long_factor")) {
            return List.of(
                    factors("rope_factors_long.weight", "long_factor"),
                    factors("rope_factors_short.weight", "short_factor"));
        }
        if (!rope.path("rope_type").asString("").equals("llama3")) {
            return List.of();
        }
        double theta = theta(rope).orElseThrow();
        double factor = rope.path("factor").doubleValue();
        double low = rope.path("low_freq_factor").doubleValue();
        double high = rope.path("high_freq_factor").doubleValue();
        // The converter takes 8192 (right for every release) where the number is not at the configuration's top.
        double context = rope.path("original_max_position_embeddings").doubleValue();
        float[] divisors = new float[width() / 2];
        for (int i = 0; i < divisors.length; i++) {
            double wave = 2 * Math.PI * Math.pow(theta, 2.0 * i / width());
            double smooth = (context / wave - low) / (high - low);
            divisors[i] = (float)
                    (wave < context / high ? 1 : wave > context / low ? factor : 1 / ((1 - smooth) / factor + smooth));
        }
        return List.of(tensor("rope_freqs.weight", List.of((long) divisors.length), divisors));
    }

    private TensorToWrite factors(String name, String field) {
        List<JsonNode> numbers =
                StreamSupport.stream(rope.path(field).spliterator(), false).toList();
        float[] values = new float[numbers.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = numbers.get(i).floatValue();
        }
        return tensor(name, List.of((long) values.length), values);
    }

    private Optional<Double> theta(JsonNode of) {
        JsonNode own = of.path("rope_theta");
        JsonNode theta = own.isNumber() ? own : config.path("rope_theta");
        return theta.isNumber() ? Optional.of(theta.doubleValue()) : Optional.empty();
    }

    private Optional<Double> localTheta() {
        JsonNode theta =
                ropeByKind ? rope.path("sliding_attention").path("rope_theta") : config.path("rope_local_base_freq");
        return theta.isNumber() ? Optional.of(theta.doubleValue()) : Optional.empty();
    }

    private int original() {
        return rope.path("original_max_position_embeddings")
                .asInt(config.path("original_max_position_embeddings").asInt(4096));
    }

    private int width() {
        JsonNode width = config.path("head_dim");
        return width.isNumber()
                ? width.intValue()
                : config.path("hidden_size").intValue()
                        / config.path("num_attention_heads").intValue();
    }

    private int rotary() {
        double share = rope.path("partial_rotary_factor")
                .asDouble(config.path("partial_rotary_factor").asDouble(1));
        return (int) (share * config.path("hidden_size").intValue())
                / config.path("num_attention_heads").intValue();
    }

    private List<JsonNode> stops() {
        JsonNode stop = config.has("eos_token_id") ? config.path("eos_token_id") : outer.path("eos_token_id");
        return stop.isArray() ? List.copyOf(stop.values()) : stop.isNumber() ? List.of(stop) : List.of();
    }

    private void headWidth() {
        if (config.path("head_dim").isNumber()) {
            size("attention.key_length", "head_dim");
            size("attention.value_length", "head_dim");
        }
    }

    private void size(String key, String field) {
        put(key, u32(config.path(field).longValue()));
    }

    private void real(String key, String field) {
        put(key, f32(config.path(field).floatValue()));
    }

    private void ropeReal(JsonNode of, String key, String field) {
        if (of.path(field).isNumber()) {
            put(key, f32(of.path(field).floatValue()));
        }
    }

    private void put(String key, GgufValue value) {
        header.put(architecture() + "." + key, value);
    }

    private static float[] read(TensorSource source, String name) {
        float[] values = new float[Math.toIntExact(source.tensor(name).elements())];
        source.readF32(name, MemorySegment.ofArray(values));
        return values;
    }
}
