package dev.nla4j.train.estimate;

import dev.nla4j.data.DataFile;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.WeightSize;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.nla.Role;
import dev.nla4j.tensor.DType;
import dev.nla4j.train.LogitSlices;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.sft.Examples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;

/// What supervised training of a half will take, said before it starts.
///
/// @param learned parameters that learn
/// @param bytes in memory at the worst moment
/// @param operations of one update
/// @param steps of the run
/// @param model that it trains
public record SftEstimate(long learned, double bytes, double operations, long steps, ModelConfig model)
        implements Estimate {
    /// Numbers of a block that a token's backward pass needs, in multiples of the model's width; measured as the
    /// default target's resident memory.
    private static final int KEPT_WIDTHS = 24;
    /// Tokens whose logits exist at once, and copies of them with their gradients.
    static final long LOGITS = 3L * LogitSlices.TOKENS;
    /// Weight, gradient and two moments of full weights, and what they are rounded to, which with its gradient takes
    /// as much as one more.
    private static final int FULL_COPIES = 5;
    /// Copies of logits and their gradients, of all rows at once, where the head learns.
    private static final int LEARNED_LOGITS = 6;

    /// Reads the texts where they are there already, and refuses those of another target.
    ///
    /// @param layer of the activations, for where no file says it yet
    public static SftEstimate of(ModelConfig whole, RunConfig run, Role role, OptionalInt layer) {
        boolean verbalizer = role == Role.VERBALIZER;
        SftConfig sft = run.train().sft(role);
        Path file = run.data().of(role);
        int depth = verbalizer ? whole.numLayers() : Work.depth(whole, layer);
        TextLengths texts = TextLengths.UNKNOWN;
        if (Files.exists(file)) {
            try (DataFile sidecar = DataFile.open(file)) {
                sidecar.requireOf(whole, run.model());
            }
            Examples data = Examples.withoutContexts(file);
            depth = verbalizer ? depth : data.meta().extraction().layerIndex() + 1;
            texts = TextLengths.of(data, role);
        }
        int own = verbalizer ? TextLengths.PROMPT : 0;
        double tokens = texts.average() + own;
        ModelConfig trunk = whole.truncated(depth);
        Work work = new Work(trunk);
        boolean full = sft.weights().full();
        long learned = full
                ? full(whole, work, verbalizer)
                : work.adapter(sft.weights().rank(), !verbalizer);
        if (verbalizer && sft.mix().affineInjection()) {
            learned += (long) whole.dim() * (whole.dim() + 1);
        }
        // Forward is two operations a weight and token; backward through frozen weights two more, to what learns four.
        double perWeight = full ? 6 * work.blocks() : 4 * work.blocks() + 6.0 * learned;
        double operations =
                sft.batch() * (tokens * perWeight + (verbalizer ? (full ? 6 : 4) * work.table() * texts.average() : 0));
        double bytes = WeightSize.bytes(whole, run.dtype(), ModelLoader.Extent.WHOLE)
                + MemoryPlan.PROGRAM
                + (double) learned * (full ? FULL_COPIES : Work.COPIES) * DType.FP32.bytes()
                + work.kept(KEPT_WIDTHS) * (texts.longest() + own) * sft.microBatch()
                + (verbalizer
                        ? logits(full, sft.microBatch() * texts.longest()) * whole.vocabulary() * DType.FP32.bytes()
                        : 0);
        return new SftEstimate(learned, bytes, operations, sft.steps(), trunk);
    }

    /// Rows of logits that are held at once, times their copies.
    ///
    /// @param rows that a micro-batch has at most
    private static double logits(boolean full, double rows) {
        return full ? LEARNED_LOGITS * rows : LOGITS;
    }

    /// Numbers of all that a verbalizer has, or of a reconstructor's blocks and matrix.
    private static long full(ModelConfig whole, Work trunk, boolean verbalizer) {
        return verbalizer
                ? WeightSize.bytes(whole, DType.FP32, ModelLoader.Extent.WHOLE) / DType.FP32.bytes()
                : (long) trunk.blocks() + (long) whole.dim() * whole.dim();
    }

    @Override
    public MemoryPlan memory() {
        return MemoryPlan.training("training", bytes);
    }

    @Override
    public String at(double gigaflops) {
        double seconds = new Work(model).seconds(operations, gigaflops);
        return String.format(
                Locale.ROOT,
                "estimate: %.1f million parameters learn, memory about %.1f GB, %.1f s a step, %.1f minutes for %d steps"
                        + " and no evaluation",
                learned / 1e6,
                bytes / 1e9,
                seconds,
                seconds * steps / 60,
                steps);
    }
}
