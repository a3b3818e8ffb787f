package dev.nla4j.train.sft;

import dev.nla4j.model.Decoder;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Cross entropy behind a frozen head, a few rows at a time: logits of a whole batch are gigabytes that go through
/// memory a dozen times, those of a few rows stay in the cache, and nothing of them is kept for later.
final class HeadLoss {
    /// Rows whose logits are held at once.
    private static final int ROWS = 64;

    private HeadLoss() {}

    /// The summed cross entropy, a scalar. Its gradient by the residuals is already computed when this returns, and is
    /// carried by a term whose value is taken off again. A head that learns itself goes the plain way.
    ///
    /// @param residual `[N, D]` after all blocks
    /// @param ids `[N]` int64
    static Tensor crossEntropy(Decoder decoder, Tensor residual, Tensor ids) {
        if (decoder.headLearns()) {
            return summed(decoder.logits(residual), ids);
        }
        if (!GradMode.is_enabled() || !residual.requires_grad()) {
            return Tensors.of(new float[] {(float) value(decoder, residual, ids)});
        }
        int count = Math.toIntExact(residual.size(0));
        Tensor slopes = torch.empty_like(residual.detach()); // [N, D]
        double sum = 0;
        for (int from = 0; from < count; from += ROWS) {
            int rows = Math.min(ROWS, count - from);
            try (Scope _ = Scope.open()) {
                Tensor leaf = residual.detach().narrow(0, from, rows).clone().set_requires_grad(true);
                Tensor loss = summed(decoder.logits(leaf), ids.narrow(0, from, rows));
                loss.backward();
                sum += loss.item_double();
                slopes.narrow(0, from, rows).copy_(leaf.grad());
            }
        }
        Tensor carrier = residual.mul(slopes).sum();
        return Tensors.plus(carrier.sub(carrier.detach()), sum);
    }

    private static double value(Decoder decoder, Tensor residual, Tensor ids) {
        int count = Math.toIntExact(residual.size(0));
        double sum = 0;
        for (int from = 0; from < count; from += ROWS) {
            int rows = Math.min(ROWS, count - from);
            try (Scope _ = Scope.noGrad()) {
                sum += summed(decoder.logits(residual.narrow(0, from, rows)), ids.narrow(0, from, rows))
                        .item_double();
            }
        }
        return sum;
    }

    private static Tensor summed(Tensor logits, Tensor ids) {
        Tensor chosen = logits.gather(1, ids.view(-1, 1)).view(-1); // [n]
        return torch.logsumexp(logits, LAST, false).sub(chosen).sum();
    }

    private static final long[] LAST = {-1};
}
