package dev.nla4j.format.safetensors;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.json.Json;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The shards that a `model.safetensors.index.json` lists: each is opened when its first tensor is asked for, and stays
/// open.
public final class ShardedSafetensors implements TensorSource {
    /// A checkpoint of a trillion parameters has an index of some 15 MB.
    private static final long LONGEST_INDEX = 64_000_000;

    private final Path index;
    private final Map<String, Path> shardOfTensor;
    private final Map<Path, SafetensorsFile> open = new HashMap<>();
    private boolean closed;

    private ShardedSafetensors(Path index, Map<String, Path> shardOfTensor) {
        this.index = index;
        this.shardOfTensor = Collections.unmodifiableMap(shardOfTensor);
    }

    /// Reads the index and finds every shard, without opening them.
    ///
    /// @throws FormatException when the index is broken, or names a file that is missing or outside its folder
    public static ShardedSafetensors open(Path index) {
        JsonNode weightMap = Json.read(index, LONGEST_INDEX).path("weight_map");
        if (!weightMap.isObject() || weightMap.isEmpty()) {
            throw new FormatException(index, -1, "weight_map", "must be an object of tensor names and file names");
        }
        Path folder = index.toAbsolutePath().getParent();
        if (folder == null) {
            throw new FormatException(index, -1, "file", "is not in a folder");
        }
        Map<String, Path> shards = new HashMap<>();
        Map<String, Path> shardOfTensor = LinkedHashMap.newLinkedHashMap(weightMap.size());
        for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
            String name = shardName(index, entry.getKey(), entry.getValue());
            shardOfTensor.put(entry.getKey(), shards.computeIfAbsent(name, n -> FolderFiles.resolve(folder, n, index)));
        }
        return new ShardedSafetensors(index, shardOfTensor);
    }

    private static String shardName(Path index, String tensor, JsonNode value) {
        if (!value.isString() || !value.stringValue().endsWith(".safetensors")) {
            throw new FormatException(
                    index, -1, "weight_map." + tensor, "must be the name of a .safetensors file, was " + value);
        }
        return value.stringValue();
    }

    @Override
    public String location() {
        return index.toString();
    }

    /// In the index's order.
    @Override
    public Set<String> names() {
        return shardOfTensor.keySet();
    }

    @Override
    public StoredTensor tensor(String name) {
        return shard(name).tensor(name);
    }

    @Override
    public void readF32(String name, MemorySegment out) {
        shard(name).readF32(name, out);
    }

    @Override
    public void readBf16(String name, MemorySegment out) {
        shard(name).readBf16(name, out);
    }

    @Override
    public void scanF32(String name, FloatPieces pieces) {
        shard(name).scanF32(name, pieces);
    }

    @Override
    public void readRaw(String name, MemorySegment out) {
        shard(name).readRaw(name, out);
    }

    @Override
    public synchronized void close() {
        closed = true;
        open.values().forEach(SafetensorsFile::close);
        open.clear();
    }

    private synchronized SafetensorsFile shard(String tensor) {
        @Nullable Path path = shardOfTensor.get(tensor);
        if (path == null) {
            throw new InputException(index + " has no tensor " + FormatException.printable(tensor) + "; it lists "
                    + shardOfTensor.size() + ", such as "
                    + FormatException.printable(
                            shardOfTensor.keySet().iterator().next()));
        }
        if (closed) {
            throw new IllegalStateException(index + " is closed");
        }
        SafetensorsFile shard = open.get(path);
        if (shard == null) {
            shard = openWhole(path);
            open.put(path, shard);
        }
        return shard;
    }

    /// Opens a shard and holds the whole index against it, so that a wrong file shows at its first use.
    private SafetensorsFile openWhole(Path path) {
        SafetensorsFile shard = SafetensorsFile.open(path);
        for (Map.Entry<String, Path> entry : shardOfTensor.entrySet()) {
            if (entry.getValue().equals(path) && !shard.names().contains(entry.getKey())) {
                shard.close();
                throw new FormatException(
                        index, -1, "weight_map." + entry.getKey(), "is said to be in " + path + ", which lacks it");
            }
        }
        return shard;
    }
}
