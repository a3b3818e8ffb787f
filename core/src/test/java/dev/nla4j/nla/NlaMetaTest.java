package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NlaMetaTest {
    private static final String LEAST = "role: av\nd_model: 16\n";

    @TempDir
    Path folder;

    @Test
    void a_whole_sidecar_is_read() throws IOException {
        NlaMeta meta = read("""
                kind: nla_model
                schema_version: 2
                role: critic
                stage: rl
                base_checkpoint: owner/base
                base_file: {name: base.gguf, sha256: %s}
                d_model: 16
                extraction: {injection_scale: 150.0, mse_scale: 4, min_position: 20, max_position: 95}
                tokens:
                  injection_char: "㈎"
                  injection_token_id: 149705
                  injection_left_neighbor_id: 29
                  injection_right_neighbor_id: 522
                  critic_suffix_ids: [1318, 29, 366, 1708, 29]
                prompt_templates: {actor: "say {injection_char}!", critic: "of {explanation}."}
                trained_on: [a.parquet, b.parquet]
                parent_checkpoints: [x]
                created_at: 2026-01-01T00:00:00Z
                created_by: someone
                critic: {extraction_layer_index: 20}
                training: {lr: 1.0e-5}
                rawvar: 0.7335
                unheard_of: {deep: [1, {2: 3}]}
                """.formatted("AB".repeat(32)));
        assertThat(meta.schemaVersion()).isEqualTo(2);
        assertThat(meta.role()).isEqualTo(Role.RECONSTRUCTOR);
        assertThat(meta.stage()).isEqualTo("rl");
        assertThat(meta.baseCheckpoint()).hasValue("owner/base");
        assertThat(meta.baseFile()).hasValue(new NlaMeta.BaseFile("base.gguf", "ab".repeat(32)));
        assertThat(meta.dim()).isEqualTo(16);
        assertThat(meta.injectionScale()).hasValue(150);
        assertThat(meta.mseScale()).hasValue(4);
        assertThat(meta.requiredMarker()).isEqualTo(new NlaMeta.Marker("㈎", 149705, 29, 522));
        assertThat(meta.suffixIds()).hasValue(java.util.List.of(1318, 29, 366, 1708, 29));
        assertThat(meta.template()).isEqualTo("of {explanation}.");
        assertThat(meta.verbalizerTemplate()).hasValue("say {injection_char}!");
        assertThat(meta.layer()).hasValue(20);
        assertThat(meta.rawvar()).hasValue(0.7335);
        assertThat(meta.trained()).hasValue(new NlaMeta.Span(20, 95));
        assertThat(meta.trained().orElseThrow().holds(19)).isFalse();
        assertThat(meta.trained().orElseThrow().holds(95)).isTrue();
    }

    @Test
    void what_is_left_out_is_empty_or_the_reference_default() throws IOException {
        NlaMeta meta = read(LEAST);
        assertThat(meta.schemaVersion()).isEqualTo(1);
        assertThat(meta.stage()).isEqualTo("unknown");
        assertThat(meta.injectionScale()).isEmpty();
        assertThat(meta.mseScale()).hasValue(4);
        assertThat(meta.layer()).isEmpty();
        assertThat(meta.rawvar()).isEmpty();
        assertThat(meta.trained()).isEmpty();
        assertThatThrownBy(meta::requiredMarker).hasMessageContaining("tokens.injection_char");
        assertThatThrownBy(meta::template).hasMessageContaining("prompt_templates.av");
    }

    @ParameterizedTest
    @CsvSource({"av,VERBALIZER", "actor,VERBALIZER", "ar,RECONSTRUCTOR", "critic,RECONSTRUCTOR"})
    void both_spellings_of_a_role_are_known(String spelling, Role role) throws IOException {
        assertThat(read("role: " + spelling + "\nd_model: 16\n").role()).isEqualTo(role);
    }

    @Test
    void the_released_spelling_of_a_template_goes_before_the_other() throws IOException {
        NlaMeta meta = read(LEAST + "prompt_templates: {av: \"a{injection_char}\", actor: \"b{injection_char}\"}\n");
        assertThat(meta.template()).isEqualTo("a{injection_char}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "critic: {extraction_layer_index: 20}",
                "critic: {num_hidden_layers: 20}",
                "ar: {extraction_layer_index: 20}",
                "ar: {num_hidden_layers: 20}",
                "critic: {extraction_layer_index: 20, num_hidden_layers: 21}",
                "critic: {}\nar: {num_hidden_layers: 20}",
                "critic: {extraction_layer_index: null, num_hidden_layers: 20}\nextraction_layer_index: 7\nlayer: 8",
            })
    void every_spelling_of_the_layer_is_known(String spelling) throws IOException {
        assertThat(read(LEAST + spelling + "\n").layer()).hasValue(20);
    }

    @ParameterizedTest
    @CsvSource({"150,150", "1.5e2,150", "'\"150\"',150", "sqrt_d_model,4", "raw,", "none,", "null,", "~,"})
    void every_spelling_of_a_scale_is_known(String spelling, Double scale) throws IOException {
        NlaMeta meta = read(LEAST + "extraction: {injection_scale: " + spelling + ", mse_scale: " + spelling + "}\n");
        if (scale == null) {
            assertThat(meta.injectionScale()).isEmpty();
            assertThat(meta.mseScale()).isEmpty();
        } else {
            assertThat(meta.injectionScale()).hasValue(scale);
            assertThat(meta.mseScale()).hasValue(scale);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "role: judge | role",
                "role: 3 | role",
                "d_model: 0 | d_model",
                "d_model: many | d_model",
                "schema_version: 3 | schema_version",
                "kind: nla_dataset | kind",
                "extraction: {injection_scale: 0} | extraction.injection_scale",
                "extraction: {injection_scale: -1} | extraction.injection_scale",
                "extraction: {injection_scale: .nan} | extraction.injection_scale",
                "extraction: {injection_scale: loud} | extraction.injection_scale",
                "extraction: {injection_scale: true} | injection_scale: must be a positive number, raw, none or",
                "extraction: {mse_scale: [1]} | extraction.mse_scale",
                "extraction: 150 | extraction",
                "tokens: {injection_char: a} | tokens.injection_token_id",
                "tokens: {injection_char: 7, injection_token_id: 7} | tokens.injection_char",
                "tokens: {critic_suffix_ids: [a]} | tokens.critic_suffix_ids",
                "tokens: {critic_suffix_ids: [-1]} | tokens.critic_suffix_ids",
                "prompt_templates: {av: no marker} | prompt_templates",
                "prompt_templates: {ar: '{explanation} {explanation}'} | prompt_templates",
                "prompt_templates: {av: 3} | prompt_templates.av",
                "critic: {extraction_layer_index: -1} | critic.extraction_layer_index",
                "critic: {extraction_layer_index: 1.5} | critic.extraction_layer_index",
                "rawvar: 0 | rawvar",
                "rawvar: high | rawvar",
                "base_file: {name: x, sha256: abc} | base_file.sha256",
                "base_file: {name: x} | base_file.sha256",
            })
    void a_bad_value_is_refused_with_file_and_field(String line, String field) {
        String name = line.substring(0, line.indexOf(':'));
        String rest = LEAST.lines().filter(l -> !l.startsWith(name + ":")).reduce("", (a, b) -> a + b + "\n");
        assertRefused(rest + line + "\n", field);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "7", "role: [", "role: av\nrole: ar\n", "d_model: 16\n", "role: av\n", "a: &a [*a]"})
    void what_is_no_sidecar_is_refused_in_one_line(String yaml) {
        assertRefused(yaml, NlaMeta.FILE);
    }

    private NlaMeta read(String yaml) throws IOException {
        Files.writeString(folder.resolve(NlaMeta.FILE), yaml);
        return NlaMeta.read(folder);
    }

    private void assertRefused(String yaml, String named) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(NlaMeta.FILE)
                .hasMessageContaining(named)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
}
