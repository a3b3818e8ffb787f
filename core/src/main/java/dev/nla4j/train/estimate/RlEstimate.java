package dev.nla4j.train.estimate;

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
import dev.nla4j.train.config.RewardTerm;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.config.RunConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// What a run of joint learning will take, said before it starts: memory with every text as long as it may be, time
/// with texts as long as the gold ones.
///
/// @param bytes in memory at the worst moment
/// @param operations of one step for each token that is written of a text
/// @param tokens of a text, by its bytes: rather too many
/// @param isKnown whether there are texts that say it
/// @param run its configuration
/// @param model target of both halves
public record RlEstimate(
        double bytes, double operations, double tokens, boolean isKnown, RlConfig run, ModelConfig model)
        implements Estimate {
    /// Numbers of a block that a token's backward pass needs, in multiples of the model's width.
    private static final int KEPT_WIDTHS = 14;

    /// Reads the pair's and the data's sidecars and how long the verbalizer's gold texts are, where they are there
    /// already.
    ///
    /// @param layer of the activations, for where no pair says it yet
    public static RlEstimate of(ModelConfig config, RunConfig run, OptionalInt layer) {
        RlConfig rl = run.train().rl();
        Optional<PairFolder> pair = pair(run);
        pair.ifPresent(start -> start.requireFits(config, Path.of(run.model())));
        for (Path file : List.of(run.data().ar(), run.data().heldOut())) {
            if (Files.exists(file)) {
                // the sidecar only: rows are read once, when training starts
                try (DataFile data = DataFile.open(file)) {
                    data.requireOf(config, run.model());
                }
            }
        }
        Work work = new Work(config);
        int depth = Work.depth(
                config, pair.map(start -> OptionalInt.of(start.layer())).orElse(layer));
        double read = (double) depth / config.numLayers();
        double gold = 1 / (1 - rl.learners().goldFraction());
        double blocks = work.blocks();
        double whole = blocks + work.table();
        // Forward is two operations a weight and token, backward through frozen weights two more. The reconstructor's
        // pass scores the texts as well.
        double operations = rl.rollout().samples()
                * (2 * whole // writing
                        + (rl.reward().uses(RewardTerm.REWORDED) ? 2 * blocks * read : 0) // scoring the copies
                        + 6 * whole // verbalizer: learning and warm start
                        + 4 * blocks * read * gold); // reconstructor
        int most = rl.rollout().maxNewTokens();
        double perToken = work.kept(KEPT_WIDTHS);
        double bytes = WeightSize.bytes(config, run.dtype(), ModelLoader.Extent.WHOLE)
                + MemoryPlan.PROGRAM
                + (double) learned(pair, run, config, depth) * Work.COPIES * DType.FP32.bytes()
                + perToken * rl.rollout().promptsPerStep() * TextLengths.PROMPT
                + perToken * rl.rollout().microBatch() * most
                + SftEstimate.LOGITS * config.vocabulary() * DType.FP32.bytes();
        TextLengths written = TextLengths.written(run.data().av());
        boolean isKnown = !written.equals(TextLengths.UNKNOWN);
        return new RlEstimate(bytes, operations, written.average(), isKnown, rl, config);
    }

    /// The pair that joint learning begins with, where both of its halves are there already.
    private static Optional<PairFolder> pair(RunConfig run) {
        Path folder = run.warmStart();
        boolean whole = Stream.of(Role.values()).allMatch(role -> NlaMeta.isIn(folder.resolve(role.label())));
        return whole ? Optional.of(PairFolder.in(folder)) : Optional.empty();
    }

    /// Numbers that learn: both adapters', of the pair's ranks or of those that supervised training will give them,
    /// and the reconstructor's matrix.
    private static long learned(Optional<PairFolder> pair, RunConfig run, ModelConfig config, int depth) {
        int av = pair.map(p -> rank(p.verbalizer()))
                .orElse(run.train().av().weights().rank());
        int ar = pair.map(p -> rank(p.reconstructor()))
                .orElse(run.train().ar().weights().rank());
        return new Work(config).adapter(av, false) + new Work(config.truncated(depth)).adapter(ar, true);
    }

    private static int rank(PairFolder.Half half) {
        return half.isAdapter() ? PeftAdapter.read(half.folder()).rank() : 0;
    }

    @Override
    public MemoryPlan memory() {
        return MemoryPlan.training("joint training", bytes);
    }

    /// Of one step.
    ///
    /// @param tokens of each text
    private double seconds(double tokens, double gigaflops) {
        return new Work(model).seconds(operations * tokens, gigaflops);
    }

    @Override
    public String at(double gigaflops) {
        int most = run.rollout().maxNewTokens();
        double shown = Math.min(most, tokens);
        double typical = seconds(shown, gigaflops);
        double longest = seconds(most, gigaflops);
        return String.format(
                Locale.ROOT,
                "estimate: memory at most about %.1f GB; with typical texts of %.0f tokens %.0f s a step, %s for %d steps"
                        + " (those that adapt the reconstructor included) and no evaluation; with every text at its"
                        + " longest, %d tokens, %.0f s a step, %s%s",
                bytes / 1e9,
                shown,
                typical,
                time(typical * run.allSteps()),
                run.allSteps(),
                most,
                longest,
                time(longest * run.allSteps()),
                cutOff().map(said -> "; " + said).orElse(""));
    }

    /// What is said where the verbalizer may have learned to write more than it may.
    public Optional<String> cutOff() {
        int most = run.rollout().maxNewTokens();
        return !isKnown || tokens <= most
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "texts it learned from have, by their bytes, up to some %.0f tokens; train.rl.max-new-tokens, %d, may"
                                + " cut many off: what stands at their end is then neither rewarded nor read",
                        tokens,
                        most));
    }

    private static String time(double seconds) {
        return seconds < 3600
                ? Math.round(seconds / 60) + " min"
                : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
    }
}
