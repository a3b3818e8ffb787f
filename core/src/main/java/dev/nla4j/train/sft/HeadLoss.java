package dev.nla4j.train.sft;

import dev.nla4j.model.Decoder;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.LogitSlices;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Cross entropy behind a frozen head, a slice of the tokens at a time ([LogitSlices]): logits of a whole batch are
/// gigabytes, and nothing of them is kept for later.
final class HeadLoss {
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
        for (int from = 0; from < count; from += LogitSlices.TOKENS) {
            int rows = Math.min(LogitSlices.TOKENS, count - from);
            try (Scope _ = Scope.open()) {
                Tensor leaf = residual.detach().narrow(0, from, rows).clone().set_requires_grad(true);
                Tensor logits = decoder.logits(leaf); // [n, V]
                sum += intoGradient(logits.detach(), ids.narrow(0, from, rows));
                LogitSlices.backward(logits);
                slopes.narrow(0, from, rows).copy_(leaf.grad());
            }
        }
        Tensor carrier = residual.mul(slopes).sum();
        return Tensors.plus(carrier.sub(carrier.detach()), sum);
    }

    /// Overwrites logits with the gradient of their summed cross entropy, `softmax - e_id`, and returns the latter.
    private static double intoGradient(Tensor logits, Tensor ids) {
        long count = logits.size(0);
        int near = LogitSlices.near(logits.size(1));
        double sum = 0;
        for (long from = 0; from < count; from += near) {
            long rows = Math.min(near, count - from);
            try (Scope _ = Scope.noGrad()) {
                Tensor piece = logits.narrow(0, from, rows);
                Tensor chosen = ids.narrow(0, from, rows).view(-1, 1); // [n, 1]
                Tensor log = torch.log_softmax(piece, 1);
                Tensor own = log.gather(1, chosen); // [n, 1]
                sum -= own.sum().item_double();
                piece.copy_(log.exp_())
                        .scatter_add_(1, chosen, torch.ones_like(own).neg_());
            }
        }
        return sum;
    }

    private static double value(Decoder decoder, Tensor residual, Tensor ids) {
        int count = Math.toIntExact(residual.size(0));
        double sum = 0;
        for (int from = 0; from < count; from += LogitSlices.TOKENS) {
            int rows = Math.min(LogitSlices.TOKENS, count - from);
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
