package dev.nla4j.model;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import tools.jackson.databind.node.ObjectNode;

/// Writes an adapter again, of a lower rank or in another dtype: what takes half the rank takes half the space.
///
/// @param rank of what is written; the adapter's own keeps its pairs as they are
/// @param dtype of what is written
public record AdapterExport(PeftAdapter adapter, int rank, DType dtype) {
    private static final String A = ".lora_A.";
    private static final String B = ".lora_B.";

    public AdapterExport {
        if (rank < 1 || rank > adapter.rank()) {
            throw new InputException(adapter.folder() + ": has rank " + adapter.rank()
                    + "; it can be written with 1 to that, not " + rank);
        }
    }

    /// One projection's pair, with the squared norm of its product and of what was lost of it.
    ///
    /// @param a `[r, in]`
    /// @param b `[out, r]`
    record Truncated(Tensor a, Tensor b, double norm, double lost) {}

    /// Writes configuration and tensors.
    ///
    /// @return share of the adapter's squared norm that is kept, 0 to 1; rounding to the dtype is not in it
    public double writeTo(Path folder) throws IOException {
        Path file = adapter.folder().resolve(PeftAdapter.TENSORS);
        StoredType type = dtype == DType.BF16 ? StoredType.BF16 : StoredType.F32;
        double norm = 0;
        double lost = 0;
        try (Scope _ = Scope.noGrad();
                TensorSource source = SafetensorsFile.open(file)) {
            List<TensorToWrite> written = new ArrayList<>();
            for (String name : new TreeSet<>(source.names())) {
                if (name.contains(B) && source.names().contains(name.replace(B, A))) {
                    continue;
                }
                if (!name.contains(A) || !source.names().contains(name.replace(A, B))) {
                    throw new FormatException(file, -1, name, "is not one of a low-rank pair");
                }
                Tensor a = read(source, file, name, 0);
                Tensor b = read(source, file, name.replace(A, B), 1);
                Truncated pair = rank == adapter.rank() ? new Truncated(a, b, 0, 0) : truncated(a, b, rank);
                norm += pair.norm();
                lost += pair.lost();
                written.add(tensor(name, type, pair.a()));
                written.add(tensor(name.replace(A, B), type, pair.b()));
            }
            SafetensorsWriter.write(folder.resolve(PeftAdapter.TENSORS), written, Map.of("format", "pt"));
        }
        AtomicFile.writeString(folder.resolve(PeftAdapter.CONFIG), configuration() + "\n");
        return norm == 0 ? 1 : 1 - lost / norm;
    }

    /// The best approximation of `b · a` by a product of lower rank (Eckart, Young 1936), its singular values shared
    /// out evenly.
    ///
    /// @param a `[r, in]`
    /// @param b `[out, r]`
    static Truncated truncated(Tensor a, Tensor b, int rank) {
        try (Scope scope = Scope.noGrad()) {
            // b · a = Qb (Rb · Raᵀ) Qaᵀ: the decomposition is of r x r.
            T_TensorTensor_T left = torch.linalg_qr(b.to(ScalarType.Double));
            T_TensorTensor_T right = torch.linalg_qr(a.to(ScalarType.Double).t());
            T_TensorTensorTensor_T parts =
                    torch.linalg_svd(left.get1().matmul(right.get1().t()));
            Tensor values = parts.get1();
            long kept = Math.min(rank, values.size(0));
            Tensor root = values.narrow(0, 0, kept).sqrt();
            Tensor newB = Tensors.zeros(DType.FP32, b.size(0), rank);
            newB.narrow(1, 0, kept)
                    .copy_(left.get0().matmul(parts.get0().narrow(1, 0, kept)).mul(root));
            Tensor newA = Tensors.zeros(DType.FP32, rank, a.size(1));
            newA.narrow(0, 0, kept)
                    .copy_(parts.get2()
                            .narrow(0, 0, kept)
                            .mul(root.unsqueeze(1))
                            .matmul(right.get0().t()));
            double norm = values.square().sum().item_double();
            double own = values.narrow(0, 0, kept).square().sum().item_double();
            return new Truncated(scope.keep(newA), scope.keep(newB), norm, norm - own);
        }
    }

    /// A `[r, in]` or B `[out, r]`, fp32.
    ///
    /// @param side where its shape has the rank
    private Tensor read(TensorSource source, Path file, String name, int side) {
        List<Long> shape = source.tensor(name).shape();
        if (shape.size() != 2 || shape.get(side) != adapter.rank()) {
            throw new FormatException(
                    file, source.tensor(name).offset(), name, "has shape " + shape + ", the rank is " + adapter.rank());
        }
        Tensor tensor = Tensors.empty(DType.FP32, shape.get(0), shape.get(1));
        source.readF32(name, Tensors.memory(tensor));
        return tensor;
    }

    private static TensorToWrite tensor(String name, StoredType type, Tensor tensor) {
        return TensorToWrite.ofF32(
                name, type, Arrays.stream(Shapes.of(tensor)).boxed().toList(), Tensors.memory(tensor));
    }

    /// As it was, with the rank that is written and an alpha that leaves the factor on `B · A` as it is.
    private String configuration() {
        double ratio = (double) rank / adapter.rank();
        ObjectNode node = (ObjectNode) PeftAdapter.config(adapter.folder()).node();
        node.put("r", rank).put("lora_alpha", adapter.alpha() * (adapter.rankStabilised() ? Math.sqrt(ratio) : ratio));
        return node.toPrettyString();
    }
}
