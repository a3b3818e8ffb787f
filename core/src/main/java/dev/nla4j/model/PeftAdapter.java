package dev.nla4j.model;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.model.LowRankAdapter.Pair;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.JsonNode;

/// A LoRA adapter in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`.
///
/// @param folder that holds both
/// @param base model that the adapter says it was made for, empty when it says nothing
/// @param rank of every pair
/// @param alpha numerator of the factor on `B · A`
/// @param rankStabilised whether the denominator is the root of the rank instead of the rank
public record PeftAdapter(Path folder, Optional<String> base, int rank, double alpha, boolean rankStabilised) {
    public static final String CONFIG = "adapter_config.json";
    public static final String TENSORS = "adapter_model.safetensors";
    static final long LARGEST_CONFIG = 1 << 20;
    private static final int HIGHEST_RANK = 4096;
    /// Usual factors are 0.1 to 64. Beyond this an adapter adds nothing, or drowns its base in fp32.
    private static final double LARGEST_FACTOR = 1e6;
    private static final Pattern MOVING = Pattern.compile("pissa|olora|corda|loftq|lora_ga", Pattern.CASE_INSENSITIVE);
    /// What a module is; several parts, whose rows stand below each other, in families that store them as
    /// one.
    private static final Map<String, List<Part>> PROJECTIONS = Map.of(
            "q_proj", List.of(Part.QUERY),
            "k_proj", List.of(Part.KEY),
            "v_proj", List.of(Part.VALUE),
            "qkv_proj", List.of(Part.QUERY, Part.KEY, Part.VALUE),
            "o_proj", List.of(Part.ATTENTION_OUTPUT),
            "gate_proj", List.of(Part.GATE),
            "up_proj", List.of(Part.UP),
            "gate_up_proj", List.of(Part.GATE, Part.UP),
            "down_proj", List.of(Part.DOWN));

