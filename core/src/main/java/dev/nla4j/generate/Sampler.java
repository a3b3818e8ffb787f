package dev.nla4j.generate;

import dev.nla4j.model.DrawableIds;
import dev.nla4j.tensor.Rng;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Draws one id a row by inverse transform sampling, in two steps: first the block of the vocabulary that holds the
/// drawn point of the cumulative distribution, then the id inside it. Exact, and cheap at any vocabulary: only two
/// short rows a draw leave native memory (with top-p the row's weights). The point depends on (seed, request number,
/// position) and on nothing
/// else, and a row's sums depend on that row only.
final class Sampler {
    private static final int BLOCK = 512;
    private static final double LAST_BELOW_ONE = Math.nextDown(1.0);

    private Sampler() {}

    /// Who draws: a request and what it holds already.
    interface Drawer {
        Request request();

        /// Ids drawn so far.
        int[] ids();

        /// How many.
        int count();
    }

    /// A drawn id.
    ///
    /// @param logProbability of the id under the model itself: temperature 1, all ids that have a token, no
    ///     penalty; not a number when the row's logits were no numbers, and then the id means nothing
    record Draw(int id, float logProbability) {
        boolean failed() {
            return Float.isNaN(logProbability);
        }
    }

    /// One id a row.
    ///
    /// @param logits `[B, V]` fp32, overwritten
    /// @param rows who draws, one a row
    /// @param drawable which ids may be drawn
    static Draw[] draw(Tensor logits, List<? extends Drawer> rows, DrawableIds drawable) {
        int n = rows.size();
        int limit = drawable.limit();
        Tensor real = inBlocks(drawable.of(logits));
        // The largest logit becomes 0, so that no exponential overflows. In place: no one needs the logits themselves.
        Tensor shifted = real.sub_(real.amax(LAST_DIM, true)); // [B, blocks * 512]
        Tensor weights = blocked(shifted.exp()); // [B, blocks, 512], unnormalised
        float[][] sums = Tensors.rows(weights.sum(LAST_DIM, false, null)); // [B, blocks]
        int[] drawn = new int[n];
        place(
                rows,
                sums,
                weights,
                chosen(n, row -> rows.get(row).request().sampling().isPlain()),
                drawn);
        bent(shifted, rows, limit, drawn);
        Tensor ids = Tensors.longs(IntStream.of(drawn).asLongStream().toArray(), n, 1);
        float[] logits0 = Tensors.floats(shifted.gather(1, ids));
        Draw[] draws = new Draw[n];
        for (int row = 0; row < n; row++) {
            double total = total(sums[row]);
            boolean usable = Double.isFinite(total) && total > 0;
            draws[row] = new Draw(drawn[row], usable ? (float) (logits0[row] - Math.log(total)) : Float.NaN);
        }
        return draws;
    }

    /// Rows that draw from another distribution than the model's own: greedy ones and those with a temperature, a
    /// penalty or a bound on the ids.
    private static void bent(Tensor shifted, List<? extends Drawer> rows, int limit, int[] drawn) {
        int[] bent =
                chosen(rows.size(), row -> !rows.get(row).request().sampling().isPlain());
        if (bent.length == 0) {
            return;
        }
        Tensor own = pick(shifted, bent); // [N, V]
        List<? extends Drawer> drawers = IntStream.of(bent).mapToObj(rows::get).toList();
        own = penalised(own, drawers, limit);
        int[] greedy =
                chosen(bent.length, i -> drawers.get(i).request().sampling().isGreedy());
        if (greedy.length > 0) {
            long[] largest = Tensors.longs(torch.argmax(pick(own, greedy), LAST, false));
            for (int i = 0; i < greedy.length; i++) {
                drawn[bent[greedy[i]]] = (int) largest[i];
            }
        }
        int[] sampled =
                chosen(bent.length, i -> !drawers.get(i).request().sampling().isGreedy());
        if (sampled.length > 0) {
            List<? extends Drawer> samplers =
                    IntStream.of(sampled).mapToObj(drawers::get).toList();
            Tensor weights = blocked(bounded(heated(pick(own, sampled), samplers), samplers));
            int[] ids = new int[sampled.length];
            place(samplers, Tensors.rows(weights.sum(LAST_DIM, false, null)), weights, all(sampled.length), ids);
            for (int i = 0; i < sampled.length; i++) {
                drawn[bent[sampled[i]]] = ids[i];
            }
        }
    }

    private static int[] chosen(int count, IntPredicate which) {
        return IntStream.range(0, count).filter(which).toArray();
    }

    private static int[] all(int count) {
        return IntStream.range(0, count).toArray();
    }

    private static Tensor pick(Tensor rows, int[] which) {
        return which.length == rows.size(0)
                ? rows
                : rows.index_select(
                        0, Tensors.longs(IntStream.of(which).asLongStream().toArray(), which.length));
    }

