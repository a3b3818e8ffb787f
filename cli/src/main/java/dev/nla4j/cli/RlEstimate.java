package dev.nla4j.cli;

import dev.nla4j.data.DataFile;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.model.WeightSize;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Role;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.config.RunConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// What a run of joint learning will take at most, said before it starts: every text as long as it may be.
///
/// @param bytes in memory at the worst moment
/// @param stepSeconds of one step
/// @param steps of the run
record RlEstimate(double bytes, double stepSeconds, long steps) {
    /// Share of the product speed of [MachineProbe] that whole steps reach: measured on the default target with AMX,
    /// where small operators and not products take the time. Where products are slow the estimate is too high.
    private static final double EFFICIENCY = 0.1;
    /// Numbers of a block that a token's backward pass needs, in multiples of the model's width and the hidden layer's.
    private static final int KEPT_WIDTHS = 14;

    private static final int KEPT_HIDDEN = 5;

    static RlEstimate of(Wiring wiring, RunConfig run) {
        RlConfig rl = run.train().rl();
        Path target = wiring.find(run.model()).path();
        ModelConfig config = ModelLoader.config(target);
        pair(run).ifPresent(pair -> pair.requireFits(config, target));
        for (Path file : List.of(run.data().ar(), run.data().heldOut())) {
            if (Files.exists(file)) {
                // the sidecar only: rows are read once, when training starts
                try (DataFile data = DataFile.open(file)) {
                    data.requireOf(config, run.model());
                }
            }
        }
        double blocks = WeightSize.bytes(config, DType.FP32, ModelLoader.Extent.TRUNK) / 4.0
                - (double) config.vocabulary() * config.dim();
        double read = readShare(run, config);
        double head = (double) config.vocabulary() * config.dim();
        double tokens = (double) rl.rollout().samples() * rl.rollout().maxNewTokens();
        double gold = 1 / (1 - rl.learners().goldFraction());
        // Forward is two operations a weight and token, backward through frozen weights two more.
        double operations = tokens
                * (2 * (blocks + head) // writing
                        + 2 * blocks * read // scoring
                        + 6 * (blocks + head) // verbalizer: learning and warm start
                        + 4 * blocks * read * gold); // reconstructor
        double seconds = operations / (MachineProbe.gigaflops(run.dtype()) * 1e9 * EFFICIENCY);
        double perToken = config.numLayers()
                * (KEPT_WIDTHS * (double) config.dim() + KEPT_HIDDEN * (double) config.hidden())
                * DType.FP32.bytes();
        double bytes = WeightSize.bytes(config, run.dtype(), ModelLoader.Extent.WHOLE)
                + MemoryPlan.PROGRAM
                + (double) learned(run, config, read) * SftEstimate.COPIES * DType.FP32.bytes()
                + perToken * rl.rollout().promptsPerStep() * SftEstimate.PROMPT
                + perToken * rl.rollout().microBatch() * rl.rollout().maxNewTokens()
                + SftEstimate.LOGITS * config.vocabulary() * DType.FP32.bytes();
        return new RlEstimate(bytes, seconds, rl.allSteps());
    }

    /// The share of blocks that a reconstructor runs through; all, where there is no pair yet.
    private static double readShare(RunConfig run, ModelConfig config) {
        return pair(run).map(pair -> (pair.layer() + 1.0) / config.numLayers()).orElse(1.0);
    }

    /// The pair that joint learning begins with, where both of its halves are there already.
    private static Optional<PairFolder> pair(RunConfig run) {
        Path folder = RlRun.warmStart(run);
        boolean whole = Stream.of(Role.values()).allMatch(role -> NlaMeta.isIn(folder.resolve(role.label())));
        return whole ? Optional.of(PairFolder.in(folder)) : Optional.empty();
    }

    /// Numbers that learn: both adapters', of the pair's ranks or of those that supervised training will give them,
    /// and the reconstructor's matrix.
    private static long learned(RunConfig run, ModelConfig config, double read) {
        Optional<PairFolder> pair = pair(run);
        int av = pair.map(p -> rank(p.verbalizer()))
                .orElse(run.train().av().weights().rank());
        int ar = pair.map(p -> rank(p.reconstructor()))
                .orElse(run.train().ar().weights().rank());
        int depth = (int) Math.round(read * config.numLayers());
        return SftEstimate.learned(config, av, false) + SftEstimate.learned(config.truncated(depth), ar, true);
    }

    private static int rank(PairFolder.Half half) {
        return half.isAdapter() ? PeftAdapter.read(half.folder()).rank() : 0;
    }

    /// The same as a plan that refuses what can't fit.
    MemoryPlan memory() {
        return MemoryPlan.training("joint training", bytes);
    }

    @Override
    public String toString() {
        double seconds = stepSeconds * steps;
        return String.format(
                Locale.ROOT,
                "estimate, every text at its longest: memory about %.1f GB, %.0f s a step, %s for %d steps (those that"
                        + " adapt the reconstructor included) and no evaluation",
                bytes / 1e9,
                stepSeconds,
                seconds < 3600
                        ? Math.round(seconds / 60) + " min"
                        : String.format(Locale.ROOT, "%.1f h", seconds / 3600),
                steps);
    }
}
