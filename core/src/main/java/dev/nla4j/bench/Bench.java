package dev.nla4j.bench;

import dev.nla4j.format.InputException;
import dev.nla4j.generate.Engine;
import dev.nla4j.generate.Prompt;
import dev.nla4j.generate.Request;
import dev.nla4j.generate.StopCondition;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.LowRankAdapter;
import dev.nla4j.model.Prefix;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.MatrixProduct;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// The fixed work that other implementations are timed on too: the same shapes, the same number of tokens, random
/// ids and no stop. One model in one dtype.
public final class Bench {
    /// Blocks that extraction and reconstruction run through: K = 20.
    private static final int TRUNK = 21;
    private static final int PROMPT = 41;
    private static final int SLOT = 30;
    private static final int NEW = 64;
    private static final int RANK = 8;
    private static final String WEIGHTS_ALONE = "the products with weights alone";

    private final LanguageModel model;
    private final Decoder decoder;
    private final boolean adapted;
    private final Products products;
    private final int repeats;

    /// One figure.
    ///
    /// @param name of the work, as the peers' script calls it; rows with adapters end in `_lora8`
    /// @param share of what the roof allows, 0 to 1; about 1 is as fast as the products alone
    /// @param roof what the share is of, in words
    public record Row(String name, String unit, String at, Measure measure, double share, String roof) {}

    private Bench(LanguageModel model, Decoder decoder, boolean adapted, int repeats) {
        this.model = model;
        this.decoder = decoder;
        this.adapted = adapted;
        this.products = new Products(model.weights(), model.config().heads());
        this.repeats = repeats;
        if (model.config().numLayers() < TRUNK) {
            throw new IllegalArgumentException("the work is fixed for models of " + TRUNK
                    + " blocks or more, this one has " + model.config().numLayers());
        }
    }

    /// The base weights alone, as the peers run.
    public static Bench plain(LanguageModel model, int repeats) {
        return new Bench(model, model.decoder(), false, repeats);
    }

    /// The same work seen through an adapter of rank 8 on every projection.
    public static Bench adapted(LanguageModel model, LowRankAdapter adapter, int repeats) {
        return new Bench(model, model.decoder().with(adapter), true, repeats);
    }

    /// A random adapter on every projection.
    public static LowRankAdapter randomAdapter(LanguageModel model) {
        return LowRankAdapter.random(model.config(), RANK, 1, model.weights().dtype());
    }

    /// 24 rows of 96 tokens through blocks 0 to 20.
    public Row extract() {
        int[][] ids = ids(24, 96);
        try (Scope _ = Scope.noGrad()) {
            Runnable work = () -> {
                try (Scope _ = Scope.noGrad()) {
                    decoder.residual(decoder.embed(Tensors.ids(ids)), TRUNK, Context.none(), (depth, residual) -> {});
                }
            };
            return read("extract", "tokens/s", 24 * 96, work, products.of(TRUNK, 24 * 96, 0), attention(TRUNK, 24, 96));
        }
    }

    /// 64 texts of 64 tokens through blocks 0 to 20, and the last token's residual through a square matrix.
    public Row reconstruct() {
        int[][] ids = ids(64, 64);
        int dim = model.config().dim();
        int[] at = new int[64];
        Arrays.fill(at, 63);
        try (Scope _ = Scope.noGrad()) {
            Tensor head = Tensors.zeros(DType.FP32, dim, dim);
            Runnable work = () -> {
                try (Scope _ = Scope.noGrad()) {
                    Tensor last = decoder.residualAt(decoder.embed(Tensors.ids(ids)), TRUNK, Context.none(), at);
                    MatrixProduct.linear(last, head, null);
                }
            };
            DoubleSupplier below = products.of(TRUNK - 1, 64 * 64, 0);
            DoubleSupplier last =
                    products.lastBlock(TRUNK - 1, model.config().heads().queryWidth(), 64 * 64, 64);
            return read(
                    "reconstruct",
                    "texts/s",
                    64,
                    work,
                    () -> below.getAsDouble() + last.getAsDouble(),
                    attention(TRUNK - 1, 64, 64));
        }
    }

    /// Attention's products, where it is made of such.
    private Optional<DoubleSupplier> attention(int depth, int rows, int tokens) {
        return decoder.attendsByProducts(tokens)
                ? Optional.of(products.attending(depth, products.attended(rows, tokens, tokens)))
                : Optional.empty();
    }

