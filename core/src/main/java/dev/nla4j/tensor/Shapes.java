package dev.nla4j.tensor;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/// Shape checks at package borders.
public final class Shapes {
    private Shapes() {}

    /// Requires `x` to have these sizes; -1 stands for any.
    public static void require(Tensor x, String name, long... sizes) {
        boolean fits = x.dim() == sizes.length;
        for (int i = 0; fits && i < sizes.length; i++) {
            fits = sizes[i] == -1 || sizes[i] == x.size(i);
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    name + ": must have shape " + Arrays.toString(sizes) + " (-1: any), has " + Arrays.toString(of(x)));
        }
    }

    /// The sizes of `x`.
    public static long[] of(Tensor x) {
        long[] sizes = new long[Math.toIntExact(x.dim())];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = x.size(i);
        }
        return sizes;
    }

    /// The sizes of `x` with another last one.
    public static long[] withLast(Tensor x, long last) {
        long[] sizes = of(x);
        sizes[sizes.length - 1] = last;
        return sizes;
    }
}
