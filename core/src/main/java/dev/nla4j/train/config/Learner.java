package dev.nla4j.train.config;

import dev.nla4j.train.AdamW;
import dev.nla4j.train.Schedule;

/// How one role (verbalizer or reconstructor) learns.
///
/// @param lr peak learning rate, above 0
/// @param clip most the gradient's norm may be, above 0
/// @param schedule of the learning rate over the run
/// @param adamW constants of the optimiser
public record Learner(double lr, double clip, Schedule schedule, AdamW.Config adamW) {
    public Learner {
        Checks.above("lr", lr, 0);
        Checks.within("lr", lr, 0, 1);
        Checks.above("clip", clip, 0);
    }

    /// The learning rate of a step, counted from 0.
    public double lr(long step) {
        return lr * schedule.factor(step);
    }

    /// Values of a section that are not written there come from `otherwise`; `steps` is the run's.
    static Learner read(Section section, int steps, Learner otherwise) {
        double lr = section.number("lr", otherwise.lr);
        double clip = section.number("clip", otherwise.clip);
        Schedule.Shape shape = section.choice("schedule", Schedule.Shape.class, otherwise.schedule.shape());
        int warmup = section.integer("warm-up", Math.min(otherwise.schedule.warmup(), steps));
        double floor = section.number("floor", otherwise.schedule.floor());
        double beta1 = section.number("beta1", otherwise.adamW.beta1());
        double beta2 = section.number("beta2", otherwise.adamW.beta2());
        double eps = section.number("eps", otherwise.adamW.eps());
        double decay = section.number("weight-decay", otherwise.adamW.weightDecay());
        return section.build(() -> new Learner(
                lr, clip, new Schedule(shape, steps, warmup, floor), new AdamW.Config(beta1, beta2, eps, decay)));
    }
}
