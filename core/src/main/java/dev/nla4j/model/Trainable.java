package dev.nla4j.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// What learns of a decoder: additions to its weights, or the weights themselves. Owns fp32 leaves; what a forward pass
/// works with is made of them by recorded operators.
public sealed interface Trainable extends AutoCloseable permits TrainableAdapter, TrainableWeights {
    /// The leaves under names that stay the same from run to run. They stay this object's.
    Map<String, Tensor> leaves();

    /// `base` with what has been learned so far. The open scope owns what is made for it; gradients reach the leaves
    /// where they are recorded.
    ///
    /// @param base decoder of the model that this was made for
    Decoder on(Decoder base);

    /// Writes the state as it is into a folder, as a half's folder has it.
    ///
    /// @param base name of the model that learning began with
    void write(Path folder, String base) throws IOException;

    @Override
    void close();
}
