package dev.nla4j.tensor;

import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// How many threads libtorch computes with. One engine thread calls it; its kernels spread over these.
///
/// OpenBLAS has threads of its own, that libtorch's number does not reach. How many of them share a product decides its
/// last bits. So where [InnerProduct] multiplies the weights, OpenBLAS has one thread, and more only while a model
/// learns ([#together]). Elsewhere it multiplies all that is fp32 and has as many as libtorch, but two beside one too:
/// its bits are those of two.
public final class Threads {
    /// The loading of libtorch that [#preload] began.
    private static final AtomicReference<@Nullable FutureTask<Integer>> LOADING = new AtomicReference<>();

    /// What the environment says of OpenBLAS's own number.
    private static final Optional<Integer> GIVEN = Stream.of(
                    "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")
            .map(System::getenv)
            .filter(value -> value != null && value.matches("[1-9][0-9]{0,3}"))
            .findFirst()
            .map(Integer::parseInt);

    private static volatile int used = Runtime.getRuntime().availableProcessors();

    private Threads() {}

    /// Begins to load libtorch on a thread of its own, so that what needs no tensors (arguments, the store, a
    /// tokenizer) can go on meanwhile. Nothing of libtorch may be used before [#awaitPreload]: two threads that
    /// initialise its classes in different orders wait for each other for ever.
    public static void preload() {
        FutureTask<Integer> loading = new FutureTask<>(torch::get_num_threads);
        if (LOADING.compareAndSet(null, loading)) {
            Thread.ofPlatform().daemon().name("load libtorch").start(loading);
        }
    }

    /// Waits until what [#preload] began is done; returns at once when nothing was begun.
    ///
    /// @throws LinkageError when libtorch can't be loaded
    public static void awaitPreload() {
        FutureTask<Integer> loading = LOADING.get();
        if (loading == null) {
            return;
        }
        try {
            loading.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while libtorch was being loaded", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof LinkageError error) {
                throw error;
            }
            throw new IllegalStateException("libtorch can't be loaded: " + e.getCause(), e);
        }
    }

    /// Whether what [#preload] began goes on.
    public static boolean isPreloading() {
        FutureTask<Integer> loading = LOADING.get();
        return loading != null && !loading.isDone();
    }

    /// Waits until what [#preload] began is over, whatever came of it: a process that exits before may abort.
    public static void settle() {
        FutureTask<Integer> loading = LOADING.get();
        if (loading != null) {
            try {
                loading.get();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException _) {
                // Whoever needed it was told.
            }
        }
    }

    /// Every processor for the kernels, none for running several operators at once.
    public static void useAllProcessors() {
        use(Runtime.getRuntime().availableProcessors());
    }

    /// `count` threads in every kernel.
    public static void use(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("threads: must be 1 or more, was " + count);
        }
        awaitPreload();
        torch.set_num_threads(count);
        used = count;
        if (!InnerProduct.isThere()) {
            useBlas(ofBlas());
        }
    }

    /// OpenBLAS's own number where it multiplies the weights: two on one processor too, so that the bits are the same.
    static int ofBlas() {
        return GIVEN.orElse(Math.max(used, 2));
    }

    /// Until it closes, all threads in use share each product of OpenBLAS: gradients go through no other. Not for a
    /// single product, since a change of the number takes some 300 us.
    public static Blas together() {
        return new Blas(InnerProduct.isThere(), torch.get_num_threads(), 1);
    }

    /// Until it closes, nobody shares a product of OpenBLAS. For large work of threads that multiply side by side:
    /// where
    /// each product has several threads, they wait for each other and take ten times as long.
    public static Blas apart() {
        return new Blas(!InnerProduct.isThere(), 1, ofBlas());
    }

    /// OpenBLAS's own number of threads until it closes.
    public static final class Blas implements AutoCloseable {
        private final boolean counts;
        private final int after;

        private Blas(boolean counts, int meanwhile, int after) {
            this.counts = counts;
            this.after = after;
            if (counts) {
                useBlas(meanwhile);
            }
        }

        @Override
        public void close() {
            if (counts) {
                useBlas(after);
            }
        }
    }

    static void useBlas(int count) {
        Loader.load(openblas_nolapack.class);
        org.bytedeco.openblas.presets.openblas_nolapack.blas_set_num_threads(count);
    }

    /// A number of threads that holds until it closes.
    public static final class Limit implements AutoCloseable {
        private final int before;

        private Limit(int before) {
            this.before = before;
        }

        @Override
        public void close() {
            if (torch.get_num_threads() != before) {
                torch.set_num_threads(before);
            }
        }
    }

    /// Kernels on the caller's thread alone, for work too small to be shared.
    public static Limit one() {
        Limit limit = all();
        torch.set_num_threads(1);
        return limit;
    }

    /// Kernels on all the threads in use: no limit.
    public static Limit all() {
        return new Limit(torch.get_num_threads());
    }

    /// Version of libtorch, and of the library under its matrix products.
    public static String libraryVersion() {
        try (BytePointer config = torch.show_config()) {
            String text = config.getString();
            return text.lines()
                    .map(line -> line.replace("- ", "").strip())
                    .filter(line -> line.contains("TORCH_VERSION") || line.contains("MKL-DNN v"))
                    .map(line -> line.contains("TORCH_VERSION")
                            ? line.replaceAll(".*TORCH_VERSION=([^,]*),.*", "libtorch $1")
                            : line.replaceAll(" \\(Git.*", ""))
                    .sorted()
                    .collect(Collectors.joining(", "));
        }
    }

    /// The widest vector instructions libtorch found: `AVX512`, `AVX2`, `DEFAULT`.
    public static String cpuCapability() {
        awaitPreload();
        try (BytePointer config = torch.show_config()) {
            return config.getString()
                    .lines()
                    .filter(line -> line.contains("CPU capability usage:"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        }
    }

    /// Whether the processor multiplies bf16 matrices natively, as far as libtorch uses it.
    public static boolean multipliesBf16() {
        return CpuCapability.WIDE;
    }

    /// Asked once, and only when needed: it loads libtorch.
    private static final class CpuCapability {
        static final boolean WIDE = cpuCapability().startsWith("AVX512");
    }

    /// Threads in use now.
    public static int inUse() {
        return torch.get_num_threads();
    }
}
