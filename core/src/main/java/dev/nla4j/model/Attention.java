package dev.nla4j.model;

import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A block's grouped-query attention: projections, norms and turns around [SoftmaxAttention]; the same in
/// extraction, decoding, scoring and training.
final class Attention {
    private Attention() {}

    /// Attention of one block.
    ///
    /// @param x `[B, T, D]`, normalised
    /// @return `[B, T, D]`
    static Tensor apply(
            Tensor x,
            Weights.Block weights,
            @Nullable BlockAdapter adapter,
            ModelConfig config,
            ModelConfig.Layer kind,
            Call call,
            int layer) {
        Heads heads = config.heads();
        Tensor fused = weights.queryKeyValue()
                .apply(x, adapter == null ? null : adapter.queryKeyValue())
                .view(x.size(0), x.size(1), (long) heads.queries() + 2L * heads.keyValues(), heads.width());
        // Queries and keys are turned together: one pass over both. [B, T, H+K, d]
        Tensor[] parts = Tensors.split(fused, 2, (long) heads.queries() + heads.keyValues(), heads.keyValues());
        Tensor queryKey = parts[0];
        if (weights.queryNorm() != null && weights.keyNorm() != null) {
            queryKey = Tensors.cat(
                    2,
                    normed(queryKey.narrow(2, 0, heads.queries()), weights.queryNorm(), config),
                    normed(queryKey.narrow(2, heads.queries(), heads.keyValues()), weights.keyNorm(), config));
        }
        queryKey = rotate(queryKey, call.turn(kind.rope()));
        if (call.isStep() && SoftmaxAttention.typeInSteps(heads, call.type()) == ScalarType.Float) {
            queryKey = Tensors.as(ScalarType.Float, queryKey); // as both are needed, in one pass
        }
        Tensor[] turned = Tensors.split(queryKey, 2, heads.queries(), heads.keyValues());
        Tensor query = turned[0];
        Tensor key = turned[1].transpose(1, 2); // [B, K, T, d]
        Tensor value = parts[1].transpose(1, 2); // [B, K, T, d]
        call.capture(key, value);
        SoftmaxAttention.Tokens own = new SoftmaxAttention.Tokens(call.keys(layer, key), call.values(layer, value));
        return attended(query, own, weights, adapter, config, kind, call, layer);
    }

    /// As [#apply] for one token of each row, when nobody needs the others': keys and values of all, a query of
    /// one.
    ///
    /// @param x `[B, T, D]`, normalised
    /// @param one `[B, 1, D]`, the tokens that `at` speaks of
    /// @return `[B, 1, D]`
    static Tensor applyToOne(
            Tensor x,
            Tensor one,
            Weights.Block weights,
            @Nullable BlockAdapter adapter,
            ModelConfig config,
            ModelConfig.Layer kind,
            Call all,
            Call at,
            int layer) {
        Heads heads = config.heads();
        long d = heads.width();
        long queries = heads.queries() * d;
        LowRank added = adapter == null ? null : adapter.queryKeyValue();
        Tensor keyValue = weights.queryKeyValue()
                .rows(queries, 2L * heads.keyValues() * d)
                .apply(x, added == null ? null : added.rows(queries, 2L * heads.keyValues() * d))
                .view(x.size(0), x.size(1), 2L * heads.keyValues(), d); // [B, T, 2K, d]
        Tensor query = weights.queryKeyValue()
                .rows(0, queries)
                .apply(one, added == null ? null : added.rows(0, queries))
                .view(x.size(0), 1, heads.queries(), d); // [B, 1, H, d]
        Tensor key = keyValue.narrow(2, 0, heads.keyValues());
        if (weights.queryNorm() != null && weights.keyNorm() != null) {
            query = normed(query, weights.queryNorm(), config);
            key = normed(key, weights.keyNorm(), config);
        }
        query = rotate(query, at.turn(kind.rope()));
        key = rotate(key, all.turn(kind.rope())).transpose(1, 2); // [B, K, T, d]
        Tensor value = keyValue.narrow(2, heads.keyValues(), heads.keyValues()).transpose(1, 2);
        all.capture(key, value);
        return attended(query, new SoftmaxAttention.Tokens(key, value), weights, adapter, config, kind, at, layer);
    }

    private static Tensor attended(
            Tensor query,
            SoftmaxAttention.Tokens own,
            Weights.Block weights,
            @Nullable BlockAdapter adapter,
            ModelConfig config,
            ModelConfig.Layer kind,
            Call call,
            int layer) {
        Prefix prefix = call.prefix();
        SoftmaxAttention.Tokens shared = prefix == null
                ? null
                : prefix.tokens(layer, own.keys().scalar_type().intern());
        Tensor attended = SoftmaxAttention.attend(
                query, own, shared, config.heads(), call.masks(), kind.window(), call.type(), call.isStep());
        return weights.output().apply(attended, adapter == null ? null : adapter.output());
    }

    /// Each head normalised, in its own type again.
    private static Tensor normed(Tensor heads, Tensor weight, ModelConfig config) {
        return Tensors.as(
                heads.scalar_type().intern(),
                RmsNorm.apply(heads, weight, config.norm().eps()));
    }

    /// Heads turned to their positions.
    ///
    /// @param x `[B, T, heads, d]`
    private static Tensor rotate(Tensor x, Call.Turn whole) {
        Call.Turn turn = whole.of(x.size(2));
        long width = turn.cos().size(3);
        if (width == x.size(3)) {
            return rotated(x, turn.cos(), turn.sin());
        }
        Tensor still = x.narrow(3, width, x.size(3) - width);
        return Tensors.cat(3, rotated(x.narrow(3, 0, width), turn.cos(), turn.sin()), still);
    }

    private static Tensor rotated(Tensor x, Tensor cos, Tensor sin) {
        Tensor swapped = torch.roll(x, new long[] {x.size(3) / 2}, 3); // halves change places
        return x.mul(cos).addcmul_(swapped, sin);
    }
}
