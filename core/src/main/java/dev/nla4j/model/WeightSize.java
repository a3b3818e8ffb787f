package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;

/// How much memory a model's weights take, from its configuration alone.
public final class WeightSize {
    private WeightSize() {}

    /// Bytes of the weights that [ModelLoader#loadToLearn] makes of a model, as [Weights#bytes] will say.
    public static long bytes(ModelConfig config, DType dtype, ModelLoader.Extent extent) {
        boolean whole = extent == ModelLoader.Extent.WHOLE;
        long matrices = Math.addExact(
                table(config) * (whole && !config.tiedHead() ? 2 : 1),
                Math.multiplyExact(blockMatrices(config), config.numLayers()));
        long norms = blockNorms(config) * config.numLayers() + (whole ? config.dim() : 0);
        return Math.addExact(Math.multiplyExact(matrices, dtype.bytes()), norms * DType.FP32.bytes());
    }

    /// As above of a model that is loaded to be read with: where matrices are packed they have another size,
    /// and a tied head is kept beside the table.
    public static long bytesToRead(ModelConfig config, DType dtype, ModelLoader.Extent extent) {
        if (!Matrix.packs(dtype)) {
            return bytes(config, dtype, extent);
        }
        ModelConfig.Heads heads = config.heads();
        long dim = config.dim();
        long hidden = config.hidden();
        long attended = heads.queryWidth();
        long block = Matrix.packedBytes(heads.fusedWidth(), dim)
                + Matrix.packedBytes(dim, attended)
                + (Matrix.joins(dtype) ? 2 * Matrix.packedBytes(hidden, dim) : Matrix.packedBytes(2 * hidden, dim))
                + Matrix.packedBytes(dim, hidden)
                + biases(config) * dtype.bytes()
                + blockNorms(config) * DType.FP32.bytes();
        long ends = extent == ModelLoader.Extent.WHOLE
                ? Matrix.packedBytes(config.vocabulary(), dim) + dim * DType.FP32.bytes()
                : 0;
        return table(config) * dtype.bytes() + ends + Math.multiplyExact(block, config.numLayers());
    }

    /// The most bytes that loading to read takes at a time: weights, and one matrix as it was stored (for
    /// some forms in fp32, too) while it is put into its other form. The head is, before the blocks.
    public static long whileLoading(ModelConfig config, DType dtype, ModelLoader.Extent extent) {
        long whole = bytesToRead(config, dtype, extent);
        if (!Matrix.packs(dtype)) {
            return whole;
        }
        long dim = config.dim();
        long widest = Math.max(Math.max(2L * config.hidden(), config.heads().fusedWidth()), dim);
        long atHead = extent == ModelLoader.Extent.WHOLE
                ? table(config) * dtype.bytes()
                        + Matrix.packedBytes(config.vocabulary(), dim)
                        + Matrix.bytesMeanwhile(table(config))
                : 0;
        return Math.max(whole + Matrix.bytesMeanwhile(widest * dim), atHead);
    }

    private static long table(ModelConfig config) {
        return Math.multiplyExact((long) config.vocabulary(), config.dim());
    }

    private static long blockMatrices(ModelConfig config) {
        ModelConfig.Heads heads = config.heads();
        long dim = config.dim();
        long attended = heads.queryWidth();
        return heads.fusedWidth() * dim + attended * dim + 3 * dim * config.hidden() + biases(config);
    }

    private static long biases(ModelConfig config) {
        ModelConfig.Heads heads = config.heads();
        return (heads.inputBias() ? heads.fusedWidth() : 0L) + (heads.outputBias() ? config.dim() : 0);
    }

    private static long blockNorms(ModelConfig config) {
        long norms = config.norm().sandwich() ? 4 : 2;
        return norms * config.dim()
                + (config.heads().headNorms() ? 2L * config.heads().width() : 0);
    }
}
