package dev.nla4j.train;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// A checkpoint on disk whose every file agreed with its manifest when it was opened.
///
/// @param folder `…/step-N`
/// @param configHash sha256 of the configuration it was made with
/// @param state what [Snapshot#state] was
/// @param skipped newer folders that were passed over
public record Checkpoint(Path folder, long step, String configHash, ObjectNode state, List<Skipped> skipped) {
    private static final long LONGEST_STATE = 16 << 20;

    public Checkpoint {
        skipped = List.copyOf(skipped);
    }

    /// A folder that is no checkpoint.
    ///
    /// @param reason one line: which file, what is wrong with it
    public record Skipped(Path folder, String reason) {}

    /// Copies a part's tensors, bit for bit, into the live ones of the same names.
    ///
    /// @param targets must have exactly the saved names, types and shapes
    /// @throws FormatException when they do not; nothing was copied then
    public void restore(String part, Map<String, Tensor> targets) {
        TensorFile.read(folder.resolve(tensorFile(part)), targets);
    }

    /// [#restore] into parameters.
    public void restore(String part, List<Parameter> parameters) {
        restore(part, tensors(parameters));
    }

    /// Parameters as a snapshot's part.
    public static Map<String, Tensor> tensors(List<Parameter> parameters) {
        return parameters.stream().collect(Collectors.toMap(Parameter::name, Parameter::tensor));
    }

    static String tensorFile(String part) {
        return part + ".safetensors";
    }

    static final String STATE = "state.json";

    static ObjectNode readState(Path folder) {
        Path file = folder.resolve(STATE);
        if (Json.read(file, LONGEST_STATE) instanceof ObjectNode state) {
            return state;
        }
        throw new FormatException(file, -1, "content", "must be an object");
    }
}
