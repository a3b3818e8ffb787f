package dev.nla4j.nla.lint;

import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.json.Yaml;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.model.ConfigJson;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.WeightNames;
import dev.nla4j.model.WeightShapes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A sound pair in released layout with random weights of a few thousand numbers, and the tools to spoil it.
public record TinyPair(Path folder) {
    public static final int K = 3;
    public static final int DIM = 16;
    static final int BLOCKS = 6;
    private static final String EMBEDDING = "model.embed_tokens.weight";
    private static final String VERBALIZER_TEMPLATE =
            "You are a careful reader of activation vectors.\n\nHere is the vector:\n\n<concept>{injection_char}</concept>"
                    + "\n\nPlease provide an explanation.";
    private static final String RECONSTRUCTOR_TEMPLATE =
            "Summary of the following text: <text>{explanation}</text> <summary>";

    /// What the families of the released pairs differ in; the ids are those of the tokenizers in `resources/tokenizer`.
    public enum Kind {
        QWEN2("qwen2", "qwen2_5", "㈎", 32, 30, List.of(17, 1273, 982, 32, 223, 30, 85, 529, 79, 756, 32)),
        GEMMA3("gemma3_text", "gemma3", "㈜", 34, 32, List.of(19, 1275, 984, 34, 225, 32, 87, 531, 81, 758, 34)),
        LLAMA("llama", "llama3", "㎡", 34, 32, List.of(19, 1275, 984, 34, 225, 32, 87, 531, 81, 758, 34));

        final String modelType;
        final String template;
        final String marker;
        final int left;
        final int right;
        final List<Integer> suffix;

        Kind(String modelType, String template, String marker, int left, int right, List<Integer> suffix) {
            this.modelType = modelType;
            this.template = template;
            this.marker = marker;
            this.left = left;
            this.right = right;
            this.suffix = suffix;
        }

        boolean isReleasedSpelling() {
            return this != LLAMA;
        }
    }

    /// A tensor's shape and numbers.
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    public record Values(List<Long> shape, float[] numbers) {}

    public static TinyPair write(Path folder, Kind kind) throws IOException {
        TinyPair pair = new TinyPair(folder);
        for (String half : List.of("av", "ar")) {
            Path place = Files.createDirectories(folder.resolve(half));
            tokenizer(place, kind);
            boolean whole = half.equals("av");
            Files.writeString(
                    place.resolve("config.json"),
                    config(kind, whole ? BLOCKS : K + 1).toString());
            pair.weights(place, whole);
            Files.writeString(place.resolve("nla_meta.yaml"), Yaml.write(sidecar(kind, whole)));
        }
        write(pair.ar("value_head.safetensors"), Map.of("weight", head(new Random(7))));
        return pair;
    }

    /// The same pair as two adapters over the verbalizer's full weights, which go to `base/`.
    static TinyPair writeAdapters(Path folder, Kind kind) throws IOException {
        TinyPair pair = write(folder, kind);
        Files.move(folder.resolve("av"), folder.resolve("base"));
        Files.createDirectories(folder.resolve("av"));
        Files.move(folder.resolve("base/nla_meta.yaml"), pair.av("nla_meta.yaml"));
        for (String name : List.of(
                "config.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json",
                "generation_config.json",
                "chat_template.jinja")) {
            Files.delete(pair.ar(name));
        }
        for (Path half : List.of(folder.resolve("av"), folder.resolve("ar"))) {
            int blocks = half.endsWith("av") ? BLOCKS : K + 1;
            Files.writeString(
                    half.resolve("adapter_config.json"),
                    "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 4, \"bias\": \"none\"}");
            pair.adapted(String.valueOf(half.getFileName()), blocks);
        }
        return pair;
    }

    /// Gives the adapter of one half tensors for the blocks below that one.
    void adapted(String half, int blocks) throws IOException {
        Map<String, Values> tensors = new LinkedHashMap<>();
        Random random = new Random(blocks);
        for (int block = 0; block < blocks; block++) {
            String name = "base_model.model.model.layers." + block + ".self_attn.q_proj.lora_";
            tensors.put(name + "A.weight", random(random, List.of(2L, (long) DIM), 0));
            tensors.put(name + "B.weight", random(random, List.of((long) DIM, 2L), 0));
        }
        write(folder.resolve(half).resolve("adapter_model.safetensors"), tensors);
    }

