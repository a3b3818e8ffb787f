package dev.nla4j.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Tensors from Java's arrays and back. Results belong to the open [Scope].
public final class Tensors {
    private Tensors() {}

    /// Uninitialised memory, contiguous.
    public static Tensor empty(DType dtype, long... shape) {
        return empty(dtype.scalarType(), shape);
    }

    /// Zeros, contiguous.
    public static Tensor zeros(DType dtype, long... shape) {
        return zeros(dtype.scalarType(), shape);
    }

    /// Zeros of any element type, contiguous.
    public static Tensor zeros(ScalarType type, long... shape) {
        try (TensorOptions options = new TensorOptions(type)) {
            return torch.zeros(shape, options);
        }
    }

    /// A copy of `values` as fp32.
    public static Tensor of(float[] values, long... shape) {
        Tensor tensor = empty(ScalarType.Float, shape);
        requireCount(values.length, tensor);
        MemorySegment.copy(values, 0, memory(tensor), ValueLayout.JAVA_FLOAT, 0, values.length);
        return tensor;
    }

    /// The identity matrix, `[n, n]` fp32.
    public static Tensor identity(int n) {
        float[] values = new float[Math.multiplyExact(n, n)];
        for (int i = 0; i < n; i++) {
            values[i * n + i] = 1;
        }
        return of(values, n, n);
    }

    /// A copy of `ids` as int64 of shape `[rows, columns]`; every row equally long.
    public static Tensor ids(int[][] ids) {
        int columns = ids.length == 0 ? 0 : ids[0].length;
        long[] flat = new long[Math.multiplyExact(ids.length, columns)];
        for (int row = 0; row < ids.length; row++) {
            if (ids[row].length != columns) {
                throw new IllegalArgumentException(
                        "row " + row + " has " + ids[row].length + " ids, the first row has " + columns);
            }
            for (int column = 0; column < columns; column++) {
                flat[row * columns + column] = ids[row][column];
            }
        }
        return longs(flat, ids.length, columns);
    }

    /// A copy of `values` as int64.
    public static Tensor longs(long[] values, long... shape) {
        Tensor tensor = empty(ScalarType.Long, shape);
        requireCount(values.length, tensor);
        MemorySegment.copy(values, 0, memory(tensor), ValueLayout.JAVA_LONG, 0, values.length);
        return tensor;
    }

    /// All elements in row-major order, as fp32.
    public static float[] floats(Tensor tensor) {
        try (Scope _ = Scope.noGrad()) {
            Tensor plain = tensor.detach().to(ScalarType.Float).contiguous();
            float[] values = new float[Math.toIntExact(plain.numel())];
            MemorySegment.copy(memory(plain), ValueLayout.JAVA_FLOAT, 0, values, 0, values.length);
            return values;
        }
    }

    /// All elements of an integer tensor in row-major order.
    public static long[] longs(Tensor tensor) {
        try (Scope _ = Scope.noGrad()) {
            Tensor plain = tensor.to(ScalarType.Long).contiguous();
            long[] values = new long[Math.toIntExact(plain.numel())];
            MemorySegment.copy(memory(plain), ValueLayout.JAVA_LONG, 0, values, 0, values.length);
            return values;
        }
    }

    /// The rows of a `[N, D]` tensor as fp32 arrays.
    public static float[][] rows(Tensor tensor) {
        int columns = Math.toIntExact(tensor.size(1));
        float[] flat = floats(tensor);
        float[][] rows = new float[Math.toIntExact(tensor.size(0))][];
        for (int row = 0; row < rows.length; row++) {
            rows[row] = Arrays.copyOfRange(flat, row * columns, (row + 1) * columns);
        }
        return rows;
    }

    /// `rows` as one `[N, D]` fp32 tensor.
    public static Tensor ofRows(float[][] rows) {
        int columns = rows.length == 0 ? 0 : rows[0].length;
        Tensor tensor = empty(ScalarType.Float, rows.length, columns);
        MemorySegment memory = memory(tensor);
        for (int row = 0; row < rows.length; row++) {
            if (rows[row].length != columns) {
                throw new IllegalArgumentException(
                        "row " + row + " has " + rows[row].length + " numbers, the first row has " + columns);
            }
            MemorySegment.copy(rows[row], 0, memory, ValueLayout.JAVA_FLOAT, 4L * row * columns, columns);
        }
        return tensor;
    }

