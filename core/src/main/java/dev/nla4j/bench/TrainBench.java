package dev.nla4j.bench;

import dev.nla4j.activation.Injection;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import dev.nla4j.train.AdamW;
import dev.nla4j.train.GradClip;
import dev.nla4j.train.MicroBatch;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.sft.CosineError;
import dev.nla4j.train.sft.PromptedAnswers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/// The fixed training work that other implementations are timed on too: adapters of rank 32 on all projections of a
/// frozen model, random rows, one whole step: loss, gradient, clipping, AdamW.
public final class TrainBench {
    private static final int ROWS = 32;
    private static final int RANK = 32;
    private static final double LR = 1e-4;
    /// The verbalizer's row: 41 tokens of prompt with one replaced, 55 of answer.
    private static final int PROMPT = 41;

    private static final int SLOT = 30;
    private static final int ANSWER = 55;
    /// The reconstructor's row, through blocks 0 to 20.
    private static final int TEXT = 64;

    private static final int LAYER = 20;

    private final LanguageModel model;
    private final Products products;
    private final int microBatch;
    private final int repeats;

    /// Work on one model in one dtype.
    ///
    /// @param microBatch rows that go through the model at once, 1 to 32
    public TrainBench(LanguageModel model, int microBatch, int repeats) {
        if (model.config().numLayers() <= LAYER) {
            throw new IllegalArgumentException("the work is fixed for models of " + (LAYER + 1)
                    + " blocks or more, this one has " + model.config().numLayers());
        }
        this.model = model;
        this.products = new Products(model.weights(), model.config().heads());
        this.microBatch = microBatch;
        this.repeats = repeats;
    }

    /// 32 rows of 96 tokens, cross entropy on the last 55.
    public Bench.Row verbalizer() {
        Random random = new Random(5);
        int[] prompt = ids(random, PROMPT);
        PromptedAnswers prompted =
                new PromptedAnswers(prompt, new Injection(prompt[SLOT], prompt[SLOT - 1], prompt[SLOT + 1], 1));
        List<PromptedAnswers.Answer> answers = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            answers.add(new PromptedAnswers.Answer(vector(random, model.config().dim()), ids(random, ANSWER)));
        }
        int depth = model.config().numLayers();
        try (TrainableAdapter adapter = TrainableAdapter.fresh(model.config(), depth, RANK, 2.0 * RANK, 1)) {
            List<Parameter> parameters = Parameter.all(adapter.leaves());
            Function<MicroBatch, Tensor> loss = part -> Tensors.times(
                    prompted.loss(adapter.on(model.decoder()), answers.subList(part.from(), part.to())),
                    1.0 / (ROWS * ANSWER));
            int own = PROMPT - SLOT + ANSWER - 1;
            return row("train_av", ROWS * (PROMPT + ANSWER), parameters, loss, part -> {
                DoubleSupplier prefix = products.training(0, depth, SLOT, 0, RANK, products.attended(1, SLOT, SLOT));
                DoubleSupplier rows = products.training(
                        0,
                        depth,
                        part.rows() * own,
                        part.rows() * ANSWER,
                        RANK,
                        products.attended(part.rows(), own, own),
                        products.attended(1, part.rows() * own, SLOT));
                return () -> prefix.getAsDouble() + rows.getAsDouble();
            });
        }
    }

    /// 32 texts of 64 tokens, `2 (1 − cos)` behind a full square matrix.
    public Bench.Row reconstructor() {
        Random random = new Random(6);
        List<int[]> texts = new ArrayList<>();
        List<float[]> activations = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            texts.add(ids(random, TEXT));
            activations.add(vector(random, model.config().dim()));
        }
        int dim = model.config().dim();
        float[] identity = new float[dim * dim];
        for (int i = 0; i < dim; i++) {
            identity[i * dim + i] = 1;
        }
        try (Scope _ = Scope.open();
                TrainableAdapter adapter = TrainableAdapter.fresh(model.config(), LAYER + 1, RANK, 2.0 * RANK, 1)) {
            Tensor head = Tensors.of(identity, dim, dim).set_requires_grad(true);
            List<Parameter> parameters = Parameter.all(adapter.leaves());
            parameters.add(new Parameter("head", head));
            Function<MicroBatch, Tensor> loss = part -> Tensors.times(
                    CosineError.of(
                                    adapter.on(model.decoder()),
                                    head,
                                    LAYER,
                                    0,
                                    texts.subList(part.from(), part.to()),
                                    activations.subList(part.from(), part.to()))
                            .sum(),
                    1.0 / ROWS);
            return row("train_ar", ROWS * TEXT, parameters, loss, part -> {
                DoubleSupplier below = products.training(
                        0, LAYER, part.rows() * TEXT, 0, RANK, products.attended(part.rows(), TEXT, TEXT));
                DoubleSupplier last = products.training(
                        LAYER, LAYER + 1, part.rows(), 0, RANK, products.attended(part.rows(), 1, TEXT));
                return () -> below.getAsDouble() + last.getAsDouble();
            });
        }
    }

    private Bench.Row row(
            String name,
            int tokens,
            List<Parameter> parameters,
            Function<MicroBatch, Tensor> loss,
            Function<MicroBatch, DoubleSupplier> roof) {
        List<MicroBatch> parts = MicroBatch.split(ROWS, microBatch);
        try (Scope _ = Scope.open();
                Threads.Blas _ = Threads.together();
                AdamW adamW = new AdamW(parameters, AdamW.Config.DEFAULT)) {
            Runnable step = () -> {
                adamW.clearGradients();
                for (MicroBatch part : parts) {
                    try (Scope _ = Scope.open()) {
                        loss.apply(part).backward();
                    }
                }
                GradClip.clip(parameters, 1);
                adamW.step(LR);
            };
            List<DoubleSupplier> bounds = parts.stream().map(roof).toList();
            Measure[] inTurns = Measure.inTurns(
                    tokens,
                    repeats,
                    step,
                    () -> bounds.stream()
                            .mapToDouble(DoubleSupplier::getAsDouble)
                            .sum());
            return new Bench.Row(
                    name,
                    "tokens/s",
                    model.weights().dtype().name().toLowerCase(Locale.ROOT),
                    inTurns[0],
                    inTurns[1].median() / inTurns[0].median(),
                    "the products with weights and adapters and of attention, forward and backward");
        }
    }

    private int[] ids(Random random, int count) {
        // Each id once: the marker must not stand in the prompt twice.
        return random.ints(10, model.config().vocabulary())
                .distinct()
                .limit(count)
                .toArray();
    }

    static float[] vector(Random random, int dim) {
        float[] values = new float[dim];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
