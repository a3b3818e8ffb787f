package dev.nla4j.train.loop;

import dev.nla4j.format.json.Json;
import dev.nla4j.train.Best;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.Snapshot;
import dev.nla4j.train.config.Cadence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// A training, from step 0 or from a checkpoint. What lies in the export's folder is always what did best on held-out
/// documents so far.
public final class TrainingLoop {
    private final TrainingStep step;
    private final Cadence cadence;
    private final Best best;

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
    /// @param bestQuality of what was exported; empty when that is the state after the last step, as there were no
    /// evaluations or the best one's folder was gone
    public record Result(long steps, boolean stoppedEarly, OptionalDouble bestQuality) {}

    /// A loop that has not started.
    ///
    /// @param step stays the caller's
    public TrainingLoop(TrainingStep step) {
        this.step = step;
        this.cadence = step.cadence();
        this.best = new Best(cadence.patience());
    }

    /// Trains beside the process that [#run]s, which does all that is measured and written.
    ///
    /// @param checkpoint that the other goes on from
    /// @return updates done
    public long follow(Optional<Checkpoint> checkpoint) {
        long done = begin(checkpoint);
        while (goesOn(done)) {
            step.update(done);
            done++;
            agreeToStop(done);
        }
        return done;
    }

    /// Trains to the end, saving as it goes, and leaves the product in `export`.
    public Result run(RunFolder run, Product product, Path export, Listener listener) throws IOException {
        long done = begin(run.checkpoint());
        if (done == 0 && cadence.evalEvery() > 0) {
            Product.Measured before = product.measure(0);
            run.log(0, before.values());
            if (product.speaksAtStart()) {
                run.samples(0, product.samples(0));
            }
            judge(before, product, export);
        }
        while (goesOn(done)) {
            Map<String, Double> values = step.update(done);
            done++;
            OptionalDouble quality = OptionalDouble.empty();
            if (step.isMeasured(done)) {
                Product.Measured measured = product.measure(done);
                values.putAll(measured.values());
                quality = measured.quality();
                judge(measured, product, export);
            }
            agreeToStop(done);
            run.log(done, values);
            if (Cadence.isDue(done, cadence.samplesEvery(), step.steps())) {
                run.samples(done, product.samples(done));
            }
            if (best.stopped() || Cadence.isDue(done, cadence.saveEvery(), step.steps())) {
                run.save(snapshot(done, quality));
            }
            listener.stepped(done, values);
        }
        boolean last = cadence.evalEvery() == 0 || !Files.exists(export);
        if (last) {
            product.export(export);
        }
        return new Result(done, best.stopped(), last ? OptionalDouble.empty() : best.quality());
    }

    private long begin(Optional<Checkpoint> checkpoint) {
        checkpoint.ifPresent(from -> {
            step.restore(from);
            best.restore(from.state());
        });
        long done = checkpoint.map(Checkpoint::step).orElse(0L);
        step.group().meet(done);
        return done;
    }

    private boolean goesOn(long done) {
        return done < step.steps() && !best.stopped();
    }

    private void agreeToStop(long done) {
        if (step.isMeasured(done)) {
            best.agree(step.group());
        }
    }

    private void judge(Product.Measured measured, Product product, Path export) throws IOException {
        if (measured.quality().isPresent() && best.improves(measured.quality().getAsDouble())) {
            product.export(export);
        }
    }

    private Snapshot snapshot(long done, OptionalDouble quality) {
        ObjectNode state = Json.mapper().createObjectNode();
        Map<String, Map<String, Tensor>> parts = new LinkedHashMap<>();
        step.save(parts, state);
        best.save(state);
        // What is no number is the guard's to judge, some updates on.
        boolean finite = quality.isPresent() && Double.isFinite(quality.getAsDouble());
        return new Snapshot(done, parts, state, finite ? quality : OptionalDouble.empty());
    }
}
