package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;

/// How much memory a model's weights take, from its configuration alone.
public final class WeightSize {
    private WeightSize() {}

    /// Bytes of the weights that [ModelLoader] makes of a model, as [Weights#bytes] will say.
    public static long bytes(ModelConfig config, DType dtype, ModelLoader.Extent extent) {
        boolean whole = extent == ModelLoader.Extent.WHOLE;
        // The table of a tied head is kept once more where products have a form of their own.
        boolean head = whole && (!config.tiedHead() || Matrix.packs(dtype));
        long table = Math.multiplyExact((long) config.vocabulary(), config.dim());
        long matrices =
                Math.addExact(table * (head ? 2 : 1), Math.multiplyExact(blockMatrices(config), config.numLayers()));
        long norms = blockNorms(config) * config.numLayers() + (whole ? config.dim() : 0);
        return Math.addExact(Math.multiplyExact(matrices, dtype.bytes()), norms * DType.FP32.bytes());
    }

    private static long blockMatrices(ModelConfig config) {
        ModelConfig.Heads heads = config.heads();
        long dim = config.dim();
        long attended = (long) heads.queries() * heads.width();
        long biases = (heads.inputBias() ? heads.fusedWidth() : 0) + (heads.outputBias() ? dim : 0);
        return heads.fusedWidth() * dim + attended * dim + 3 * dim * config.hidden() + biases;
    }

    private static long blockNorms(ModelConfig config) {
        long norms = config.norm().sandwich() ? 4 : 2;
        return norms * config.dim()
                + (config.heads().headNorms() ? 2L * config.heads().width() : 0);
    }
}
