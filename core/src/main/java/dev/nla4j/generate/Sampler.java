package dev.nla4j.generate;

import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Rng;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Draws one id a row by inverse transform sampling, in two steps: first the block of the vocabulary that holds the
/// drawn
/// point of the cumulative distribution, then the id inside it. Exact, and cheap at any vocabulary: only two short rows
/// a
/// draw leave native memory. The point depends on (seed, request number, position) and on nothing else.
final class Sampler {
    private static final int BLOCK = 512;
    private static final double LAST_BELOW_ONE = Math.nextDown(1.0);

    private Sampler() {}

    /// A drawn id.
    record Draw(int id, float logProbability) {}

    /// @param logits `[B, V]` fp32; ids from `limit` on are never drawn
    /// @param rows the requests, one a row
    /// @param position how many ids these rows have drawn already
    static Draw[] draw(Tensor logits, List<Request> rows, int position, int limit) {
        Tensor real = limit < logits.size(1) ? logits.narrow(1, 0, limit) : logits;
        float[] normaliser = Tensors.floats(torch.logsumexp(real, -1L)); // [B]
        long[] greedy = Tensors.longs(torch.argmax(real, LAST, false)); // [B]
        int[] drawn = new int[rows.size()];
        int[] sampled = java.util.stream.IntStream.range(0, rows.size())
                .filter(row -> rows.get(row).temperature() > 0)
                .toArray();
        for (int row = 0; row < drawn.length; row++) {
            drawn[row] = (int) greedy[row];
        }
        if (sampled.length > 0) {
            sample(real, rows, sampled, position, drawn);
        }
        long[] at = new long[drawn.length];
        for (int row = 0; row < drawn.length; row++) {
            at[row] = drawn[row];
        }
        float[] chosen = Tensors.floats(real.gather(1, Tensors.longs(at, drawn.length, 1)));
        Draw[] draws = new Draw[drawn.length];
        for (int row = 0; row < drawn.length; row++) {
            draws[row] = new Draw(drawn[row], chosen[row] - normaliser[row]);
        }
        return draws;
    }

    private static void sample(Tensor real, List<Request> rows, int[] sampled, int position, int[] drawn) {
        long[] index = new long[sampled.length];
        float[] inverse = new float[sampled.length];
        for (int i = 0; i < sampled.length; i++) {
            index[i] = sampled[i];
            // The largest float stands for all inverses beyond it: infinity times zero is no number.
            inverse[i] = (float) Math.min(1 / rows.get(sampled[i]).temperature(), Float.MAX_VALUE);
        }
        Tensor chosen = sampled.length == rows.size()
                ? real
                : real.index_select(0, Tensors.longs(index, index.length)); // [N, V]
        Tensor weights = chosen.sub(chosen.amax(LAST_DIM, true))
                .mul(Tensors.of(inverse, inverse.length, 1))
                .exp(); // [N, V], unnormalised
        long vocabulary = weights.size(1);
        long blocks = Math.ceilDiv(vocabulary, (long) BLOCK);
        long gap = blocks * BLOCK - vocabulary;
        Tensor padded = gap == 0 ? weights : Tensors.cat(1, weights, Tensors.zeros(DType.FP32, weights.size(0), gap));
        Tensor blocked = padded.view(sampled.length, blocks, BLOCK); // [N, blocks, 512]
        float[][] sums = Tensors.rows(blocked.sum(LAST_DIM, false, null)); // [N, blocks]
        long[] chosenBlocks = new long[sampled.length];
        double[] rest = new double[sampled.length];
        for (int i = 0; i < sampled.length; i++) {
            Request request = rows.get(sampled[i]);
            double total = 0;
            for (float sum : sums[i]) {
                total += sum;
            }
            double point = Rng.uniform(request.seed(), request.number(), position) * total;
            Place place = place(sums[i], point);
            chosenBlocks[i] = place.index;
            rest[i] = place.rest;
        }
        Tensor picked = blocked.gather(
                        1, Tensors.longs(chosenBlocks, sampled.length, 1, 1).expand(sampled.length, 1, BLOCK))
                .view(sampled.length, BLOCK);
        float[][] inside = Tensors.rows(picked);
        for (int i = 0; i < sampled.length; i++) {
            drawn[sampled[i]] = (int) (chosenBlocks[i] * BLOCK + place(inside[i], rest[i]).index);
        }
    }

    private record Place(int index, double rest) {}

    /// The entry in which the running sum of `weights` passes `point`; rounding beyond the end gives the last entry
    /// that
    /// has any weight, so that an impossible id is never drawn.
    private static Place place(float[] weights, double point) {
        double before = 0;
        int last = 0;
        double beforeLast = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                if (point < before + weights[i]) {
                    return new Place(i, point - before);
                }
                last = i;
                beforeLast = before;
            }
            before += weights[i];
        }
        return new Place(last, (before - beforeLast) * LAST_BELOW_ONE);
    }

    private static final LongOptional LAST = Scope.constant(new LongOptional(-1));
    private static final long[] LAST_DIM = {-1};
}
