package dev.nla4j.train.loop;

import dev.nla4j.distribute.Collective;
import dev.nla4j.train.Checkpoint;
import dev.nla4j.train.config.Cadence;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// How a training learns; all processes that train together take the same steps.
public interface TrainingStep extends AutoCloseable {
    /// Updates of the whole run.
    long steps();

    Cadence cadence();

    /// The processes that train together.
    Collective group();

    /// Takes the step; the values that every step logs.
    ///
    /// @param step counted from 0
    Map<String, Double> update(long step);

    /// Whether held-out documents are measured after so many updates.
    default boolean isMeasured(long done) {
        return Cadence.isDue(done, cadence().evalEvery(), steps());
    }

    /// Everything a checkpoint must hold of this.
    ///
    /// @param parts named tensors
    void save(Map<String, Map<String, Tensor>> parts, ObjectNode state);

    /// Reads what [#save] wrote.
    void restore(Checkpoint checkpoint);

    @Override
    void close();
}
