package dev.nla4j.train.rl;

import dev.nla4j.distribute.Collective;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Role;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.tensor.Rng;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.Metric;
import dev.nla4j.train.NonFiniteGuard;
import dev.nla4j.train.config.Cadence;
import dev.nla4j.train.config.RewardConfig;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.loop.Trainee;
import dev.nla4j.train.loop.TrainingStep;
import dev.nla4j.train.sft.BatchOrder;
import dev.nla4j.train.sft.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// One step of joint learning: the verbalizer writes, the reconstructor scores and learns, then the verbalizer learns.
/// A pure function of the weights, the seed and the step, so that a run that goes on needs no more than those.
public final class RlStep implements TrainingStep {
    /// Keeps the order of gold pairs apart from that of prompts.
    private static final long GOLD = 0x676f6c64;

    private final RlConfig config;
    private final Parts parts;
    private final Collective group;
    private final BatchOrder order;
    private final BatchOrder goldOrder;
    private final int goldRows;
    private final Trainee av;
    private final Trainee ar;
    private final NonFiniteGuard guard = new NonFiniteGuard();

    /// What a step works on; all stay the caller's.
    ///
    /// @param target plain base model: predicts next tokens for checking claims
    /// @param rawvar denominator of FVE
    public record Parts(LanguageModel target, Policy policy, Critic critic, Judge judge, RlData data, double rawvar) {}

    /// @param group processes that share each step's prompts, at most as many as there are prompts
    public RlStep(RlConfig config, Parts parts, Collective group) {
        RlConfig.Rollout rollout = config.rollout();
        if (group.size() > rollout.promptsPerStep()) {
            throw new IllegalArgumentException("prompts-per-step: must be " + group.size()
                    + " or more, one a process, was " + rollout.promptsPerStep());
        }
        this.config = config;
        this.parts = parts;
        this.group = group;
        this.order = order(parts.data().prompts().rows().size(), rollout.promptsPerStep(), config.seed());
        this.goldRows = config.goldPairs();
        this.goldOrder = order(parts.data().gold().rows().size(), Math.max(1, goldRows), config.seed() ^ GOLD);
        this.av = new Trainee(
                        Role.VERBALIZER.label(),
                        parts.policy().parameters(),
                        config.learners().av())
                .withGradients();
        this.ar = new Trainee(
                        Role.RECONSTRUCTOR.label(),
                        parts.critic().parameters(),
                        config.learners().ar())
                .withGradients();
    }

    /// Random lengths: rows of one document shall not come together.
    private static BatchOrder order(int rows, int batch, long seed) {
        return new BatchOrder(rows, batch, seed, row -> (int) (Rng.bits(seed, row, -1) >>> 40));
    }

    /// Those of both phases.
    @Override
    public long steps() {
        return config.allSteps();
    }

    @Override
    public Cadence cadence() {
        return config.cadence();
    }

    /// Also when both halves begin to learn together: that is what the run's gain is counted from.
    @Override
    public boolean isMeasured(long done) {
        return TrainingStep.super.isMeasured(done)
                || (cadence().evalEvery() > 0 && done == config.start().adaptSteps());
    }

    @Override
    public Collective group() {
        return group;
    }

    @Override
    public Map<String, Double> update(long step) {
        Clock clock = new Clock();
        List<Example> prompts = prompts(step);
        List<float[]> activations = prompts.stream().map(Example::activation).toList();
        long[] numbers = numbers(step);
        int size = config.rollout().groupSize();
        List<Policy.Rollout> rollouts =
                parts.policy().write(activations, size, config.rollout().temperature(), numbers);
        clock.lap("seconds/rollout");
        List<float[]> own =
                rollouts.stream().map(text -> activations.get(text.prompt())).toList();
        Optional<List<Evidence>> evidence = parts.data()
                .evidence(parts.target(), parts.critic().layer(), prompts)
                .map(known ->
                        rollouts.stream().map(text -> known.get(text.prompt())).toList());
        clock.lap("seconds/scoring"); // the target's own pass, for checking claims
        av.clear();
        ar.clear();
        double[] errors = learnToRead(step, rollouts, own);
        clock.lap("seconds/ar");
        long[] rewordings = Arrays.stream(numbers).map(number -> number / size).toArray();
        Optional<Judge.Judgement> judged =
                parts.judge().judge(rollouts, own, errors, evidence, rewordings, parts.critic());
        clock.lap("seconds/scoring");
        // What one process can't score none may learn from: all must make the same update.
        if (group.any(judged.isEmpty())) {
            return skipped(step, clock);
        }
        Judge.Judgement judgement = judged.orElseThrow();
        Advantages advantages =
                Advantages.of(judgement.totals(), size, config.loss().normaliseBySpread());
        List<PolicyGradient.Sample> lessons = isAdapting(step)
                ? List.of()
                : Lessons.of(config.loss().method(), rollouts, own, advantages, judgement.totals());
        Optional<PolicyGradient.Outcome> outcome = lessons.isEmpty()
                ? Optional.empty()
                : Optional.of(parts.policy().accumulate(lessons));
        clock.lap("seconds/av");
        Means means =
                RlMetrics.of(parts.judge().reward(), rollouts, judgement, evidence.isPresent(), advantages, outcome);
        // sums over processes: each has its share of the losses
        double one = group.rank() == 0 ? 1 : 0;
        means.add(Metric.LOSS.key(), outcome.map(PolicyGradient.Outcome::loss).orElse(0.0), one);
        IntPredicate teaches = teaches(rollouts);
        double taught = IntStream.range(0, errors.length)
                .filter(teaches)
                .mapToDouble(i -> errors[i])
                .sum();
        means.add("ar_loss", taught / textsRead(), one);
        means.add("lessons", lessons.size(), one);
        Map<String, Double> values = means.over(group);
        apply(step, values);
        clock.lap("seconds/update");
        values.put(Metric.FVE.key(), 1 - required(values, "error") / parts.rawvar());
        values.putAll(clock.laps());
        double tokens = required(values, Metric.LENGTH.key()) * config.rollout().samples();
        values.put(Metric.TOKENS_PER_SECOND.key(), tokens / clock.seconds());
        return values;
    }

