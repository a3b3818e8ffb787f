package dev.nla4j.model;

import dev.nla4j.model.ModelConfig.Activation;
import dev.nla4j.model.ModelConfig.Heads;
import dev.nla4j.model.ModelConfig.Layer;
import dev.nla4j.model.ModelConfig.Norm;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// Random decoders of a few thousand weights. Tensors belong to the open scope.
public final class TinyModels {
    public static final int VOCABULARY = 97;
    public static final int DIM = 32;
    private static final int HIDDEN = 48;
    private static final int WIDTH = 8;

    private TinyModels() {}

    /// A llama with a block for each window, 0 for none.
    public static ModelConfig llama(int... windows) {
        return config(new Heads(4, 2, WIDTH, 1 / Math.sqrt(WIDTH), 0, false, false, false), WIDTH, false, 0, windows);
    }

    /// A llama of two blocks with three queries for each key and heads as wide as those of larger models.
    public static ModelConfig wideHeads(int width) {
        return config(new Heads(6, 2, width, 1 / Math.sqrt(width), 0, false, false, false), width, false, 0, 0, 0);
    }

    /// A llama whose positions turn otherwise in texts of more than `original` tokens.
    public static ModelConfig longRope(int original) {
        ModelConfig plain = llama(0, 0);
        List<Float> shorter = List.of(1f, 1f, 1f, 1f);
        List<Float> longer = List.of(1f, 2f, 5f, 20f);
        Rope rope = new Rope(1000, WIDTH, new RopeScaling.LongRope(shorter, longer, original, 1));
        return plain.withLayers(List.of(new Layer(0, rope), new Layer(0, rope)));
    }

    /// Everything that families add at once: caps, head norms, biases, sandwich norms, partial rotation.
    public static ModelConfig everything(int... windows) {
        return config(new Heads(4, 1, WIDTH, 0.3, 5, true, true, true), WIDTH / 2, true, 8, windows);
    }

    private static ModelConfig config(Heads heads, int rotary, boolean sandwich, double logitCap, int... windows) {
        Rope rope = new Rope(1000, rotary, new RopeScaling.None());
        List<Layer> layers =
                IntStream.of(windows).mapToObj(w -> new Layer(w, rope)).toList();
        return new ModelConfig(
                Family.LLAMA,
                VOCABULARY,
                DIM,
                HIDDEN,
                heads,
                new Norm(1e-6, 0, sandwich),
                sandwich ? Activation.GELU_TANH : Activation.SILU,
                layers,
                sandwich ? 3 : 1,
                logitCap,
                false,
                512,
                List.of());
    }

    public static Decoder decoder(ModelConfig config, long seed) {
        return new Decoder(config, weights(config, seed));
    }

    /// A decoder that knows no embeddings of the ids from `known` on, though its head writes them.
    public static Decoder decoderOfFewer(ModelConfig config, long seed, int known) {
        return new Decoder(with(config, config.family(), known), weights(config, seed));
    }

    /// The same with another number of ids.
    public static ModelConfig ofVocabulary(ModelConfig config, int vocabulary) {
        return with(config, config.family(), vocabulary);
    }

    /// The same with another width inside of its feed-forward layers.
    public static ModelConfig ofHidden(ModelConfig config, int hidden) {
        return with(config, config.family(), config.vocabulary(), hidden);
    }

    /// The same under another family's name, with another number of ids.
    static ModelConfig with(ModelConfig config, Family family, int vocabulary) {
        return with(config, family, vocabulary, config.hidden());
    }

    private static ModelConfig with(ModelConfig config, Family family, int vocabulary, int hidden) {
        return new ModelConfig(
                family,
                vocabulary,
                config.dim(),
                hidden,
                config.heads(),
                config.norm(),
                config.activation(),
                config.layers(),
                config.embedScale(),
                config.logitCap(),
                config.tiedHead(),
                config.contextLength(),
                config.stopIds());
    }

    /// A decoder in which the embedding of `id` is no number, though its head writes it.
    public static Decoder decoderWithNaN(ModelConfig config, long seed, int id) {
        Weights weights = weights(config, seed);
        try (Scalar nan = new Scalar(Double.NaN)) {
            weights.embedding().select(0, id).fill_(nan);
        }
        return new Decoder(config, weights);
    }

    /// A model without a tokenizer; the open scope owns its weights.
    public static LanguageModel model(ModelConfig config, long seed) {
        Weights weights = weights(config, seed);
        return new LanguageModel(Path.of("tiny"), config, weights, new Decoder(config, weights), null, null, null);
    }

    /// With matrices in bf16, as a model of that type has them; of a kind without biases.
    public static Decoder decoderInBf16(ModelConfig config, long seed) {
        Weights wide = weights(config, seed);
        List<Weights.Block> blocks = new ArrayList<>();
        for (Weights.Block block : wide.blocks()) {
            blocks.add(new Weights.Block(
                    block.inputNorm(),
                    inBf16(block.queryKeyValue()),
                    block.queryNorm(),
                    block.keyNorm(),
                    inBf16(block.output()),
                    block.postAttentionNorm(),
                    block.feedForwardNorm(),
                    inBf16(block.gateUp()),
                    inBf16(block.down()),
                    block.postFeedForwardNorm()));
        }
        Tensor embedding = wide.embedding().to(DType.BF16.scalarType());
        return new Decoder(config, new Weights(DType.BF16, embedding, blocks, wide.finalNorm(), null, true));
    }

    private static Linear inBf16(Linear linear) {
        return new Linear(linear.matrix().tensor().to(DType.BF16.scalarType()), null);
    }

    static Weights weights(ModelConfig config, long seed) {
        Random random = new Random(seed);
        Heads heads = config.heads();
        boolean sandwich = config.norm().sandwich();
        int attended = heads.queries() * heads.width();
        List<Weights.Block> blocks = new ArrayList<>();
        for (int i = 0; i < config.numLayers(); i++) {
            blocks.add(new Weights.Block(
                    norm(random, DIM),
                    new Linear(
                            normal(random, heads.fusedWidth(), DIM),
                            heads.inputBias() ? normal(random, heads.fusedWidth()) : null),
                    heads.headNorms() ? norm(random, heads.width()) : null,
                    heads.headNorms() ? norm(random, heads.width()) : null,
                    new Linear(normal(random, DIM, attended), heads.outputBias() ? normal(random, DIM) : null),
                    sandwich ? norm(random, DIM) : null,
                    norm(random, DIM),
                    new Linear(normal(random, 2 * config.hidden(), DIM), null),
                    new Linear(normal(random, DIM, config.hidden()), null),
                    sandwich ? norm(random, DIM) : null));
        }
        return new Weights(
                DType.FP32,
                normal(random, config.vocabulary(), DIM),
                blocks,
                norm(random, DIM),
                Matrix.stored(normal(random, config.vocabulary(), DIM)),
                false);
    }

    /// Gaussian numbers of such a size that products neither vanish nor grow.
    static Tensor normal(Random random, long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        float[] values = new float[count];
        double scale = 1 / Math.sqrt(shape[shape.length - 1]);
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * scale);
        }
        return Tensors.of(values, shape);
    }

    private static Tensor norm(Random random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = 0.5f + random.nextFloat();
        }
        return Tensors.of(values, size);
    }

    public static int[] ids(long seed, int count) {
        return new Random(seed).ints(count, 0, VOCABULARY).toArray();
    }
}
