package dev.nla4j.train.sft;

import dev.nla4j.model.Decoder;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The loss of a reconstructor that learns: `2 (1 − cos)` between what it reads and what was there.
public final class CosineError {
    private static final double LEAST_NORM = 1e-12;

    private CosineError() {}

    /// The error of each text, differentiable.
    ///
    /// @param decoder through the reconstructor's adapter
    /// @param head `[D, D]` fp32
    /// @param layer K
    /// @param shared tokens that prompts begin with alike: [Reconstructor#shared]
    /// @param prompts B of them
    /// @param activations B of them, none zero
    /// @return `[B]`
    public static Tensor of(
            Decoder decoder, Tensor head, int layer, int shared, List<int[]> prompts, List<float[]> activations) {
        Tensor guess = torch.linear(Reconstructor.read(decoder, layer, shared, prompts), head); // [B, D]
        Tensor truth = Tensors.ofRows(activations.toArray(float[][]::new)); // [B, D]
        Tensor dot = guess.mul(truth).sum(LAST, false, null); // [B]
        Tensor cosine = dot.div(norm(guess).mul(norm(truth)));
        return Tensors.times(Tensors.plus(Tensors.times(cosine, -1), 1), 2);
    }

    /// Norms of rows, away from zero so that the gradient stays finite.
    private static Tensor norm(Tensor rows) {
        return rows.square()
                .sum(LAST, false, null)
                .clamp_min(new Scalar(LEAST_NORM))
                .sqrt();
    }

    private static final long[] LAST = {-1};
}
