package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LintCommandTest {

    @TempDir
    Path folder;

    @Test
    void the_shipped_pair_is_sound_by_itself() {
        Run run = Run.of("lint", DefaultModel.shippedPair().toString());
        assertThat(run.code()).as(run.out()).isZero();
        assertThat(run.out()).startsWith("ok ").contains("reads_text").doesNotContain("FAIL");
        assertThat(run.out().lines().toList().getLast()).startsWith("ok: ").contains(" 0 fail");
    }

    @Test
    @Tag("model")
    void the_shipped_pair_is_sound_against_the_default_target() {
        DefaultModel.required();
        Run run = Run.of("lint", DefaultModel.shippedPair().toString(), "--against", Wiring.DEFAULT_MODEL, "--json");
        assertThat(run.code()).as(run.out()).isZero();
        JsonNode report = Json.parse(folder, run.out());
        assertThat(report.path("verdict").stringValue()).isEqualTo("ok");
        assertThat(report.path("against").stringValue()).isEqualTo(Wiring.DEFAULT_MODEL);
        assertThat(report.path("counts").path("not_run").intValue()).isEqualTo(2);
    }

    @Test
    void a_fault_is_a_row_with_its_mending_and_ends_with_3() throws IOException {
        Path pair = copy();
        Path sidecar = pair.resolve("av/nla_meta.yaml");
        String before = Files.readString(sidecar);
        String after = before.replaceFirst("injection_scale: [0-9.]+", "injection_scale: null");
        assertThat(after).isNotEqualTo(before);
        Files.writeString(sidecar, after);
        Run run = Run.of("lint", pair.toString());
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.out())
                .containsPattern("FAIL +av +injection_scale +.*missing")
                .contains("mend: ")
                .contains("fail: ");
        Run json = Run.of("lint", pair.toString(), "--json");
        assertThat(json.code()).isEqualTo(3);
        assertThat(json.out().lines()).hasSize(1);
        assertThat(Json.parse(folder, json.out()).path("counts").path("fail").intValue())
                .isEqualTo(1);
    }

    @Test
    void halves_that_lie_apart_are_one_pair_and_one_alone_says_how_to_name_the_other() throws IOException {
        Path pair = copy();
        Path apart = Files.move(pair.resolve("ar"), folder.resolve("apart"));
        String verbalizer = pair.resolve("av").toString();
        Run both = Run.of("lint", verbalizer, "--nla-ar", apart.toString());
        assertThat(both.code()).as(both.out()).isZero();
        assertThat(both.out()).containsPattern("ok +pair +layers_agree +K = 20");
        Run alone = Run.of("lint", verbalizer);
        assertThat(alone.out()).containsPattern("not run +pair +layers_agree +name the other half by --nla-ar");
    }

    @Test
    void what_is_no_folder_is_one_line_and_ends_with_3() {
        String nowhere = folder.resolve("nowhere").toString();
        Run run = Run.of("lint", nowhere);
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines())
                .singleElement()
                .asString()
                .startsWith("nla: ")
                .contains("nowhere");
    }

    private Path copy() throws IOException {
        Path from = DefaultModel.shippedPair();
        Path to = folder.resolve("pair");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        return to;
    }
}
