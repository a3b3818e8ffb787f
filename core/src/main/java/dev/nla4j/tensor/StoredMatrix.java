package dev.nla4j.tensor;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// A matrix that is multiplied as it is stored: see [MatrixProduct].
record StoredMatrix(Tensor tensor) implements Matrix {
    /// From so many rows on, two products are as fast as one of twice the width, and what follows reads and
    /// overwrites memory in one piece. The bits are the same.
    private static final long MANY_ROWS = 256;

    @Override
    public long outputs() {
        return tensor.size(0);
    }

    @Override
    public long inputs() {
        return tensor.size(1);
    }

    @Override
    public Tensor times(Tensor x) {
        return MatrixProduct.linear(x, tensor, null);
    }

    @Override
    public Tensor addTo(Tensor y, Tensor x) {
        return MatrixProduct.addProduct(y, x, tensor);
    }

    @Override
    public Matrix rows(long from, long count) {
        return new StoredMatrix(tensor.narrow(0, from, count));
    }

    @Override
    public boolean isCutFreely(long rows) {
        return rows >= MANY_ROWS;
    }

    @Override
    public List<Matrix> parts() {
        return List.of(this);
    }

    @Override
    public boolean fuses() {
        return false;
    }

    @Override
    public Tensor silu(Tensor x) {
        throw new UnsupportedOperationException("no activation behind the product of a stored matrix");
    }

    @Override
    public boolean learns() {
        return tensor.requires_grad();
    }

    @Override
    public void keepIn(Scope scope) {
        scope.keep(tensor);
    }

    @Override
    public void release(Scope scope) {
        scope.release(tensor);
    }

    @Override
    public long bytes() {
        return tensor.nbytes();
    }

    @Override
    public void close() {
        tensor.close();
    }
}
