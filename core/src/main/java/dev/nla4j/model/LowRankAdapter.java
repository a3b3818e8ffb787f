package dev.nla4j.model;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Low-rank additions to a decoder's matrix products, applied without touching the weights: one loaded model
/// serves as target, verbalizer and reconstructor at once.
///
/// Additions to q, k and v (and to gate and up) work on one fused matrix product: their A's stand below each other,
/// their
/// B's on a block diagonal, so that a step costs two small products however many of the three are adapted.
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

    /// Assembles an adapter for `config` from the pairs of each layer; the pairs stay the caller's.
    ///
    /// @param layers for each block the pairs by projection: QUERY, KEY, VALUE, ATTENTION_OUTPUT, GATE, UP, DOWN
    public static LowRankAdapter of(ModelConfig config, List<Map<Part, Pair>> layers, DType dtype) {
        try (Scope scope = Scope.noGrad()) {
            List<BlockAdapter> blocks = new ArrayList<>();
            for (Map<Part, Pair> pairs : layers) {
                blocks.add(block(config, pairs, dtype, scope));
            }
            return new LowRankAdapter(blocks);
        }
    }

    private static BlockAdapter block(ModelConfig config, Map<Part, Pair> pairs, DType dtype, Scope scope) {
        Map<Part, Integer> rowsOf = outputRows(config);
        return new BlockAdapter(
                fused(pairs, List.of(Part.QUERY, Part.KEY, Part.VALUE), rowsOf, dtype, scope),
                fused(pairs, List.of(Part.ATTENTION_OUTPUT), rowsOf, dtype, scope),
                fused(pairs, List.of(Part.GATE, Part.UP), rowsOf, dtype, scope),
                fused(pairs, List.of(Part.DOWN), rowsOf, dtype, scope));
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
        rows.put(Part.QUERY, heads.queries() * heads.width());
        rows.put(Part.KEY, heads.keyValues() * heads.width());
        rows.put(Part.VALUE, heads.keyValues() * heads.width());
        rows.put(Part.ATTENTION_OUTPUT, config.dim());
        rows.put(Part.GATE, config.hidden());
        rows.put(Part.UP, config.hidden());
        rows.put(Part.DOWN, config.dim());
        return rows;
    }

    /// Columns that each projection reads.
    static int inputColumns(ModelConfig config, Part part) {
        return switch (part) {
            case ATTENTION_OUTPUT -> config.heads().queries() * config.heads().width();
            case DOWN -> config.hidden();
            default -> config.dim();
        };
    }

    private static @Nullable LowRank fused(
            Map<Part, Pair> pairs, List<Part> parts, Map<Part, Integer> rowsOf, DType dtype, Scope scope) {
        List<Part> present = parts.stream().filter(pairs::containsKey).toList();
        if (present.isEmpty()) {
            return null;
        }
        int allRows = parts.stream().mapToInt(rowsOf::get).sum();
        long rank = present.stream()
                .mapToLong(part ->
                        java.util.Objects.requireNonNull(pairs.get(part)).a().size(0))
                .sum();
        Tensor up = Tensors.zeros(DType.FP32, allRows, rank);
        List<Tensor> downs = new ArrayList<>();
        long row = 0;
        long column = 0;
        for (Part part : parts) {
            int rows = rowsOf.getOrDefault(part, 0);
            Pair pair = pairs.get(part);
            if (pair != null) {
                long r = pair.a().size(0);
                up.narrow(0, row, rows).narrow(1, column, r).copy_(Tensors.times(pair.b(), pair.scale()));
                downs.add(pair.a());
                column += r;
            }
            row += rows;
        }
        Tensor down = Tensors.cat(0, downs.toArray(Tensor[]::new));
        return new LowRank(
                scope.release(down.to(dtype.scalarType(), false, true, null)),
                scope.release(up.to(dtype.scalarType(), false, true, null)));
    }

    /// Number of blocks it was made for.
    public int numLayers() {
        return blocks.size();
    }

    @Nullable
    BlockAdapter block(int layer) {
        return layer < blocks.size() ? blocks.get(layer) : null;
    }

    @Override
    public void close() {
        for (BlockAdapter block : blocks) {
            Stream.of(block.queryKeyValue(), block.output(), block.gateUp(), block.down())
                    .filter(java.util.Objects::nonNull)
                    .forEach(pair -> {
                        pair.down().close();
                        pair.up().close();
                    });
        }
    }
}
