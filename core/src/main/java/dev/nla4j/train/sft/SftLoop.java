package dev.nla4j.train.sft;

import dev.nla4j.distribute.Collective;
import dev.nla4j.format.json.Json;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.AdamW;
import dev.nla4j.train.Agreement;
import dev.nla4j.train.Best;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.GradClip;
import dev.nla4j.train.Metric;
import dev.nla4j.train.MicroBatch;
import dev.nla4j.train.NonFiniteGuard;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.Share;
import dev.nla4j.train.Snapshot;
import dev.nla4j.train.config.Cadence;
import dev.nla4j.train.config.SftConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// Supervised fine-tuning of one role, from step 0 or from a checkpoint. What lies in the export's folder is always the
/// half that did best on held-out rows so far.
public final class SftLoop implements AutoCloseable {
    private final Task task;
    private final SftConfig config;
    private final BatchOrder order;
    private final AdamW adamW;
    private final Collective collective;
    private final Agreement agreement;
    private final NonFiniteGuard guard = new NonFiniteGuard();
    private final Best best;

    /// A loop in one process that has not started.
    ///
    /// @param task stays the caller's
    public SftLoop(Task task, SftConfig config) {
        this(task, config, Collective.alone());
    }

    /// One of several processes that train together: each learns from its share of a batch's rows.
    ///
    /// @param task the same in all of them; stays the caller's
    /// @param collective stays the caller's
    public SftLoop(Task task, SftConfig config, Collective collective) {
        if (config.batch() < collective.size()) {
            throw new IllegalArgumentException(
                    "batch: must be >= the number of processes (" + collective.size() + "), was " + config.batch());
        }
        this.task = task;
        this.config = config;
        this.collective = collective;
        this.agreement = new Agreement(collective);
        this.best = new Best(config.cadence().patience());
        this.order = new BatchOrder(task.rows(), config.batch(), config.seed(), task::length);
        this.adamW = new AdamW(task.parameters(), config.learner().adamW());
    }

    /// Hears of each step.
    @FunctionalInterface
    public interface Listener {
        /// A step is done.
        ///
        /// @param step updates done
        void stepped(long step, Map<String, Double> values);
    }

    /// How a run ended.
    ///
    /// @param steps updates done
    /// @param stoppedEarly whether patience ended it
    /// @param bestQuality of the exported half: minus the cross entropy, or the FVE; empty when that is the
    /// one after the last step, without evaluations or because the best one's folder was gone
    public record Result(long steps, boolean stoppedEarly, OptionalDouble bestQuality) {}

    /// Trains beside the process that [#run]s, which does all that is written.
    ///
    /// @param checkpoint that the other goes on from
    /// @return updates done
    public long follow(Optional<Checkpoint> checkpoint) {
        long step = begin(checkpoint);
        while (step < config.steps() && !best.stopped()) {
            update(step);
            step++;
            agreeToStop(step);
        }
        return step;
    }

    private long begin(Optional<Checkpoint> checkpoint) {
        long step = checkpoint.map(this::restore).orElse(0L);
        agreement.onStep(step);
        return step;
    }

    private void agreeToStop(long step) {
        if (Cadence.isDue(step, config.cadence().evalEvery(), config.steps())) {
            best.agree(agreement);
        }
    }

    /// Trains to the end, saving as it goes, and leaves the half in `export`.
    public Result run(RunFolder run, Path export, Listener listener) throws IOException {
        long step = begin(run.checkpoint());
        if (step == 0 && config.cadence().evalEvery() > 0) {
            run.log(0, task.evaluate().values());
        }
        while (step < config.steps() && !best.stopped()) {
            Map<String, Double> values = update(step);
            step++;
            OptionalDouble quality = OptionalDouble.empty();
            if (Cadence.isDue(step, config.cadence().evalEvery(), config.steps())) {
                Task.Evaluation evaluation = task.evaluate();
                values.putAll(evaluation.values());
                // What is no number is the guard's to judge, some updates on.
                quality = Double.isFinite(evaluation.quality())
                        ? OptionalDouble.of(evaluation.quality())
                        : OptionalDouble.empty();
                if (best.improves(evaluation.quality())) {
                    task.export(export);
                }
            }
            agreeToStop(step);
            run.log(step, values);
            if (Cadence.isDue(step, config.cadence().samplesEvery(), config.steps())) {
                run.samples(step, task.samples(step));
            }
            if (best.stopped() || Cadence.isDue(step, config.cadence().saveEvery(), config.steps())) {
                run.save(snapshot(step, quality));
            }
            listener.stepped(step, values);
        }
        boolean last = config.cadence().evalEvery() == 0 || !Files.exists(export);
        if (last) {
            task.export(export);
        }
        return new Result(step, best.stopped(), last ? OptionalDouble.empty() : best.quality());
    }

    /// One update; the values that every step logs.
    private Map<String, Double> update(long step) {
        long started = System.nanoTime();
        int[] rows = order.at(step);
        double count = Arrays.stream(rows).map(task::weight).sum();
        long tokens = Arrays.stream(rows).mapToLong(task::length).sum();
        double loss = 0;
        double norm;
        adamW.clearGradients();
        int[] dealt = Share.of(collective, rows.length).map(i -> rows[i]).toArray();
        for (MicroBatch part : MicroBatch.split(dealt.length, config.microBatch())) {
            try (Scope _ = Scope.open()) {
                Tensor own =
                        Tensors.times(task.loss(Arrays.copyOfRange(dealt, part.from(), part.to()), step), 1 / count);
                own.backward();
                loss += own.item_double();
            }
        }
        loss = collective.sum(new double[] {loss})[0];
        try (Scope _ = Scope.open()) {
            collective.sum(task.parameters().stream().map(Parameter::gradient).toList());
            norm = GradClip.clip(task.parameters(), config.learner().clip());
            if (guard.admits(step, loss, norm)) {
                adamW.step(config.learner().lr(step));
            }
        }
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(Metric.LOSS.key(), loss);
        values.put("lr", config.learner().lr(step));
        values.put("grad_norm", norm);
        values.put("skipped", (double) guard.skipped());
        values.put(Metric.TOKENS_PER_SECOND.key(), tokens * 1e9 / Math.max(1, System.nanoTime() - started));
        return values;
    }

    private Snapshot snapshot(long step, OptionalDouble quality) {
        Map<String, Map<String, Tensor>> parts = new LinkedHashMap<>();
        parts.put(task.name(), Checkpoint.tensors(task.parameters()));
        parts.put(task.name() + "-adamw", adamW.state());
        ObjectNode state = Json.mapper().createObjectNode();
        guard.save(state);
        best.save(state);
        return new Snapshot(step, parts, state, quality);
    }

    private long restore(Checkpoint checkpoint) {
        checkpoint.restore(task.name(), task.parameters());
        checkpoint.restore(task.name() + "-adamw", adamW.state());
        ObjectNode state = checkpoint.state();
        guard.restore(state);
        best.restore(state);
        return checkpoint.step();
    }

    @Override
    public void close() {
        adamW.close();
    }
}