    /// Whether `folder` holds an adapter.
    public static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(CONFIG));
    }

    /// Whether a module of that name is one that pairs can be for in every family.
    public static boolean isProjection(String name) {
        return PROJECTIONS.getOrDefault(name, List.of()).size() == 1;
    }

    /// Whether there are pairs for a module of that name in some family.
    public static boolean isModule(String name) {
        return PROJECTIONS.containsKey(name);
    }

    /// What adapters call the module that is this part alone.
    private static String module(Part part) {
        return PROJECTIONS.entrySet().stream()
                .filter(entry -> entry.getValue().equals(List.of(part)))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    /// What a module is in this model; nothing when it has no such module.
    private static List<Part> parts(ModelConfig config, String module) {
        List<Part> parts = PROJECTIONS.getOrDefault(module, List.of());
        return parts.size() == 1 || config.family().storesFusedProjections() ? parts : List.of();
    }

    /// The configuration before anything is asked of it.
    public static Fields config(Path folder) {
        Path file = folder.resolve(CONFIG);
        return Fields.of(file, Json.read(file, LARGEST_CONFIG));
    }

    /// Reads the configuration; options that change the algebra and are not spoken here are refused by name.
    public static PeftAdapter read(Path folder) {
        Fields fields = config(folder);
        requireText(fields, "peft_type", "LORA");
        requireText(fields, "bias", "none");
        for (String option : List.of("use_dora", "fan_in_fan_out", "lora_bias", "use_qalora")) {
            if (fields.bool(option, false)) {
                throw fields.wrong(option, "is true; only plain LoRA is supported");
            }
        }
        for (String option : List.of("rank_pattern", "alpha_pattern")) {
            fields.object(option).ifPresent(pattern -> {
                if (!pattern.node().isEmpty()) {
                    throw fields.wrong(option, "is not empty; only one rank and alpha for all layers is supported");
                }
            });
        }
        for (String option : List.of("modules_to_save", "target_parameters")) {
            fields.array(option).filter(named -> !named.isEmpty()).ifPresent(named -> {
                throw fields.wrong(option, "is not empty; only low-rank pairs of whole projections are supported");
            });
        }
        for (String option : List.of("layer_replication", "alora_invocation_tokens", "trainable_token_indices")) {
            if (fields.has(option)) {
                throw fields.wrong(option, "is set; only plain LoRA is supported");
            }
        }
        requireUnchangedBase(fields);
        PeftAdapter adapter = new PeftAdapter(
                folder,
                fields.text("base_model_name_or_path"),
                (int) fields.integer("r", 1, HIGHEST_RANK),
                fields.number("lora_alpha"),
                fields.bool("use_rslora", false));
        if (!(adapter.factor() >= 1 / LARGEST_FACTOR && adapter.factor() <= LARGEST_FACTOR)) {
            throw fields.wrong(
                    "lora_alpha",
                    "must make the factor on B · A a number from 1e-6 to 1e6, was " + adapter.alpha()
                            + ", which makes it " + adapter.factor());
        }
        return adapter;
    }

    /// What `B · A` is multiplied by.
    private double factor() {
        return alpha / (rankStabilised ? Math.sqrt((double) rank) : rank);
    }

    /// Some ways to initialise move a part of the base's weights into the pairs: on the plain base such pairs are
    /// wrong.
    private static void requireUnchangedBase(Fields fields) {
        String name = "init_lora_weights";
        JsonNode way = fields.node().get(name);
        if (way != null && way.isString() && MOVING.matcher(way.stringValue()).lookingAt()) {
            throw fields.wrong(
                    name, "is \"" + way.stringValue() + "\", which changes the base's weights; convert the adapter");
        }
    }

    private static void requireText(Fields fields, String name, String expected) {
        String found = fields.text(name).orElse(expected);
        if (!found.equals(expected)) {
            throw fields.wrong(name, "must be " + expected + ", was \"" + found + "\"");
        }
    }

    /// Loads the pairs for a model of this configuration: every tensor's place and shape is checked, each A has
    /// its B.
    public LowRankAdapter load(ModelConfig config, DType dtype) {
        try (Scope _ = Scope.noGrad()) {
            return LowRankAdapter.of(config, pairs(config), dtype);
        }
    }

    /// The pairs of each layer by projection, fp32, checked as by [#load]; the open scope owns them.
    List<Map<Part, Pair>> pairs(ModelConfig config) {
        Path file = folder.resolve(TENSORS);
        try (TensorSource source = SafetensorsFile.open(file)) {
            if (source.names().isEmpty()) {
                throw new FormatException(file, -1, "tensors", "are missing: the adapter would add nothing");
            }
            Fields said = config(folder);
            AdaptedModules.of(said, source).otherBlocks().ifPresent(problem -> {
                throw new FormatException(said.file(), -1, "layers_to_transform", problem + "; save the adapter again");
            });
            List<Map<Part, Tensor[]>> found = new ArrayList<>();
            for (int layer = 0; layer < config.numLayers(); layer++) {
                found.add(new EnumMap<>(Part.class));
            }
            for (String name : new TreeSet<>(source.names())) {
                if (AdapterTensor.isBeside(name)) {
                    continue;
                }
                place(source.tensor(name), config, source, found);
            }
            List<Map<Part, Pair>> layers = new ArrayList<>();
            for (int layer = 0; layer < found.size(); layer++) {
                layers.add(pairs(file, layer, found.get(layer)));
            }
            return layers;
        }
    }

    private static void place(
            StoredTensor stored, ModelConfig config, TensorSource source, List<Map<Part, Tensor[]>> found) {
        AdapterTensor name = AdapterTensor.of(stored.name()).orElse(null);
        List<Part> parts = name == null ? List.of() : parts(config, name.module());
        if (name == null || parts.isEmpty()) {
            throw wrong(
                    stored,
                    "is not a low-rank tensor of a projection this program knows ("
                            + PROJECTIONS.keySet().stream()
                                    .filter(module -> !parts(config, module).isEmpty())
                                    .sorted()
                                    .collect(Collectors.joining(", "))
                            + ")");
        }
        int layer = name.block();
        if (layer >= config.numLayers()) {
            throw wrong(stored, "is for block " + layer + ", the model has " + config.numLayers());
        }
        boolean isA = name.isA();
        Map<Part, Integer> rows = LowRankAdapter.outputRows(config);
        long wide = isA
                ? LowRankAdapter.inputColumns(config, parts.getFirst())
                : parts.stream().mapToLong(part -> rows.getOrDefault(part, 0)).sum();
        List<Long> shape = stored.shape();
        boolean fits = shape.size() == 2 && shape.get(isA ? 1 : 0) == wide && shape.get(isA ? 0 : 1) <= HIGHEST_RANK;
        if (!fits) {
            throw wrong(
                    stored, "has shape " + shape + ", expected " + (isA ? "[r, " + wide + "]" : "[" + wide + ", r]"));
        }
        Tensor tensor = Tensors.empty(DType.FP32, shape.get(0), shape.get(1));
        source.readF32(stored.name(), Tensors.memory(tensor));
        long from = 0;
        for (Part part : parts) {
            Tensor[] pair = found.get(layer).computeIfAbsent(part, _ -> new Tensor[2]);
            int slot = isA ? 0 : 1;
            if (pair[slot] != null) {
                throw wrong(stored, "stands twice for block " + layer + ", " + module(part));
            }
            long own = rows.getOrDefault(part, 0);
            // Each part has numbers of its own: in training the A's of one module part company.
            pair[slot] = parts.size() == 1 ? tensor : (isA ? tensor : tensor.narrow(0, from, own)).clone();
            from += own;
        }
    }

    private Map<Part, Pair> pairs(Path file, int layer, Map<Part, Tensor[]> found) {
        Map<Part, Pair> pairs = new EnumMap<>(Part.class);
        found.forEach((part, ab) -> {
            if (ab[0] == null || ab[1] == null || ab[0].size(0) != rank || ab[1].size(1) != rank) {
                throw new FormatException(
                        file,
                        -1,
                        "block " + layer + ", " + module(part),
                        "A and B must both be there, with the rank " + rank + " of " + CONFIG);
            }
            pairs.put(part, new Pair(ab[0], ab[1], factor()));
        });
        return pairs;
    }

    private static FormatException wrong(StoredTensor stored, String problem) {
        return new FormatException(stored.file(), stored.offset(), stored.name(), problem);
    }
}
