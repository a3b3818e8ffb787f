package dev.nla4j.model;

import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MatrixProduct;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.Objects;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Grouped-query attention with a softmax in fp32, by the fastest of four ways that compute the same
/// (`docs/design/engine.md`).
///
/// The tokens a query sees are two parts: the prefix all rows share, and the row's own. The query heads of a
/// key-value head stand below each other as one matrix of M = G*T rows.
final class SoftmaxAttention {
    /// Scores of one call are held at once; beyond this many, queries go through in slices.
    private static final long MOST_SCORES = 1L << 26;
    /// No more than these where plain products make them and nothing is recorded: what goes from product to product
    /// stays small.
    private static final long MOST_OF_PRODUCTS = 1L << 24;
    /// Scores, weights, and what is on the way between them.
    private static final long BYTES_A_SCORE = 8;
    /// From so many queries of a key-value head on, bf16 has a fast blocked kernel, where it has one; below, plain
    /// products are faster.
    private static final long MANY_QUERIES = 192;

    /// Up to so many tokens a row alone copies the prefix in front of its own: cheaper than a second call.
    private static final int FEW_TOKENS = 512;

    /// Where plain products attend to whole texts, queries go through in up to so many slices, none of which meets a
    /// token behind its own.
    private static final int MOST_SLICES = 8;

    /// Shorter ones save less than their calls take.
    private static final int SHORTEST_SLICE = 96;

    private SoftmaxAttention() {}

    /// Keys and values of tokens that are seen, `[B, K, S, d]` each.
    record Tokens(Tensor keys, Tensor values) {
        int count() {
            return Math.toIntExact(keys.size(2));
        }

        /// Those of so many rows from `from` on.
        Tokens rows(int from, long count) {
            return count == keys.size(0)
                    ? this
                    : new Tokens(keys.narrow(0, from, count), values.narrow(0, from, count));
        }

        /// The first of them.
        Tokens first(int tokens) {
            return tokens == count() ? this : new Tokens(keys.narrow(2, 0, tokens), values.narrow(2, 0, tokens));
        }

        Tokens to(ScalarType type) {
            return new Tokens(Tensors.as(type, keys), Tensors.as(type, values));
        }

        /// The same tokens before each of so many rows; views.
        Tokens before(long rows) {
            return new Tokens(
                    keys.expand(rows, keys.size(1), keys.size(2), keys.size(3)),
                    values.expand(rows, values.size(1), values.size(2), values.size(3)));
        }
    }

    /// Both parts that queries see, each with what hides some of it.
    ///
    /// @param ownMask `[1, 1, M, S]` or `[B, 1 or K, M, S]` added to scores; null hides nothing
    /// @param shared with one row; null when there is none
    /// @param sharedMask `[B or 1, 1, M, P]`; null hides nothing
    private record Seen(
            Tokens own,
            @Nullable Tensor ownMask,
            @Nullable Tokens shared,
            @Nullable Tensor sharedMask) {}

    /// What queries read from the tokens they see.
    ///
    /// @param query `[B, T, H, d]`
    /// @param own of the rows
    /// @param shared of the prefix, with one row; null when there is none
    /// @param type in which products are computed; queries may be wider
    /// @param step whether each row of a cache, of the type [#typeInSteps], goes on by one token
    /// @return `[B, T, H*d]` in that type
    static Tensor attend(
            Tensor query,
            Tokens own,
            @Nullable Tokens shared,
            Heads heads,
            Masks masks,
            int window,
            ScalarType type,
            boolean step) {
        return attend(query, own, shared, heads, masks, window, type, step, MOST_SCORES);
    }

