package dev.nla4j.model;

import dev.nla4j.format.InputException;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// The transformer decoder of every family: embeddings, blocks, head. The residual stream is fp32 throughout;
/// matrix products are in the weights' dtype. Stateless but for tables of cosines: one thread at a time.
///
/// Results belong to the caller's [dev.nla4j.tensor.Scope]. Rows of a batch may be padded on the right: no token
/// sees what comes after it, so padding never reaches a real token.
public final class Decoder {
    /// Of the residual stream's size: itself, normed, queries, what attention gives, and sums of these.
    private static final int STREAMS = 7;

    private final ModelConfig config;
    private final Weights weights;
    private final ScalarType type;
    private final RopeTables ropes;
    private final @Nullable LowRankAdapter adapter;
    private final double embedScale;

    /// The plain model.
    ///
    /// @param weights stay the caller's; several decoders may stand on them
    public Decoder(ModelConfig config, Weights weights) {
        this(config, weights, new RopeTables(weights.dtype().arithmetic()), null);
    }

    private Decoder(ModelConfig config, Weights weights, RopeTables ropes, @Nullable LowRankAdapter adapter) {
        this.config = config;
        this.weights = weights;
        this.type = weights.dtype().arithmetic();
        this.ropes = ropes;
        this.adapter = adapter;
        this.embedScale = weights.dtype() == DType.BF16 ? roundedToBf16(config.embedScale()) : config.embedScale();
    }

    /// Gemma's models have learned with the root of their width in the type of their weights, and
    /// transformers rounds it to that: 55.5 in bf16 for 55.43.
    private static double roundedToBf16(double scale) {
        try (Scope _ = Scope.noGrad()) {
            return Tensors.floats(Tensors.of(new float[] {(float) scale}, 1)
                    .to(ScalarType.BFloat16)
                    .to(ScalarType.Float))[0];
        }
    }

    /// The same weights seen through `adapter`.
    public Decoder with(LowRankAdapter adapter) {
        return new Decoder(config, weights, ropes, adapter);
    }

    /// The same model with other weights of the same shapes, without an adapter.
    Decoder with(Weights others) {
        return new Decoder(config, others, ropes, null);
    }

    /// The tables of cosines, native memory that decoders made with [#with(LowRankAdapter)] share. Closed, they
    /// are made anew when they are needed again.
    RopeTables ropes() {
        return ropes;
    }

    public ModelConfig config() {
        return config;
    }

    public DType dtype() {
        return weights.dtype();
    }

    /// Sees the residual stream pass.
    @FunctionalInterface
    public interface Tap {
        /// Called once a depth, in order.
        ///
        /// @param depth blocks passed: 0 after the embeddings, `i` after block `i - 1`
        /// @param residual `[B, T, D]` fp32, valid during the call
        void at(int depth, Tensor residual);
    }

    /// Embeddings of `ids` `[B, T]` (any scale applied), fp32 `[B, T, D]`. An id without a row is refused
    /// here, where every text comes through: a tokenizer may have added tokens that its model knows nothing
    /// of.
    public Tensor embed(Tensor ids) {
        Shapes.require(ids, "ids", -1, -1);
        for (long id : Tensors.longs(ids)) {
            if (id < 0 || id >= config.vocabulary()) {
                throw new InputException("token " + id + ": the model has no embedding for it, its table ends at "
                        + (config.vocabulary() - 1)
                        + "; leave the token out of the text (nla tokenize shows where it is)");
            }
        }
        Tensor rows = weights.embedding().index_select(0, ids.reshape(-1)).to(ScalarType.Float);
        Tensor scaled = embedScale == 1 ? rows : Tensors.times(rows, embedScale);
        return scaled.view(ids.size(0), ids.size(1), config.dim());
    }

    /// Bytes of what is on its way through a block while a text of so many tokens is read, keys and values apart.
    public static double bytesWhileReading(ModelConfig config, int tokens) {
        return (double) STREAMS * tokens * config.dim() * Float.BYTES
                + FeedForward.bytes(config, tokens)
                + SoftmaxAttention.bytes(config, tokens);
    }

    /// Whether attention over texts of so many tokens is plain matrix products, and no kernel of its own, on this
    /// processor.
    public boolean attendsByProducts(int tokens) {
        return SoftmaxAttention.isOfProducts(config.heads(), type, tokens);
    }

    /// Heads of queries and keys, which are turned together.
    private long turned() {
        return (long) config.heads().queries() + config.heads().keyValues();
    }

    /// The residual stream after all blocks, `[B, T, D]` fp32.
    public Tensor residual(Tensor embeddings, Context context) {
        return residual(embeddings, config.numLayers(), context, (depth, residual) -> {});
    }

    /// The residual stream after the first `depth` blocks, `[B, T, D]` fp32; nothing above is computed.
    ///
    /// @param embeddings `[B, T, D]` fp32
    /// @param context what stands before these tokens and where their keys and values go
    public Tensor residual(Tensor embeddings, int depth, Context context, Tap tap) {
        Shapes.require(embeddings, "embeddings", -1, -1, config.dim());
        if (depth < 0 || depth > config.numLayers()) {
            throw new IllegalArgumentException(
                    "depth: must be 0 to " + config.numLayers() + " (the number of blocks), was " + depth);
        }
        Tensor residual = embeddings;
        int passed = 0;
        tap.at(0, residual);
        try (Call call = new Call(context, ropes, turned(), embeddings.size(1))) {
            while (passed < depth) {
                Tensor next = block(residual, passed, call);
                if (passed > 0) {
                    residual.close();
                }
                residual = next;
                passed++;
                tap.at(passed, residual);
            }
            call.done();
        } catch (RuntimeException e) {
            if (passed > 0) {
                residual.close();
            }
            throw e;
        }
        return depth == 0 ? residual : Scope.adopt(residual);
    }

