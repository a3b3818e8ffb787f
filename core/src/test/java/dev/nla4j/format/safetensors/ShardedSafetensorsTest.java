package dev.nla4j.format.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.Fixtures;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.TensorToWrite;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedSafetensorsTest {
    private static final String INDEX = "model.safetensors.index.json";

    @TempDir
    Path folder;

    @Test
    void tensors_come_from_the_shard_the_index_names() throws IOException {
        shard(folder.resolve("one.safetensors"), "a", 1);
        shard(folder.resolve("two.safetensors"), "b", 2);
        index(folder, Map.of("a", "one.safetensors", "b", "two.safetensors"));
        try (TensorSource source = Safetensors.open(folder)) {
            assertThat(source.names()).containsExactlyInAnyOrder("a", "b");
            assertThat(source.tensor("b").file()).hasFileName("two.safetensors");
            assertThat(Fixtures.f32(source, "a")).containsExactly(1);
            assertThat(Fixtures.bf16(source, "b")).containsExactly(0x4000);
            assertThat(source.location()).endsWith(INDEX);
            assertThatThrownBy(() -> source.tensor("c"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("no tensor c");
        }
    }

    @Test
    void a_shard_is_opened_only_when_it_is_needed_and_not_after_closing() throws IOException {
        shard(folder.resolve("one.safetensors"), "a", 1);
        Files.writeString(folder.resolve("two.safetensors"), "broken");
        index(folder, Map.of("a", "one.safetensors", "b", "two.safetensors"));
        TensorSource source = Safetensors.open(folder.resolve(INDEX));
        assertThat(Fixtures.f32(source, "a")).containsExactly(1);
        assertThatThrownBy(() -> source.tensor("b")).isInstanceOf(FormatException.class);
        source.close();
        assertThatIllegalStateException().isThrownBy(() -> source.tensor("a"));
    }

    @Test
    void a_tensor_that_its_shard_lacks_is_reported_at_the_shards_first_use() throws IOException {
        shard(folder.resolve("one.safetensors"), "a", 1);
        index(folder, Map.of("a", "one.safetensors", "b", "one.safetensors"));
        try (TensorSource source = Safetensors.open(folder)) {
            assertThatThrownBy(() -> source.tensor("a"))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("weight_map.b: is said to be in");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../out.safetensors",
                "/out.safetensors",
                "sub/out.safetensors",
                "sub\\\\out.safetensors",
                "..\\\\out.safetensors",
                "C:out.safetensors",
                ".safetensors",
                "..safetensors",
                "a\\u0000.safetensors",
                "missing.safetensors",
                "model.bin",
                ""
            })
    void a_shard_must_be_a_plain_file_name_that_exists(String name) throws IOException {
        Path inner = Files.createDirectories(folder.resolve("model"));
        shard(folder.resolve("out.safetensors"), "a", 1);
        Files.createDirectories(inner.resolve("sub"));
        shard(inner.resolve("sub/out.safetensors"), "a", 1);
        Files.writeString(inner.resolve(INDEX), "{\"weight_map\":{\"a\":\"" + name + "\"}}");
        assertThatThrownBy(() -> Safetensors.open(inner))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(INDEX);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"weight_map\":{}}",
                "{\"weight_map\":[]}",
                "{\"weight_map\":{\"a\":1}}",
                "[]",
                "{",
                "",
                "{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"x.safetensors\"}}"
            })
    void a_broken_index_is_refused(String index) throws IOException {
        Files.writeString(folder.resolve(INDEX), index);
        assertThatThrownBy(() -> Safetensors.open(folder)).isInstanceOf(FormatException.class);
    }

    @Test
    void a_link_out_of_the_folder_is_refused() throws IOException {
        Path inner = Files.createDirectories(folder.resolve("model"));
        shard(folder.resolve("out.safetensors"), "a", 1);
        Files.createSymbolicLink(inner.resolve("in.safetensors"), folder.resolve("out.safetensors"));
        index(inner, Map.of("a", "in.safetensors"));
        assertThatThrownBy(() -> Safetensors.open(inner))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("link out of the folder");
        Files.createSymbolicLink(inner.resolve("model.safetensors"), folder.resolve("out.safetensors"));
        assertThatThrownBy(() -> Safetensors.open(inner)).hasMessageContaining("link out of the folder");
    }

    @Test
    void links_of_hugging_faces_cache_are_followed_into_its_blobs_and_nowhere_else() throws IOException {
        Path repo = folder.resolve("models--o--m");
        Path snapshot = Files.createDirectories(repo.resolve("snapshots/0123"));
        Files.createDirectories(repo.resolve("blobs"));
        Files.createDirectories(folder.resolve("models--o--other/blobs"));
        shard(repo.resolve("blobs/abcd"), "a", 1);
        shard(folder.resolve("models--o--other/blobs/abcd"), "a", 2);
        index(repo.resolve("blobs"), Map.of("a", "one.safetensors"));
        Files.createSymbolicLink(snapshot.resolve(INDEX), Path.of("../../blobs", INDEX));
        Path link = Files.createSymbolicLink(snapshot.resolve("one.safetensors"), Path.of("../../blobs/abcd"));
        try (TensorSource source = Safetensors.open(snapshot)) {
            assertThat(Fixtures.f32(source, "a")).containsExactly(1);
        }
        Files.delete(link);
        Files.createSymbolicLink(link, Path.of("../../../models--o--other/blobs/abcd"));
        assertThatThrownBy(() -> Safetensors.open(snapshot)).hasMessageContaining("link out of the folder");
    }

    @Test
    void the_single_file_is_taken_before_an_index() throws IOException {
        shard(folder.resolve("model.safetensors"), "single", 1);
        Files.writeString(folder.resolve(INDEX), "not read");
        try (TensorSource source = Safetensors.open(folder)) {
            assertThat(source.names()).containsExactly("single");
        }
    }

    @Test
    void pickled_weights_are_refused_with_the_way_to_convert_them() throws IOException {
        assertThatThrownBy(() -> Safetensors.open(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("neither model.safetensors nor")
                .message()
                .doesNotContain("safe_serialization");
        Path pickle = Files.createFile(folder.resolve("pytorch_model.bin"));
        assertThatThrownBy(() -> Safetensors.open(folder)).hasMessageContaining("safe_serialization=True");
        assertThatThrownBy(() -> Safetensors.open(pickle)).hasMessageContaining("safe_serialization=True");
    }

    private static void shard(Path path, String name, float value) throws IOException {
        MemorySegment values = MemorySegment.ofArray(new float[] {value});
        SafetensorsWriter.write(
                path, List.of(TensorToWrite.ofF32(name, StoredType.F32, List.of(1L), values)), Map.of());
    }

    private static void index(Path folder, Map<String, String> weightMap) throws IOException {
        StringBuilder json = new StringBuilder();
        weightMap.forEach(
                (name, file) -> json.append(json.isEmpty() ? "" : ",").append('"' + name + "\":\"" + file + '"'));
        Files.writeString(folder.resolve(INDEX), "{\"metadata\":{\"total_size\":8},\"weight_map\":{" + json + "}}");
    }
}