    /// As above.
    ///
    /// @param mostScores bound on the scores held at once
    static Tensor attend(
            Tensor query,
            Tokens own,
            @Nullable Tokens shared,
            Heads heads,
            Masks masks,
            int window,
            ScalarType type,
            boolean step,
            long mostScores) {
        int rows = Math.toIntExact(query.size(0));
        int tokens = Math.toIntExact(query.size(1));
        long all = (long) own.count() + (shared == null ? 0 : shared.count());
        int group = heads.queries() / heads.keyValues();
        boolean learns = needsGradient(query, own);
        boolean products = step ? stepsByProducts(heads, type) : isOfProducts(heads, type, tokens);
        boolean kernel = !learns && !products;
        Pieces pieces = new Pieces(own, shared, heads, masks, window, type, kernel, step);
        // A kernel holds masks and no scores; where gradients are recorded, all rows go through together.
        boolean together = kernel || learns;
        long most = together ? mostScores : Math.min(mostScores, MOST_OF_PRODUCTS);
        // What is cut where depends on a row's own tokens only, or so would its last bits on the rows beside it.
        long each = kernel ? group * all : (learns ? (long) rows : 1) * heads.queries() * all;
        int widest = together ? tokens : slice(tokens);
        int slice = Math.toIntExact(Math.clamp(most / Math.max(1, each), 1, (long) widest));
        int atOnce = together ? rows : Math.toIntExact(Math.clamp(most / Math.max(1, each * slice), 1, (long) rows));
        Tensor[] ofRows = new Tensor[Math.ceilDiv(rows, atOnce)];
        for (int i = 0; i < ofRows.length; i++) {
            int from = i * atOnce;
            int count = Math.min(atOnce, rows - from);
            Tensor some = count == rows ? query : query.narrow(0, from, count);
            Tensor[] parts = new Tensor[Math.ceilDiv(tokens, slice)];
            for (int part = 0; part < parts.length; part++) {
                int first = part * slice;
                int number = Math.min(slice, tokens - first);
                try (Scope scope = Scope.open()) {
                    Tensor queries = number == tokens ? some : some.narrow(1, first, number);
                    parts[part] = scope.keep(pieces.attend(queries, from, first));
                }
            }
            ofRows[i] = parts.length == 1 ? parts[0] : Tensors.cat(1, parts);
        }
        return ofRows.length == 1 ? ofRows[0] : Tensors.cat(0, ofRows);
    }

    /// Bytes of what is between the products while a text of so many tokens is read.
    static double bytes(ModelConfig config, int tokens) {
        return BYTES_A_SCORE
                * Math.min(MOST_OF_PRODUCTS, (double) config.heads().queries() * tokens * tokens);
    }

    /// How many of a row's tokens plain products attend from at once, where nothing is recorded.
    private static int slice(int tokens) {
        return Math.ceilDiv(tokens, Math.clamp(tokens / SHORTEST_SLICE, 1, MOST_SLICES));
    }

    /// Whether queries of so many tokens a row go through plain products where nothing is recorded.
    static boolean isOfProducts(Heads heads, ScalarType type, int tokens) {
        long queries = (long) heads.queries() / heads.keyValues() * tokens;
        boolean fast =
                tokens == 1 || type == ScalarType.Float || (queries >= MANY_QUERIES && FlashAttention.isFastInBf16());
        return heads.scoreCap() != 0 || !fast;
    }

    /// Whether a step goes through plain products.
    private static boolean stepsByProducts(Heads heads, ScalarType type) {
        return heads.scoreCap() != 0 || (type != ScalarType.Float && !FlashAttention.isFastInBf16());
    }

    /// In which type keys and values are kept for steps of weights that are multiplied in `type`: fp32 for the
    /// kernel.
    static ScalarType typeInSteps(Heads heads, ScalarType type) {
        return stepsByProducts(heads, type) ? type : ScalarType.Float;
    }

