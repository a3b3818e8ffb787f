package dev.nla4j.model;

import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Grouped-query attention as two batched matrix products with a softmax in fp32 between them; the same code in
/// extraction, decoding, scoring and training.
final class Attention {
    /// Scores of one call are held at once; beyond this many, queries go through in slices.
    private static final long MOST_SCORES = 1L << 26;

    private Attention() {}

    /// Attention of one block.
    ///
    /// @param x `[B, T, D]`, normalised, in the compute dtype
    /// @return `[B, T, D]`
    static Tensor apply(
            Tensor x,
            Weights.Block weights,
            @Nullable BlockAdapter adapter,
            ModelConfig config,
            RopeTables.Table rope,
            Masks masks,
            int window,
            @Nullable KeyValues past,
            int layer) {
        Heads heads = config.heads();
        long rows = x.size(0);
        long tokens = x.size(1);
        long turned = (long) heads.queries() + heads.keyValues();
        long offset = past == null ? 0 : past.length();
        Tensor fused = weights.queryKeyValue()
                .apply(x, adapter == null ? null : adapter.queryKeyValue())
                .view(rows, tokens, turned + heads.keyValues(), heads.width()); // [B, T, H+2K, d]
        Tensor queryKey = fused.narrow(2, 0, turned); // [B, T, H+K, d]
        if (weights.queryNorm() != null && weights.keyNorm() != null) {
            queryKey = headNorms(queryKey, weights.queryNorm(), weights.keyNorm(), config);
        }
        queryKey = rotate(queryKey, rope, offset);
        Tensor query = queryKey.narrow(2, 0, heads.queries());
        Tensor key = queryKey.narrow(2, heads.queries(), heads.keyValues()).transpose(1, 2); // [B, K, T, d]
        Tensor value = fused.narrow(2, turned, heads.keyValues()).transpose(1, 2); // [B, K, T, d]
        if (past != null) {
            key = past.appendKeys(layer, key);
            value = past.appendValues(layer, value);
        }
        Tensor attended = attend(query, key, value, heads, masks, window, offset); // [B, T, H*d]
        return weights.output().apply(attended, adapter == null ? null : adapter.output());
    }

    private static Tensor headNorms(Tensor queryKey, Tensor queryNorm, Tensor keyNorm, ModelConfig config) {
        int queries = config.heads().queries();
        double eps = config.norm().eps();
        Tensor query = RmsNorm.apply(queryKey.narrow(2, 0, queries), queryNorm, eps);
        Tensor key = RmsNorm.apply(queryKey.narrow(2, queries, config.heads().keyValues()), keyNorm, eps);
        return Tensors.cat(2, query, key).to(queryKey.scalar_type());
    }

    /// @param x `[B, T, heads, d]`; positions begin at `offset`
    private static Tensor rotate(Tensor x, RopeTables.Table rope, long offset) {
        long tokens = x.size(1);
        long width = rope.cos().size(1);
        Tensor cos = rope.cos().narrow(0, offset, tokens).view(1, tokens, 1, width);
        Tensor sin = rope.sin().narrow(0, offset, tokens).view(1, tokens, 1, width);
        if (width == x.size(3)) {
            return rotated(x, cos, sin);
        }
        Tensor still = x.narrow(3, width, x.size(3) - width);
        return Tensors.cat(3, rotated(x.narrow(3, 0, width), cos, sin), still);
    }

    private static Tensor rotated(Tensor x, Tensor cos, Tensor sin) {
        long half = x.size(3) / 2;
        Tensor swapped = Tensors.cat(3, x.narrow(3, half, half), x.narrow(3, 0, half));
        return torch.addcmul(x.mul(cos), swapped, sin);
    }

    /// @param query `[B, T, H, d]`
    /// @param key `[B, K, S, d]`
    /// @param value `[B, K, S, d]`
    /// @return `[B, T, H*d]`
    private static Tensor attend(
            Tensor query, Tensor key, Tensor value, Heads heads, Masks masks, int window, long offset) {
        return attend(query, key, value, heads, masks, window, offset, MOST_SCORES);
    }

    /// As above, with another bound on the scores held at once.
    static Tensor attend(
            Tensor query,
            Tensor key,
            Tensor value,
            Heads heads,
            Masks masks,
            int window,
            long offset,
            long mostScores) {
        long rows = query.size(0);
        long tokens = query.size(1);
        long all = key.size(2);
        long slice = Math.clamp(mostScores / Math.max(1, rows * heads.queries() * all), 1, tokens);
        if (slice == tokens) {
            return attendSlice(query, key, value, heads, masks, window, offset);
        }
        Tensor[] parts = new Tensor[(int) Math.ceilDiv(tokens, slice)];
        for (int i = 0; i < parts.length; i++) {
            long start = i * slice;
            long count = Math.min(slice, tokens - start);
            parts[i] = attendSlice(query.narrow(1, start, count), key, value, heads, masks, window, offset + start);
        }
        return Tensors.cat(1, parts);
    }

    private static Tensor attendSlice(
            Tensor query, Tensor key, Tensor value, Heads heads, Masks masks, int window, long offset) {
        long rows = query.size(0);
        long tokens = query.size(1);
        long all = key.size(2);
        long group = heads.queries() / heads.keyValues();
        long batch = rows * heads.keyValues();
        Tensor grouped = query.view(rows, tokens, heads.keyValues(), group, heads.width())
                .permute(0, 2, 3, 1, 4)
                .reshape(batch, group * tokens, heads.width()); // [B*K, G*T, d]
        Tensor keys = key.reshape(batch, all, heads.width()).transpose(1, 2); // [B*K, d, S]
        Tensor mask = masks.of(tokens, all, offset, window, group); // [G*T, S] or null
        Tensor scores; // [B*K, G*T, S]
        if (mask != null && heads.scoreCap() == 0) {
            try (Scalar one = new Scalar(1.0);
                    Scalar scale = new Scalar(heads.scale())) {
                scores = torch.baddbmm(mask, grouped, keys, one, scale);
            }
        } else {
            scores = capped(Tensors.times(torch.bmm(grouped, keys), heads.scale()), heads.scoreCap());
            scores = mask == null ? scores : scores.add(mask);
        }
        ScalarType type = query.scalar_type();
        Tensor probabilities = torch.softmax(scores, -1, FLOAT).to(type);
        return torch.bmm(probabilities, value.reshape(batch, all, heads.width()))
                .view(rows, heads.keyValues(), group, tokens, heads.width())
                .permute(0, 3, 1, 2, 4)
                .reshape(rows, tokens, (long) heads.queries() * heads.width());
    }

    /// `cap · tanh(x / cap)`; a cap of 0 leaves x.
    static Tensor capped(Tensor x, double cap) {
        return cap == 0 ? x : Tensors.times(Tensors.times(x, 1 / cap).tanh(), cap);
    }

    private static final ScalarTypeOptional FLOAT = Scope.constant(new ScalarTypeOptional(ScalarType.Float));
}
