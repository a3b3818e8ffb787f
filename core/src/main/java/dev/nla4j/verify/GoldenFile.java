package dev.nla4j.verify;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import tools.jackson.databind.JsonNode;

/// A safetensors file with another implementation's results, and the `golden.json` beside it. Tensors
/// belong to the open scope; ids are checked against the vocabulary before they are used.
final class GoldenFile implements AutoCloseable {
    private static final long LARGEST_JSON = 64 << 20;

    private final Path file;
    private final TensorSource source;

    GoldenFile(Path file) {
        this.file = file;
        this.source = SafetensorsFile.open(file);
    }

    Set<String> names() {
        return source.names();
    }

    /// A real-valued tensor as fp32.
    Tensor floats(String name) {
        StoredTensor stored = source.tensor(name);
        Tensor tensor = Tensors.empty(ScalarType.Float, shape(stored));
        source.readF32(name, Tensors.memory(tensor));
        return tensor;
    }

    /// As [#floats(String)], of the shape that the model gives.
    Tensor floats(String name, long... shape) {
        List<Long> stored = source.tensor(name).shape();
        if (!stored.equals(Arrays.stream(shape).boxed().toList())) {
            throw wrong(name, "has the shape " + stored + ", this model gives " + Arrays.toString(shape));
        }
        return floats(name);
    }

    /// A real-valued tensor of so many numbers in whatever shape.
    Tensor numbers(String name, long count) {
        long stored = source.tensor(name).elements();
        if (stored != count) {
            throw wrong(name, "has " + stored + " numbers, this model gives " + count);
        }
        return floats(name);
    }

    /// As [#ids(String, int)], with at least one row, and rows of at least so many.
    int[][] ids(String name, int limit, int least) {
        int[][] ids = ids(name, limit);
        if (ids.length == 0 || ids[0].length < least) {
            throw wrong(name, "must have a row of " + least + " ids or more");
        }
        return ids;
    }

    /// The last axis of a matrix of token ids (or a single row), each id in [0, limit).
    int[][] ids(String name, int limit) {
        StoredTensor stored = source.tensor(name);
        long[] values = integers(name);
        List<Long> shape = stored.shape();
        int columns = Math.toIntExact(shape.isEmpty() ? 1 : shape.getLast());
        int rows = columns == 0 ? 0 : values.length / columns;
        int[][] ids = new int[rows][columns];
        for (int i = 0; i < values.length; i++) {
            if (values[i] < 0 || values[i] >= limit) {
                throw wrong(name, "holds id " + values[i] + ", the vocabulary has " + limit);
            }
            ids[i / columns][i % columns] = (int) values[i];
        }
        return ids;
    }

    /// An integer or boolean tensor's values, row-major.
    long[] integers(String name) {
        StoredTensor stored = source.tensor(name);
        int count = Math.toIntExact(stored.elements());
        MemorySegment raw = MemorySegment.ofArray(new long[Math.ceilDiv(Math.toIntExact(stored.bytes()), 8)])
                .asSlice(0, stored.bytes());
        source.readRaw(name, raw);
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = switch (stored.type()) {
                case I64, U64 -> raw.getAtIndex(ValueLayout.JAVA_LONG, i);
                case I32, U32 -> raw.getAtIndex(ValueLayout.JAVA_INT, i);
                case I16, U16 -> raw.getAtIndex(ValueLayout.JAVA_SHORT, i);
                case BOOL, I8, U8 -> raw.get(ValueLayout.JAVA_BYTE, i);
                default -> throw wrong(name, "must hold whole numbers, is " + stored.type());
            };
        }
        return values;
    }

    /// `golden.json`, when there is one.
    JsonNode json() {
        Path beside = file.resolveSibling("golden.json");
        return Files.exists(beside)
                ? Json.read(beside, LARGEST_JSON)
                : Json.mapper().createObjectNode();
    }

    FormatException wrong(String name, String problem) {
        return new FormatException(file, -1, name, problem);
    }

    private static long[] shape(StoredTensor stored) {
        return stored.shape().stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public void close() {
        source.close();
    }
}