    /// What pieces of a call's queries share.
    ///
    /// @param kernel whether the blocked kernel does it
    /// @param step whether each row of a cache goes on by one token
    private record Pieces(
            Tokens own,
            @Nullable Tokens shared,
            Heads heads,
            Masks masks,
            int window,
            ScalarType type,
            boolean kernel,
            boolean step) {
        /// @param query `[n, T, H, d]` of the rows from `row` on and the tokens from `first` on
        /// @return `[n, T, H*d]`
        Tensor attend(Tensor query, int row, int first) {
            long rows = query.size(0);
            int tokens = Math.toIntExact(query.size(1));
            int group = heads.queries() / heads.keyValues();
            long m = (long) group * tokens;
            Tensor grouped = tokens == 1 // then nothing changes places
                    ? query.view(rows, heads.keyValues(), group, heads.width())
                    : query.view(rows, tokens, heads.keyValues(), group, heads.width())
                            .permute(0, 2, 3, 1, 4)
                            .reshape(rows, heads.keyValues(), m, heads.width()); // [B, K, G*T, d]
            boolean single = kernel && tokens == 1;
            Tokens mine = own.rows(row, rows);
            if (tokens > 1) {
                mine = mine.first(Math.min(own.count(), masks.reach(first + tokens - 1)));
            }
            if (single && type == ScalarType.Float && rows == 1 && window == 0) {
                int reach = masks.reach(row, first);
                if (shared == null || shared.count() + reach <= FEW_TOKENS) {
                    // No mask, and one call instead of two and their joining.
                    Seen all = new Seen(mine.first(reach), null, shared, null);
                    return back(inOneBlock(grouped, all, heads), tokens, heads);
                }
            }
            ScalarType maskType = single ? ScalarType.Float : type;
            // [1, 1, G*T, S], [B, 1 or K, G*T, S] or null
            Tensor ownMask = ofRows(
                    masks.own(maskType, first, tokens, mine.count(), window, group, kernel ? 1 : heads.keyValues()),
                    row,
                    rows);
            if (ownMask == null && step && !kernel) {
                // Whether a step has a mask depends on how long other rows are, and a product that adds one rounds
                // once less.
                ownMask = Tensors.zeros(type, 1, 1, m, own.count());
            }
            Tensor sharedMask =
                    shared == null ? null : ofRows(masks.prefix(maskType, first, tokens, window, group), row, rows);
            Tensor attended; // [B, K, G*T, d]
            if (kernel && type == ScalarType.Float) {
                attended = inBlocks(grouped, new Seen(mine, ownMask, shared, sharedMask), heads, single);
            } else if (single) {
                attended = inWideBlocks(grouped, new Seen(mine, ownMask, shared, sharedMask), heads)
                        .to(type);
            } else {
                Seen seen = new Seen(mine.to(type), ownMask, shared == null ? null : shared.to(type), sharedMask);
                Tensor narrow = Tensors.as(type, grouped);
                attended = kernel ? inOneBlock(narrow, seen, heads) : inProducts(narrow, seen, heads);
            }
            return back(attended, tokens, heads);
        }

        /// `[B, K, G*T, d]` to `[B, T, H*d]`.
        private static Tensor back(Tensor attended, int tokens, Heads heads) {
            long rows = attended.size(0);
            if (tokens == 1) {
                return attended.reshape(rows, 1, heads.queryWidth());
            }
            long group = heads.queries() / heads.keyValues();
            return attended.view(rows, heads.keyValues(), group, tokens, heads.width())
                    .permute(0, 3, 1, 2, 4)
                    .reshape(rows, tokens, heads.queryWidth());
        }

        private static @Nullable Tensor ofRows(@Nullable Tensor mask, int row, long rows) {
            return mask == null || mask.size(0) == 1 || mask.size(0) == rows ? mask : mask.narrow(0, row, rows);
        }
    }

    private static boolean needsGradient(Tensor query, Tokens own) {
        return query.requires_grad() || own.keys.requires_grad() || own.values.requires_grad();
    }

    /// Each part by itself, then joined by the sums of their exponentials.
    ///
    /// @param step whether rows may see different numbers of tokens
    private static Tensor inBlocks(Tensor query, Seen seen, Heads heads, boolean step) {
        Tokens own = seen.own;
        Tokens shared = seen.shared;
        FlashAttention.Part mine = step
                ? FlashAttention.applyInPieces(query, own.keys, own.values, seen.ownMask, heads.scale())
                : FlashAttention.apply(query, own.keys, own.values, seen.ownMask, heads.scale());
        if (shared == null) {
            return mine.values();
        }
        long rows = query.size(0);
        long m = query.size(2);
        Tensor mask = seen.sharedMask == null ? null : flat(seen.sharedMask, rows);
        FlashAttention.Part common =
                FlashAttention.apply(across(query), shared.keys, shared.values, mask, heads.scale());
        Tensor values =
                common.values().view(heads.keyValues(), rows, m, heads.width()).transpose(0, 1); // [B, K, G*T, d]
        Tensor logSums = common.logSums().view(heads.keyValues(), rows, m).transpose(0, 1);
        return FlashAttention.join(mine, new FlashAttention.Part(values, logSums))
                .contiguous();
    }

    /// As [#inBlocks] for few queries in bf16, which has no fast kernel for them: in fp32, and each row by
    /// itself, as the bits of a product for all rows together may depend on how many there are.
    private static Tensor inWideBlocks(Tensor query, Seen seen, Heads heads) {
        Tokens own = seen.own;
        Tokens shared = seen.shared;
        Tensor wide = Tensors.as(ScalarType.Float, query);
        Tokens mine = own.to(ScalarType.Float);
        FlashAttention.Part part =
                FlashAttention.applyInPieces(wide, mine.keys, mine.values, seen.ownMask, heads.scale());
        if (shared == null) {
            return part.values();
        }
        Tokens before = shared.to(ScalarType.Float).before(query.size(0));
        FlashAttention.Part common =
                FlashAttention.apply(wide, before.keys, before.values, seen.sharedMask, heads.scale());
        return FlashAttention.join(part, common);
    }