    /// The tensor's own memory, for bulk copies; valid as long as the tensor.
    ///
    /// @throws IllegalArgumentException when the tensor is not contiguous
    @SuppressWarnings("restricted") // the size is the tensor's own
    public static MemorySegment memory(Tensor tensor) {
        if (!tensor.is_contiguous()) {
            throw new IllegalArgumentException("a view with gaps has no memory of its own; make it contiguous first");
        }
        try (Pointer data = tensor.data_ptr()) {
            // A tensor without elements has no memory at all.
            return data == null
                    ? MemorySegment.NULL
                    : MemorySegment.ofAddress(data.address()).reinterpret(tensor.nbytes());
        }
    }

    /// The memory from a view's first element to its last, whatever lies between them; valid as long as the tensor.
    /// For a view whose strides are not negative, as libtorch's are.
    @SuppressWarnings("restricted") // the size follows from the view's own sizes and strides
    public static MemorySegment span(Tensor view) {
        try (Pointer data = view.data_ptr()) {
            if (data == null || view.numel() == 0) {
                return MemorySegment.NULL;
            }
            long last = 0;
            for (int i = 0; i < view.dim(); i++) {
                last += (view.size(i) - 1) * view.stride(i);
            }
            return MemorySegment.ofAddress(data.address()).reinterpret((last + 1) * view.element_size());
        }
    }

    /// Joins tensors along `dim`.
    public static Tensor cat(long dim, Tensor... parts) {
        try (TensorVector vector = new TensorVector(parts)) {
            return torch.cat(vector, dim);
        }
    }

    /// Matrices along the diagonal, zeros elsewhere; one without columns is as many rows of zeros.
    public static Tensor blockDiagonal(Tensor... blocks) {
        try (TensorVector vector = new TensorVector(blocks)) {
            return torch.block_diag(vector);
        }
    }

    /// Views of parts that follow each other along `dim`. Their gradients are put together in one pass, where those
    /// of single narrowed views are each padded with zeros and then summed.
    public static Tensor[] split(Tensor tensor, long dim, long... sizes) {
        if (!GradMode.is_enabled()) {
            Tensor[] views = new Tensor[sizes.length]; // no vector between: this is called thrice a block
            long from = 0;
            for (int i = 0; i < views.length; i++) {
                views[i] = tensor.narrow(dim, from, sizes[i]);
                from += sizes[i];
            }
            return views;
        }
        try (TensorVector parts = torch.split_with_sizes(tensor, sizes, dim)) {
            Tensor[] views = new Tensor[sizes.length];
            for (int i = 0; i < views.length; i++) {
                views[i] = new Tensor(parts.get(i)); // the vector's own end with it
            }
            return views;
        }
    }

    /// The tensor in this element type; itself when it has it already.
    public static Tensor as(ScalarType type, Tensor tensor) {
        return tensor.scalar_type().intern() == type ? tensor : tensor.to(type);
    }

    /// `tensor * factor`.
    public static Tensor times(Tensor tensor, double factor) {
        try (Scalar scalar = new Scalar(factor)) {
            return tensor.mul(scalar);
        }
    }

    /// `tensor + term`.
    public static Tensor plus(Tensor tensor, double term) {
        try (Scalar scalar = new Scalar(term)) {
            return tensor.add(scalar);
        }
    }

    /// Uninitialised memory of any element type, contiguous.
    public static Tensor empty(ScalarType type, long... shape) {
        try (TensorOptions options = new TensorOptions(type)) {
            return torch.empty(shape, options, null);
        }
    }

    private static void requireCount(int count, Tensor tensor) {
        if (tensor.numel() != count) {
            throw new IllegalArgumentException(
                    count + " values do not fill a shape of " + tensor.numel() + " elements");
        }
    }
}
