package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.activation.Injection;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Gemma's residual streams are long: 70,000 where bf16 has steps of 512.
class LargeNormsTest {
    private static final double RESIDUAL = 70_000;
    private static final double INJECTED = 60_000;
    /// Sandwich norms of such models are large too, so that a block's part is not lost in the stream.
    private static final double SANDWICH = 2_000;

    @Test
    void bf16_keeps_directions_at_the_norms_of_gemma_3() {
        ModelConfig config = gemma();
        try (Scope _ = Scope.noGrad()) {
            Weights exact = rounded(TinyModels.weights(config, 3), DType.FP32);
            Weights coarse = rounded(exact, DType.BF16);
            int[] ids = TinyModels.ids(4, 24);
            ids[9] = 90;
            List<Tensor> expected = run(new Decoder(config, exact), ids);
            List<Tensor> found = run(new Decoder(config, coarse), ids);
            assertThat(expected).hasSize(config.numLayers() + 2);
            for (int depth = 0; depth < expected.size(); depth++) {
                assertThat(cosine(expected.get(depth), found.get(depth)))
                        .as("depth " + depth)
                        .isGreaterThan(0.999);
            }
            Tensor stream = expected.get(0);
            assertThat(Tensors.floats(stream.select(1, 9).norm())[0]).isBetween(59_990f, 60_010f);
            assertThat(Tensors.floats(stream.norm())[0] / Math.sqrt(ids.length)).isGreaterThan(RESIDUAL / 2);
            // The blocks matter: their part of the stream is not small beside the embeddings.
            Tensor last = expected.get(config.numLayers());
            assertThat(Tensors.floats(last.sub(stream).norm())[0])
                    .isGreaterThan(0.1f * Tensors.floats(stream.norm())[0]);
        }
    }

    private static ModelConfig gemma() {
        ModelConfig all = TinyModels.everything(8, 8, 0, 8);
        ModelConfig.Heads heads = all.heads();
        return new ModelConfig(
                Family.GEMMA3,
                all.vocabulary(),
                all.dim(),
                all.hidden(),
                new ModelConfig.Heads(
                        heads.queries(), heads.keyValues(), heads.width(), heads.scale(), 0, true, false, false),
                all.norm(),
                all.activation(),
                all.layers(),
                RESIDUAL,
                0,
                true,
                all.contextLength(),
                List.of());
    }

    /// The residual stream at every depth, then the logits.
    private static List<Tensor> run(Decoder decoder, int[] ids) {
        float[] vector = new float[TinyModels.DIM];
        Random random = new Random(5);
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        Injection injection = new Injection(ids[9], ids[8], ids[10], INJECTED);
        Tensor embeddings = decoder.embed(Tensors.ids(new int[][] {ids}));
        Tensor injected = injection.inject(embeddings.select(0, 0), ids, new float[][] {vector});
        List<Tensor> seen = new ArrayList<>();
        Tensor last = decoder.residual(
                injected, decoder.config().numLayers(), Context.none(), (_, residual) -> seen.add(residual.clone()));
        seen.add(decoder.logits(last));
        return seen;
    }

    private static double cosine(Tensor a, Tensor b) {
        float[] x = Tensors.floats(a);
        float[] y = Tensors.floats(b);
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (double) x[i] * y[i];
            xx += (double) x[i] * x[i];
            yy += (double) y[i] * y[i];
        }
        return xy / Math.sqrt(xx * yy);
    }

    /// The weights as a bf16 file holds them, in `dtype`; sandwich norms made large.
    private static Weights rounded(Weights weights, DType dtype) {
        List<Weights.Block> blocks = new ArrayList<>();
        for (Weights.Block block : weights.blocks()) {
            boolean first = weights.dtype() == DType.FP32 && dtype == DType.FP32;
            blocks.add(new Weights.Block(
                    block.inputNorm(),
                    linear(block.queryKeyValue(), dtype),
                    block.queryNorm(),
                    block.keyNorm(),
                    linear(block.output(), dtype),
                    large(block.postAttentionNorm(), first),
                    block.feedForwardNorm(),
                    linear(block.gateUp(), dtype),
                    linear(block.down(), dtype),
                    large(block.postFeedForwardNorm(), first)));
        }
        return new Weights(dtype, matrix(weights.embedding(), dtype), blocks, weights.finalNorm(), null, true);
    }

    private static @Nullable Tensor large(@Nullable Tensor norm, boolean first) {
        return norm == null || !first ? norm : Tensors.times(norm, SANDWICH);
    }

    private static Linear linear(Linear linear, DType dtype) {
        return new Linear(matrix(linear.matrix().tensor(), dtype), null);
    }

    private static Tensor matrix(Tensor matrix, DType dtype) {
        return matrix.to(ScalarType.BFloat16).to(dtype.scalarType());
    }
}
