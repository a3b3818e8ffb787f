package dev.nla4j.nla;

import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.model.WeightSize;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.InsufficientMemoryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What loading will take, known before a weight is read.
///
/// @param parts what is loaded
/// @param oneByOne whether each part is freed before the next is loaded
/// @param advice what would take less, as a clause; empty when nothing would
public record MemoryPlan(List<Part> parts, boolean oneByOne, String advice) {
    /// The program itself, its libraries, and the intermediate results of a few dozen explanations.
    public static final long PROGRAM = 700L << 20;

    public MemoryPlan {
        parts = List.copyOf(parts);
    }

    /// One model.
    public record Part(String name, long bytes) {}

    /// A model alone.
    public static MemoryPlan of(String name, ModelConfig config, DType dtype, ModelLoader.Extent extent) {
        return new MemoryPlan(List.of(new Part(name, WeightSize.whileLoading(config, dtype, extent))), false, "");
    }

    /// A model that gradients shall pass.
    public static MemoryPlan toLearn(ModelConfig config, DType dtype) {
        long bytes = WeightSize.bytes(config, dtype, ModelLoader.Extent.WHOLE);
        return new MemoryPlan(List.of(new Part("model", bytes)), false, "");
    }

    /// A training.
    ///
    /// @param total bytes at the worst moment, the program included
    public static MemoryPlan training(String name, double total) {
        return new MemoryPlan(
                List.of(new Part(name, (long) total - PROGRAM)), false, "a smaller micro-batch in CONFIG takes less");
    }

    /// A target and a pair.
    ///
    /// @param target null when none is loaded
    /// @param oneByOne whether they take turns; the target is then cut to the blocks its activations need
    public static MemoryPlan of(@Nullable ModelConfig target, PairFolder pair, DType dtype, boolean oneByOne) {
        List<Part> parts = new ArrayList<>();
        if (target != null) {
            int blocks = oneByOne ? Math.min(pair.layer() + 1, target.numLayers()) : target.numLayers();
            ModelLoader.Extent extent = oneByOne ? ModelLoader.Extent.TRUNK : ModelLoader.Extent.WHOLE;
            parts.add(new Part("target", WeightSize.whileLoading(target.truncated(blocks), dtype, extent)));
        }
        parts.add(new Part("AV", half(pair.verbalizer(), target, dtype, ModelLoader.Extent.WHOLE, oneByOne)));
        parts.add(reconstructor(target, pair, dtype, oneByOne));
        // Adapters stand on the target's own weights: by turns nothing would be saved.
        boolean shared = pair.verbalizer().isAdapter() && pair.reconstructor().isAdapter();
        return new MemoryPlan(parts, oneByOne, oneByOne || shared ? "" : "--low-memory loads one model at a time");
    }

    /// A reconstructor alone.
    ///
    /// @param base what it stands on when it is an adapter
    public static MemoryPlan reconstructor(@Nullable ModelConfig base, PairFolder pair, DType dtype) {
        return new MemoryPlan(List.of(reconstructor(base, pair, dtype, true)), false, "");
    }

    private static Part reconstructor(@Nullable ModelConfig base, PairFolder pair, DType dtype, boolean withBase) {
        long dim = pair.reconstructor().meta().dim();
        long weights = half(pair.reconstructor(), base, dtype, ModelLoader.Extent.TRUNK, withBase);
        return new Part("AR", weights + dim * dim * DType.FP32.bytes());
    }

    private static long half(
            PairFolder.Half half,
            @Nullable ModelConfig base,
            DType dtype,
            ModelLoader.Extent extent,
            boolean withBase) {
        if (!half.isAdapter()) {
            return WeightSize.whileLoading(ModelLoader.config(half.folder()), dtype, extent);
        }
        long stands = withBase && base != null ? WeightSize.whileLoading(base, dtype, extent) : 0;
        return stands + sizeOf(half.folder().resolve(PeftAdapter.TENSORS));
    }

    private static long sizeOf(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            // Loading will say what is wrong with it.
            return 0;
        }
    }

    /// Bytes of weights in memory at the worst moment.
    public long weights() {
        return oneByOne
                ? parts.stream().mapToLong(Part::bytes).max().orElse(0)
                : parts.stream().mapToLong(Part::bytes).sum();
    }

    /// Bytes in memory at the worst moment.
    public long total() {
        return weights() + PROGRAM;
    }

    /// The same, for whoever can't follow the advice.
    public MemoryPlan withoutAdvice() {
        return new MemoryPlan(parts, oneByOne, "");
    }

    /// Refuses what can't fit.
    ///
    /// @param available bytes; empty when nobody knows, and then nothing is refused
    /// @throws InsufficientMemoryException with the numbers
    public void requireFits(OptionalLong available) {
        if (available.isPresent() && total() > available.getAsLong()) {
            throw new InsufficientMemoryException("not enough memory: " + this + " are needed, "
                    + gigabytes(available.getAsLong()) + " are available"
                    + (advice.isEmpty() ? "" : "; " + advice));
        }
    }

    /// One line: `memory: about 31.2 GB (target 15.2 GB + AV 15.2 GB + AR 0.1 GB + program 0.7 GB)`.
    @Override
    public String toString() {
        String models = parts.stream()
                .map(part -> part.name() + " " + gigabytes(part.bytes()))
                .collect(Collectors.joining(oneByOne ? ", " : " + "));
        return "about " + gigabytes(total()) + " (" + (oneByOne ? "the largest of " : "") + models + " + program "
                + gigabytes(PROGRAM) + ")";
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}
