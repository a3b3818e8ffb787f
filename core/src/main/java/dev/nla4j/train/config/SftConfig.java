package dev.nla4j.train.config;

import dev.nla4j.train.AdamW;
import dev.nla4j.train.Schedule;

/// Supervised fine-tuning of one role.
///
/// @param steps updates, 1 or more
/// @param batch pairs an update
/// @param microBatch pairs that go through the model at once, at most `batch`
/// @param seed of the order of pairs and of every random choice
/// @param weights which weights learn
/// @param mix what else the texts go through
public record SftConfig(
        int steps, int batch, int microBatch, long seed, Weights weights, Learner learner, Cadence cadence, Mix mix) {
    private static final int STEPS = 200;
    private static final int MOST_ROWS = 1 << 20;
    private static final double LR = 1e-3;
    /// Of full weights: what suits an adapter destroys what they know.
    private static final double FULL_LR = 5e-5;

    private static final int RANK = 32;
    private static final int HIGHEST_RANK = 4096;
    private static final double ALPHA = 64;

    public SftConfig {
        Checks.atLeast("steps", steps, 1);
        Checks.within("batch", batch, 1, MOST_ROWS);
        Checks.atLeast("micro-batch", microBatch, 1);
        if (microBatch > batch) {
            throw new IllegalArgumentException("micro-batch: must be <= batch (" + batch + "), was " + microBatch);
        }
    }

    /// Which weights learn: a low-rank adapter's, or the model's own.
    ///
    /// @param rank of the adapter; 0 for the model's own
    /// @param alpha scale of the adapter: its product is multiplied by alpha / rank
    public record Weights(int rank, double alpha) {
        public Weights {
            Checks.within("rank", rank, 0, HIGHEST_RANK);
            Checks.above("alpha", alpha, 0);
        }

        /// Whether the model's own learn.
        public boolean full() {
            return rank == 0;
        }
    }

    /// What is special to a role.
    ///
    /// @param affineInjection AV: whether the injected vector goes through a learned affine map, identity at the
    /// start
    /// @param ownSamples AR: share of texts that are the verbalizer's own samples instead of gold, 0 to 1
    /// @param segmentDropout AR: chance that a segment before the tail is left out, 0 to below 1
    /// @param segmentShuffle AR: whether segments before the tail are shuffled
    public record Mix(boolean affineInjection, double ownSamples, double segmentDropout, boolean segmentShuffle) {
        /// Nothing special.
        public static final Mix PLAIN = new Mix(false, 0, 0, false);

        public Mix {
            Checks.within("own-samples", ownSamples, 0, 1);
            Checks.within("segment-dropout", segmentDropout, 0, 0.99);
        }
    }

    /// What is not written in a section.
    private static Learner learner(double lr, int steps) {
        return new Learner(
                lr, 1, new Schedule(Schedule.Shape.COSINE, steps, Math.min(10, steps), 0), AdamW.Config.DEFAULT);
    }

    /// Reads the section of a role. What only the other one heeds is refused.
    static SftConfig read(Section section, boolean verbalizer) {
        int steps = section.integer("steps", STEPS);
        int batch = section.integer("batch", 32);
        int micro = section.integer("micro-batch", Math.min(8, Math.max(1, batch)));
        long seed = section.whole("seed", 42);
        section.build(() -> {
            Checks.atLeast("steps", steps, 1);
            return steps;
        });
        int rank = section.integer("rank", RANK);
        double alpha = section.number("alpha", ALPHA);
        Weights weights = section.build(() -> new Weights(rank, alpha));
        Learner learner = Learner.read(section, steps, learner(weights.full() ? FULL_LR : LR, steps));
        Cadence cadence = Cadence.read(section, new Cadence(50, 50, 50, 2, 0));
        boolean affine = section.flag("affine-injection", false);
        double own = section.number("own-samples", 0);
        double dropout = section.number("segment-dropout", 0);
        boolean shuffle = section.flag("segment-shuffle", false);
        return section.build(() -> {
            Mix mix = new Mix(affine, own, dropout, shuffle);
            Mix heeded = verbalizer ? new Mix(affine, 0, 0, false) : new Mix(false, own, dropout, shuffle);
            if (!mix.equals(heeded)) {
                throw new IllegalArgumentException(
                        verbalizer
                                ? "own-samples, segment-dropout and segment-shuffle: are for the reconstructor, train.sft.ar"
                                : "affine-injection: is for the verbalizer, train.sft.av");
            }
            return new SftConfig(steps, batch, micro, seed, weights, learner, cadence, mix);
        });
    }
}
