package dev.nla4j.model;

import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.model.LowRankAdapter.Pair;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/// A model's tensors under transformers' names, as transformers keeps them, whatever file they come from: q and k rows
/// in its order, Gemma's norm weights without the one, low-rank pairs added. Each is read when its turn to be written
/// comes and freed after it.
final class WeightExport {
    private final TensorSource source;
    private final WeightNames names;
    private final WeightNames written;
    private final ModelConfig config;
    private final List<Map<Part, Pair>> pairs;
    private final @Nullable StoredType type;

    /// @param pairs of each block, added to its projections in fp32; empty for none
    /// @param type of what is written; null keeps each tensor's own, and its very bytes
    WeightExport(
            TensorSource source,
            WeightNames names,
            ModelConfig config,
            List<Map<Part, Pair>> pairs,
            @Nullable StoredType type) {
        this.source = source;
        this.names = names;
        this.written = new WeightNames.HuggingFace("model.", config.family());
        this.config = config;
        this.pairs = pairs;
        this.type = type;
    }

    /// The tensors of all blocks of the configuration.
    ///
    /// @param whole with final norm and head; without them it is a trunk
    List<TensorToWrite> tensors(boolean whole) {
        List<TensorToWrite> tensors = new ArrayList<>();
        long dim = config.dim();
        tensors.add(weight(Part.EMBEDDING, 0, Change.NONE, config.vocabulary(), dim));
        for (int layer = 0; layer < config.numLayers(); layer++) {
            addBlock(tensors, layer);
        }
        if (whole) {
            tensors.add(norm(Part.FINAL_NORM, 0, dim));
            // One beside the embedding table goes along though the configuration says it is the same: readers compare.
            if (!config.tiedHead() || source.names().contains(names.weight(Part.HEAD, 0))) {
                tensors.add(weight(Part.HEAD, 0, Change.NONE, config.vocabulary(), dim));
            }
        }
        return tensors;
    }

    private void addBlock(List<TensorToWrite> tensors, int layer) {
        ModelConfig.Heads heads = config.heads();
        long dim = config.dim();
        long hidden = config.hidden();
        long attended = heads.queryWidth();
        tensors.add(norm(Part.INPUT_NORM, layer, dim));
        addQueryKeyValue(tensors, layer);
        if (heads.headNorms()) {
            tensors.add(norm(Part.QUERY_NORM, layer, heads.width()));
            tensors.add(norm(Part.KEY_NORM, layer, heads.width()));
        }
        tensors.add(adapted(Part.ATTENTION_OUTPUT, layer, false, dim, attended));
        if (heads.outputBias()) {
            tensors.add(bias(Part.ATTENTION_OUTPUT, layer, false, dim));
        }
        tensors.add(norm(Part.FEED_FORWARD_NORM, layer, dim));
        if (source.names().contains(names.weight(Part.GATE, layer))) {
            tensors.add(adapted(Part.GATE, layer, false, hidden, dim));
            tensors.add(adapted(Part.UP, layer, false, hidden, dim));
        } else {
            Change change = new Change(false, 0, added(layer, List.of(Part.GATE, Part.UP)));
            tensors.add(weight(Part.GATE_UP, layer, change, 2 * hidden, dim));
        }
        tensors.add(adapted(Part.DOWN, layer, false, dim, hidden));
        if (config.norm().sandwich()) {
            tensors.add(norm(Part.POST_ATTENTION_NORM, layer, dim));
            tensors.add(norm(Part.POST_FEED_FORWARD_NORM, layer, dim));
        }
    }

