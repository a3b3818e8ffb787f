package dev.nla4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/// What a fuzz test does with a file that was opened: everything a user could.
public final class SourceExercise {
    /// The reader's windows and error messages, whatever the input.
    private static final long FIXED = 16 << 20;
    /// Bytes allocated a byte of input, generously: one-letter names become Java objects, nibbles become floats.
    private static final long FACTOR = 200;

    /// What parsers take for buffers, trees and messages, however small the file.
    private static final long SETTINGS_SLACK = 4 << 20;

    /// What a search's instrumentation makes of a bound: its hooks allocate at each comparison. Searching finds what is
    /// out of all proportion; what it kept is then read again without hooks, under the bounds as they stand.
    private static final long INSTRUMENTED = "true".equals(System.getenv("JAZZER_HOOKS")) ? 16 : 1;

    /// Of a processor's time: a busy machine is no hang, and one that waits for ever runs into the search's own limit.
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private static int sink;

    private SourceExercise() {}

    /// Reads every tensor in every way, and holds its place against the file.
    ///
    /// @param mostBytes that all tensors together can have
    public static void readEverything(TensorSource source, long mostBytes) {
        long total = 0;
        for (String name : source.names()) {
            StoredTensor tensor = source.tensor(name);
            total += tensor.bytes();
            assertThat(total).isLessThanOrEqualTo(mostBytes);
            assertThat(tensor.elements()
                            / tensor.type().blockSize()
                            * tensor.type().blockBytes())
                    .isEqualTo(tensor.bytes());
            use(Fixtures.raw(source, name).length);
            if (tensor.type().isFloating()) {
                use(Fixtures.f32(source, name).length + Fixtures.bf16(source, name).length);
            } else {
                refuse(source, name);
            }
        }
    }

    /// Runs `work` and holds what this thread allocated against the size of the input. Work that goes over the bound
    /// gets a second run, because the first may have loaded (and a fuzzer instrumented) classes.
    public static void withBoundedAllocation(long inputBytes, Runnable work) {
        long bound = INSTRUMENTED * (FIXED + FACTOR * inputBytes);
        if (allocatedBy(work) > bound) {
            assertThat(allocatedBy(work))
                    .as("bytes allocated for an input of %d", inputBytes)
                    .isLessThanOrEqualTo(bound);
        }
    }

    /// Runs `work` on a small file of settings: it may take five seconds of a processor, and this thread may allocate
    /// twice the file
    /// and [#SETTINGS_SLACK], so that no number in the file is taken at its word. A first run that goes over either
    /// bound gets a second one, because it may have loaded (and a fuzzer instrumented) classes.
    public static void settings(long inputBytes, Runnable work) {
        settings(inputBytes, SETTINGS_SLACK, work);
    }

    /// As above for work that takes more than parsing: twice the file and `fixed`, five seconds.
    ///
    /// @param fixed bytes that the work may allocate for the smallest file
    public static void settings(long inputBytes, long fixed, Runnable work) {
        long bound = INSTRUMENTED * (fixed + 2 * inputBytes);
        if (allocatedBy(work) > bound) {
            assertThat(allocatedBy(work))
                    .as("bytes allocated for an input of %d", inputBytes)
                    .isLessThanOrEqualTo(bound);
        }
        long before = threads().getCurrentThreadCpuTime();
        work.run();
        assertThat(Duration.ofNanos(threads().getCurrentThreadCpuTime() - before))
                .isLessThan(LONGEST);
    }

    private static long allocatedBy(Runnable work) {
        long before = threads().getCurrentThreadAllocatedBytes();
        work.run();
        return threads().getCurrentThreadAllocatedBytes() - before;
    }

    private static ThreadMXBean threads() {
        return (ThreadMXBean) ManagementFactory.getThreadMXBean();
    }

    /// Keeps the compiler from leaving work out.
    public static void use(int value) {
        sink += value;
    }

    private static void refuse(TensorSource source, String name) {
        try {
            source.readF32(name, MemorySegment.NULL);
        } catch (InputException expected) {
            return;
        }
        throw new AssertionError(name + " was read as real numbers");
    }
}
