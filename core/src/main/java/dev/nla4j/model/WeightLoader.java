package dev.nla4j.model;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.Allocator;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Fills [Weights] from a file: proves every tensor's shape against the configuration, then reads it straight
/// into its place (q, k, v into one matrix, gate and up into one), so that loading needs no memory beyond the
/// weights, but for one matrix at a time where it is put into another form ([Matrix#forReading]), for which
/// gate and up are two.
final class WeightLoader {
    /// Bytes of a matrix whose place is given back to the system when it was put into another form.
    private static final long LARGE = 1L << 24;

    private final TensorSource source;
    private final WeightNames names;
    private final ModelConfig config;
    private final DType dtype;
    private final boolean learns;

    /// @param learns whether gradients are to pass the weights: else matrices have the form that is fastest without
    WeightLoader(TensorSource source, WeightNames names, ModelConfig config, DType dtype, boolean learns) {
        this.source = source;
        this.names = names;
        this.config = config;
        this.dtype = dtype;
        this.learns = learns;
    }

    /// Reads everything.
    ///
    /// @param whole with final norm and head; without them it is a trunk
    /// @return owned by the caller, closed on failure
    Weights load(boolean whole, Progress progress) {
        WeightShapes.requireNothingElse(config, names, source);
        Threads.awaitPreload();
        try (Scope scope = Scope.noGrad()) {
            String task = "load " + source.location();
            Tensor embedding = matrix(Part.EMBEDDING, 0, config.vocabulary(), config.dim());
            // The largest matrix first: what its other form takes meanwhile does not come on top of the rest.
            boolean tied = whole && config.tiedHead() && !hasOtherHead(embedding);
            Matrix head = whole ? head(embedding, tied) : null;
            List<Weights.Block> blocks = new ArrayList<>();
            for (int layer = 0; layer < config.numLayers(); layer++) {
                progress.report(task, layer, config.numLayers(), "blocks");
                blocks.add(block(layer));
            }
            Tensor finalNorm = whole ? norm(Part.FINAL_NORM, 0, config.dim()) : null;
            progress.report(task, config.numLayers(), config.numLayers(), "blocks");
            Weights weights = new Weights(dtype, embedding, blocks, finalNorm, head, tied);
            weights.keepIn(scope);
            return weights;
        }
    }

    /// Whether the file has a head that is not the embedding table though the configuration says so (an
    /// adapter with a head of its own was merged): as in transformers, the file counts. Looked at piece by
    /// piece.
    private boolean hasOtherHead(Tensor embedding) {
        String name = names.weight(Part.HEAD, 0);
        if (!source.names().contains(name)) {
            return false;
        }
        requireShape(name, config.vocabulary(), config.dim());
        Tensor table = embedding.view(-1);
        long[] at = {0};
        boolean[] other = {false};
        source.scanF32(name, (values, count) -> {
            try (Scope _ = Scope.noGrad()) {
                Tensor piece = Tensors.of(values.length == count ? values : Arrays.copyOf(values, count), count);
                other[0] = other[0] || !table.narrow(0, at[0], count).equal(Tensors.as(embedding.scalar_type(), piece));
            }
            at[0] += count;
        });
        return other[0];
    }

    /// Null where the embedding table itself is multiplied.
    private @Nullable Matrix head(Tensor embedding, boolean tied) {
        if (!tied) {
            return form(() -> matrix(Part.HEAD, 0, config.vocabulary(), config.dim()));
        }
        return learns || !Matrix.packs(dtype) ? null : form(() -> embedding);
    }

    /// Puts a matrix into its form; what was read for it is freed where that is another one.
    private Matrix form(Supplier<Tensor> reading) {
        boolean large = false;
        try (Scope scope = Scope.noGrad()) {
            Tensor read = reading.get();
            Matrix matrix = learns ? Matrix.stored(read) : Matrix.forReading(read);
            matrix.keepIn(scope);
            large = !learns && Matrix.packs(dtype) && read.nbytes() >= LARGE;
            return matrix;
        } finally {
            if (large) {
                Allocator.giveBack(); // or smaller matrices take a part of it, and the next large one finds no room
            }
        }
    }

    private Weights.Block block(int layer) {
        ModelConfig.Heads heads = config.heads();
        int dim = config.dim();
        boolean sandwich = config.norm().sandwich();
        int attended = heads.queryWidth();
        return new Weights.Block(
                norm(Part.INPUT_NORM, layer, dim),
                queryKeyValue(layer),
                heads.headNorms() ? norm(Part.QUERY_NORM, layer, heads.width()) : null,
                heads.headNorms() ? norm(Part.KEY_NORM, layer, heads.width()) : null,
                new Linear(
                        form(() -> matrix(Part.ATTENTION_OUTPUT, layer, dim, attended)),
                        heads.outputBias() ? vector(Part.ATTENTION_OUTPUT, layer, dim) : null),
                sandwich ? norm(Part.POST_ATTENTION_NORM, layer, dim) : null,
                norm(Part.FEED_FORWARD_NORM, layer, dim),
                new Linear(gateUpForm(layer), null),
                new Linear(form(() -> matrix(Part.DOWN, layer, dim, config.hidden())), null),
                sandwich ? norm(Part.POST_FEED_FORWARD_NORM, layer, dim) : null);
    }

    private Linear queryKeyValue(int layer) {
        return new Linear(form(() -> fusedMatrix(layer)), config.heads().inputBias() ? fusedBias(layer) : null);
    }