    /// Logits with each row's penalty on the log-probabilities of ids it holds already.
    private static Tensor penalised(Tensor shifted, List<? extends Drawer> rows, int limit) {
        int[] some = chosen(
                rows.size(),
                row -> rows.get(row).request().sampling().repetitionPenalty() != 1
                        && rows.get(row).count() > 0);
        if (some.length == 0) {
            return shifted;
        }
        Tensor copy = shifted.clone();
        for (int row : some) {
            long[] ids = IntStream.of(rows.get(row).ids())
                    .distinct()
                    .filter(id -> id < limit)
                    .asLongStream()
                    .toArray();
            Tensor index = Tensors.longs(ids, ids.length);
            Tensor of = copy.select(0, row); // [V]
            double normaliser;
            // A sum of one row is shared out among threads, and so would depend on how many there are.
            try (Threads.Limit _ = Threads.one()) {
                normaliser = Tensors.floats(torch.logsumexp(of, 0L))[0];
            }
            Tensor logProbabilities = Tensors.plus(of.index_select(0, index), -normaliser);
            Tensor weighed = Tensors.times(
                    logProbabilities, rows.get(row).request().sampling().repetitionPenalty());
            of.index_copy_(0, index, Tensors.plus(weighed, normaliser));
        }
        return copy;
    }

    /// Unnormalised weights at each row's temperature.
    ///
    /// @param logits whose largest is 0 in each row that has no penalty; left as they are
    private static Tensor heated(Tensor logits, List<? extends Drawer> rows) {
        float[] inverse = new float[rows.size()];
        for (int i = 0; i < inverse.length; i++) {
            // The largest float stands for all inverses beyond it: infinity times zero is no number.
            inverse[i] = (float) Math.min(1 / rows.get(i).request().sampling().temperature(), Float.MAX_VALUE);
        }
        boolean moved = rows.stream().anyMatch(row -> row.request().sampling().repetitionPenalty() != 1);
        Tensor largestAtZero = moved ? logits.sub(logits.amax(LAST_DIM, true)) : logits;
        return largestAtZero.mul(Tensors.of(inverse, inverse.length, 1)).exp_();
    }

    /// Zero for ids outside the fewest that reach a row's bound; of equally likely ones the lower come first.
    private static Tensor bounded(Tensor weights, List<? extends Drawer> rows) {
        int[] some =
                chosen(rows.size(), row -> rows.get(row).request().sampling().topP() < 1);
        if (some.length == 0) {
            return weights;
        }
        Tensor bounded = weights.clone();
        for (int row : some) {
            Tensor own = weights.select(0, row);
            long[] kept = fewest(
                    Tensors.floats(own), rows.get(row).request().sampling().topP());
            Tensor ids = Tensors.longs(kept, kept.length);
            bounded.select(0, row).zero_().index_copy_(0, ids, own.index_select(0, ids));
        }
        return bounded;
    }

    /// The fewest ids whose weights reach a share of all, the heaviest first; of equal ones the lower come first. Ids
    /// lighter than half of `(1 - share) / V` of the whole weigh less than `1 - share` together, so that the others
    /// reach it without them: only those are sorted, a few hundred of a vocabulary.
    private static long[] fewest(float[] weights, double share) {
        double total = total(weights);
        double light = (1 - share) / 2 * total / weights.length;
        long[] heavy = new long[weights.length];
        int count = 0;
        for (int id = 0; id < weights.length; id++) {
            if (weights[id] > light) {
                // Bits of positive floats are in their order: heavier ones first, then lower ids.
                heavy[count++] = ((long) (Integer.MAX_VALUE - Float.floatToIntBits(weights[id])) << Integer.SIZE) | id;
            }
        }
        Arrays.sort(heavy, 0, count);
        double reach = share * total;
        double sum = 0;
        int kept = 0;
        while (kept < count && sum < reach) {
            heavy[kept] &= Integer.MAX_VALUE;
            sum += weights[(int) heavy[kept++]];
        }
        return Arrays.copyOf(heavy, kept);
    }

    /// Filled up to whole blocks with logits of what is never drawn.
    private static Tensor inBlocks(Tensor logits) {
        long gap = Math.floorMod(-logits.size(1), BLOCK);
        if (gap == 0) {
            return logits;
        }
        try (Scalar nothing = new Scalar(Double.NEGATIVE_INFINITY)) {
            return torch.constant_pad_nd(logits, new long[] {0, gap}, nothing);
        }
    }

    private static Tensor blocked(Tensor weights) {
        return weights.view(weights.size(0), -1, BLOCK);
    }

    /// Draws for the rows `which`: writes their ids into `drawn` at the same places.
    private static void place(List<? extends Drawer> rows, float[][] sums, Tensor weights, int[] which, int[] drawn) {
        if (which.length == 0) {
            return;
        }
        long[] blocks = new long[which.length];
        double[] rest = new double[which.length];
        for (int i = 0; i < which.length; i++) {
            int row = which[i];
            Request request = rows.get(row).request();
            int position = rows.get(row).count();
            double point = Rng.uniform(request.seed(), request.number(), position) * total(sums[row]);
            Place place = place(sums[row], point);
            blocks[i] = place.index;
            rest[i] = place.rest;
        }
        Tensor picked = pick(weights, which)
                .gather(1, Tensors.longs(blocks, which.length, 1, 1).expand(which.length, 1, BLOCK))
                .view(which.length, BLOCK);
        float[][] inside = Tensors.rows(picked);
        for (int i = 0; i < which.length; i++) {
            drawn[which[i]] = (int) (blocks[i] * BLOCK + place(inside[i], rest[i]).index);
        }
    }

    private static double total(float[] weights) {
        double total = 0;
        for (float weight : weights) {
            total += weight;
        }
        return total;
    }

    private record Place(int index, double rest) {}

    /// The entry in which the running sum of `weights` passes `point`; rounding beyond the end gives the last entry
    /// that has any weight, so that an impossible id is never drawn.
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
