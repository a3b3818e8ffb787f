package dev.nla4j.model;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.model.LowRankAdapter.Pair;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Rng;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Low-rank additions that learn: fp32 leaves A and B for every projection of the first blocks. What a decoder is given
/// is built from them anew for each forward pass ([#on]), so that gradients reach the leaves.
public final class TrainableAdapter implements Trainable {
    /// In the order in which parameters are listed.
    private static final List<Part> PARTS =
            List.of(Part.QUERY, Part.KEY, Part.VALUE, Part.ATTENTION_OUTPUT, Part.GATE, Part.UP, Part.DOWN);
    private static final WeightNames NAMES = new WeightNames.HuggingFace("base_model.model.model.", Family.LLAMA);
    private static final String WEIGHT = ".weight";

    private final ModelConfig config;
    private final int rank;
    private final double alpha;
    private final boolean rankStabilised;
    private final List<Map<Part, Pair>> layers;

    private TrainableAdapter(
            ModelConfig config, int rank, double alpha, boolean rankStabilised, List<Map<Part, Pair>> layers) {
        this.config = config;
        this.rank = rank;
        this.alpha = alpha;
        this.rankStabilised = rankStabilised;
        this.layers = layers;
    }

    /// One that adds nothing yet: A uniform in ±1/√in, as PEFT does it, B zero.
    ///
    /// @param blocks how many are adapted, from the first on
    /// @param rank 1 or more
    /// @param alpha the product is multiplied by alpha / rank
    public static TrainableAdapter fresh(ModelConfig config, int blocks, int rank, double alpha, long seed) {
        if (rank < 1) {
            throw new IllegalArgumentException("rank: must be >= 1, was " + rank);
        }
        Map<Part, Integer> rows = LowRankAdapter.outputRows(config);
        List<Map<Part, Pair>> layers = new ArrayList<>();
        try (Scope scope = Scope.noGrad()) {
            for (int layer = 0; layer < blocks; layer++) {
                Map<Part, Pair> pairs = new EnumMap<>(Part.class);
                for (Part part : PARTS) {
                    int in = LowRankAdapter.inputColumns(config, part);
                    float[] a = uniform(
                            rank * in, 1 / Math.sqrt(in), seed, (long) layer * PARTS.size() + PARTS.indexOf(part));
                    long out = Objects.requireNonNull(rows.get(part));
                    pairs.put(
                            part,
                            new Pair(
                                    leaf(scope, Tensors.of(a, rank, in)),
                                    leaf(scope, Tensors.zeros(DType.FP32, out, rank)),
                                    alpha / rank));
                }
                layers.add(pairs);
            }
        }
        return new TrainableAdapter(config, rank, alpha, false, layers);
    }

    private static float[] uniform(int count, double bound, long seed, long stream) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) ((2 * Rng.uniform(seed, stream, i) - 1) * bound);
        }
        return values;
    }

    private static Tensor leaf(Scope scope, Tensor tensor) {
        return scope.release(tensor.set_requires_grad(true));
    }

    /// Goes on with a stored adapter.
    ///
    /// @param blocks how many learn, from the first on; pairs of later blocks are left out
    public static TrainableAdapter of(ModelConfig config, PeftAdapter stored, int blocks) {
        List<Map<Part, Pair>> layers = new ArrayList<>();
        try (Scope scope = Scope.noGrad()) {
            for (Map<Part, Pair> pairs : stored.pairs(config).subList(0, blocks)) {
                Map<Part, Pair> leaves = new EnumMap<>(Part.class);
                pairs.forEach((part, pair) ->
                        leaves.put(part, new Pair(leaf(scope, pair.a()), leaf(scope, pair.b()), pair.scale())));
                layers.add(leaves);
            }
        }
        return new TrainableAdapter(config, stored.rank(), stored.alpha(), stored.rankStabilised(), layers);
    }

    /// The leaves under the names that PEFT gives them, A and B of each projection block by block. They stay this
    /// object's.
    @Override
    public Map<String, Tensor> leaves() {
        Map<String, Tensor> leaves = new LinkedHashMap<>();
        for (int layer = 0; layer < layers.size(); layer++) {
            for (Part part : PARTS) {
                Pair pair = layers.get(layer).get(part);
                if (pair != null) {
                    String weight = NAMES.weight(part, layer);
                    String bare = weight.substring(0, weight.length() - WEIGHT.length());
                    leaves.put(bare + ".lora_A" + WEIGHT, pair.a());
                    leaves.put(bare + ".lora_B" + WEIGHT, pair.b());
                }
            }
        }
        return leaves;
    }

    /// `base` seen through what has been learned so far. The open scope owns it; gradients reach the leaves where
    /// they are recorded.
    @Override
    public Decoder on(Decoder base) {
        return base.with(LowRankAdapter.recorded(config, layers, base.dtype().arithmetic()));
    }

    /// Writes it in PEFT's layout into a folder. For a family that stores projections as one module (Phi-3)
    /// it has the names of the parts all the same, and PEFT doesn't find those: the module's rank would be
    /// another than the rest's.
    ///
    /// @param base name of the model it stands on
    @Override
    public void write(Path folder, String base) throws IOException {
        Files.createDirectories(folder);
        ObjectNode node = Json.mapper()
                .createObjectNode()
                .put("peft_type", "LORA")
                .put("task_type", "CAUSAL_LM")
                .put("base_model_name_or_path", base)
                .put("r", rank)
                .put("lora_alpha", alpha)
                .put("lora_dropout", 0.0)
                .put("use_rslora", rankStabilised)
                .put("bias", "none")
                .put("fan_in_fan_out", false)
                .put("inference_mode", true);
        ArrayNode modules = node.putArray("target_modules");
        PARTS.stream()
                .filter(part -> layers.stream().anyMatch(pairs -> pairs.containsKey(part)))
                .map(part -> NAMES.weight(part, 0).replaceAll(".*\\.(\\w+)\\.weight", "$1"))
                .forEach(modules::add);
        List<TensorToWrite> tensors = new ArrayList<>();
        leaves().forEach((name, leaf) -> tensors.add(TensorToWrite.ofF32(
                name, StoredType.F32, Arrays.stream(Shapes.of(leaf)).boxed().toList(), Tensors.memory(leaf))));
        SafetensorsWriter.write(folder.resolve(PeftAdapter.TENSORS), tensors, Map.of("format", "pt"));
        AtomicFile.writeString(folder.resolve(PeftAdapter.CONFIG), node.toPrettyString() + "\n");
    }

    @Override
    public void close() {
        leaves().values().forEach(Tensor::close);
    }
}
