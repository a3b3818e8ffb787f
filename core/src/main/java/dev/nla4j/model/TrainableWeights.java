package dev.nla4j.model;

import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A model's own weights that learn: fp32 leaves that start as the loaded numbers. Each forward pass multiplies with
/// them rounded to the model's dtype ([#on]), which is also what is written: what is measured in training is what a
/// reader of the folder gets. Norms stay fp32, and without Gemma's one. A tied head is the embedding's leaf.
public final class TrainableWeights implements Trainable {
    private final LanguageModel model;
    private final boolean whole;
    private final Weights masters; // fp32 leaves; in a trunk the embedding is the model's own and learns nothing
    private final Map<String, Tensor> leaves;

    private TrainableWeights(LanguageModel model, boolean whole, Weights masters, Map<String, Tensor> leaves) {
        this.model = model;
        this.whole = whole;
        this.masters = masters;
        this.leaves = Collections.unmodifiableMap(leaves);
    }

    /// All that a verbalizer computes with learns: embedding, blocks, final norm, head.
    ///
    /// @param model stays the caller's and must outlive this
    public static TrainableWeights whole(LanguageModel model) {
        return of(model, model.config().numLayers(), true);
    }

    /// The first blocks learn, as a reconstructor has them. The embedding does not: few of its rows would ever see a
    /// gradient, and it is as large as all blocks of a small model.
    ///
    /// @param model stays the caller's and must outlive this
    /// @param blocks how many, from the first on
    public static TrainableWeights trunk(LanguageModel model, int blocks) {
        return of(model, blocks, false);
    }

    private static TrainableWeights of(LanguageModel model, int blocks, boolean whole) {
        Weights from = model.weights();
        Leaves made = new Leaves(model.config());
        Tensor embedding = whole ? made.leaf(0, Part.EMBEDDING, false, from.embedding()) : from.embedding();
        List<Weights.Block> learned = new ArrayList<>();
        for (int layer = 0; layer < blocks; layer++) {
            int at = layer;
            learned.add(from.blocks().get(layer).map((part, bias, tensor) -> made.leaf(at, part, bias, tensor)));
        }
        Tensor norm = from.finalNorm();
        Matrix head = from.head();
        Weights masters = new Weights(
                DType.FP32,
                embedding,
                learned,
                whole && norm != null ? made.leaf(0, Part.FINAL_NORM, false, norm) : null,
                whole && head != null ? Matrix.stored(made.leaf(0, Part.HEAD, false, head.tensor())) : null,
                whole && from.tied());
        return new TrainableWeights(model, whole, masters, made.named);
    }

    /// Leaves as they are made, under the names that transformers has for them, whether or not this family fuses
    /// projections.
    private static final class Leaves {
        private final ModelConfig config;
        private final WeightNames names;
        private final Map<String, Tensor> named = new LinkedHashMap<>();

        Leaves(ModelConfig config) {
            this.config = config;
            this.names = WeightTensors.names(config);
        }

        Tensor leaf(int layer, Part part, boolean bias, Tensor from) {
            try (Scope scope = Scope.noGrad()) {
                Tensor copy = Tensors.empty(DType.FP32, Shapes.of(from)).copy_(from.detach());
                double offset = config.family().storedNormOffset();
                Tensor stored = part.isNorm() && offset != 0 ? Tensors.plus(copy, -offset) : copy;
                Tensor leaf = scope.release(stored.set_requires_grad(true));
                String name = bias ? names.bias(part, layer) : names.weight(part, layer);
                if (named.put(name, leaf) != null) {
                    throw new IllegalStateException(name + ": is the name of two parts");
                }
                return leaf;
            }
        }
    }

    @Override
    public Map<String, Tensor> leaves() {
        return leaves;
    }

    @Override
    public Decoder on(Decoder base) {
        return base.with(rounded());
    }

    /// What is multiplied with: leaves in the model's dtype, blocks that do not learn as they are.
    private Weights rounded() {
        Weights from = model.weights();
        List<Weights.Block> blocks = new ArrayList<>();
        for (Weights.Block block : masters.blocks()) {
            blocks.add(block.map((part, bias, tensor) -> rounded(part, tensor)));
        }
        blocks.addAll(from.blocks().subList(blocks.size(), from.blocks().size()));
        Tensor norm = masters.finalNorm();
        Matrix head = masters.head();
        return new Weights(
                from.dtype(),
                rounded(Part.EMBEDDING, masters.embedding()),
                blocks,
                norm == null ? from.finalNorm() : rounded(Part.FINAL_NORM, norm),
                head == null ? from.head() : Matrix.stored(rounded(Part.HEAD, head.tensor())),
                from.tied());
    }

    /// Norms stay fp32; with Gemma's one they are what they are in [Weights].
    private Tensor rounded(Part part, Tensor master) {
        if (!part.isNorm()) {
            return master.to(model.weights().dtype().scalarType());
        }
        double offset = model.config().family().storedNormOffset();
        return offset == 0 ? master : Tensors.plus(master, offset);
    }

    /// Writes a model's folder, as released halves are: with the tokenizer and the chat template of the base, in the
    /// model's dtype; the blocks that learned only, where not all did.
    @Override
    public void write(Path folder, String base) throws IOException {
        Files.createDirectories(folder);
        @Nullable Integer blocks = whole ? null : masters.blocks().size();
        new ModelExport(source(), null, blocks, model.weights().dtype(), ModelExport.SHARD_BYTES)
                .writeTo(folder, masters, Progress.NONE);
    }

    /// Where the base's configuration and tokenizer are.
    private Path source() {
        Path path = model.path();
        return Files.isRegularFile(path) && GgufFile.meantBy(path) == null ? path.resolveSibling("") : path;
    }

    @Override
    public void close() {
        leaves.values().forEach(Tensor::close);
    }
}
