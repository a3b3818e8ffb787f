package dev.nla4j.train;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Named tensors to a safetensors file and back into the same tensors, bit for bit.
final class TensorFile {
    private TensorFile() {}

    static void write(Path file, Map<String, Tensor> tensors) throws IOException {
        try (Scope _ = Scope.noGrad()) {
            List<TensorToWrite> entries = new ArrayList<>();
            tensors.forEach((name, tensor) -> {
                Tensor plain = tensor.detach().contiguous();
                List<Long> shape = Arrays.stream(Shapes.of(tensor)).boxed().toList();
                entries.add(TensorToWrite.ofBytes(name, type(name, tensor), shape, Tensors.memory(plain)));
            });
            SafetensorsWriter.write(file, entries, Map.of());
        }
    }

    /// Copies every tensor of the file into the one of that name.
    ///
    /// @param targets must have exactly the file's names, types and shapes
    static void read(Path file, Map<String, Tensor> targets) {
        try (Scope _ = Scope.noGrad();
                SafetensorsFile stored = SafetensorsFile.open(file)) {
            requireSame(file, stored.names(), targets.keySet());
            targets.forEach((name, target) -> requireFits(file, stored.tensor(name), target));
            targets.forEach((name, target) -> {
                try (Scope _ = Scope.noGrad()) { // one copy at a time
                    Tensor copy = Tensors.empty(target.scalar_type().intern(), Shapes.of(target));
                    stored.readRaw(name, Tensors.memory(copy));
                    target.copy_(copy);
                }
            });
        }
    }

    private static void requireSame(Path file, Set<String> stored, Set<String> wanted) {
        if (!stored.equals(wanted)) {
            Set<String> missing = new TreeSet<>(wanted);
            missing.removeAll(stored);
            Set<String> unknown = new TreeSet<>(stored);
            unknown.removeAll(wanted);
            throw new FormatException(
                    file, -1, "tensors", "must be those of this run; missing " + missing + ", unknown " + unknown);
        }
    }

    private static void requireFits(Path file, StoredTensor stored, Tensor target) {
        List<Long> shape = Arrays.stream(Shapes.of(target)).boxed().toList();
        StoredType type = type(stored.name(), target);
        if (stored.type() != type || !stored.shape().equals(shape)) {
            throw new FormatException(
                    file,
                    stored.offset(),
                    stored.name(),
                    "must be " + type + " of shape " + shape + " as in this run, is " + stored.type() + " of shape "
                            + stored.shape());
        }
    }

    private static StoredType type(String name, Tensor tensor) {
        ScalarType type = tensor.scalar_type().intern();
        return switch (type) {
            case Float -> StoredType.F32;
            case BFloat16 -> StoredType.BF16;
            case Double -> StoredType.F64;
            case Long -> StoredType.I64;
            case Byte -> StoredType.U8;
            default ->
                throw new IllegalArgumentException(
                        name + ": must be fp32, bf16, fp64, int64 or uint8 to be saved, was " + type);
        };
    }
}
