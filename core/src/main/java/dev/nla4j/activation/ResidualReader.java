package dev.nla4j.activation;

import dev.nla4j.format.InputException;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// Reads activations off a target model: the residual stream after block K at chosen tokens. Blocks above K never run.
public final class ResidualReader implements ActivationSource {
    private final Decoder target;
    private final int layer;

    /// A reader of one layer.
    ///
    /// @param layer K, counted from 0
    public ResidualReader(Decoder target, int layer) {
        requireLayer(target.config(), layer);
        this.target = target;
        this.layer = layer;
    }

    /// Refuses a block that a model has not.
    public static void requireLayer(ModelConfig model, int layer) {
        int depth = model.numLayers();
        if (layer < 0 || layer >= depth) {
            throw new InputException(
                    "layer: must be 0 to " + (depth - 1) + " (the model has " + depth + " blocks), was " + layer);
        }
    }

    /// The activations of one batch.
    ///
    /// @param rows token ids of each text, none empty; shorter ones are padded on the right, which no real token
    ///     sees
    /// @param positions chosen tokens of each text
    /// @return one activation of D numbers a chosen token, text by text in the given order
    public float[][] read(List<int[]> rows, List<int[]> positions) {
        return LengthClasses.apart(target.config(), rows, positions, this::readAlike)
                .toArray(float[][]::new);
    }

    @Override
    public float[][] activations(List<int[]> windows, List<int[]> positions) {
        return read(windows, positions);
    }

    @Override
    public int needed(int tokens, int all) {
        ModelConfig config = target.config();
        return config.lengthClass(tokens) == config.lengthClass(all) ? tokens : all;
    }

    private List<float[]> readAlike(List<int[]> rows, List<int[]> positions) {
        int longest = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        int[][] padded = rows.stream().map(row -> Arrays.copyOf(row, longest)).toArray(int[][]::new);
        long[] chosen = flat(rows, positions, longest);
        try (Scope _ = Scope.noGrad()) {
            Tensor residual =
                    target.residual(target.embed(Tensors.ids(padded)), layer + 1, Context.none(), (depth, r) -> {});
            Tensor flat = residual.reshape(-1, target.config().dim()); // [B*T, D]
            return List.of(Tensors.rows(flat.index_select(0, Tensors.longs(chosen, chosen.length))));
        }
    }

    static long[] flat(List<int[]> rows, List<int[]> positions, int longest) {
        long[] chosen = new long[positions.stream().mapToInt(p -> p.length).sum()];
        int next = 0;
        for (int row = 0; row < rows.size(); row++) {
            for (int position : positions.get(row)) {
                if (position < 0 || position >= rows.get(row).length) {
                    throw new InputException("position: must be 0 to " + (rows.get(row).length - 1) + " (the text has "
                            + rows.get(row).length + " tokens), was " + position);
                }
                chosen[next++] = (long) row * longest + position;
            }
        }
        return chosen;
    }
}