    private static void tokenizer(Path place, Kind kind) throws IOException {
        String name = kind.name().toLowerCase(java.util.Locale.ROOT);
        try (Stream<Path> files = Files.list(resource("/tokenizer/contract-" + name))) {
            for (Path file : files.toList()) {
                Files.copy(file, place.resolve(file.getFileName().toString()));
            }
        }
        Files.copy(resource("/chat/templates/" + kind.template + ".jinja"), place.resolve("chat_template.jinja"));
    }

    private static ObjectNode config(Kind kind, int blocks) {
        ObjectNode config = Json.mapper().createObjectNode();
        config.put("model_type", kind.modelType)
                .put("hidden_size", DIM)
                .put("intermediate_size", 24)
                .put("num_attention_heads", 2)
                .put("num_key_value_heads", 1)
                .put("head_dim", 8)
                .put("num_hidden_layers", blocks)
                .put("max_position_embeddings", 512)
                .put("vocab_size", 1536)
                .put("tie_word_embeddings", kind == Kind.GEMMA3);
        if (kind == Kind.GEMMA3) {
            config.put("sliding_window", 32).put("query_pre_attn_scalar", 8);
            for (int i = 0; i < blocks; i++) {
                config.withArray("layer_types").add(i % 6 == 5 ? "full_attention" : "sliding_attention");
            }
        }
        return config;
    }

    private void weights(Path place, boolean whole) throws IOException {
        Path file = place.resolve("model.safetensors");
        ModelConfig config = ConfigJson.read(place.resolve("config.json"));
        write(file, Map.of(EMBEDDING, new Values(List.of(1L), new float[] {1})));
        Map<String, Values> tensors = new LinkedHashMap<>();
        Random random = new Random(whole ? 1 : 2);
        try (SafetensorsFile named = SafetensorsFile.open(file)) {
            WeightShapes.of(config, WeightNames.huggingFace(named, config.family()), Set.of(), whole)
                    .forEach((name, shape) -> tensors.put(name, random(random, shape, name.contains("norm") ? 1 : 0)));
        }
        write(file, tensors);
    }

