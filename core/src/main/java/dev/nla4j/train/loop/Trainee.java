package dev.nla4j.train.loop;

import dev.nla4j.distribute.Collective;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.AdamW;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.GradClip;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.config.Learner;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// A half's parameters with their optimiser: what halves do alike that learn alone or together.
public final class Trainee implements AutoCloseable {
    private final String name;
    private final List<Parameter> parameters;
    private final Learner learner;
    private final AdamW adamW;

    /// @param name of its parts of checkpoints
    public Trainee(String name, List<Parameter> parameters, Learner learner) {
        this.name = name;
        this.parameters = parameters;
        this.learner = learner;
        this.adamW = new AdamW(parameters, learner.adamW());
    }

    /// Gives every parameter a gradient: a process whose share of a step teaches nothing still takes part in the sums.
    public Trainee withGradients() {
        for (Parameter parameter : parameters) {
            try (Scope _ = Scope.open()) {
                Tensors.times(parameter.tensor().sum(), 0).backward();
            }
        }
        return this;
    }

    public void clear() {
        adamW.clearGradients();
    }

    /// Sums gradients over all processes and bounds them.
    ///
    /// @return their norm before
    public double gather(Collective group) {
        try (Scope _ = Scope.open()) {
            group.sum(parameters.stream().map(Parameter::gradient).toList());
            return GradClip.clip(parameters, learner.clip());
        }
    }

    /// Updates the parameters.
    ///
    /// @param step of the learning rate's schedule, from 0
    public void step(long step) {
        adamW.step(learner.lr(step));
    }

    /// The learning rate of a step, from 0.
    public double lr(long step) {
        return learner.lr(step);
    }

    /// Adds parameters and moments to the parts of a checkpoint.
    public void save(Map<String, Map<String, Tensor>> parts) {
        parts.put(name, Checkpoint.tensors(parameters));
        parts.put(name + "-adamw", adamW.state());
    }

    /// Reads what [#save] wrote.
    public void restore(Checkpoint checkpoint) {
        checkpoint.restore(name, parameters);
        checkpoint.restore(name + "-adamw", adamW.state());
    }

    @Override
    public void close() {
        adamW.close();
    }
}
