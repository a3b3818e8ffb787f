package dev.nla4j.tensor;

import org.bytedeco.pytorch.Tensor;

/// The numbers of a matrix `[out, in]` in a library's own order.
sealed interface PackedWeights extends AutoCloseable permits FbgemmWeights, OneDnnWeights {
    /// `x · Wᵀ`, without gradient.
    ///
    /// @param x `[..., in]` in the arithmetic's type, at least one row
    /// @return `[..., out]` in x's type, contiguous and the caller's alone
    Tensor times(Tensor x);

    /// `y + x · Wᵀ`, rounded once where it is one operator; as [#times].
    ///
    /// @param y `[..., out]` in x's type; may be overwritten
    Tensor addTo(Tensor y, Tensor x);

    /// Whether [#silu] is one operator here.
    boolean fuses();

    /// `silu(x · Wᵀ)`, which is not rounded before it is put in; as [#times].
    ///
    /// @throws UnsupportedOperationException where it is no operator
    Tensor silu(Tensor x);

    /// Lets it outlive `scope`.
    void keepIn(Scope scope);

    /// Lets it outlive `scope` and all around it.
    void release(Scope scope);

    @Override
    void close();
}
