package dev.nla4j.cli;

import dev.nla4j.data.DataFile;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.WeightSize;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.nla.Role;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.train.LogitSlices;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.sft.Examples;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.Locale;

/// What supervised training of a half will take, said before it starts.
///
/// @param learned parameters that learn
/// @param bytes in memory at the worst moment
/// @param stepSeconds of one update
/// @param steps of the run
record SftEstimate(long learned, double bytes, double stepSeconds, long steps) {
    /// Share of the product speed of [MachineProbe] that whole steps reach; measured on the default target.
    private static final double EFFICIENCY = 0.4;
    /// Numbers of a block that a token's backward pass needs, in multiples of the model's width and the hidden layer's;
    /// measured as the default target's resident memory.
    private static final int KEPT_WIDTHS = 24;

    private static final int KEPT_HIDDEN = 5;
    /// Tokens whose logits exist at once, and copies of them with their gradients.
    static final long LOGITS = 3L * LogitSlices.TOKENS;
    /// Weight, gradient and two moments of each number that learns.
    static final int COPIES = 4;
    /// The same of full weights: what they are rounded to, with its gradient, takes as much as one more.
    private static final int FULL_COPIES = 5;
    /// Copies of logits and their gradients, of all rows at once, where the head learns.
    private static final int LEARNED_LOGITS = 6;
    /// A verbalizer's own tokens before its answer, and a row's where no data says more.
    static final int PROMPT = 11;

    private static final int TEXT = 60;
    /// Of English; other scripts have tokens of a byte or two where the vocabulary is small.
    private static final double BYTES_A_TOKEN = 3.6;

    private static final double OTHER_BYTES_A_TOKEN = 1.5;

    static SftEstimate of(Wiring wiring, RunConfig run, Role role) {
        boolean verbalizer = role == Role.VERBALIZER;
        SftConfig sft = run.train().sft(role);
        ModelConfig whole = ModelLoader.config(wiring.find(run.model()).path());
        Path file = run.data().of(role);
        int depth = whole.numLayers();
        double text = TEXT;
        double longest = TEXT;
        if (Files.exists(file)) {
            try (DataFile sidecar = DataFile.open(file)) {
                sidecar.requireOf(whole, run.model());
            }
            Examples data = Examples.withoutContexts(file);
            depth = verbalizer ? depth : data.meta().extraction().layerIndex() + 1;
            DoubleSummaryStatistics lengths = data.rows().stream()
                    .mapToDouble(row -> tokens(verbalizer ? row.response() : row.explanation()))
                    .summaryStatistics();
            text = lengths.getAverage();
            longest = lengths.getMax();
        }
        int own = verbalizer ? PROMPT : 0;
        double tokens = text + own;
        ModelConfig trunk = whole.truncated(depth);
        double table = (double) whole.vocabulary() * whole.dim();
        double blocks =
                WeightSize.bytes(trunk, DType.FP32, ModelLoader.Extent.TRUNK) / (double) DType.FP32.bytes() - table;
        boolean full = sft.weights().full();
        long learned = full
                ? full(whole, trunk, verbalizer)
                : learned(trunk, sft.weights().rank(), !verbalizer);
        if (verbalizer && sft.mix().affineInjection()) {
            learned += (long) whole.dim() * (whole.dim() + 1);
        }
        // Forward is two operations a weight and token; backward through frozen weights two more, to what learns four.
        double perWeight = full ? 6 * blocks : 4 * blocks + 6.0 * learned;
        double operations = sft.batch() * (tokens * perWeight + (verbalizer ? (full ? 6 : 4) * table * text : 0));
        double perToken = depth
                * (KEPT_WIDTHS * (double) whole.dim() + KEPT_HIDDEN * (double) whole.hidden())
                * DType.FP32.bytes();
        double bytes = WeightSize.bytes(whole, run.dtype(), ModelLoader.Extent.WHOLE)
                + MemoryPlan.PROGRAM
                + (double) learned * (full ? FULL_COPIES : COPIES) * DType.FP32.bytes()
                + perToken * (longest + own) * sft.microBatch()
                + (verbalizer ? logits(full, sft.microBatch() * longest) * whole.vocabulary() * DType.FP32.bytes() : 0);
        double speed = MachineProbe.gigaflops(run.dtype()) * 1e9 * EFFICIENCY;
        return new SftEstimate(learned, bytes, operations / speed, sft.steps());
    }

    /// Rows of logits that are held at once, times their copies.
    ///
    /// @param rows that a micro-batch has at most
    private static double logits(boolean full, double rows) {
        return full ? LEARNED_LOGITS * rows : LOGITS;
    }

    /// About how many tokens a text has, rather too many than too few.
    private static double tokens(String text) {
        long plain = text.chars().filter(c -> c < 0x80).count();
        long others = text.getBytes(StandardCharsets.UTF_8).length - plain;
        return plain / BYTES_A_TOKEN + others / OTHER_BYTES_A_TOKEN;
    }

    /// Numbers of all that a verbalizer has, or of a reconstructor's blocks and matrix.
    private static long full(ModelConfig whole, ModelConfig trunk, boolean verbalizer) {
        if (verbalizer) {
            return WeightSize.bytes(whole, DType.FP32, ModelLoader.Extent.WHOLE) / DType.FP32.bytes();
        }
        long table = (long) trunk.vocabulary() * trunk.dim();
        return WeightSize.bytes(trunk, DType.FP32, ModelLoader.Extent.TRUNK) / DType.FP32.bytes()
                - table
                + (long) trunk.dim() * trunk.dim();
    }

    /// Numbers of A and B of all seven projections of each block, and of a reconstructor's matrix.
    static long learned(ModelConfig config, int rank, boolean head) {
        ModelConfig.Heads heads = config.heads();
        long dim = config.dim();
        long queries = (long) heads.queries() * heads.width();
        long keyValues = (long) heads.keyValues() * heads.width();
        long block = 2 * (dim + queries) + 2 * (dim + keyValues) + 3 * (dim + config.hidden());
        return rank * block * config.numLayers() + (head ? dim * dim : 0);
    }

    /// The same as a plan that refuses what can't fit.
    MemoryPlan memory() {
        return MemoryPlan.training("training", bytes);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "estimate: %.1f million parameters learn, memory about %.1f GB, %.1f s a step, %.1f minutes for %d steps"
                        + " and no evaluation",
                learned / 1e6,
                bytes / 1e9,
                stepSeconds,
                stepSeconds * steps / 60,
                steps);
    }
}
