package dev.nla4j.model;

import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Grouped-query attention with a softmax in fp32; the same in extraction, decoding, scoring and training.
///
/// The tokens a query sees are two parts: the prefix all rows share, and the row's own. Queries of all rows meet
/// the prefix in one product. The query heads of a key-value head stand below each other as one matrix.
final class Attention {
    /// Scores of one call are held at once; beyond this many, queries go through in slices.
    private static final long MOST_SCORES = 1L << 26;

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
        Tensor[] turned = Tensors.split(queryKey, 2, heads.queries(), heads.keyValues());
        Tensor query = turned[0];
        Tensor key = turned[1].transpose(1, 2); // [B, K, T, d]
        Tensor value = parts[1].transpose(1, 2); // [B, K, T, d]
        call.capture(key, value);
        Tokens own = new Tokens(call.keys(layer, key), call.values(layer, value));
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
        return attended(query, new Tokens(key, value), weights, adapter, config, kind, at, layer);
    }

    private static Tensor attended(
            Tensor query,
            Tokens own,
            Weights.Block weights,
            @Nullable BlockAdapter adapter,
            ModelConfig config,
            ModelConfig.Layer kind,
            Call call,
            int layer) {
        Prefix prefix = call.prefix();
        Tokens shared = prefix == null ? null : new Tokens(prefix.keys(layer), prefix.values(layer));
        Tensor attended = attend(query, own, shared, config.heads(), call.masks(), kind.window(), MOST_SCORES);
        return weights.output().apply(attended, adapter == null ? null : adapter.output());
    }

    /// Keys and values of tokens that are seen, `[B, K, S, d]` each.
    record Tokens(Tensor keys, Tensor values) {
        int count() {
            return Math.toIntExact(keys.size(2));
        }
    }

    /// Each head normalised, in its own type again.
    private static Tensor normed(Tensor heads, Tensor weight, ModelConfig config) {
        return RmsNorm.apply(heads, weight, config.norm().eps()).to(heads.scalar_type());
    }

    /// Heads turned to their positions.
    ///
    /// @param x `[B, T, heads, d]`
    private static Tensor rotate(Tensor x, Call.Turn turn) {
        long width = turn.cos().size(3);
        if (width == x.size(3)) {
            return rotated(x, turn.cos(), turn.sin());
        }
        Tensor still = x.narrow(3, width, x.size(3) - width);
        return Tensors.cat(3, rotated(x.narrow(3, 0, width), turn.cos(), turn.sin()), still);
    }

    private static Tensor rotated(Tensor x, Tensor cos, Tensor sin) {
        Tensor swapped = torch.roll(x, new long[] {x.size(3) / 2}, 3); // halves change places
        return torch.addcmul(x.mul(cos), swapped, sin);
    }

    /// What queries read from the tokens they see.
    ///
    /// @param query `[B, T, H, d]`
    /// @param own of the rows
    /// @param shared of the prefix, with one row; null when there is none
    /// @param mostScores bound on the scores held at once
    /// @return `[B, T, H*d]`
    static Tensor attend(
            Tensor query, Tokens own, @Nullable Tokens shared, Heads heads, Masks masks, int window, long mostScores) {
        long rows = query.size(0);
        int tokens = Math.toIntExact(query.size(1));
        long all = (long) own.count() + (shared == null ? 0 : shared.count());
        int slice =
                Math.toIntExact(Math.clamp(mostScores / Math.max(1, rows * heads.queries() * all), 1, (long) tokens));
        if (slice == tokens) {
            return attendSlice(query, own, shared, heads, masks, window, 0);
        }
        Tensor[] parts = new Tensor[Math.ceilDiv(tokens, slice)];
        for (int i = 0; i < parts.length; i++) {
            int first = i * slice;
            int count = Math.min(slice, tokens - first);
            parts[i] = attendSlice(query.narrow(1, first, count), own, shared, heads, masks, window, first);
        }
        return Tensors.cat(1, parts);
    }

    private static Tensor attendSlice(
            Tensor query, Tokens own, @Nullable Tokens shared, Heads heads, Masks masks, int window, int first) {
        long rows = query.size(0);
        int tokens = Math.toIntExact(query.size(1));
        int group = heads.queries() / heads.keyValues();
        long m = (long) group * tokens;
        Tensor grouped = query.view(rows, tokens, heads.keyValues(), group, heads.width())
                .permute(0, 2, 3, 1, 4)
                .reshape(rows, heads.keyValues(), m, heads.width()); // [B, K, G*T, d]
        Tensor ownMask = masks.own(first, tokens, own.count(), window, group); // [B or 1, 1, G*T, S] or null
        Tensor sharedMask = shared == null ? null : masks.prefix(first, tokens, window, group);
        // bf16 has no fast blocked kernel and caps have none at all; gradients need plain products.
        boolean flash =
                query.scalar_type().intern() == ScalarType.Float && heads.scoreCap() == 0 && !needsGradient(query, own);
        Tensor attended = flash
                ? inBlocks(grouped, own, ownMask, shared, sharedMask, heads)
                : inProducts(grouped, own, ownMask, shared, sharedMask, heads); // [B, K, G*T, d]
        return attended.view(rows, heads.keyValues(), group, tokens, heads.width())
                .permute(0, 3, 1, 2, 4)
                .reshape(rows, tokens, (long) heads.queries() * heads.width());
    }

    private static boolean needsGradient(Tensor query, Tokens own) {
        return query.requires_grad() || own.keys.requires_grad() || own.values.requires_grad();
    }

    /// Each part by itself, then joined by the sums of their exponentials.
    private static Tensor inBlocks(
            Tensor query,
            Tokens own,
            @Nullable Tensor ownMask,
            @Nullable Tokens shared,
            @Nullable Tensor sharedMask,
            Heads heads) {
        FlashAttention.Part mine = FlashAttention.apply(query, own.keys, own.values, ownMask, heads.scale());
        if (shared == null) {
            return mine.values();
        }
        long rows = query.size(0);
        long m = query.size(2);
        Tensor mask = sharedMask == null ? null : flat(sharedMask, rows);
        FlashAttention.Part common =
                FlashAttention.apply(across(query), shared.keys, shared.values, mask, heads.scale());
        Tensor values =
                common.values().view(heads.keyValues(), rows, m, heads.width()).transpose(0, 1); // [B, K, G*T, d]
        Tensor logSums = common.logSums().view(heads.keyValues(), rows, m).transpose(0, 1);
        return FlashAttention.join(mine, new FlashAttention.Part(values, logSums))
                .contiguous();
    }

    /// Queries of all rows below each other: `[B, K, M, d]` to `[1, K, B*M, d]`.
    private static Tensor across(Tensor query) {
        return query.transpose(0, 1).reshape(1, query.size(1), query.size(0) * query.size(2), query.size(3));
    }

    /// `[B or 1, 1, M, P]` to `[1, 1, B*M, P]`.
    private static Tensor flat(Tensor mask, long rows) {
        return mask.expand(rows, 1, mask.size(2), mask.size(3)).reshape(1, 1, rows * mask.size(2), mask.size(3));
    }

    /// Two products with one softmax over the scores of both parts between them.
    private static Tensor inProducts(
            Tensor query,
            Tokens own,
            @Nullable Tensor ownMask,
            @Nullable Tokens shared,
            @Nullable Tensor sharedMask,
            Heads heads) {
        long rows = query.size(0);
        long m = query.size(2);
        long kv = heads.keyValues();
        long d = heads.width();
        long s = own.count();
        Tensor flat = query.reshape(rows * kv, m, d);
        Tensor scores = scored(flat, own.keys.reshape(rows * kv, s, d), heads).view(rows, kv, m, s);
        scores = ownMask == null ? scores : scores.add(ownMask);
        if (shared != null) {
            long p = shared.count();
            Tensor common = scored(across(query).select(0, 0), shared.keys.select(0, 0), heads)
                    .view(kv, rows, m, p)
                    .transpose(0, 1); // [B, K, M, P]
            scores = Tensors.cat(3, sharedMask == null ? common : common.add(sharedMask), scores);
        }
        Tensor weights = torch.softmax(scores, -1, FLOAT).to(query.scalar_type()); // [B, K, M, P+S]
        long p = scores.size(3) - s;
        Tensor attended = torch.bmm(
                        weights.narrow(3, p, s).reshape(rows * kv, m, s), own.values.reshape(rows * kv, s, d))
                .view(rows, kv, m, d);
        if (shared == null) {
            return attended;
        }
        Tensor common = torch.bmm(
                        weights.narrow(3, 0, p).transpose(0, 1).reshape(kv, rows * m, p), shared.values.select(0, 0))
                .view(kv, rows, m, d)
                .transpose(0, 1);
        return attended.add(common);
    }

    /// Scaled and capped scores of `[N, M, d]` against `[N, S, d]`.
    private static Tensor scored(Tensor query, Tensor keys, Heads heads) {
        return capped(Tensors.times(torch.bmm(query, keys.transpose(1, 2)), heads.scale()), heads.scoreCap());
    }

    /// `cap · tanh(x / cap)`; a cap of 0 leaves x.
    static Tensor capped(Tensor x, double cap) {
        return cap == 0 ? x : Tensors.times(Tensors.times(x, 1 / cap).tanh(), cap);
    }

    private static final ScalarTypeOptional FLOAT = Scope.constant(new ScalarTypeOptional(ScalarType.Float));
}
