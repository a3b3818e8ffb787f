package dev.nla4j.bench;

import dev.nla4j.generate.Completion;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.LowRankAdapter;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Threads;
import dev.nla4j.train.AdamW;
import dev.nla4j.train.GradClip;
import dev.nla4j.train.LogitSlices;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.rl.Critic;
import dev.nla4j.train.rl.Policy;
import dev.nla4j.train.rl.PolicyGradient;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// A step of joint learning as fixed work: on each activation so many texts, all of the length that a configuration
/// allows at most; both halves learn from all of them, the reconstructor from gold ones besides. Weights change from
/// step to step, as they do in a run.
public final class JointBench implements AutoCloseable {
    private static final long SEED = 11;

    private final LanguageModel base;
    private final RlConfig config;
    private final PeftAdapter written;
    private final PeftAdapter read;
    private final LowRankAdapter writing;
    private final Verbalizer verbalizer;
    private final Policy policy;
    private final Critic critic;
    private final AdamW policyAdamW;
    private final AdamW criticAdamW;
    private final List<float[]> activations;

    /// Seconds of a step's parts. Scores are the errors of the reconstructor's own pass.
    public record Seconds(double writing, double reconstructor, double verbalizer, double update) {
        /// Of the whole step.
        public double sum() {
            return writing + reconstructor + verbalizer + update;
        }
    }

    /// @param base loaded to learn; stays the caller's
    /// @param pair halves that are adapters over it
    public JointBench(LanguageModel base, PairFolder pair, RlConfig config) {
        this.base = base;
        this.config = config;
        this.written = PeftAdapter.read(pair.verbalizer().folder());
        this.read = PeftAdapter.read(pair.reconstructor().folder());
        this.writing = written.load(base.config(), base.decoder().dtype());
        this.verbalizer = new Verbalizer(
                base, base.decoder().with(writing), pair.verbalizer().meta());
        this.policy = new Policy(base, pair.verbalizer(), config);
        this.critic = new Critic(base, pair.reconstructor(), config.rollout().microBatch());
        this.policyAdamW = new AdamW(policy.parameters(), config.learners().av().adamW());
        this.criticAdamW = new AdamW(critic.parameters(), config.learners().ar().adamW());
        Random random = new Random(SEED);
        this.activations = IntStream.range(0, config.rollout().promptsPerStep())
                .mapToObj(_ -> TrainBench.vector(random, base.config().dim()))
                .toList();
    }

    /// Takes a step.
    public Seconds step() {
        int group = config.rollout().groupSize();
        List<Verbalizer.Task> tasks = new ArrayList<>();
        for (int i = 0; i < config.rollout().samples(); i++) {
            tasks.add(new Verbalizer.Task(activations.get(i / group), i));
        }
        Verbalizer.Options options =
                new Verbalizer.Options(1, SEED, config.rollout().maxNewTokens());
        long start = System.nanoTime();
        List<Completion> written;
        try (Scope _ = Scope.noGrad()) {
            verbalizer.forget(); // a run reads the prompt anew in every step
            written = verbalizer.completeWithoutStop(tasks, options);
        }
        long wrote = System.nanoTime();
        policyAdamW.clearGradients();
        criticAdamW.clearGradients();
        read(written, tasks);
        long read = System.nanoTime();
        policy.accumulate(lessons(written, tasks));
        long learned = System.nanoTime();
        update(policy.parameters(), policyAdamW, config.learners().av().lr());
        update(critic.parameters(), criticAdamW, config.learners().ar().lr());
        long updated = System.nanoTime();
        return new Seconds(
                (wrote - start) / 1e9, (read - wrote) / 1e9, (learned - read) / 1e9, (updated - learned) / 1e9);
    }

    /// As many gold texts as a run has, of the same length.
    private void read(List<Completion> written, List<Verbalizer.Task> tasks) {
        int gold = config.goldPairs();
        List<String> texts = new ArrayList<>();
        List<float[]> read = new ArrayList<>();
        for (int i = 0; i < written.size() + gold; i++) {
            int text = i % written.size();
            texts.add(base.tokenizer().decode(written.get(text).idArray(), true));
            read.add(tasks.get(text).activation());
        }
        critic.accumulate(texts, read, texts.size());
    }

    /// None of them is flat: all teach.
    private static List<PolicyGradient.Sample> lessons(List<Completion> written, List<Verbalizer.Task> tasks) {
        List<PolicyGradient.Sample> lessons = new ArrayList<>();
        for (int i = 0; i < written.size(); i++) {
            Completion text = written.get(i);
            lessons.add(new PolicyGradient.Sample(
                    tasks.get(i).activation(), text.idArray(), text.logProbabilityArray(), i % 2 == 0 ? 1 : -1));
        }
        return lessons;
    }

    /// Seconds that the products of such a step take alone, at the same shapes. Where halves learn: with weights,
    /// adapters and of attention, forward and backward; where texts are written and the warm start is asked: with
    /// weights. What prompts take, which many texts share, is left out.
    public double products() {
        Products products = new Products(base.weights(), base.config().heads());
        int depth = base.config().numLayers();
        int layer = critic.layer();
        int length = config.rollout().maxNewTokens();
        int samples = config.rollout().samples();
        int rows = Math.min(samples, config.rollout().microBatch());
        int tokens = rows * length;
        Products.Attended own = products.attended(rows, length, length);
        Products.Attended last = products.attended(rows, 1, length);
        double slices = (double) tokens / LogitSlices.TOKENS;
        double writing = seconds(() -> products.of(depth, samples, samples));
        double asking = seconds(() -> products.of(depth, tokens, 0))
                + slices * seconds(() -> products.of(0, 0, LogitSlices.TOKENS));
        double learning = seconds(() -> products.training(0, depth, tokens, 0, written.rank(), own))
                + slices * seconds(() -> products.training(0, 0, 0, LogitSlices.TOKENS, written.rank()));
        double reading = seconds(() -> products.training(0, layer, tokens, 0, read.rank(), own))
                + seconds(() -> products.training(layer, layer + 1, rows, 0, read.rank(), last));
        double texts = (double) samples / rows;
        double textsAndGold = (double) (samples + config.goldPairs()) / rows;
        return writing * length + (asking + learning) * texts + reading * textsAndGold;
    }

    /// The faster of two; inputs of one part at a time are in memory.
    private static double seconds(Supplier<DoubleSupplier> part) {
        try (Scope _ = Scope.noGrad();
                Threads.Blas _ = Threads.together()) {
            DoubleSupplier multiply = part.get();
            return Math.min(multiply.getAsDouble(), multiply.getAsDouble());
        }
    }

    private static void update(List<Parameter> parameters, AdamW adamW, double lr) {
        GradClip.clip(parameters, 1);
        adamW.step(lr);
    }

    @Override
    public void close() {
        policyAdamW.close();
        criticAdamW.close();
        policy.close();
        critic.close();
        verbalizer.close();
        writing.close();
    }
}
