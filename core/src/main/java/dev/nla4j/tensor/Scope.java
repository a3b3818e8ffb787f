package dev.nla4j.tensor;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.jspecify.annotations.Nullable;

/// Owns the native memory of every tensor made by this thread while it is open, and frees it when it closes.
///
/// Open one per step, decode iteration or request; a tensor that must live on goes through [#keep], which
/// hands it to the enclosing scope, or to the caller when there is none. Scopes nest and close in reverse
/// order.
public final class Scope implements AutoCloseable {
    private final @Nullable PointerScope outer;
    private final PointerScope scope;
    private final @Nullable NoGradGuard noGrad;

    private Scope(boolean gradients) {
        this.outer = PointerScope.getInnerScope();
        this.scope = new PointerScope();
        this.noGrad = gradients ? null : new NoGradGuard();
    }

    /// A scope in which no gradient is recorded: inference.
    public static Scope noGrad() {
        return new Scope(false);
    }

    /// A scope that leaves gradient recording as it is: training steps.
    public static Scope open() {
        return new Scope(true);
    }

    /// Makes a constant live as long as the process, also when a scope was open where it was made.
    public static <T extends Pointer> T constant(T pointer) {
        pointer.retainReference();
        return pointer;
    }

    /// Lets `pointer` outlive this scope: the enclosing scope owns it now, or the caller if there is none.
    public <T extends Pointer> T keep(T pointer) {
        if (outer == null) {
            return release(pointer);
        }
        // Pointers count references and die at zero: the new owner comes before the old one goes.
        outer.attach(pointer);
        scope.detach(pointer);
        return pointer;
    }

    /// Takes `pointer` out of this and every enclosing scope: the caller owns it and must close it.
    public <T extends Pointer> T release(T pointer) {
        pointer.retainReference();
        scope.detach(pointer);
        return pointer;
    }

    /// Gives a pointer that was released to the scope that is open now; it stays the caller's when none is.
    public static <T extends Pointer> T adopt(T pointer) {
        PointerScope innermost = PointerScope.getInnerScope();
        if (innermost != null) {
            innermost.attach(pointer);
            pointer.releaseReference();
        }
        return pointer;
    }

    @Override
    public void close() {
        if (noGrad != null) {
            noGrad.close();
        }
        scope.close();
    }
}