    /// `rows` activations, a prompt of 41 tokens with one row replaced, exactly 64 new tokens each at temperature
    /// 1.
    public Row verbalize(int rows) {
        int depth = model.config().numLayers();
        int room = Engine.atOnce(model.config(), rows, PROMPT - SLOT, PROMPT - SLOT + NEW);
        if (room < rows) {
            throw new InputException(
                    "--rows " + rows + ": this program writes " + room + " rows of this model at once here, so"
                            + " that it would be other work than its name and its roof say; give fewer");
        }
        try (Scope _ = Scope.noGrad()) {
            DoubleSupplier shared = products.of(depth, SLOT, 0);
            DoubleSupplier prompts = products.of(depth - 1, rows * (PROMPT - SLOT), rows);
            DoubleSupplier last =
                    products.lastBlock(depth - 1, model.config().heads().queryWidth(), rows * (PROMPT - SLOT), rows);
            DoubleSupplier step = products.of(depth, rows, rows);
            DoubleSupplier all = () -> {
                double seconds = shared.getAsDouble() + prompts.getAsDouble() + last.getAsDouble();
                for (int i = 1; i < NEW; i++) {
                    seconds += step.getAsDouble();
                }
                return seconds;
            };
            return row("verbalize_" + rows, "explanations/s", rows, () -> write(rows, 1), all, WEIGHTS_ALONE);
        }
    }

    /// One row, 64 new tokens, greedy; the prompt is in the time.
    public Row decode() {
        DoubleSupplier reading = () -> NEW * products.bytes() / 1e9 / MachineProbe.readGigabytes();
        Measure[] inTurns = Measure.inTurns(NEW, repeats, () -> write(1, 0), reading);
        return new Row(
                name("decode"),
                "tokens/s",
                at(),
                inTurns[0],
                inTurns[1].median() / inTurns[0].median(),
                "the weights' bytes at the probed bandwidth");
    }

    private void write(int rows, double temperature) {
        int[] ids = ids(1, PROMPT)[0];
        try (Scope _ = Scope.noGrad()) {
            Tensor embeddings = decoder.embed(Tensors.ids(new int[][] {ids})); // [1, 41, D]
            if (rows == 1) {
                write(null, embeddings, rows, temperature); // it has nobody to share with
                return;
            }
            Tensor before = embeddings.narrow(1, 0, SLOT);
            try (Prefix prefix = Prefix.of(decoder, before, model.config().numLayers())) {
                write(prefix, embeddings, rows, temperature);
            }
        }
    }

    /// @param embeddings `[1, 41, D]` of the prompt
    private void write(@Nullable Prefix prefix, Tensor embeddings, int rows, double temperature) {
        List<Request> requests = new ArrayList<>();
        Random random = new Random(7);
        int shared = prefix == null ? 0 : SLOT;
        for (int i = 0; i < rows; i++) {
            Tensor own =
                    embeddings.select(0, 0).narrow(0, shared, PROMPT - shared).clone(); // [T, D]
            own.select(0, SLOT - shared).copy_(vector(random));
            Prompt prompt = new Prompt(prefix, own);
            requests.add(new Request(prompt, 1, i, temperature, NEW, Set.of(), StopCondition.NEVER));
        }
        new Engine(decoder, DrawableIds.below(model.config().vocabulary()))
                .generate(requests, (index, completion) -> {});
    }

    private Tensor vector(Random random) {
        float[] values = new float[model.config().dim()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensors.of(values, values.length);
    }

    private int[][] ids(int rows, int length) {
        Random random = new Random(3);
        int[][] ids = new int[rows][];
        for (int i = 0; i < rows; i++) {
            ids[i] = random.ints(length, 10, model.config().vocabulary()).toArray();
        }
        return ids;
    }

    private Row read(
            String name,
            String unit,
            int amount,
            Runnable work,
            DoubleSupplier weights,
            Optional<DoubleSupplier> attention) {
        return attention
                .map(scores -> row(
                        name,
                        unit,
                        amount,
                        work,
                        () -> weights.getAsDouble() + scores.getAsDouble(),
                        "its products, attention's included"))
                .orElseGet(() -> row(name, unit, amount, work, weights, WEIGHTS_ALONE));
    }

    private Row row(String name, String unit, int amount, Runnable work, DoubleSupplier roof, String of) {
        Measure[] inTurns = Measure.inTurns(amount, repeats, work, roof);
        double share = inTurns[1].median() / inTurns[0].median();
        return new Row(name(name), unit, at(), inTurns[0], share, of);
    }

    private String name(String name) {
        return adapted ? name + "_lora" + RANK : name;
    }

    private String at() {
        return model.weights().dtype().name().toLowerCase(Locale.ROOT);
    }
}
