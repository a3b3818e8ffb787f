package dev.nla4j.activation;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MatrixProduct;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// What a verbalizer may have learned to do with an activation's direction u before it is injected at norm s:
/// `s (A u + b)`.
///
/// @param weight A, `[D, D]` fp32
/// @param bias b, `[D]` fp32
public record AffineMap(Tensor weight, Tensor bias) implements AutoCloseable {
    /// The file in a verbalizer's folder that holds both.
    public static final String FILE = "affine_injection.safetensors";

    private static final String WEIGHT = "weight";
    private static final String BIAS = "bias";

    /// Changes nothing yet: A the identity, b zero; both learn. The caller closes it.
    public static AffineMap identity(int dim) {
        try (Scope scope = Scope.noGrad()) {
            return new AffineMap(
                    scope.release(Tensors.identity(dim).set_requires_grad(true)),
                    scope.release(Tensors.zeros(DType.FP32, dim).set_requires_grad(true)));
        }
    }

    /// Whether a verbalizer's folder has one.
    public static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(FILE));
    }

    /// Reads a stored one; the caller closes it.
    ///
    /// @param dim D
    public static AffineMap read(Path folder, int dim) {
        Path file = folder.resolve(FILE);
        if (!isIn(folder)) {
            throw new FormatException(
                    file, -1, WEIGHT, "is missing: the sidecar says that activations go through it before injection");
        }
        try (SafetensorsFile source = SafetensorsFile.open(file);
                Scope scope = Scope.noGrad()) {
            Tensor weight = tensor(source, WEIGHT, dim, dim);
            Tensor bias = tensor(source, BIAS, dim);
            return new AffineMap(scope.release(weight), scope.release(bias));
        }
    }

    private static Tensor tensor(SafetensorsFile source, String name, long... shape) {
        StoredTensor stored = source.tensor(name);
        List<Long> expected = Arrays.stream(shape).boxed().toList();
        if (!stored.shape().equals(expected)) {
            throw new FormatException(
                    stored.file(), stored.offset(), name, "must be " + expected + ", is " + stored.shape());
        }
        Tensor tensor = Tensors.empty(DType.FP32, shape);
        source.readF32(name, Tensors.memory(tensor));
        if (!torch.isfinite(tensor).all().item_bool()) {
            throw new FormatException(stored.file(), stored.offset(), name, "holds numbers that are not finite");
        }
        return tensor;
    }

    /// Writes it into a verbalizer's folder.
    public void write(Path folder) throws IOException {
        long dim = bias.size(0);
        SafetensorsWriter.write(
                folder.resolve(FILE),
                List.of(
                        TensorToWrite.ofF32(WEIGHT, StoredType.F32, List.of(dim, dim), Tensors.memory(weight)),
                        TensorToWrite.ofF32(BIAS, StoredType.F32, List.of(dim), Tensors.memory(bias))),
                Map.of("format", "pt"));
    }

    /// The image of vectors that have norm s already. Gradients reach A and b where they are recorded.
    ///
    /// @param scaled `[N, D]` fp32, `s u`
    /// @param scale s
    /// @return `[N, D]`, `s (A u + b)`
    public Tensor apply(Tensor scaled, double scale) {
        return MatrixProduct.linear(scaled, weight, null).add(Tensors.times(bias, scale));
    }

    @Override
    public void close() {
        weight.close();
        bias.close();
    }
}