    /// As [#residual] for one token of each row: the last block computes nothing for the others.
    ///
    /// @param at which of its row's tokens each is, one a row
    /// @param context rows that begin here, with whatever stands before them
    /// @return `[B, D]` fp32
    public Tensor residualAt(Tensor embeddings, int depth, Context.Start context, int[] at) {
        if (depth < 1 || at.length != embeddings.size(0)) {
            throw new IllegalArgumentException(
                    "depth: must be 1 or more, was " + depth + "; tokens: must be one a row, were " + at.length);
        }
        try (Scope scope = Scope.open()) {
            Tensor residual = residual(embeddings, depth - 1, context, (reached, stream) -> {});
            int tokens = Math.toIntExact(embeddings.size(1));
            try (Call all = new Call(context, ropes, turned(), tokens);
                    Call one = new Call(context, ropes, turned(), at, tokens)) {
                long[] flat = new long[at.length];
                for (int row = 0; row < at.length; row++) {
                    flat[row] = (long) row * tokens + at[row];
                }
                Tensor chosen = residual.reshape(-1, config.dim())
                        .index_select(0, Tensors.longs(flat, flat.length))
                        .unsqueeze(1); // [B, 1, D]
                int layer = depth - 1;
                Weights.Block block = weights.blocks().get(layer);
                BlockAdapter added = adapter == null ? null : adapter.block(layer);
                Tensor x = normed(residual, block.inputNorm());
                Tensor attended = Attention.applyToOne(
                        x,
                        normed(chosen, block.inputNorm()),
                        block,
                        added,
                        config,
                        config.layers().get(layer),
                        all,
                        one,
                        layer);
                return scope.keep(fed(chosen, attended, block, added).squeeze(1));
            }
        }
    }

    /// One block. What it makes on the way is freed at once: kept until the whole call ends, the intermediate
    /// results of thirty blocks would be gigabytes. (Where gradients are recorded, the graph holds what it needs.)
    ///
    /// @return released from every scope
    private Tensor block(Tensor residual, int layer, Call call) {
        Weights.Block block = weights.blocks().get(layer);
        BlockAdapter added = adapter == null ? null : adapter.block(layer);
        ModelConfig.Layer kind = config.layers().get(layer);
        call.turn(kind.rope());
        try (Scope scope = Scope.open()) {
            Tensor attended;
            try (Scope attention = Scope.open()) {
                Tensor x = normed(residual, block.inputNorm());
                attended = attention.keep(Attention.apply(x, block, added, config, kind, call, layer));
            }
            return scope.release(fed(residual, attended, block, added));
        }
    }

    /// What a block adds after its attention.
    private Tensor fed(Tensor residual, Tensor attended, Weights.Block block, @Nullable BlockAdapter added) {
        Tensor middle = plus(residual, sandwiched(attended, block.postAttentionNorm()));
        Tensor fed = FeedForward.apply(normed(middle, block.feedForwardNorm()), block, added, config);
        return plus(middle, sandwiched(fed, block.postFeedForwardNorm()));
    }

    /// Their sum, fp32. What is narrower is widened by itself and added to in place: an addition of two types
    /// widens it too, into memory of its own.
    private static Tensor plus(Tensor residual, Tensor added) {
        return added.scalar_type().intern() == ScalarType.Float
                ? residual.add(added)
                : added.to(ScalarType.Float).add_(residual);
    }

    private Tensor normed(Tensor residual, Tensor norm) {
        return Tensors.as(type, RmsNorm.apply(residual, norm, config.norm().eps()));
    }

    private Tensor sandwiched(Tensor x, @Nullable Tensor norm) {
        return norm == null ? x : RmsNorm.apply(x, norm, config.norm().eps());
    }

    /// The final norm of a residual stream `[..., D]`, fp32.
    public Tensor finalNorm(Tensor residual) {
        if (weights.finalNorm() == null) {
            throw new IllegalStateException("a trunk has no final norm");
        }
        return RmsNorm.apply(residual, weights.finalNorm(), config.norm().eps());
    }

    /// Whether gradients reach the weights behind the last block.
    public boolean headLearns() {
        return GradMode.is_enabled()
                && (weights.headProduct().learns()
                        || (weights.finalNorm() != null && weights.finalNorm().requires_grad()));
    }

    /// Logits of a residual stream `[..., D]` after all blocks: `[..., V]` fp32.
    public Tensor logits(Tensor residual) {
        return logitsOf(headProduct(residual));
    }

    /// What [#logitsOf] makes logits of, `[..., V]` in the arithmetic's type: for whoever takes them a few rows at a
    /// time.
    public Tensor headProduct(Tensor residual) {
        return weights.headProduct().times(Tensors.as(type, finalNorm(residual)));
    }

    /// Logits of some rows of a [#headProduct]: fp32, of its shape.
    public Tensor logitsOf(Tensor headProduct) {
        return SoftmaxAttention.capped(Tensors.as(ScalarType.Float, headProduct), config.logitCap());
    }
}
