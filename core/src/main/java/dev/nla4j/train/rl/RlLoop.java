package dev.nla4j.train.rl;

import dev.nla4j.format.json.Json;
import dev.nla4j.train.Best;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.Snapshot;
import dev.nla4j.train.config.Cadence;
import dev.nla4j.train.config.RlConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// Joint reinforcement learning of both halves, from step 0 or from a checkpoint. What lies in the export's folder is
/// always the pair that did best on held-out documents since the reconstructor met the verbalizer's own texts.
public final class RlLoop {
    private final RlConfig config;
    private final RlStep step;
    private final Measurement measurement;
    private final RlPair pair;
    private final Best best;

    /// Measures the pair as it is now.
    @FunctionalInterface
    public interface Measurement {
        HeldOutEvaluation.Result measure();
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
    /// @param steps updates done, those of the reconstructor alone included
    /// @param stoppedEarly whether patience ended it
    /// @param bestFve held-out FVE of the exported pair; empty when that is the one after the last step,
    /// without evaluations or because the best one's folder was gone
    public record Result(long steps, boolean stoppedEarly, OptionalDouble bestFve) {}

    /// A loop that has not started.
    public RlLoop(RlConfig config, RlStep step, Measurement measurement, RlPair pair) {
        this.config = config;
        this.step = step;
        this.measurement = measurement;
        this.pair = pair;
        this.best = new Best(config.cadence().patience());
    }

    /// Trains beside the process that [#run]s, which does all that is measured and written.
    ///
    /// @param checkpoint that the other goes on from
    /// @return updates done
    public static long follow(RlConfig config, RlStep step, Optional<Checkpoint> checkpoint) {
        Best best = new Best(config.cadence().patience());
        long done = checkpoint.map(from -> restore(from, step, best)).orElse(0L);
        step.agreement().onStep(done);
        while (done < config.allSteps() && !best.stopped()) {
            step.update(done);
            done++;
            if (isMeasured(config, done)) {
                best.agree(step.agreement());
            }
        }
        return done;
    }

    /// Trains to the end, saving as it goes, and leaves the pair in `export`.
    public Result run(RunFolder run, Path export, Listener listener) throws IOException {
        Cadence cadence = config.cadence();
        long steps = config.allSteps();
        long done = run.checkpoint().map(from -> restore(from, step, best)).orElse(0L);
        step.agreement().onStep(done);
        if (done == 0 && cadence.evalEvery() > 0) {
            HeldOutEvaluation.Result before = measurement.measure();
            run.log(0, before.values());
            run.samples(0, before.samples());
            if (config.start().adaptSteps() == 0) {
                judge(before.fve(), export);
            }
        }
        while (done < steps && !best.stopped()) {
            Map<String, Double> values = step.update(done);
            done++;
            OptionalDouble quality = OptionalDouble.empty();
            boolean measures = isMeasured(config, done);
            boolean samples = Cadence.isDue(done, cadence.samplesEvery(), steps);
            if (samples || measures) {
                HeldOutEvaluation.Result measured = measurement.measure();
                if (measures) {
                    values.putAll(measured.values());
                }
                // What may not be exported, because the halves have not met yet, is no best checkpoint either.
                if (measures && done >= config.start().adaptSteps()) {
                    quality = OptionalDouble.of(measured.fve());
                }
                if (samples) {
                    run.samples(done, measured.samples());
                }
            }
            if (measures) {
                if (quality.isPresent()) {
                    judge(quality.getAsDouble(), export);
                }
                best.agree(step.agreement());
            }
            run.log(done, values);
            if (best.stopped() || Cadence.isDue(done, cadence.saveEvery(), steps)) {
                run.save(snapshot(done, quality));
            }
            listener.stepped(done, values);
        }
        boolean last = cadence.evalEvery() == 0 || !Files.exists(export);
        if (last) {
            pair.write(export);
        }
        return new Result(done, best.stopped(), last ? OptionalDouble.empty() : best.quality());
    }

    /// Also when both halves begin to learn together: that is what the run's gain is counted from.
    private static boolean isMeasured(RlConfig config, long done) {
        int every = config.cadence().evalEvery();
        return Cadence.isDue(done, every, config.allSteps())
                || (every > 0 && done == config.start().adaptSteps());
    }

    private void judge(double quality, Path export) throws IOException {
        if (best.improves(quality)) {
            pair.write(export);
        }
    }

    private Snapshot snapshot(long done, OptionalDouble quality) {
        ObjectNode state = Json.mapper().createObjectNode();
        best.save(state);
        Map<String, Map<String, Tensor>> parts = new LinkedHashMap<>();
        step.save(parts, state);
        return new Snapshot(done, parts, state, quality);
    }

    /// @return updates done
    private static long restore(Checkpoint checkpoint, RlStep step, Best best) {
        step.restore(checkpoint);
        best.restore(checkpoint.state());
        return checkpoint.step();
    }
}
