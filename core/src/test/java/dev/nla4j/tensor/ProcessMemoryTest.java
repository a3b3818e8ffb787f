package dev.nla4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessMemoryTest {
    private static final long GB = 1_000_000_000L;

    @TempDir
    Path root;

    @BeforeEach
    void machine() throws IOException {
        write("proc/meminfo", "MemTotal:  40000000 kB\nMemAvailable:   20000000 kB\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private long available() {
        return ProcessMemory.below(root).available().orElse(-1);
    }

    @Test
    void without_a_limit_the_machines_memory_counts() throws IOException {
        assertThat(available()).isEqualTo(20_480_000_000L);
        write("proc/self/cgroup", "0::/user.slice/me\n");
        write("sys/fs/cgroup/user.slice/me/memory.max", "max\n");
        write("sys/fs/cgroup/user.slice/me/memory.current", "5\n");
        assertThat(available()).isEqualTo(20_480_000_000L);
    }

    @Test
    void the_narrowest_group_above_the_process_counts_and_cached_files_are_no_use_of_it() throws IOException {
        write("proc/self/cgroup", "0::/outer/inner\n");
        write("sys/fs/cgroup/outer/inner/memory.max", Long.toString(9 * GB));
        write("sys/fs/cgroup/outer/inner/memory.current", Long.toString(GB));
        write("sys/fs/cgroup/outer/memory.max", Long.toString(8 * GB));
        write("sys/fs/cgroup/outer/memory.current", Long.toString(6 * GB));
        write("sys/fs/cgroup/outer/memory.stat", "anon 3\ninactive_file " + 3 * GB + "\n");
        assertThat(available()).isEqualTo(5 * GB);
    }

    @Test
    void in_a_container_the_mount_is_the_group_in_version_one_too() throws IOException {
        write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", Long.toString(4 * GB));
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", Long.toString(GB));
        assertThat(available()).isEqualTo(3 * GB);
    }

    @Test
    void a_system_that_does_not_tell_gives_nothing() throws IOException {
        assertThat(ProcessMemory.below(root.resolve("elsewhere")).available()).isEmpty();
        assertThat(ProcessMemory.below(root).peak()).isEmpty();
        write("proc/self/status", "Name: java\nVmHWM:\t  2000 kB\nVmRSS:\t 1000 kB\n");
        assertThat(ProcessMemory.below(root).peak()).hasValue(2_048_000);
    }
}
