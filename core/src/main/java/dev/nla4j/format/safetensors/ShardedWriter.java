package dev.nla4j.format.safetensors;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// Writes a model's tensors as Hugging Face does: `model.safetensors`, or above a size shards
/// (`model-00001-of-00003.safetensors`) and then their index.
public final class ShardedWriter {
    private static final Map<String, String> METADATA = Map.of("format", "pt");

    private ShardedWriter() {}

    /// Writes `tensors` into `folder`, in their order as far as shards are concerned.
    ///
    /// @param shardBytes most bytes of a shard's tensors; one that is larger has a shard to itself
    public static void write(Path folder, List<TensorToWrite> tensors, long shardBytes) throws IOException {
        List<List<TensorToWrite>> shards = split(tensors, shardBytes);
        if (shards.size() == 1) {
            SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, METADATA);
            return;
        }
        ObjectNode index = Json.mapper().createObjectNode();
        index.putObject("metadata")
                .put(
                        "total_size",
                        tensors.stream().mapToLong(TensorToWrite::bytes).sum());
        ObjectNode weightMap = index.putObject("weight_map");
        for (int i = 0; i < shards.size(); i++) {
            String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
            SafetensorsWriter.write(folder.resolve(name), shards.get(i), METADATA);
            shards.get(i).forEach(tensor -> weightMap.put(tensor.name(), name));
        }
        AtomicFile.writeString(folder.resolve("model.safetensors.index.json"), index.toPrettyString());
    }

    private static List<List<TensorToWrite>> split(List<TensorToWrite> tensors, long shardBytes) {
        List<List<TensorToWrite>> shards = new ArrayList<>(List.of(new ArrayList<>()));
        long filled = 0;
        for (TensorToWrite tensor : tensors) {
            if (filled + tensor.bytes() > shardBytes && !shards.getLast().isEmpty()) {
                shards.add(new ArrayList<>());
                filled = 0;
            }
            shards.getLast().add(tensor);
            filled += tensor.bytes();
        }
        return shards;
    }
}