    /// Whether the reconstructor learns alone.
    boolean isAdapting(long step) {
        return step < config.start().adaptSteps();
    }

    /// Sums over all processes, then both optimisers.
    private void apply(long step, Map<String, Double> values) {
        double avNorm = av.gather(group);
        double arNorm = ar.gather(group);
        long avStep = learned(step);
        double loss = required(values, Metric.LOSS.key()) + required(values, "ar_loss");
        if (guard.admits(step, loss, avNorm + arNorm)) {
            if (required(values, "lessons") > 0) {
                av.step(avStep);
            }
            ar.step(step);
        }
        if (required(values, "lessons") == 0) {
            values.remove(Metric.LOSS.key());
        }
        values.put("grad_norm", avNorm);
        values.put("ar_grad_norm", arNorm);
        values.put("lr", av.lr(avStep));
        values.put("skipped", (double) guard.skipped());
    }

    /// Takes no update, because the reconstructor's errors are no numbers.
    private Map<String, Double> skipped(long step, Clock clock) {
        guard.admits(step, Double.NaN, Double.NaN);
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("ar_loss", Double.NaN);
        values.put("lr", av.lr(learned(step)));
        values.put("skipped", (double) guard.skipped());
        values.putAll(clock.laps());
        return values;
    }

    /// Steps that the verbalizer has learned in.
    private long learned(long step) {
        return Math.max(0, step - config.start().adaptSteps());
    }

    private static double required(Map<String, Double> values, String name) {
        return Objects.requireNonNull(values.get(name), name);
    }

    /// The reconstructor's share of a step: the gradient of its errors on the texts just written and on gold pairs. The
    /// same pass scores the texts, since nobody's weights change before the step's end.
    ///
    /// @return the errors, in this order
    private double[] learnToRead(long step, List<Policy.Rollout> rollouts, List<float[]> own) {
        List<String> texts = new ArrayList<>();
        List<float[]> activations = new ArrayList<>(own);
        rollouts.forEach(rollout -> texts.add(rollout.text()));
        if (goldRows > 0) {
            for (Example gold : gold(step)) {
                texts.add(gold.explanation());
                activations.add(gold.activation());
            }
        }
        return parts.critic().accumulate(texts, activations, teaches(rollouts), textsRead());
    }

    /// Of which texts the reconstructor learns: written ones, then gold ones.
    private IntPredicate teaches(List<Policy.Rollout> rollouts) {
        boolean failuresTeach = config.reward().failure() == RewardConfig.Failure.AS_IT_STANDS;
        return text ->
                failuresTeach || text >= rollouts.size() || !rollouts.get(text).failed();
    }

    /// Texts that the reconstructor reads in a step, over all processes.
    private int textsRead() {
        return config.rollout().samples() + goldRows;
    }

    /// What this process writes about in a step.
    List<Example> prompts(long step) {
        return mine(order.at(step), parts.data().prompts().rows());
    }

    /// The gold pairs that its reconstructor learns from.
    List<Example> gold(long step) {
        return mine(goldOrder.at(step), parts.data().gold().rows());
    }

    private List<Example> mine(int[] rows, List<Example> all) {
        return group.share(rows.length).mapToObj(i -> all.get(rows[i])).toList();
    }

    /// A number for each text of the run, whoever writes it. Divided by the group's size it is one for each
    /// prompt.
    long[] numbers(long step) {
        int size = config.rollout().groupSize();
        return group.share(config.rollout().promptsPerStep())
                .flatMap(i -> IntStream.range(i * size, (i + 1) * size))
                .mapToLong(i -> step * config.rollout().samples() + i)
                .toArray();
    }

    @Override
    public void save(Map<String, Map<String, Tensor>> into, ObjectNode state) {
        av.save(into);
        ar.save(into);
        guard.save(state);
    }

    @Override
    public void restore(Checkpoint checkpoint) {
        av.restore(checkpoint);
        ar.restore(checkpoint);
        guard.restore(checkpoint.state());
    }

    @Override
    public void close() {
        av.close();
        ar.close();
    }

    /// Seconds of the phases of a step.
    private static final class Clock {
        private final long started = System.nanoTime();
        private long last = started;
        private final Map<String, Double> laps = new LinkedHashMap<>();

        void lap(String name) {
            long now = System.nanoTime();
            laps.merge(name, (now - last) / 1e9, Double::sum);
            last = now;
        }

        Map<String, Double> laps() {
            return laps;
        }

        double seconds() {
            return Math.max(1e-9, (last - started) / 1e9);
        }
    }
}
