package dev.nla4j.train.sft;

import dev.nla4j.train.Parameter;
import dev.nla4j.train.loop.Product;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;

/// What a role learns from its rows; [SftStep] does the rest.
public sealed interface Task extends Product, AutoCloseable permits VerbalizerTask, ReconstructorTask {
    /// Name of the half: its folder, its parts of checkpoints.
    String name();

    List<Parameter> parameters();

    /// Rows of the training set.
    int rows();

    /// Tokens that a row goes through the model with.
    int length(int row);

    /// What a row counts when losses are averaged: its answer's tokens, or 1.
    int weight(int row);

    /// The summed loss of rows, a scalar with gradient; the open scope owns it.
    ///
    /// @param step counted from 0: random choices depend on it
    Tensor loss(int[] rows, long step);

    /// What held-out rows say.
    ///
    /// @param quality higher is better
    /// @param values by name for the log, controls included
    record Evaluation(double quality, Map<String, Double> values) {}

    /// Measures held-out rows and the controls; no gradient, no random choice but a fixed one.
    Evaluation evaluate();

    /// A half that has learned nothing yet is no best one.
    @Override
    default Measured measure(long done) {
        Evaluation evaluation = evaluate();
        return new Measured(
                done == 0 ? OptionalDouble.empty() : OptionalDouble.of(evaluation.quality()), evaluation.values());
    }

    @Override
    default boolean speaksAtStart() {
        return false;
    }

    @Override
    void close();
}