    private static Values random(Random random, List<Long> shape, float middle) {
        int count = shape.stream().mapToInt(Long::intValue).reduce(1, Math::multiplyExact);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = middle + (float) random.nextGaussian() * 0.25f;
        }
        return new Values(shape, numbers);
    }

    private static Values head(Random random) {
        float[] numbers = new float[DIM * DIM];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (i % (DIM + 1) == 0 ? 1 : 0) + (float) random.nextGaussian() * 0.03f;
        }
        return new Values(List.of((long) DIM, (long) DIM), numbers);
    }

    private static ObjectNode sidecar(Kind kind, boolean verbalizer) {
        boolean released = kind.isReleasedSpelling();
        ObjectNode root = Json.mapper().createObjectNode();
        root.put("kind", "nla_model")
                .put("schema_version", 2)
                .put("role", verbalizer ? released ? "av" : "actor" : released ? "ar" : "critic")
                .put("stage", "rl")
                .put("base_checkpoint", "tiny/" + kind.modelType)
                .put("d_model", DIM);
        ObjectNode extraction = root.putObject("extraction");
        extraction.put("injection_scale", verbalizer ? 150.0 : null);
        extraction.put("mse_scale", verbalizer ? null : 4.0);
        ObjectNode tokens = root.putObject("tokens");
        tokens.put("injection_char", kind.marker)
                .put("injection_token_id", 1500)
                .put("injection_left_neighbor_id", kind.left)
                .put("injection_right_neighbor_id", kind.right);
        kind.suffix.forEach(tokens.putArray("critic_suffix_ids")::add);
        root.putObject("prompt_templates")
                .put(released ? "av" : "actor", VERBALIZER_TEMPLATE)
                .put(released ? "ar" : "critic", RECONSTRUCTOR_TEMPLATE);
        if (!verbalizer) {
            root.putObject("critic").put(kind == Kind.GEMMA3 ? "num_hidden_layers" : "extraction_layer_index", K);
        }
        return root;
    }

    public Path av(String name) {
        return folder.resolve("av").resolve(name);
    }

    public Path ar(String name) {
        return folder.resolve("ar").resolve(name);
    }

    /// Changes the sidecar of one half.
    public void sidecar(String half, Consumer<ObjectNode> change) throws IOException {
        Path file = folder.resolve(half).resolve("nla_meta.yaml");
        ObjectNode root = (ObjectNode) Json.readYaml(file, 1 << 20);
        change.accept(root);
        Files.writeString(file, Yaml.write(root));
    }

    /// Changes an object inside one half's sidecar.
    public void sidecar(String half, String object, Consumer<ObjectNode> change) throws IOException {
        sidecar(half, root -> change.accept((ObjectNode) root.path(object)));
    }

    /// Changes a template in one half's sidecar, whichever way it is spelled.
    void template(String half, boolean verbalizers, String from, String to) throws IOException {
        sidecar(half, "prompt_templates", templates -> {
            String other = verbalizers ? "actor" : "critic";
            String name = templates.has(other) ? other : verbalizers ? "av" : "ar";
            String before = templates.path(name).stringValue();
            if (!before.contains(from)) {
                throw new IllegalArgumentException(before + " holds no " + from);
            }
            templates.put(name, before.replace(from, to));
        });
    }

    /// Changes a JSON file.
    public static void json(Path file, Consumer<ObjectNode> change) throws IOException {
        ObjectNode root = (ObjectNode) Json.read(file, 8 << 20);
        change.accept(root);
        Files.writeString(file, root.toString());
    }

    /// Changes the tensors of a file.
    public static void tensors(Path file, Consumer<Map<String, Values>> change) throws IOException {
        Map<String, Values> tensors = new LinkedHashMap<>();
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            for (String name : source.names()) {
                float[] numbers = new float[(int) source.tensor(name).elements()];
                byte[] bytes = new byte[numbers.length * 4];
                source.readF32(name, MemorySegment.ofArray(bytes));
                MemorySegment.copy(MemorySegment.ofArray(bytes), 0, MemorySegment.ofArray(numbers), 0, bytes.length);
                tensors.put(name, new Values(source.tensor(name).shape(), numbers));
            }
        }
        change.accept(tensors);
        write(file, tensors);
    }

    static void write(Path file, Map<String, Values> tensors) throws IOException {
        List<TensorToWrite> list = new ArrayList<>();
        tensors.forEach((name, values) -> list.add(
                TensorToWrite.ofF32(name, StoredType.F32, values.shape(), MemorySegment.ofArray(values.numbers()))));
        SafetensorsWriter.write(file, list, Map.of());
    }

    /// Splits a half's weights into two shards and an index.
    void shard(String half) throws IOException {
        Path place = folder.resolve(half);
        Map<String, Values> first = new LinkedHashMap<>();
        Map<String, Values> second = new LinkedHashMap<>();
        tensors(
                place.resolve("model.safetensors"),
                all -> all.forEach((name, values) -> {
                    (first.size() <= second.size() ? first : second).put(name, values);
                }));
        write(place.resolve("model-00001-of-00002.safetensors"), first);
        write(place.resolve("model-00002-of-00002.safetensors"), second);
        ObjectNode index = Json.mapper().createObjectNode();
        ObjectNode map = index.putObject("weight_map");
        first.keySet().forEach(name -> map.put(name, "model-00001-of-00002.safetensors"));
        second.keySet().forEach(name -> map.put(name, "model-00002-of-00002.safetensors"));
        Files.writeString(place.resolve("model.safetensors.index.json"), index.toString());
        Files.delete(place.resolve("model.safetensors"));
    }

    /// Adds what converters to Megatron want to a reconstructor in shards: a norm and an identity as its
    /// head.
    void dummies(float norm) throws IOException {
        float[] identity = new float[DIM * DIM];
        for (int i = 0; i < DIM; i++) {
            identity[i * (DIM + 1)] = 1;
        }
        float[] filled = new float[DIM];
        Arrays.fill(filled, norm);
        String file = "model-megatron-compat.safetensors";
        write(
                ar(file),
                Map.of(
                        "model.norm.weight",
                        new Values(List.of((long) DIM), filled),
                        "lm_head.weight",
                        new Values(List.of((long) DIM, (long) DIM), identity)));
        json(
                ar("model.safetensors.index.json"),
                index -> ((ObjectNode) index.path("weight_map"))
                        .put("model.norm.weight", file)
                        .put("lm_head.weight", file));
    }

    /// A copy that may be spoilt.
    public TinyPair copyTo(Path other) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                Path target = other.resolve(folder.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        return new TinyPair(other);
    }

    static JsonNode node(Object value) {
        return Json.mapper().valueToTree(value);
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(TinyPair.class.getResource(name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
