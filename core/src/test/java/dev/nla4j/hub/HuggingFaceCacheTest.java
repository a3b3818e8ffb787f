package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The cache that Python tools fill, as the only source: the network is forbidden.
class HuggingFaceCacheTest {
    private static final byte[] WEIGHTS = Sandbox.bytes(50_000, 1);
    private static final ModelRef MODEL = ModelRef.parse("Own/Model");

    @TempDir
    Path folder;

    private Sandbox machine;
    private Path repository;

    @BeforeEach
    void prepare() throws IOException {
        machine = Sandbox.in(folder).with("NLA_OFFLINE", "1");
        repository = machine.huggingFace().resolve("models--Own--Model");
        Files.createDirectories(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), Sandbox.COMMIT);
    }

    private void put(Path repository, String name, byte[] bytes, String digest) throws IOException {
        Path blob = Files.createDirectories(repository.resolve("blobs")).resolve(digest);
        Files.write(blob, bytes);
        Path link = repository.resolve("snapshots").resolve(Sandbox.COMMIT).resolve(name);
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, link.getParent().relativize(blob));
    }

    private void putText(String name, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        put(repository, name, bytes, Sandbox.gitBlob(bytes));
    }

    private void putModel() throws IOException {
        putText("config.json", "{}");
        putText("tokenizer.json", "{\"v\":1}");
        put(repository, "model.safetensors", WEIGHTS, Sandbox.sha256(WEIGHTS));
    }

    private LocalModel pull() {
        return machine.store().pull(MODEL, Progress.NONE);
    }

    @Test
    void a_known_model_is_taken_from_it() throws IOException {
        Path own = machine.huggingFace().resolve("models--Own--Tiny-GGUF");
        put(own, "tiny.gguf", WEIGHTS, Sandbox.sha256(WEIGHTS));
        LocalModel model = machine.store().pull(Sandbox.tiny(WEIGHTS), Progress.NONE);
        assertThat(model.path()).hasBinaryContent(WEIGHTS);
        assertThat(Files.isSymbolicLink(model.path())).isFalse();
        assertThat(model.manifest().orElseThrow().source()).startsWith("Hugging Face cache ");
    }

    @Test
    void a_known_model_with_other_bytes_is_not_taken() throws IOException {
        Path own = machine.huggingFace().resolve("models--Own--Tiny-GGUF");
        byte[] other = WEIGHTS.clone();
        other[9] ^= 1;
        put(own, "tiny.gguf", other, Sandbox.sha256(WEIGHTS));
        assertThatThrownBy(() -> machine.store().pull(Sandbox.tiny(WEIGHTS), Progress.NONE))
                .hasMessageContaining("tiny.gguf has other bytes than expected");
        assertThat(own.resolve("blobs").resolve(Sandbox.sha256(WEIGHTS))).hasBinaryContent(other);
    }

    @Test
    void a_whole_snapshot_is_taken_when_the_hub_is_out_of_reach() throws IOException {
        putModel();
        LocalModel model = pull();
        assertThat(model.path().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(model.path().resolve("config.json")).hasContent("{}");
        assertThat(model.manifest().orElseThrow().revision()).isEqualTo(Sandbox.COMMIT);
    }

    @Test
    void removing_the_model_leaves_the_cache_as_it_was() throws IOException {
        putModel();
        pull();
        machine.store().remove(MODEL);
        assertThat(repository.resolve("snapshots").resolve(Sandbox.COMMIT).resolve("model.safetensors"))
                .hasBinaryContent(WEIGHTS);
    }

    @Test
    void a_snapshot_that_lacks_a_part_is_not_taken_for_whole() throws IOException {
        putText("config.json", "{}");
        put(repository, "model-00001-of-00002.safetensors", WEIGHTS, Sandbox.sha256(WEIGHTS));
        assertThatThrownBy(this::pull).hasMessageContaining("only a part of the model is there");
        putText("tokenizer.json", "{}");
        putText(
                "model.safetensors.index.json",
                "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}}");
        assertThatThrownBy(this::pull).hasMessageContaining("only a part of the model is there");
        byte[] second = Sandbox.bytes(100, 2);
        put(repository, "model-00002-of-00002.safetensors", second, Sandbox.sha256(second));
        assertThat(pull().manifest().orElseThrow().files()).hasSize(5);
    }

    private void putHalf(String half) throws IOException {
        putText(half + "/config.json", "{\"half\": \"" + half + "\"}");
        putText(half + "/tokenizer.json", "{\"of\": \"" + half + "\"}");
        putText(half + "/nla_meta.yaml", "role: " + half);
        byte[] weights = Sandbox.bytes(5000, half.hashCode());
        put(repository, half + "/model.safetensors", weights, Sandbox.sha256(weights));
    }

    @Test
    void a_pair_of_full_weights_is_whole_when_both_halves_are() throws IOException {
        putText("README.md", "a pair");
        putHalf("av");
        assertThatThrownBy(this::pull).hasMessageContaining("only a part of the model is there");
        putHalf("ar");
        byte[] head = Sandbox.bytes(64, 9);
        put(repository, "ar/value_head.safetensors", head, Sandbox.sha256(head));
        assertThat(pull().manifest().orElseThrow().files()).hasSize(10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ar/nla_meta.yaml", "ar/model.safetensors", "av/tokenizer.json", "ar/config.json"})
    void a_pair_that_lacks_a_part_of_a_half_is_not_taken_for_whole(String missing) throws IOException {
        putHalf("av");
        putHalf("ar");
        byte[] head = Sandbox.bytes(64, 9);
        put(repository, "ar/value_head.safetensors", head, Sandbox.sha256(head));
        Files.delete(repository.resolve("snapshots").resolve(Sandbox.COMMIT).resolve(missing));
        assertThatThrownBy(this::pull).hasMessageContaining("only a part of the model is there");
    }

    @Test
    void a_folder_of_texts_that_is_called_as_a_half_is_none() throws IOException {
        putModel();
        putText("ar/README.md", "in Arabic");
        assertThat(pull().manifest().orElseThrow().files()).hasSize(3);
    }

    @Test
    void a_link_that_leads_out_of_the_cache_is_not_followed() throws IOException {
        putModel();
        Path secret = Files.write(folder.resolve("secret"), new byte[] {1, 2, 3});
        Path link = repository.resolve("snapshots").resolve(Sandbox.COMMIT).resolve("vocab.json");
        Files.createSymbolicLink(link, secret);
        assertThatThrownBy(this::pull).hasMessageContaining("leads out of the cache");
    }

    @Test
    void a_blob_whose_bytes_are_not_those_of_its_name_is_not_taken() throws IOException {
        putModel();
        Files.write(repository.resolve("blobs").resolve(Sandbox.sha256(WEIGHTS)), Sandbox.bytes(50_000, 3));
        assertThatThrownBy(this::pull).hasMessageContaining("model.safetensors has other bytes than expected");
    }

    @Test
    void a_cache_without_links_is_read_as_it_is() throws IOException {
        Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(Sandbox.COMMIT));
        Files.writeString(snapshot.resolve("config.json"), "{}");
        Files.writeString(snapshot.resolve("tokenizer.json"), "{}");
        Files.write(snapshot.resolve("model.safetensors"), WEIGHTS);
        assertThat(pull().path().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void a_ref_that_names_no_commit_is_not_used_as_a_path() throws IOException {
        putModel();
        Files.writeString(repository.resolve("refs/main"), "../../../../etc");
        assertThatThrownBy(this::pull).hasMessageContaining("names no commit");
    }
}
