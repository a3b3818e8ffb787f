package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullDiskTest {
    private static final byte[] BYTES = Sandbox.bytes(1_000_000, 1);
    private static final ModelRef.Named TINY = Sandbox.tiny(BYTES);

    @TempDir
    Path folder;

    private FakeHub hub;

    @BeforeEach
    void startHub() throws IOException {
        hub = new FakeHub();
        hub.at(Sandbox.TINY_PATH, FakeHub.ranged(BYTES));
    }

    @AfterEach
    void stopHub() {
        hub.close();
    }

    private static ModelStore store(Sandbox machine, long free) {
        return new ModelStore(machine.settings(), new DiskSpace(machine.root(), path -> free));
    }

    @Test
    void too_little_space_is_said_before_the_first_byte_is_fetched() {
        Sandbox machine = Sandbox.in(folder).hub(hub);
        assertThatThrownBy(() -> store(machine, 17_000_000).pull(TINY, Progress.NONE))
                .isInstanceOf(HubException.class)
                .hasMessageContaining(
                        "not enough space in " + machine.root() + " for tiny.gguf: 1.0 MB needed, 17.0 MB free")
                .hasMessageContaining("NLA_HOME");
        assertThat(hub.requests).isEmpty();
        assertThat(store(machine, 18_000_000).pull(TINY, Progress.NONE).path()).hasBinaryContent(BYTES);
    }

    @Test
    void a_disk_that_fills_up_on_the_way_ends_with_a_partial_that_can_go_on() throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "needs Linux");
        Path small = Files.createDirectories(folder.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", small.toString()), "needs the right to mount");
        try {
            Sandbox machine = Sandbox.in(folder).hub(hub).with("NLA_HOME", small.toString());
            DiskSpace lying = new DiskSpace(small, path -> Long.MAX_VALUE);
            assertThatThrownBy(() -> new ModelStore(machine.settings(), lying).pull(TINY, Progress.NONE))
                    .isInstanceOf(HubException.class)
                    .hasMessageContaining("can't write ")
                    .hasMessageContaining("No space left on device")
                    .hasMessageContaining("NLA_HOME");
            ModelStore store = machine.store();
            assertThat(store.find(TINY)).isEmpty();
            assertThat(store.list().unfinished()).isBetween(100_000L, 999_999L);
            assertThat(run("mount", "-o", "remount,size=40m", small.toString())).isTrue();
            assertThat(store.pull(TINY, Progress.NONE).path()).hasBinaryContent(BYTES);
            assertThat(hub.requests.getLast().range()).startsWith("bytes=");
        } finally {
            run("umount", small.toString());
        }
    }

    @Test
    void a_store_that_may_not_be_written_is_named() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        Sandbox machine = Sandbox.in(folder).hub(hub).with("NLA_HOME", file.toString());
        assertThatThrownBy(() -> machine.store().pull(TINY, Progress.NONE))
                .isInstanceOf(HubException.class)
                .hasMessageContaining(file.toString());
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