    private Tensor fusedMatrix(int layer) {
        ModelConfig.Heads heads = config.heads();
        int rowsOfQuery = heads.queryWidth();
        int rowsOfKey = heads.keyValueWidth();
        Tensor fused = Tensors.empty(dtype, heads.fusedWidth(), config.dim());
        if (source.names().contains(names.weight(Part.QUERY_KEY_VALUE, layer))) {
            fill(names.weight(Part.QUERY_KEY_VALUE, layer), fused, heads.fusedWidth(), config.dim());
        } else {
            fill(names.weight(Part.QUERY, layer), fused.narrow(0, 0, rowsOfQuery), rowsOfQuery, config.dim());
            fill(names.weight(Part.KEY, layer), fused.narrow(0, rowsOfQuery, rowsOfKey), rowsOfKey, config.dim());
            fill(
                    names.weight(Part.VALUE, layer),
                    fused.narrow(0, rowsOfQuery + rowsOfKey, rowsOfKey),
                    rowsOfKey,
                    config.dim());
        }
        restoreQueryAndKey(fused);
        return fused;
    }

    private Tensor fusedBias(int layer) {
        int rowsOfQuery = config.heads().queryWidth();
        int rowsOfKey = config.heads().keyValueWidth();
        Tensor fused = Tensors.empty(dtype, rowsOfQuery + 2L * rowsOfKey);
        fill(names.bias(Part.QUERY, layer), fused.narrow(0, 0, rowsOfQuery), rowsOfQuery);
        fill(names.bias(Part.KEY, layer), fused.narrow(0, rowsOfQuery, rowsOfKey), rowsOfKey);
        fill(names.bias(Part.VALUE, layer), fused.narrow(0, rowsOfQuery + rowsOfKey, rowsOfKey), rowsOfKey);
        restoreQueryAndKey(fused);
        return fused;
    }

    /// In the order of [#restoreOrder] where the file has another one.
    private void restoreQueryAndKey(Tensor fused) {
        if (names.permutesQueryAndKey()) {
            ModelConfig.Heads heads = config.heads();
            int rotated = heads.queryWidth() + heads.keyValueWidth();
            restoreOrder(fused.narrow(0, 0, rotated), heads.width());
        }
    }

    /// llama.cpp keeps the two elements of a rotary pair beside each other; ours are half a head apart.
    static void restoreOrder(Tensor rows, int width) {
        long heads = rows.size(0) / width;
        long columns = rows.numel() / rows.size(0);
        Tensor restored = rows.view(heads, width / 2, 2, columns)
                .transpose(1, 2)
                .contiguous()
                .view(rows.sizes());
        rows.copy_(restored);
    }

    /// Where both can be joined they are read one after the other, if the file has them so: what is read to be
    /// packed is half as large.
    private Matrix gateUpForm(int layer) {
        if (learns || !Matrix.joins(dtype)) {
            return form(() -> gateUp(layer));
        }
        long hidden = config.hidden();
        if (source.names().contains(names.weight(Part.GATE, layer))) {
            return Matrix.joined(
                    form(() -> matrix(Part.GATE, layer, hidden, config.dim())),
                    form(() -> matrix(Part.UP, layer, hidden, config.dim())));
        }
        try (Scope scope = Scope.noGrad()) {
            Tensor both = gateUp(layer);
            Matrix joined = Matrix.joined(
                    Matrix.forReading(both.narrow(0, 0, hidden)), Matrix.forReading(both.narrow(0, hidden, hidden)));
            joined.keepIn(scope);
            return joined;
        } finally {
            Allocator.giveBack();
        }
    }

    private Tensor gateUp(int layer) {
        int hidden = config.hidden();
        Tensor fused = Tensors.empty(dtype, 2L * hidden, config.dim());
        String stored = names.weight(Part.GATE_UP, layer);
        if (!source.names().contains(names.weight(Part.GATE, layer))
                && source.names().contains(stored)) {
            fill(stored, fused, 2L * hidden, config.dim());
        } else {
            fill(names.weight(Part.GATE, layer), fused.narrow(0, 0, hidden), hidden, config.dim());
            fill(names.weight(Part.UP, layer), fused.narrow(0, hidden, hidden), hidden, config.dim());
        }
        return fused;
    }

    private Tensor matrix(Part part, int layer, long rows, long columns) {
        Tensor matrix = Tensors.empty(dtype, rows, columns);
        fill(names.weight(part, layer), matrix, rows, columns);
        return matrix;
    }

    private Tensor vector(Part part, int layer, long length) {
        Tensor vector = Tensors.empty(dtype, length);
        fill(names.bias(part, layer), vector, length);
        return vector;
    }

    private Tensor norm(Part part, int layer, long length) {
        Tensor norm = Tensors.empty(DType.FP32, length);
        String name = names.weight(part, layer);
        requireShape(name, length);
        source.readF32(name, Tensors.memory(norm));
        double offset = names.normOffset(config);
        return offset == 0 ? norm : Tensors.plus(norm, offset);
    }

    private void fill(String name, Tensor target, long... shape) {
        requireShape(name, shape);
        MemorySegment memory = Tensors.memory(target);
        switch (dtype) {
            case FP32 -> source.readF32(name, memory);
            case BF16 -> source.readBf16(name, memory);
        }
    }

    private void requireShape(String name, long... shape) {
        requireShape(source.tensor(name), shape);
    }

    static void requireShape(StoredTensor stored, long... shape) {
        List<Long> expected = Arrays.stream(shape).boxed().toList();
        if (!stored.shape().equals(expected)) {
            throw new FormatException(
                    stored.file(),
                    stored.offset(),
                    stored.name(),
                    "has shape " + stored.shape() + ", the configuration asks for " + expected);
        }
    }
}
