package dev.nla4j.train.sft;

import dev.nla4j.distribute.Collective;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.Metric;
import dev.nla4j.train.MicroBatch;
import dev.nla4j.train.NonFiniteGuard;
import dev.nla4j.train.config.Cadence;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.loop.Trainee;
import dev.nla4j.train.loop.TrainingStep;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// One step of supervised fine-tuning of one role: a batch of rows, a micro-batch at a time.
public final class SftStep implements TrainingStep {
    private final Task task;
    private final SftConfig config;
    private final BatchOrder order;
    private final Trainee trainee;
    private final Collective collective;
    private final NonFiniteGuard guard = new NonFiniteGuard();

    /// Of one process.
    ///
    /// @param task stays the caller's
    public SftStep(Task task, SftConfig config) {
        this(task, config, Collective.alone());
    }

    /// One of several processes that train together: each learns from its share of a batch's rows.
    ///
    /// @param task the same in all of them; stays the caller's
    /// @param collective stays the caller's
    public SftStep(Task task, SftConfig config, Collective collective) {
        if (config.batch() < collective.size()) {
            throw new IllegalArgumentException(
                    "batch: must be >= the number of processes (" + collective.size() + "), was " + config.batch());
        }
        this.task = task;
        this.config = config;
        this.collective = collective;
        this.order = new BatchOrder(task.rows(), config.batch(), config.seed(), task::length);
        this.trainee = new Trainee(task.name(), task.parameters(), config.learner());
    }

    @Override
    public long steps() {
        return config.steps();
    }

    @Override
    public Cadence cadence() {
        return config.cadence();
    }

    @Override
    public Collective group() {
        return collective;
    }

    @Override
    public Map<String, Double> update(long step) {
        long started = System.nanoTime();
        int[] rows = order.at(step);
        double count = Arrays.stream(rows).map(task::weight).sum();
        long tokens = Arrays.stream(rows).mapToLong(task::length).sum();
        double loss = 0;
        trainee.clear();
        int[] dealt = collective.share(rows.length).map(i -> rows[i]).toArray();
        try (Threads.Blas _ = Threads.together()) {
            for (MicroBatch part : MicroBatch.split(dealt.length, config.microBatch())) {
                try (Scope _ = Scope.open()) {
                    Tensor own = Tensors.times(
                            task.loss(Arrays.copyOfRange(dealt, part.from(), part.to()), step), 1 / count);
                    own.backward();
                    loss += own.item_double();
                }
            }
        }
        loss = collective.sum(new double[] {loss})[0];
        double norm = trainee.gather(collective);
        if (guard.admits(step, loss, norm)) {
            trainee.step(step);
        }
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(Metric.LOSS.key(), loss);
        values.put("lr", trainee.lr(step));
        values.put("grad_norm", norm);
        values.put("skipped", (double) guard.skipped());
        values.put(Metric.TOKENS_PER_SECOND.key(), tokens * 1e9 / Math.max(1, System.nanoTime() - started));
        return values;
    }

    @Override
    public void save(Map<String, Map<String, Tensor>> parts, ObjectNode state) {
        trainee.save(parts);
        guard.save(state);
    }

    @Override
    public void restore(Checkpoint checkpoint) {
        trainee.restore(checkpoint);
        guard.restore(checkpoint.state());
    }

    @Override
    public void close() {
        trainee.close();
    }
}
