package dev.nla4j.train.config;

import dev.nla4j.train.AdamW;
import dev.nla4j.train.Schedule;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// Joint reinforcement learning of both roles.
///
/// @param steps updates, 1 or more
/// @param seed of prompts, samples and every random choice
/// @param rollout what is sampled
/// @param loss what the verbalizer minimises
/// @param reward what its texts are rewarded for
/// @param learners how both learn; the reconstructor's schedule runs over both phases
/// @param start where the run begins and how it is measured
/// @param cadence what happens every so many steps
public record RlConfig(
        int steps,
        long seed,
        Rollout rollout,
        Loss loss,
        RewardConfig reward,
        Learners learners,
        Start start,
        Cadence cadence) {
    private static final long MOST_SAMPLES = 1L << 20;

    public RlConfig {
        Checks.atLeast("steps", steps, 1);
        if ((long) steps + start.adaptSteps > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "steps and adapt-ar-steps: are more than " + Integer.MAX_VALUE + " together");
        }
        double gold = gold(rollout, learners);
        if (gold > MOST_SAMPLES) {
            throw new IllegalArgumentException("gold-fraction: makes " + (long) gold + " gold pairs a step, at most "
                    + MOST_SAMPLES + " are taken");
        }
        if (loss.method == Method.GRPO && rollout.temperature != 1) {
            throw new IllegalArgumentException(
                    "temperature: must be 1 with method grpo, whose gradient is that of texts" + " drawn at 1, was "
                            + rollout.temperature + "; best-of-n takes any");
        }
        if (loss.method == Method.BEST_OF_N && loss.normaliseBySpread) {
            throw new IllegalArgumentException(
                    "normalise-by-spread: goes with method grpo; best-of-n has no advantages");
        }
    }

    /// Samples of a step.
    ///
    /// @param promptsPerStep activations, 1 or more
    /// @param groupSize samples of each, 2 or more: an advantage needs others to compare with
    /// @param maxNewTokens most tokens of a sample
    /// @param temperature above 0; 1 with GRPO, whose gradient holds there only
    /// @param microBatch samples that go through the model at once when learning
    public record Rollout(int promptsPerStep, int groupSize, int maxNewTokens, double temperature, int microBatch) {
        public Rollout {
            Checks.atLeast("prompts-per-step", promptsPerStep, 1);
            Checks.atLeast("group-size", groupSize, 2);
            Checks.atLeast("max-new-tokens", maxNewTokens, 1);
            Checks.above("temperature", temperature, 0);
            Checks.atLeast("micro-batch", microBatch, 1);
            if ((long) promptsPerStep * groupSize > MOST_SAMPLES) {
                throw new IllegalArgumentException("prompts-per-step times group-size: must be <= " + MOST_SAMPLES
                        + ", was " + (long) promptsPerStep * groupSize);
            }
        }

        /// Samples of a step.
        public int samples() {
            return promptsPerStep * groupSize;
        }
    }

    /// How the verbalizer learns from the samples of a group.
    public enum Method {
        /// From all of them, each by how much better than the group it did.
        GRPO,
        /// From the best one alone, as from gold text.
        BEST_OF_N
    }

    /// The verbalizer's loss.
    ///
    /// @param method what a group teaches
    /// @param kl which divergence to the warm start is added
    /// @param klWeight its weight, 0 or more
    /// @param ratioClip half width of the ratio's band, 0 for none
    /// @param normaliseBySpread whether advantages are divided by their group's spread
    public record Loss(Method method, KlKind kl, double klWeight, double ratioClip, boolean normaliseBySpread) {
        private static final double MOST = 1000;

        public Loss {
            Checks.within("kl.weight", klWeight, 0, MOST);
            Checks.within("ratio-clip", ratioClip, 0, 0.99);
        }
    }

    /// Both roles.
    ///
    /// @param goldFraction share of gold pairs in the reconstructor's batch, 0 to 1, so that it does not forget
    /// text
    /// @param heldOutCritic path of a reconstructor never trained on this run's texts: the alarm for a private code
    public record Learners(Learner av, Learner ar, double goldFraction, Optional<String> heldOutCritic) {
        public Learners {
            Checks.within("gold-fraction", goldFraction, 0, 0.99);
        }
    }

    /// Where a run begins.
    ///
    /// @param warmStart folder of the pair, empty for the one that supervised fine-tuning left
    /// @param adaptSteps steps before the others in which the reconstructor alone learns, from the verbalizer's
    /// texts:
    /// what it gains by meeting them is no gain of joint learning
    /// @param evalRows held-out activations that are measured, 2 or more
    public record Start(Optional<String> warmStart, int adaptSteps, int evalRows) {
        public Start {
            Checks.atLeast("adapt-ar-steps", adaptSteps, 0);
            Checks.atLeast("eval-rows", evalRows, 2);
        }
    }

    private static double gold(Rollout rollout, Learners learners) {
        return rollout.samples() * learners.goldFraction / (1 - learners.goldFraction);
    }

    /// Gold pairs that the reconstructor reads in a step beside the samples.
    public int goldPairs() {
        return (int) Math.round(gold(rollout, learners));
    }

    /// Steps of both phases.
    public int allSteps() {
        return Math.addExact(start.adaptSteps, steps);
    }

    static RlConfig read(Section section) {
        int steps = section.integer("steps", 150);
        long seed = section.whole("seed", 42);
        section.build(() -> {
            Checks.atLeast("steps", steps, 1);
            return steps;
        });
        int prompts = section.integer("prompts-per-step", 16);
        int group = section.integer("group-size", 8);
        int tokens = section.integer("max-new-tokens", 64);
        double temperature = section.number("temperature", 1);
        int micro = section.integer("micro-batch", 16);
        Rollout rollout = section.build(() -> new Rollout(prompts, group, tokens, temperature, micro));
        Loss loss = readLoss(section);
        RewardConfig reward = readReward(section.section("reward"));
        Start start = readStart(section);
        Learners learners = readLearners(section, steps, start.adaptSteps);
        Cadence cadence = Cadence.read(section, new Cadence(10, 10, 10, 2, 0));
        return section.build(() -> new RlConfig(steps, seed, rollout, loss, reward, learners, start, cadence));
    }

    private static Start readStart(Section section) {
        Optional<String> warmStart = section.optionalText("warm-start");
        int adapt = section.integer("adapt-ar-steps", 8);
        int rows = section.integer("eval-rows", 96);
        return section.build(() -> new Start(warmStart, adapt, rows));
    }

    private static Loss readLoss(Section section) {
        Method method = section.choice("method", Method.class, Method.GRPO);
        Section kl = section.section("kl");
        String kindName = kl.text("kind", "exact");
        KlKind kind = kl.build(() -> KlKind.parse(kindName));
        double weight = kl.number("weight", 0.02);
        double clip = section.number("ratio-clip", 0);
        boolean spread = section.flag("normalise-by-spread", false);
        return section.build(() -> new Loss(method, kind, weight, clip, spread));
    }

    private static RewardConfig readReward(Section section) {
        Map<RewardTerm, Double> weights = new EnumMap<>(RewardTerm.class);
        for (RewardTerm term : RewardTerm.values()) {
            weights.put(term, section.number(term.label(), term == RewardTerm.ERROR ? 1 : 0));
        }
        RewardConfig.Failure failure =
                section.choice("failure", RewardConfig.Failure.class, RewardConfig.Failure.AS_IT_STANDS);
        return section.build(() -> new RewardConfig(weights, failure));
    }

    /// The reconstructor learns in both phases.
    private static Learners readLearners(Section section, int steps, int adaptSteps) {
        int both = Math.clamp((long) steps + adaptSteps, 1, Integer.MAX_VALUE);
        Schedule constant = new Schedule(Schedule.Shape.CONSTANT, steps, 0, 0);
        Learner av = Learner.read(section.section("av"), steps, new Learner(1e-4, 1, constant, AdamW.Config.DEFAULT));
        Learner ar = Learner.read(section.section("ar"), both, new Learner(5e-4, 1, constant, AdamW.Config.DEFAULT));
        double gold = section.number("gold-fraction", 0.25);
        Optional<String> critic = section.optionalText("held-out-critic");
        return section.build(() -> new Learners(av, ar, gold, critic));
    }
}
