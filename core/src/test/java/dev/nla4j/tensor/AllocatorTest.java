package dev.nla4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllocatorTest {
    @Test
    void it_is_known_by_the_library_that_was_loaded() {
        String libc = "7f0-7f1 r-xp 00000000 08:01 7                  /usr/lib/libc.so.6";
        assertThat(Allocator.in(List.of())).isEqualTo(new Allocator("system", null));
        assertThat(Allocator.in(List.of(libc))).isEqualTo(new Allocator("system", null));
        assertThat(Allocator.in(List.of(
                        libc, "7f1-7f2 r-xp 00000000 08:01 9                  /opt/a b/libtcmalloc_minimal.so.4.5.10")))
                .isEqualTo(new Allocator("tcmalloc", Path.of("/opt/a b/libtcmalloc_minimal.so.4.5.10")));
        assertThat(Allocator.in(List.of("7f1-7f2 r-xp 00000000 08:01 9 /usr/lib64/libmimalloc.so.2.0"))
                        .name())
                .isEqualTo("mimalloc");
    }

    @Test
    void what_was_freed_is_given_back() throws IOException {
        Allocator allocator = Allocator.ofThisProcess();
        assumeTrue(
                Files.exists(Path.of("/proc/self/status")) && !allocator.name().equals("jemalloc"));
        try (Scope _ = Scope.noGrad()) {
            inUse(10); // libtorch is loaded by it
            Allocator.giveBack();
            long before = resident();
            assertThat(inUse(2_000) - before).as("MB in use").isGreaterThan(180);
            Allocator.giveBack();
            assertThat(resident() - before).as("MB after they were freed").isLessThan(60);
        }
    }

    /// Takes pieces of 100 kB, which no allocator takes from the system one by one, and frees all but the last, which
    /// lies above the others.
    ///
    /// @return resident memory while they are there, MB
    private static long inUse(int pieces) throws IOException {
        float[] numbers = new float[25_000];
        try (Scope scope = Scope.noGrad()) {
            for (int i = 1; i < pieces; i++) {
                Tensors.of(numbers, numbers.length);
            }
            scope.keep(Tensors.of(numbers, numbers.length));
            return resident();
        }
    }

    private static long resident() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1000)
                .findFirst()
                .orElseThrow();
    }
}
