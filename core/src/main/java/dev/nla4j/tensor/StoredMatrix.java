package dev.nla4j.tensor;

import org.bytedeco.pytorch.Tensor;

/// A matrix that is multiplied as it is stored: see [MatrixProduct].
record StoredMatrix(Tensor tensor) implements Matrix {
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
    public Matrix rows(long from, long count) {
        return new StoredMatrix(tensor.narrow(0, from, count));
    }

    @Override
    public boolean isCutFreely() {
        return true;
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
    public long bytes() {
        return tensor.nbytes();
    }

    @Override
    public void close() {
        tensor.close();
    }
}
