package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// Low-rank additions to a decoder's matrix products, applied without touching the weights: one loaded model
/// serves as target, verbalizer and reconstructor at once.
///
/// Additions to q, k and v (and to gate and up) work on one fused matrix product: their A's stand below
/// each other, their B's on a block diagonal, so that a step costs two small products however many of the
/// three are adapted (three where gate and up are multiplied with apart).
public final class LowRankAdapter implements AutoCloseable {
    private final List<BlockAdapter> blocks;

    private LowRankAdapter(List<BlockAdapter> blocks) {
        this.blocks = List.copyOf(blocks);
    }

    /// The additions to one projection as PEFT stores them.
    ///
    /// @param a `[r, in]`
    /// @param b `[out, r]`
    /// @param scale factor on `b · a`
    public record Pair(Tensor a, Tensor b, double scale) {}

    /// Assembles an adapter to read with from the pairs of each layer; the pairs stay the caller's. No gradient
    /// passes it.
    ///
    /// @param layers for each block the pairs by projection: QUERY, KEY, VALUE, ATTENTION_OUTPUT, GATE, UP, DOWN
    /// @param dtype of the weights that it is added to
    public static LowRankAdapter of(ModelConfig config, List<Map<Part, Pair>> layers, DType dtype) {
        try (Scope scope = Scope.noGrad()) {
            LowRankAdapter made = made(config, layers, dtype.arithmetic(), false);
            made.matrices().forEach(matrix -> matrix.release(scope));
            return made;
        }
    }

    /// As [#of], but gradients reach the pairs where they are recorded, and the open scope owns all of it: not to be
    /// closed.
    static LowRankAdapter recorded(ModelConfig config, List<Map<Part, Pair>> layers, ScalarType type) {
        return made(config, layers, type, true);
    }

    /// @param learns whether gradients are to pass it: else its matrices have the form that is fastest without
    private static LowRankAdapter made(
            ModelConfig config, List<Map<Part, Pair>> layers, ScalarType type, boolean learns) {
        Map<Part, Integer> rowsOf = outputRows(config);
        List<BlockAdapter> blocks = new ArrayList<>();
        for (Map<Part, Pair> pairs : layers) {
            blocks.add(new BlockAdapter(
                    fused(pairs, List.of(Part.QUERY, Part.KEY, Part.VALUE), rowsOf, type, learns),
                    fused(pairs, List.of(Part.ATTENTION_OUTPUT), rowsOf, type, learns),
                    fused(pairs, List.of(Part.GATE, Part.UP), rowsOf, type, learns),
                    fused(pairs, List.of(Part.DOWN), rowsOf, type, learns)));
        }
        return new LowRankAdapter(blocks);
    }

    /// An adapter of Gaussian numbers on every projection: for timings and tests.
    public static LowRankAdapter random(ModelConfig config, int rank, long seed, DType dtype) {
        Random random = new Random(seed);
        try (Scope _ = Scope.noGrad()) {
            List<Map<Part, Pair>> layers = new ArrayList<>();
            Map<Part, Integer> rows = outputRows(config);
            for (int layer = 0; layer < config.numLayers(); layer++) {
                Map<Part, Pair> pairs = new EnumMap<>(Part.class);
                rows.forEach((part, out) -> {
                    int in = inputColumns(config, part);
                    pairs.put(
                            part,
                            new Pair(
                                    gaussian(random, rank, in, 1 / Math.sqrt(in)),
                                    gaussian(random, out, rank, 1e-3),
                                    2));
                });
                layers.add(pairs);
            }
            return of(config, layers, dtype);
        }
    }

    private static Tensor gaussian(Random random, int rows, int columns, double spread) {
        float[] values = new float[Math.multiplyExact(rows, columns)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * spread);
        }
        return Tensors.of(values, rows, columns);
    }

    /// Rows that each projection has in its fused matrix.
    static Map<Part, Integer> outputRows(ModelConfig config) {
        ModelConfig.Heads heads = config.heads();
        Map<Part, Integer> rows = new EnumMap<>(Part.class);
        rows.put(Part.QUERY, heads.queryWidth());
        rows.put(Part.KEY, heads.keyValueWidth());
        rows.put(Part.VALUE, heads.keyValueWidth());
        rows.put(Part.ATTENTION_OUTPUT, config.dim());
        rows.put(Part.GATE, config.hidden());
        rows.put(Part.UP, config.hidden());
        rows.put(Part.DOWN, config.dim());
        return rows;
    }

    /// Columns that each projection reads.
    static int inputColumns(ModelConfig config, Part part) {
        return switch (part) {
            case ATTENTION_OUTPUT -> config.heads().queryWidth();
            case DOWN -> config.hidden();
            default -> config.dim();
        };
    }

    private static @Nullable LowRank fused(
            Map<Part, Pair> pairs, List<Part> parts, Map<Part, Integer> rowsOf, ScalarType type, boolean learns) {
        if (parts.stream().noneMatch(pairs::containsKey)) {
            return null;
        }
        if (learns) {
            Fused fused = Fused.of(pairs, parts, rowsOf, type);
            return new LowRank(Matrix.stored(fused.down), Matrix.stored(fused.up));
        }
        try (Scope scope = Scope.noGrad()) {
            Fused fused = Fused.of(pairs, parts, rowsOf, type);
            Matrix down = Matrix.forReading(fused.down);
            Matrix up = parts.contains(Part.GATE) ? halves(fused.up) : Matrix.forReading(fused.up);
            down.keepIn(scope);
            up.keepIn(scope);
            return new LowRank(down, up);
        }
    }

    /// What is added to one matrix, `[R, in]` and `[out, R]`.
    private record Fused(Tensor down, Tensor up) {
        static Fused of(Map<Part, Pair> pairs, List<Part> parts, Map<Part, Integer> rowsOf, ScalarType type) {
            List<Tensor> ups = new ArrayList<>();
            List<Tensor> downs = new ArrayList<>();
            for (Part part : parts) {
                Pair pair = pairs.get(part);
                if (pair == null) {
                    ups.add(Tensors.zeros(type, rowsOf.getOrDefault(part, 0), 0));
                } else {
                    ups.add(Tensors.times(pair.b(), pair.scale()).to(type));
                    downs.add(pair.a().to(type));
                }
            }
            return new Fused(
                    Tensors.cat(0, downs.toArray(Tensor[]::new)), Tensors.blockDiagonal(ups.toArray(Tensor[]::new)));
        }
    }

    /// As the matrix that it is added to, which is multiplied with in halves.
    private static Matrix halves(Tensor up) {
        long half = up.size(0) / 2;
        return up.scalar_type().intern() == ScalarType.BFloat16 && up.numel() > 0 && Matrix.joins(DType.BF16)
                ? Matrix.joined(Matrix.forReading(up.narrow(0, 0, half)), Matrix.forReading(up.narrow(0, half, half)))
                : Matrix.forReading(up);
    }

    @Nullable
    BlockAdapter block(int layer) {
        return layer < blocks.size() ? blocks.get(layer) : null;
    }

    @Override
    public void close() {
        matrices().forEach(Matrix::close);
    }

    private List<Matrix> matrices() {
        return blocks.stream()
                .flatMap(block -> Stream.of(block.queryKeyValue(), block.output(), block.gateUp(), block.down()))
                .filter(java.util.Objects::nonNull)
                .flatMap(pair -> Stream.of(pair.down(), pair.up()))
                .toList();
    }
}
