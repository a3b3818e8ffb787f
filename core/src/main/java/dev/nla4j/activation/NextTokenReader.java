package dev.nla4j.activation;

import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Reads what a target would write next, and the activation beside it: one run through all blocks gives both.
public final class NextTokenReader {
    /// Rows of logits at a time: a large vocabulary makes each of them a megabyte, twice.
    private static final int LOGIT_ROWS = 64;

    private final Decoder target;
    private final int layer;
    private final DrawableIds drawable;
    private final int count;

    /// @param layer K, after which the activation is taken
    /// @param drawable the ids that have a token: others get no probability
    /// @param count how many next tokens are read
    public NextTokenReader(Decoder target, int layer, DrawableIds drawable, int count) {
        int depth = target.config().numLayers();
        if (layer < 0 || layer >= depth) {
            throw new IllegalArgumentException("layer: must be 0 to " + (depth - 1) + ", was " + layer);
        }
        if (count < 1) {
            throw new IllegalArgumentException("count: must be 1 or more, was " + count);
        }
        this.target = target;
        this.layer = layer;
        this.drawable = drawable.within(target.config().vocabulary());
        this.count = Math.min(count, drawable.count());
    }

    /// What was read at one token.
    ///
    /// @param activation the residual stream after block K
    /// @param ids of the most probable next tokens, most probable first
    /// @param probabilities of these, at temperature 1
    @SuppressWarnings("ArrayRecordComponent") // a carrier from computation to teacher, never compared
    public record Reading(float[] activation, int[] ids, float[] probabilities) {}

    /// Readings of one batch.
    ///
    /// @param rows token ids of each text, none empty; shorter ones are padded on the right, which no real token
    ///     sees
    /// @param positions chosen tokens of each text
    /// @return one reading a chosen token, text by text in the given order
    public List<Reading> read(List<int[]> rows, List<int[]> positions) {
        return LengthClasses.apart(target.config(), rows, positions, this::readAlike);
    }

    private List<Reading> readAlike(List<int[]> rows, List<int[]> positions) {
        int longest = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        int[][] padded = rows.stream().map(row -> Arrays.copyOf(row, longest)).toArray(int[][]::new);
        long[] chosen = ResidualReader.flat(rows, positions, longest);
        float[][][] activations = new float[1][][];
        try (Scope _ = Scope.noGrad()) {
            Tensor index = Tensors.longs(chosen, chosen.length); // [N]
            Tensor last = target.residual(
                    target.embed(Tensors.ids(padded)),
                    target.config().numLayers(),
                    Context.none(),
                    (depth, residual) -> {
                        if (depth == layer + 1) {
                            activations[0] = Tensors.rows(at(residual, index));
                        }
                    });
            Tensor read = at(last, index); // [N, D]
            List<Reading> readings = new ArrayList<>();
            for (int from = 0; from < chosen.length; from += LOGIT_ROWS) {
                addTop(readings, read.narrow(0, from, Math.min(LOGIT_ROWS, chosen.length - from)), activations[0]);
            }
            return readings;
        }
    }

    /// @param read the last residual at some of the chosen tokens, `[N, D]`
    private void addTop(List<Reading> readings, Tensor read, float[][] activations) {
        try (Scope _ = Scope.noGrad()) {
            Tensor logits = drawable.of(target.logits(read)); // [N, V]
            T_TensorTensor_T top = torch.topk(torch.softmax(logits, 1), count);
            float[][] values = Tensors.rows(top.get0()); // [N, count]
            long[] ids = Tensors.longs(top.get1());
            for (int i = 0; i < values.length; i++) {
                int[] row = new int[count];
                for (int j = 0; j < count; j++) {
                    row[j] = Math.toIntExact(ids[i * count + j]);
                }
                readings.add(new Reading(activations[readings.size()], row, values[i]));
            }
        }
    }

    private Tensor at(Tensor residual, Tensor index) {
        return residual.reshape(-1, target.config().dim()).index_select(0, index); // [N, D]
    }
}
