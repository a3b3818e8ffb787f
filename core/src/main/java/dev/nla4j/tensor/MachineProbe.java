package dev.nla4j.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/// What this machine's matrix products can do, measured in a second or two: their speed, and whether a row's result
/// depends on how many other rows go through beside it.
public final class MachineProbe {
    private static final int ROWS = 2304;
    private static final int INNER = 576;
    private static final int OUTER = 1536;
    private static final int REPEATS = 5;
    private static final int[] ROW_COUNTS = {1, 2, 8, 10, 16, 41, 64, 160, 256, 328, 640};
    /// `[in, out]` of a small model's products.
    private static final int[][] SHAPES = {{INNER, INNER}, {INNER, OUTER}, {OUTER, INNER}};

    private MachineProbe() {}

    /// The processor's name and, where it has them, its matrix units, which the name does not tell; `unknown` where
    /// the system does not say.
    public static String processor() {
        String name = told("model name");
        return (name.isEmpty() ? "unknown" : name) + (hasMatrixUnits() ? " with AMX" : "");
    }

    /// Whether the processor has units that multiply blocks of bf16 matrices (AMX); false where the system does not
    /// say.
    public static boolean hasMatrixUnits() {
        return flags().contains("amx_bf16");
    }

    /// What the processor can, by the system's short names; empty where the system does not say.
    static Set<String> flags() {
        String flags = told("flags");
        return flags.isEmpty() ? Set.of() : new HashSet<>(List.of(flags.split(" ")));
    }

    /// What the system says of the last processor; empty where it says nothing.
    private static String told(String key) {
        String told = "";
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith(key)) {
                    told = line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException _) {
            return "";
        }
        return told;
    }

    /// Floating point operations a second of a product of `[2304, 576]` with `[576, 1536]`, in 10⁹; the best of
    /// five.
    public static double gigaflops(DType dtype) {
        try (Scope _ = Scope.noGrad()) {
            Tensor x = random(1, ROWS, INNER).to(dtype.arithmetic());
            Tensor weight = random(2, OUTER, INNER).to(dtype.scalarType());
            double best = 0;
            for (int i = 0; i <= REPEATS; i++) {
                long start = System.nanoTime();
                try (Scope _ = Scope.noGrad()) {
                    MatrixProduct.linear(x, weight, null);
                }
                double seconds = (System.nanoTime() - start) / 1e9;
                best = i == 0 ? 0 : Math.max(best, 2.0 * ROWS * INNER * OUTER / seconds / 1e9);
            }
            return best;
        }
    }

    /// Bytes a second of reading 256 MB once, in 10⁹; the best of five.
    public static double readGigabytes() {
        long count = 1L << 26;
        try (Scope _ = Scope.noGrad()) {
            Tensor big = Tensors.zeros(DType.FP32, count);
            double best = 0;
            for (int i = 0; i < REPEATS; i++) {
                long start = System.nanoTime();
                try (Scope _ = Scope.noGrad()) {
                    big.sum();
                }
                best = Math.max(best, 4.0 * count / (System.nanoTime() - start));
            }
            return best;
        }
    }

    /// The largest difference between rows computed a few at a time and the same rows among many; 0 means
    /// bit-equal. Wide inner dimensions are looked at too: a library may add their parts up in another order for
    /// few rows. Where weights are packed, the plain product counts as well, which adapters and attention take
    /// beside it.
    public static double rowDifference(DType dtype) {
        double worst = 0;
        for (int[] shape : SHAPES) {
            worst = Math.max(worst, rowDifference(dtype, shape[0], shape[1]));
        }
        return worst;
    }

    private static double rowDifference(DType dtype, int inner, int outer) {
        try (Scope _ = Scope.noGrad()) {
            int most = ROW_COUNTS[ROW_COUNTS.length - 1];
            Tensor x = random(3, most, inner).to(dtype.arithmetic());
            Tensor weight = random(4, outer, inner).to(dtype.scalarType());
            return Math.max(rowDifference(x, Matrix.stored(weight)), rowDifference(x, Matrix.forReading(weight)));
        }
    }

    private static double rowDifference(Tensor x, Matrix matrix) {
        float[] among = Tensors.floats(matrix.times(x));
        double worst = 0;
        for (int rows : ROW_COUNTS) {
            float[] few = Tensors.floats(matrix.times(x.narrow(0, 0, rows)));
            for (int i = 0; i < few.length; i++) {
                worst = Math.max(worst, Math.abs((double) few[i] - among[i]));
            }
        }
        return worst;
    }

    private static Tensor random(long seed, int rows, int columns) {
        Random random = new Random(seed);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensors.of(values, rows, columns);
    }
}
