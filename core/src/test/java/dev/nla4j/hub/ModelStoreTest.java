package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.format.HeldLock;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelStoreTest {
    private static final byte[] BYTES = Sandbox.bytes(100_000, 1);
    private static final ModelRef.Named TINY = Sandbox.tiny(BYTES);

    @TempDir
    Path folder;

    private FakeHub hub;
    private Sandbox machine;
    private ModelStore store;

    @BeforeEach
    void startHub() throws IOException {
        hub = new FakeHub();
        hub.at(Sandbox.TINY_PATH, FakeHub.ranged(BYTES));
        machine = Sandbox.in(folder).hub(hub);
        store = machine.store();
    }

    @AfterEach
    void stopHub() {
        hub.close();
    }

    /// Another reference to the same bytes.
    private static ModelRef.Named twin() {
        KnownModel model = TINY.model();
        return new ModelRef.Named(
                new KnownModel("twin", model.file(), model.size(), model.sha256(), model.wheel(), "MIT"));
    }

    private Path blob() {
        return machine.layout().blob(TINY.model().sha256());
    }

    private static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[50] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void an_empty_store_has_no_models_and_nothing_to_verify_or_remove() throws IOException {
        assertThat(store.list()).isEqualTo(new Inventory(List.of(), List.of(), 0));
        assertThatThrownBy(() -> store.verify(TINY, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                        "tiny is not in the store " + machine.root() + "; `nla model pull tiny` brings it");
        assertThatThrownBy(() -> store.remove(TINY)).isInstanceOf(InputException.class);
        assertThat(store.removeUnfinished()).isZero();
    }

    @Test
    void what_was_pulled_is_listed_verified_and_removed() throws IOException {
        LocalModel pulled = store.pull(TINY, Progress.NONE);
        assertThat(store.list().models()).containsExactly(pulled);
        assertThat(pulled.manifest().orElseThrow().size()).isEqualTo(100_000);
        assertThat(store.verify(TINY, Progress.NONE))
                .containsExactly(new FileCheck(
                        "tiny.gguf",
                        FileCheck.State.GOOD,
                        TINY.model().sha256(),
                        TINY.model().sha256()));
        assertThat(store.remove(TINY)).isEqualTo(100_000);
        assertThat(store.list().models()).isEmpty();
        assertThat(store.find(TINY)).isEmpty();
        try (Stream<Path> left = Files.walk(machine.root())) {
            assertThat(left.filter(Files::isRegularFile))
                    .allMatch(file -> file.toString().endsWith(".lock"));
        }
    }

    @Test
    void verify_tells_damage_loss_and_another_size_apart() throws IOException {
        LocalModel model = store.pull(TINY, Progress.NONE);
        damage(model.path());
        assertThat(store.verify(TINY, Progress.NONE))
                .extracting(FileCheck::state)
                .containsExactly(FileCheck.State.WRONG_BYTES);
        Files.write(model.path(), new byte[7]);
        assertThat(store.verify(TINY, Progress.NONE))
                .extracting(FileCheck::state)
                .containsExactly(FileCheck.State.WRONG_SIZE);
        Files.delete(model.path());
        assertThat(store.verify(TINY, Progress.NONE))
                .extracting(FileCheck::state)
                .containsExactly(FileCheck.State.MISSING);
    }

    @Test
    void damage_that_keeps_the_size_is_noticed_and_the_model_fetched_again() throws IOException {
        LocalModel model = store.pull(TINY, Progress.NONE);
        damage(model.path());
        Files.setLastModifiedTime(model.path(), FileTime.fromMillis(1_000_000_000_000L));
        assertThat(store.find(TINY)).isEmpty();
        assertThat(store.pull(TINY, Progress.NONE).path()).hasBinaryContent(BYTES);
        assertThat(hub.requests).hasSize(2);
        assertThat(store.verify(TINY, Progress.NONE)).allMatch(FileCheck::good);
    }

    @Test
    void a_file_that_was_only_touched_is_still_the_model() throws IOException {
        LocalModel model = store.pull(TINY, Progress.NONE);
        Files.setLastModifiedTime(model.path(), FileTime.fromMillis(1_000_000_000_000L));
        assertThat(store.find(TINY)).isPresent();
        assertThat(hub.requests).hasSize(1);
    }

    @Test
    void a_lost_file_comes_back_from_its_blob() throws IOException {
        LocalModel model = store.pull(TINY, Progress.NONE);
        Files.delete(model.path());
        assertThat(store.find(TINY)).isEmpty();
        assertThat(store.pull(TINY, Progress.NONE).path()).hasBinaryContent(BYTES);
        assertThat(hub.requests).hasSize(1);
    }

    @Test
    void two_models_share_their_bytes_and_removing_one_leaves_the_other_whole() throws IOException {
        store.pull(TINY, Progress.NONE);
        LocalModel twin = store.pull(twin(), Progress.NONE);
        assertThat(hub.requests).hasSize(1);
        assertThat(store.remove(TINY)).isZero();
        assertThat(blob()).exists();
        assertThat(twin.path()).hasBinaryContent(BYTES);
        assertThat(store.remove(twin())).isEqualTo(100_000);
        assertThat(blob()).doesNotExist();
    }

    @Test
    void a_blob_that_has_rotted_is_not_used_for_another_model() throws IOException {
        store.pull(TINY, Progress.NONE);
        damage(blob());
        assertThat(store.pull(twin(), Progress.NONE).path()).hasBinaryContent(BYTES);
        assertThat(hub.requests).hasSize(2);
    }

    @Test
    void a_manifest_of_other_bytes_does_not_stand_for_a_known_name() throws IOException {
        store.pull(TINY, Progress.NONE);
        byte[] newer = Sandbox.bytes(100_000, 2);
        hub.at(Sandbox.TINY_PATH, FakeHub.ranged(newer));
        assertThat(store.find(Sandbox.tiny(newer))).isEmpty();
        assertThat(store.pull(Sandbox.tiny(newer), Progress.NONE).path()).hasBinaryContent(newer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[]",
                "{\"format\":2}",
                "not json",
                "{\"format\":1,\"ref\":\"tiny\",\"files\":[]}",
                "{\"format\":1,\"ref\":\"tiny\",\"source\":\"x\",\"revision\":\"\",\"licence\":\"\",\"created\":\"x\",\"files\":"
                        + "[{\"name\":\"../../x\",\"size\":1,\"sha256\":\"0\",\"modified\":0}]}"
            })
    void a_broken_manifest_is_a_problem_in_the_list_and_heals_with_the_next_pull(String text) throws IOException {
        store.pull(TINY, Progress.NONE);
        Files.writeString(machine.layout().manifest("tiny"), text);
        assertThat(store.list().models()).isEmpty();
        assertThat(store.list().problems())
                .singleElement()
                .asString()
                .contains("tiny")
                .doesNotContain("\n");
        assertThat(store.find(TINY)).isEmpty();
        assertThat(store.pull(TINY, Progress.NONE).path()).hasBinaryContent(BYTES);
        assertThat(store.list().problems()).isEmpty();
        assertThat(hub.requests).hasSize(1);
    }

    @Test
    void a_model_with_a_broken_manifest_can_be_removed() throws IOException {
        LocalModel model = store.pull(TINY, Progress.NONE);
        Files.writeString(machine.layout().manifest("tiny"), "{");
        store.remove(TINY);
        assertThat(store.list()).isEqualTo(new Inventory(List.of(), List.of(), 0));
        assertThat(model.path()).doesNotExist();
        assertThat(store.removeUnfinished()).isEqualTo(100_000);
        assertThat(blob()).doesNotExist();
    }

    @Test
    void a_manifest_that_points_outside_is_refused_by_every_command() throws IOException {
        store.pull(TINY, Progress.NONE);
        Path manifest = machine.layout().manifest("tiny");
        Path outside = Files.write(machine.root().resolve("outside"), BYTES);
        Files.writeString(manifest, Files.readString(manifest).replace("tiny.gguf", "../../outside"));
        assertThat(store.find(TINY)).isEmpty();
        assertThatThrownBy(() -> store.verify(TINY, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("file name refused");
        store.remove(TINY);
        assertThat(outside).exists();
    }

    @Test
    void removing_deletes_links_and_never_what_they_lead_to() throws IOException {
        LocalModel model = store.pull(TINY, Progress.NONE);
        Path precious = Files.createDirectories(folder.resolve("precious"));
        Files.writeString(precious.resolve("thesis.txt"), "text");
        Path inside = model.path().resolveSibling("link");
        Files.createSymbolicLink(inside, precious);
        store.remove(TINY);
        assertThat(inside).doesNotExist();
        assertThat(precious.resolve("thesis.txt")).exists();
    }

    @Test
    void removing_refuses_when_the_stores_own_folder_leads_elsewhere() throws IOException {
        LocalModel model = store.pull(TINY, Progress.NONE);
        Path elsewhere = folder.resolve("elsewhere");
        Files.move(machine.layout().models(), elsewhere);
        Files.createSymbolicLink(machine.layout().models(), elsewhere);
        assertThatThrownBy(() -> store.remove(TINY))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("is not below");
        assertThat(elsewhere.resolve(machine.layout().models().relativize(model.path())))
                .exists();
    }

    @Test
    void a_model_that_is_being_pulled_is_not_removed() throws IOException {
        store.pull(TINY, Progress.NONE);
        try (HeldLock lock =
                HeldLock.tryHold(machine.layout().modelLock("tiny")).orElseThrow()) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> store.remove(TINY)).hasMessageContaining("is being pulled by another process");
        }
        assertThat(store.remove(TINY)).isEqualTo(100_000);
    }

    @Test
    void leftovers_are_removed_except_those_somebody_works_on() throws IOException {
        store.pull(TINY, Progress.NONE);
        StoreLayout layout = machine.layout();
        Digest idle = Digest.sha256("a".repeat(64));
        Digest busy = Digest.sha256("b".repeat(64));
        Files.createDirectories(layout.partials().resolve("work-pip-x/tmp"));
        Files.write(layout.partials().resolve("work-pip-x/tmp/wheel"), new byte[7]);
        Files.write(layout.partial(idle), new byte[1000]);
        Files.write(layout.partial(busy), new byte[500]);
        Files.write(layout.blob("c".repeat(64)), new byte[30]);
        Files.createDirectories(layout.model("half"));
        assertThat(store.list().unfinished()).isEqualTo(1500);
        try (HeldLock lock = HeldLock.tryHold(layout.fileLock(busy)).orElseThrow()) {
            assertThat(lock).isNotNull();
            assertThat(store.removeUnfinished()).isEqualTo(1037);
        }
        assertThat(layout.partial(busy)).exists();
        assertThat(layout.partials().resolve("work-pip-x")).doesNotExist();
        assertThat(layout.model("half")).doesNotExist();
        assertThat(store.verify(TINY, Progress.NONE)).allMatch(FileCheck::good);
        assertThat(blob()).exists();
    }

    @Test
    void a_folder_or_file_on_this_machine_is_a_model_as_it_is() throws IOException {
        Path file = Files.write(folder.resolve("x.gguf"), BYTES);
        assertThat(store.pull(new ModelRef.LocalPath(file), Progress.NONE))
                .isEqualTo(new LocalModel(file.toString(), file, null));
        assertThat(store.find(new ModelRef.LocalPath(folder)).orElseThrow().path())
                .isEqualTo(folder);
        assertThatThrownBy(() -> store.pull(new ModelRef.LocalPath(folder.resolve("absent")), Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such file or folder");
        assertThatThrownBy(() -> store.remove(new ModelRef.LocalPath(file)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("it is not in the store");
        assertThat(file).exists();
        assertThat(machine.root()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch_model.bin", "model.PT", "x.pkl", "x.ckpt", "x.pth"})
    void pickled_weights_are_refused_with_the_way_to_convert_them(String name) throws IOException {
        Path file = Files.write(folder.resolve(name), new byte[10]);
        assertThatThrownBy(() -> store.pull(new ModelRef.LocalPath(file), Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("pickled weights are not read")
                .hasMessageContaining("safe_serialization=True");
    }

    @Test
    void a_file_system_without_hard_links_gets_copies() throws IOException {
        Path shm = Path.of("/dev/shm");
        assumeTrue(
                Files.isWritable(shm) && !Files.getFileStore(shm).equals(Files.getFileStore(folder)),
                "needs a second file system");
        Path other = Files.createTempDirectory(shm, "nla-test");
        try {
            Path snapshot = other.resolve("models--Own--Tiny-GGUF/snapshots").resolve(Sandbox.COMMIT);
            Files.createDirectories(snapshot);
            Files.write(snapshot.resolve("tiny.gguf"), BYTES);
            Sandbox offline = machine.with("NLA_OFFLINE", "1").with("HF_HUB_CACHE", other.toString());
            assertThat(offline.store().pull(TINY, Progress.NONE).path()).hasBinaryContent(BYTES);
            assertThat(snapshot.resolve("tiny.gguf")).hasBinaryContent(BYTES);
        } finally {
            Trees.delete(shm, other);
        }
    }

    @Test
    void a_manifest_is_read_as_it_was_written() throws IOException {
        Manifest manifest = store.pull(TINY, Progress.NONE).manifest().orElseThrow();
        Path copy = folder.resolve("copy.json");
        manifest.write(copy);
        assertThat(Manifest.read(copy)).isEqualTo(manifest);
        byte[] text = Files.readAllBytes(copy);
        for (int length = 0; length < text.length - 2; length += 7) {
            Files.write(copy, Arrays.copyOf(text, length));
            assertThatThrownBy(() -> Manifest.read(copy)).isInstanceOf(InputException.class);
        }
    }

    /// A run that goes on must not mix the activations of two models that have the same path.
    @Test
    void a_folders_fingerprint_changes_with_its_weights() throws IOException {
        Path model = Files.createDirectories(folder.resolve("own"));
        Files.writeString(model.resolve("config.json"), "{}");
        Files.writeString(model.resolve("model.safetensors"), "one");
        LocalModel local = new LocalModel(model.toString(), model, null);
        String before = local.fingerprint(Progress.NONE);
        assertThat(before).matches("[0-9a-f]{64}").isEqualTo(local.fingerprint(Progress.NONE));
        Files.writeString(model.resolve("notes.txt"), "no loader reads these");
        assertThat(local.fingerprint(Progress.NONE)).isEqualTo(before);
        Files.writeString(model.resolve("model.safetensors"), "two");
        assertThat(local.fingerprint(Progress.NONE)).isNotEqualTo(before);
    }

    /// Such a folder is loaded as that file is.
    @Test
    void a_folder_with_one_gguf_is_told_by_that_file() throws IOException {
        Path model = Files.createDirectories(folder.resolve("packed"));
        Path file = Files.writeString(model.resolve("a.gguf"), "one");
        LocalModel local = new LocalModel(model.toString(), model, null);
        assertThat(local.sha256(Progress.NONE)).contains(Sha256.of(file));
        assertThat(local.fingerprint(Progress.NONE)).isEqualTo(Sha256.of(file));
        Files.writeString(file, "two");
        assertThat(local.fingerprint(Progress.NONE)).isEqualTo(Sha256.of(file));
    }
}