    private void addQueryKeyValue(List<TensorToWrite> tensors, int layer) {
        ModelConfig.Heads heads = config.heads();
        long dim = config.dim();
        if (source.names().contains(names.weight(Part.QUERY_KEY_VALUE, layer))) {
            if (!config.family().storesFusedProjections()) {
                throw new InputException(source.location() + ": q, k and v are one tensor, which transformers' "
                        + config.family().modelType() + " does not read; convert the model without --fuse-qkv");
            }
            Change change = new Change(false, 0, added(layer, List.of(Part.QUERY, Part.KEY, Part.VALUE)));
            tensors.add(weight(Part.QUERY_KEY_VALUE, layer, change, heads.fusedWidth(), dim));
            return;
        }
        for (Part part : List.of(Part.QUERY, Part.KEY, Part.VALUE)) {
            long rows = part == Part.QUERY ? heads.queryWidth() : heads.keyValueWidth();
            boolean rotary = part != Part.VALUE && names.permutesQueryAndKey();
            tensors.add(adapted(part, layer, rotary, rows, dim));
            if (heads.inputBias()) {
                tensors.add(bias(part, layer, rotary, rows));
            }
        }
    }

    /// What is done to a tensor before it is written.
    ///
    /// @param rotary whether its rows are in llama.cpp's order and must be put back
    /// @param term added to every number
    private record Change(boolean rotary, double term, List<Addition> added) {
        static final Change NONE = new Change(false, 0, List.of());

        boolean isNone() {
            return !rotary && term == 0 && added.isEmpty();
        }
    }

    /// A low-rank pair that belongs to the rows from `row` on.
    private record Addition(long row, Pair pair) {}

    private List<Addition> added(int layer, List<Part> parts) {
        List<Addition> added = new ArrayList<>();
        Map<Part, Integer> rowsOf = LowRankAdapter.outputRows(config);
        long row = 0;
        for (Part part : parts) {
            Pair pair = pairs.isEmpty() ? null : pairs.get(layer).get(part);
            if (pair != null) {
                added.add(new Addition(row, pair));
            }
            row += rowsOf.getOrDefault(part, 0);
        }
        return added;
    }

    private TensorToWrite adapted(Part part, int layer, boolean rotary, long rows, long columns) {
        return weight(part, layer, new Change(rotary, 0, added(layer, List.of(part))), rows, columns);
    }

    private TensorToWrite norm(Part part, int layer, long length) {
        double offset = names.normOffset(config) - config.family().storedNormOffset();
        return weight(part, layer, new Change(false, offset, List.of()), length);
    }

    private TensorToWrite weight(Part part, int layer, Change change, long... shape) {
        return tensor(names.weight(part, layer), written.weight(part, layer), change, shape);
    }

    private TensorToWrite bias(Part part, int layer, boolean rotary, long length) {
        Change change = new Change(rotary, 0, List.of());
        return tensor(names.bias(part, layer), written.bias(part, layer), change, length);
    }

    private TensorToWrite tensor(String from, String to, Change change, long... shape) {
        StoredTensor stored = source.tensor(from);
        WeightLoader.requireShape(stored, shape);
        if (change.isNone() && (type == null || type == stored.type())) {
            return new TensorToWrite(to, stored.type(), stored.shape(), out -> {
                try (Scope _ = Scope.noGrad()) {
                    Tensor bytes = Tensors.empty(ScalarType.Byte, stored.bytes());
                    source.readRaw(from, Tensors.memory(bytes));
                    TensorToWrite.ofBytes(to, stored.type(), stored.shape(), Tensors.memory(bytes))
                            .content()
                            .writeTo(out);
                }
            });
        }
        StoredType as = type == null ? StoredType.F32 : type;
        return new TensorToWrite(to, as, stored.shape(), out -> {
            try (Scope _ = Scope.noGrad()) {
                Tensor values = Tensors.empty(DType.FP32, shape);
                source.readF32(from, Tensors.memory(values));
                Tensor changed = changed(values, change);
                TensorToWrite.ofF32(to, as, stored.shape(), Tensors.memory(changed))
                        .content()
                        .writeTo(out);
            }
        });
    }

    private Tensor changed(Tensor values, Change change) {
        if (change.rotary()) {
            WeightLoader.restoreOrder(values, config.heads().width());
        }
        for (Addition addition : change.added()) {
            Pair pair = addition.pair();
            Tensor product = Tensors.times(torch.mm(pair.b(), pair.a()), pair.scale());
            values.narrow(0, addition.row(), product.size(0)).add_(product);
        }
        return change.term() == 0 ? values : Tensors.plus(values, change.term());
    }
}
