package dev.nla4j.train.estimate;

import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.WeightSize;
import dev.nla4j.tensor.DType;
import java.util.OptionalInt;

/// The sizes of a model, or of its first blocks, by which training's work and memory are reckoned.
record Work(ModelConfig config) {
    /// Time of a step's products, by that which [dev.nla4j.tensor.MachineProbe]'s product takes for as many
    /// operations. Fitted, like the next, to steps of both kinds of training with AMX (bf16) and with AVX2 (fp32).
    private static final double PRODUCTS = 0.44;
    /// Operations of a step for which all that is no product takes a second, where the model is one number wide:
    /// products grow with the square of the width, the rest with it.
    private static final double BETWEEN = 0.39e9;
    /// Weight, gradient and two moments of each number that learns.
    static final int COPIES = 4;
    /// Numbers of a block that a token's backward pass needs, in multiples of the hidden layer's width.
    private static final int KEPT_HIDDEN = 5;

    /// Blocks that a reconstructor runs through; all, where the layer isn't known.
    static int depth(ModelConfig config, OptionalInt layer) {
        return layer.isPresent() ? layer.getAsInt() + 1 : config.numLayers();
    }

    /// Numbers of the embedding, and of a head.
    double table() {
        return (double) config.vocabulary() * config.dim();
    }

    /// Numbers of all blocks.
    double blocks() {
        return WeightSize.bytes(config, DType.FP32, ModelLoader.Extent.TRUNK) / (double) DType.FP32.bytes() - table();
    }

    /// Numbers of A and B of all seven projections of each block, and of a reconstructor's matrix.
    long adapter(int rank, boolean head) {
        ModelConfig.Heads heads = config.heads();
        long dim = config.dim();
        long queries = heads.queryWidth();
        long keyValues = heads.keyValueWidth();
        long block = 2 * (dim + queries) + 2 * (dim + keyValues) + 3 * (dim + config.hidden());
        return rank * block * config.numLayers() + (head ? dim * dim : 0);
    }

    /// Bytes that a token's backward pass needs of all blocks.
    ///
    /// @param widths numbers of a block, in multiples of the model's width
    double kept(int widths) {
        return config.numLayers()
                * (widths * (double) config.dim() + KEPT_HIDDEN * (double) config.hidden())
                * DType.FP32.bytes();
    }

    /// @param gigaflops what [dev.nla4j.tensor.MachineProbe] has measured
    double seconds(double operations, double gigaflops) {
        return operations * (PRODUCTS / (gigaflops * 1e9) + 1 / (BETWEEN * config.dim()));
    }
}
