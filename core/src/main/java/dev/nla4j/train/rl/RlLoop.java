package dev.nla4j.train.rl;

import dev.nla4j.format.json.Json;
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
    private double bestQuality = Double.NEGATIVE_INFINITY;
    private int evaluationsSinceBest;
    private boolean stopped;

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
    /// @param bestFve held-out FVE of the exported pair; empty without evaluations
    public record Result(long steps, boolean stoppedEarly, OptionalDouble bestFve) {}

    /// A loop that has not started.
    public RlLoop(RlConfig config, RlStep step, Measurement measurement, RlPair pair) {
        this.config = config;
        this.step = step;
        this.measurement = measurement;
        this.pair = pair;
    }

    /// Trains beside the process that [#run]s, which does all that is measured and written.
    ///
    /// @param checkpoint that the other goes on from
    /// @return updates done
    public static long follow(RlConfig config, RlStep step, Optional<Checkpoint> checkpoint) {
        checkpoint.ifPresent(step::restore);
        long done = checkpoint.map(Checkpoint::step).orElse(0L);
        step.agreement().onStep(done);
        boolean stopped = false;
        while (done < config.allSteps() && !stopped) {
            step.update(done);
            done++;
            stopped = isMeasured(config, done) && step.agreement().any(false);
        }
        return done;
    }

    /// Trains to the end, saving as it goes, and leaves the pair in `export`.
    public Result run(RunFolder run, Path export, Listener listener) throws IOException {
        Cadence cadence = config.cadence();
        long steps = config.allSteps();
        long done = run.checkpoint().map(this::restore).orElse(0L);
        step.agreement().onStep(done);
        if (done == 0 && cadence.evalEvery() > 0) {
            HeldOutEvaluation.Result before = measurement.measure();
            run.log(0, before.values());
            run.samples(0, before.samples());
            if (config.start().adaptSteps() == 0) {
                judge(before.fve(), export);
            }
        }
        while (done < steps && !stopped) {
            Map<String, Double> values = step.update(done);
            done++;
            OptionalDouble quality = OptionalDouble.empty();
            boolean samples = Cadence.isDue(done, cadence.samplesEvery(), steps);
            if (samples || isMeasured(config, done)) {
                HeldOutEvaluation.Result measured = measurement.measure();
                if (isMeasured(config, done)) {
                    values.putAll(measured.values());
                    quality = OptionalDouble.of(measured.fve());
                }
                if (samples) {
                    run.samples(done, measured.samples());
                }
            }
            if (quality.isPresent() && done >= config.start().adaptSteps()) {
                judge(quality.getAsDouble(), export);
            }
            if (isMeasured(config, done)) {
                stopped = step.agreement().any(stopped);
            }
            run.log(done, values);
            if (stopped || Cadence.isDue(done, cadence.saveEvery(), steps)) {
                run.save(snapshot(done, quality));
            }
            listener.stepped(done, values);
        }
        if (cadence.evalEvery() == 0 || !Files.exists(export)) {
            pair.write(export);
        }
        return new Result(
                done,
                stopped,
                Double.isInfinite(bestQuality) ? OptionalDouble.empty() : OptionalDouble.of(bestQuality));
    }

    /// Also when both halves begin to learn together: that is what the run's gain is counted from.
    private static boolean isMeasured(RlConfig config, long done) {
        int every = config.cadence().evalEvery();
        return Cadence.isDue(done, every, config.allSteps())
                || (every > 0 && done == config.start().adaptSteps());
    }

    private void judge(double quality, Path export) throws IOException {
        if (quality > bestQuality) {
            bestQuality = quality;
            evaluationsSinceBest = 0;
            pair.write(export);
        } else {
            evaluationsSinceBest++;
            int patience = config.cadence().patience();
            stopped = patience > 0 && evaluationsSinceBest >= patience;
        }
    }

    private Snapshot snapshot(long done, OptionalDouble quality) {
        ObjectNode state = Json.mapper()
                .createObjectNode()
                .put("evaluations_since_best", evaluationsSinceBest)
                .put("stopped", stopped);
        if (!Double.isInfinite(bestQuality)) {
            state.put("best_quality", bestQuality);
        }
        Map<String, Map<String, Tensor>> parts = new LinkedHashMap<>();
        step.save(parts, state);
        return new Snapshot(done, parts, state, quality);
    }

    private long restore(Checkpoint checkpoint) {
        step.restore(checkpoint);
        ObjectNode state = checkpoint.state();
        evaluationsSinceBest = state.path("evaluations_since_best").asInt();
        stopped = state.path("stopped").asBoolean();
        if (state.has("best_quality")) {
            bestQuality = state.path("best_quality").asDouble();
        }
        return checkpoint.step();
    }
}
