package dev.nla4j.train;

import dev.nla4j.ChildJvm;
import dev.nla4j.format.json.Json;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;

/// A training of one parameter whose process can stop in the middle of a save, to be killed there.
final class CheckpointChild {
    static final String HASH = "ab".repeat(32);

    private final Parameter parameter;
    private final AdamW adamW;

    CheckpointChild() {
        parameter = new Parameter("w", Tensors.of(new float[] {1, -2, 3}, 3).set_requires_grad(true));
        adamW = new AdamW(List.of(parameter), AdamW.Config.DEFAULT);
    }

    /// Arguments: folder, stage of the second save at which to wait for the end.
    public static void main(String[] args) throws IOException {
        try (Scope _ = Scope.open()) {
            CheckpointChild child = new CheckpointChild();
            child.train(10);
            child.save(checkpoints(Path.of(args[0])));
            child.train(2);
            child.save(new Checkpoints(Path.of(args[0]), new Checkpoints.Keep(2, true), stage -> {
                if (stage.equals(args[1])) {
                    ChildJvm.awaitDeath();
                }
            }));
        }
    }

    static Checkpoints checkpoints(Path folder) {
        return new Checkpoints(folder, new Checkpoints.Keep(2, true));
    }

    /// A loss that depends on the step, as data does on the cursor.
    void train(int steps) {
        for (int i = 0; i < steps; i++) {
            try (Scope _ = Scope.open()) {
                adamW.clearGradients();
                Tensor target = Tensors.of(new float[] {adamW.steps(), 0.5f, -1}, 3);
                parameter.tensor().sub(target).square().sum().backward();
                adamW.step(0.01);
            }
        }
    }

    Path save(Checkpoints checkpoints) throws IOException {
        Map<String, Map<String, Tensor>> parts =
                Map.of("av", Checkpoint.tensors(List.of(parameter)), "av-adamw", adamW.state());
        return checkpoints.save(
                new Snapshot(
                        adamW.steps(),
                        parts,
                        Json.mapper().createObjectNode().put("cursor", adamW.steps() * 32),
                        OptionalDouble.empty()),
                HASH,
                Map.of("nla4j", "test"));
    }

    void restore(Checkpoint checkpoint) {
        checkpoint.restore("av", List.of(parameter));
        checkpoint.restore("av-adamw", adamW.state());
    }

    float[] weights() {
        return Tensors.floats(parameter.tensor());
    }
}