    /// As [#inBlocks] for many queries in bf16, whose kernel is fast for many queries of one row only, and for
    /// a single query in fp32: both parts are laid side by side.
    private static Tensor inOneBlock(Tensor query, Seen seen, Heads heads) {
        Tokens own = seen.own;
        Tokens shared = seen.shared;
        if (shared == null) {
            return FlashAttention.apply(query, own.keys, own.values, seen.ownMask, heads.scale())
                    .values();
        }
        Tokens before = shared.before(query.size(0));
        Tensor keys = Tensors.cat(2, before.keys, own.keys);
        Tensor values = Tensors.cat(2, before.values, own.values);
        Tensor mask = besides(seen.sharedMask, shared.count(), seen.ownMask, own.count(), query.size(2));
        return FlashAttention.apply(query, keys, values, mask, heads.scale()).values();
    }

    /// Two masks side by side; null hides nothing.
    private static @Nullable Tensor besides(
            @Nullable Tensor left, long leftCount, @Nullable Tensor right, long rightCount, long queries) {
        if (left == null && right == null) {
            return null;
        }
        Tensor some = left == null ? Objects.requireNonNull(right) : left;
        long rows = Math.max(left == null ? 1 : left.size(0), right == null ? 1 : right.size(0));
        Tensor none = Tensors.zeros(DType.FP32, 1, 1, 1, 1).to(some.scalar_type());
        return Tensors.cat(
                3,
                (left == null ? none : left).expand(rows, 1, queries, leftCount),
                (right == null ? none : right).expand(rows, 1, queries, rightCount));
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
    private static Tensor inProducts(Tensor query, Seen seen, Heads heads) {
        Tokens own = seen.own;
        Tokens shared = seen.shared;
        long rows = query.size(0);
        long m = query.size(2);
        long kv = heads.keyValues();
        long d = heads.width();
        long s = own.count();
        Tensor flat = query.reshape(rows * kv, m, d);
        Tensor scores = masked(flat, own.keys.reshape(rows * kv, s, d), seen.ownMask, heads, rows)
                .view(rows, kv, m, s);
        if (shared != null) {
            long p = shared.count();
            Tensor common = scored(across(query).select(0, 0), shared.keys.select(0, 0), heads)
                    .view(kv, rows, m, p)
                    .transpose(0, 1); // [B, K, M, P]
            scores = Tensors.cat(3, seen.sharedMask == null ? common : common.add(seen.sharedMask), scores);
        }
        // In fp32 inside; read and written in the scores' own type.
        Tensor weights = torch.softmax(scores, -1, SCORES_TYPE); // [B, K, M, P+S]
        long p = scores.size(3) - s;
        Tensor attended = MatrixProduct.batched(
                        weights.narrow(3, p, s).reshape(rows * kv, m, s), own.values.reshape(rows * kv, s, d))
                .view(rows, kv, m, d);
        if (shared == null) {
            return attended;
        }
        Tensor common = MatrixProduct.batched(
                        weights.narrow(3, 0, p).transpose(0, 1).reshape(kv, rows * m, p), shared.values.select(0, 0))
                .view(kv, rows, m, d)
                .transpose(0, 1);
        return attended.add(common);
    }

    /// Scaled and capped scores with their mask `[1, 1, M, S]` or `[B, K, M, S]` added: `[B*K, M, S]`. Where
    /// nothing is capped, the product itself scales and adds.
    private static Tensor masked(Tensor query, Tensor keys, @Nullable Tensor mask, Heads heads, long rows) {
        long m = query.size(1);
        long s = keys.size(1);
        if (mask == null) {
            return scored(query, keys, heads);
        }
        if (heads.scoreCap() == 0) {
            return MatrixProduct.batchedOnto(mask.view(-1, m, s), query, keys.transpose(1, 2), heads.scale());
        }
        return scored(query, keys, heads).view(rows, -1, m, s).add(mask).view(-1, m, s);
    }

    /// Scaled and capped scores of `[N, M, d]` against `[N, S, d]`.
    private static Tensor scored(Tensor query, Tensor keys, Heads heads) {
        return capped(
                Tensors.times(MatrixProduct.batched(query, keys.transpose(1, 2)), heads.scale()), heads.scoreCap());
    }

    /// `cap · tanh(x / cap)`; a cap of 0 leaves x.
    static Tensor capped(Tensor x, double cap) {
        return cap == 0 ? x : Tensors.times(Tensors.times(x, 1 / cap).tanh(), cap);
    }

    private static final ScalarTypeOptional SCORES_TYPE = Scope.constant(new ScalarTypeOptional());
}
