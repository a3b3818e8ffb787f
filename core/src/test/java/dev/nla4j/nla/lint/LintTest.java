package dev.nla4j.nla.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.ActivationWriter;
import dev.nla4j.format.InputException;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.lint.TinyPair.Kind;
import dev.nla4j.nla.lint.TinyPair.Values;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class LintTest {
    private static final String SHA = "ab".repeat(32);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void a_sound_pair_is_ok_and_each_half_by_itself(Kind kind) throws IOException {
        TinyPair pair = TinyPair.write(folder, kind);
        assertSound(lint(pair.folder()));
        assertSound(lint(pair.folder().resolve("av")));
        assertSound(lint(pair.folder().resolve("ar")));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shards_are_as_good_as_one_file(Kind kind) throws IOException {
        TinyPair pair = TinyPair.write(folder, kind);
        pair.shard("av");
        pair.shard("ar");
        assertSound(lint(pair.folder()));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void a_sound_pair_is_ok_against_its_target(Kind kind) throws IOException {
        TinyPair pair = TinyPair.write(folder, kind);
        LintReport report = Lint.check(pair.folder(), against(pair.folder().resolve("av")), Progress.NONE);
        assertSound(report);
        assertThat(row(report, Check.TARGET_TOKENIZER, "ar").state()).isEqualTo(State.OK);
        assertThat(row(report, Check.TARGET_ARCHITECTURE, "ar").state()).isEqualTo(State.OK);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void sound_adapters_are_ok_on_their_base_and_not_run_without(Kind kind) throws IOException {
        TinyPair pair = adapters(kind);
        LintReport report = Lint.check(pair.folder(), against(pair.folder().resolve("base")), Progress.NONE);
        assertSound(report);
        assertThat(report.rows())
                .filteredOn(row -> row.state() == State.NOT_RUN)
                .extracting(Row::check)
                .containsExactly(Check.DATA, Check.READS_TEXT);
        LintReport alone = lint(pair.folder());
        assertThat(alone.failed()).isFalse();
        assertThat(row(alone, Check.NEIGHBOURS, "av").state()).isEqualTo(State.NOT_RUN);
    }

    @Test
    void an_adapter_on_another_base_fails_with_both_hashes() throws IOException {
        TinyPair pair = adapters(Kind.LLAMA);
        pair.sidecar("av", s -> s.putObject("base_file").put("name", "b").put("sha256", "cd".repeat(32)));
        LintReport report = Lint.check(pair.folder(), against(pair.folder().resolve("base")), Progress.NONE);
        assertFails(report, Check.BASE_HASH, "av");
        assertThat(row(report, Check.BASE_HASH, "av").found()).contains(SHA, "cd".repeat(32));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void what_is_wrong_with_an_adapter_is_found(Kind kind) throws IOException {
        TinyPair pair = adapters(kind);
        pair.sidecar("ar", "critic", c -> c.removeAll().put("extraction_layer_index", TinyPair.K + 1));
        pair.sidecar("av", "tokens", t -> t.put("injection_left_neighbor_id", 77));
        TinyPair.json(pair.av("adapter_config.json"), c -> c.put("use_dora", true));
        TinyPair.tensors(pair.ar("adapter_model.safetensors"), all -> {
            String b = "base_model.model.model.layers.2.self_attn.q_proj.lora_B.weight";
            all.put(b, new Values(List.of(16L, 2L), new float[32]));
            all.remove("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight");
        });
        LintReport report = Lint.check(pair.folder(), against(pair.folder().resolve("base")), Progress.NONE);
        assertFails(report, Check.LAYER_COUNT, "ar");
        assertFails(report, Check.NEIGHBOURS, "av");
        assertFails(report, Check.ADAPTER, "av");
        assertFails(report, Check.TENSORS, "ar");
        assertFails(report, Check.WEIGHTS_WHOLE, "ar");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void k_may_stand_only_in_the_extras_of_released_sidecars(Kind kind) throws IOException {
        TinyPair pair = TinyPair.write(folder, kind);
        for (String extra : List.of("extraction_layer_index", "layer")) {
            pair.sidecar("ar", s -> {
                s.remove("critic");
                s.put(extra, TinyPair.K);
            });
            assertSound(lint(pair.folder()));
            assertThat(row(lint(pair.folder()), Check.LAYERS_AGREE, "pair").found())
                    .isEqualTo("K = " + TinyPair.K);
            pair.sidecar("ar", s -> s.remove(extra));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-4", "1e308", "1e-300"})
    void an_alpha_that_makes_the_adapter_nothing_or_everything_fails(String alpha) throws IOException {
        TinyPair pair = adapters(Kind.QWEN2);
        TinyPair.json(pair.av("adapter_config.json"), c -> c.put("lora_alpha", Double.parseDouble(alpha)));
        LintReport report = lint(pair.folder());
        assertFails(report, Check.ADAPTER, "av");
        assertThat(row(report, Check.ADAPTER, "av").found()).contains("lora_alpha");
    }

    @Test
    void target_modules_that_name_other_modules_than_the_tensors_fail() throws IOException {
        TinyPair pair = adapters(Kind.QWEN2);
        for (List<String> named : List.of(List.of("v_proj"), List.of("q_proj", "down_proj"), List.<String>of())) {
            TinyPair.json(pair.av("adapter_config.json"), c -> c.set("target_modules", TinyPair.node(named)));
            assertFails(lint(pair.folder()), Check.ADAPTER, "av");
        }
        TinyPair.json(
                pair.av("adapter_config.json"),
                c -> c.putArray("target_modules").add("QUERY"));
        assertThat(row(lint(pair.folder()), Check.ADAPTER, "av").found())
                .contains("does not name 6 of 6", "self_attn.q_proj", "(it names QUERY)");
        // A name that no model here has is usual: one list for many families.
        for (Object named :
                List.of(List.of("q_proj", "c_attn"), List.of("self_attn.q_proj"), "all-linear", ".*q_proj")) {
            TinyPair.json(pair.av("adapter_config.json"), c -> c.set("target_modules", TinyPair.node(named)));
            assertThat(row(lint(pair.folder()), Check.ADAPTER, "av").state()).isEqualTo(State.OK);
        }
    }

    @Test
    void a_block_left_out_of_an_adapter_fails_unless_its_configuration_leaves_it_out() throws IOException {
        TinyPair pair = adapters(Kind.LLAMA);
        for (String half : List.of("av", "ar")) {
            Path file = pair.folder().resolve(half).resolve("adapter_model.safetensors");
            String last = "layers." + TinyPair.K + ".";
            TinyPair.tensors(
                    file,
                    all -> List.copyOf(all.keySet()).stream()
                            .filter(n -> n.contains(last))
                            .forEach(n -> {
                                Values values = java.util.Objects.requireNonNull(all.remove(n));
                                all.put(
                                        n.replace(last, "layers." + (half.equals("ar") ? TinyPair.K + 1 : 77) + "."),
                                        values);
                            }));
            LintReport report = lint(pair.folder());
            assertFails(report, Check.LAYER_COUNT, half);
            assertThat(row(report, Check.LAYER_COUNT, half).found())
                    .contains("3")
                    .contains("would run without it");
            TinyPair.json(
                    pair.folder().resolve(half).resolve("adapter_config.json"),
                    c -> c.put("exclude_modules", ".*layers\\.3\\..*"));
            assertThat(row(lint(pair.folder()), Check.LAYER_COUNT, half).state())
                    .isNotEqualTo(State.FAIL);
        }
    }

    /// @param half whose adapter it is
    /// @param adapted that many blocks have tensors, from 0 on
    /// @param k of the reconstructor
    /// @param listed by `layers_to_transform`; -1 for no list
    /// @param base whether the base with its six blocks is at hand
    private record Depth(String half, int adapted, int k, int listed, boolean base, State state, String found) {}

    static Stream<Depth> depths() {
        return Stream.of(
                new Depth("ar", 4, 3, -1, true, State.OK, "blocks 0-3"),
                new Depth("ar", 3, 3, -1, true, State.FAIL, "K seems to be off by one"),
                new Depth("ar", 2, 3, -1, true, State.FAIL, "2-3 would run without it"),
                new Depth("ar", 1, 3, -1, false, State.FAIL, "1-3 would run without it"),
                new Depth("ar", 5, 3, -1, true, State.FAIL, "K seems to be off by one"),
                new Depth("ar", 6, 3, -1, true, State.WARN, "blocks above K never run"),
                new Depth("ar", 6, 4, -1, true, State.WARN, "blocks above K never run"),
                new Depth("ar", 4, 3, 4, true, State.OK, "blocks 0-3"),
                new Depth("ar", 3, 3, 3, true, State.OK, "blocks 0-2"),
                new Depth("ar", 4, 3, 1, true, State.FAIL, "lists blocks 0, the tensors are of 0-3"),
                new Depth("ar", 2, 3, 4, true, State.FAIL, "lists blocks 0-3, the tensors are of 0-1"),
                new Depth("av", 6, 3, -1, true, State.OK, ""),
                new Depth("av", 3, 3, -1, false, State.OK, ""),
                new Depth("av", 3, 3, -1, true, State.WARN, "3-5 run without it"),
                new Depth("av", 3, 3, 3, true, State.OK, ""),
                new Depth("av", 6, 3, 3, true, State.FAIL, "lists blocks 0-2, the tensors are of 0-5"));
    }

    @ParameterizedTest
    @MethodSource("depths")
    void an_adapter_is_as_deep_as_its_configuration_and_k_say(Depth depth) throws IOException {
        TinyPair pair = adapters(Kind.QWEN2);
        pair.adapted(depth.half(), depth.adapted());
        pair.sidecar("ar", "critic", c -> c.put("extraction_layer_index", depth.k()));
        if (depth.listed() >= 0) {
            TinyPair.json(pair.folder().resolve(depth.half()).resolve("adapter_config.json"), c -> {
                var listed = c.putArray("layers_to_transform");
                IntStream.range(0, depth.listed()).forEach(listed::add);
            });
        }
        LintReport report = depth.base()
                ? Lint.check(pair.folder(), against(pair.folder().resolve("base")), Progress.NONE)
                : lint(pair.folder());
        Row row = row(report, Check.LAYER_COUNT, depth.half());
        assertThat(row.state()).as(row.found()).isEqualTo(depth.state());
        assertThat(row.found()).contains(depth.found());
    }

    @Test
    void exchanged_adapters_fail_and_one_over_an_uncut_base_does_not() throws IOException {
        TinyPair pair = adapters(Kind.QWEN2);
        pair.adapted("av", TinyPair.K + 1);
        pair.adapted("ar", TinyPair.BLOCKS);
        assertFails(lint(pair.folder()), Check.LAYERS_AGREE, "pair");
        TinyPair.tensors(
                pair.ar("adapter_model.safetensors"),
                all -> all.replaceAll((name, values) -> name.matches(".*layers\\.[45]\\..*lora_B.*")
                        ? new Values(values.shape(), new float[values.numbers().length])
                        : values));
        assertThat(row(lint(pair.folder()), Check.LAYERS_AGREE, "pair").state()).isEqualTo(State.OK);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void a_pipe_in_a_files_place_is_not_waited_for_and_a_link_is_followed() throws Exception {
        TinyPair sound = TinyPair.write(folder.resolve("sound"), Kind.LLAMA);
        for (String name : List.of(
                "nla_meta.yaml",
                "config.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json",
                "chat_template.jinja",
                "adapter_config.json",
                "adapter_model.safetensors",
                "value_head.safetensors")) {
            TinyPair pair = sound.copyTo(folder.resolve(name));
            Path file = name.startsWith("value_head") ? pair.ar(name) : pair.av(name);
            Files.deleteIfExists(file);
            assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                    .isZero();
            assertThat(lint(pair.folder()).failed()).as(name).isTrue();
        }
        Path pipe = folder.resolve("config.json").resolve("av/config.json");
        assertThat(lint(folder.resolve("config.json")).rows())
                .anyMatch(row -> row.found().contains("config.json: file: is a device or a pipe"));
        Files.delete(pipe);
        Files.createSymbolicLink(pipe, sound.av("config.json"));
        assertSound(lint(folder.resolve("config.json")));
    }

    @Test
    void blocks_that_are_no_numbers_fail_in_the_adapters_own_row() throws IOException {
        TinyPair pair = adapters(Kind.QWEN2);
        TinyPair.json(
                pair.av("adapter_config.json"),
                c -> c.putArray("layers_to_transform").add("first"));
        Row row = row(lint(pair.folder()), Check.ADAPTER, "av");
        assertThat(row.state()).isEqualTo(State.FAIL);
        assertThat(row.found()).contains("layers_to_transform").doesNotContain("ended early");
    }

    @Test
    void target_modules_that_exclude_modules_takes_out_again_need_no_tensors() throws IOException {
        TinyPair pair = adapters(Kind.QWEN2);
        TinyPair.json(pair.av("adapter_config.json"), c -> {
            c.putArray("target_modules").add("q_proj").add("v_proj");
            c.put("exclude_modules", ".*v_proj");
        });
        assertThat(row(lint(pair.folder()), Check.ADAPTER, "av").state()).isEqualTo(State.OK);
        // Another base's name, which is a warning, hides no failure.
        TinyPair.json(
                pair.av("adapter_config.json"),
                c -> c.put("base_model_name_or_path", "another/base")
                        .putArray("target_modules")
                        .add("v_proj"));
        assertFails(lint(pair.folder()), Check.ADAPTER, "av");
    }

    private record Tensors(String name, Consumer<Map<String, Values>> change, String found) {}

    @Test
    void an_adapters_pairs_are_whole_also_where_its_base_is_not_at_hand() throws IOException {
        TinyPair sound = adapters(Kind.QWEN2);
        Row whole = row(lint(sound.folder()), Check.TENSORS, "av");
        assertThat(whole.state()).isEqualTo(State.NOT_RUN);
        assertThat(whole.found()).contains("12 tensors are whole pairs of rank 2", "--against");
        String query = "base_model.model.model.layers.1.self_attn.q_proj.lora_";
        for (Tensors fault : List.of(
                new Tensors("no-a", all -> all.remove(query + "A.weight"), "block 1, q_proj has lora_B alone"),
                new Tensors("no-b", all -> all.remove(query + "B.weight"), "block 1, q_proj has lora_A alone"),
                new Tensors(
                        "rank",
                        all -> all.put(query + "A.weight", new Values(List.of(3L, 16L), new float[48])),
                        "lora_A.weight is [3, 16], expected [r, in] with r = 2"),
                new Tensors(
                        "name",
                        all -> all.put("layers.0.self_attn.query.lora_A.weight", numbersOf(2, 16)),
                        "layers.0.self_attn.query.lora_A.weight is not a low-rank tensor of a projection"),
                new Tensors(
                        "twice",
                        all -> all.put(query + "A.default.weight", numbersOf(2, 16)),
                        "stands twice for block 1, q_proj"),
                new Tensors("empty", Map::clear, "holds no tensors"))) {
            TinyPair pair = sound.copyTo(folder.resolveSibling(folder.getFileName() + fault.name()));
            TinyPair.tensors(pair.av("adapter_model.safetensors"), fault.change());
            Row row = row(lint(pair.folder()), Check.TENSORS, "av");
            assertThat(row.state()).as(fault.name() + row.found()).isEqualTo(State.FAIL);
            assertThat(row.found()).contains(fault.found());
        }
    }

    private static Values numbersOf(long rows, long columns) {
        return new Values(List.of(rows, columns), new float[Math.toIntExact(rows * columns)]);
    }

    @Test
    void the_dummies_that_converters_to_megatron_want_are_a_warning() throws IOException {
        for (Kind kind : Kind.values()) {
            TinyPair pair = TinyPair.write(folder.resolve(kind.name()), kind);
            pair.shard("ar");
            pair.dummies(1);
            LintReport report = lint(pair.folder());
            assertThat(report.rows()).noneMatch(row -> row.state() == State.FAIL);
            assertThat(row(report, Check.FINAL_NORM, "ar").state()).isEqualTo(State.WARN);
        }
    }

    @Test
    void one_base_of_two_names_is_a_warning_where_its_bytes_are_the_same() throws IOException {
        TinyPair pair = adapters(Kind.LLAMA);
        pair.sidecar("av", s -> s.put("base_checkpoint", "another/name"));
        Row row = row(lint(pair.folder()), Check.BASES_AGREE, "pair");
        assertThat(row.state()).as(row.found()).isEqualTo(State.WARN);
        pair.sidecar("ar", s -> s.remove("base_file"));
        assertFails(lint(pair.folder()), Check.BASES_AGREE, "pair");
    }

    @Test
    void a_reconstructor_may_repeat_the_verbalizers_injection_scale() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.LLAMA);
        pair.sidecar("ar", "extraction", e -> e.put("injection_scale", 150.0));
        assertSound(lint(pair.folder()));
        Row alone = row(lint(pair.folder().resolve("ar")), Check.INJECTION_SCALE, "ar");
        assertThat(alone.state()).isEqualTo(State.WARN);
    }

    @Test
    void halves_that_lie_apart_are_held_against_each_other() throws IOException {
        TinyPair pair = TinyPair.write(folder.resolve("pair"), Kind.GEMMA3);
        Path apart = folder.resolve("apart");
        Files.move(pair.folder().resolve("ar"), apart);
        for (Path verbalizer : List.of(pair.folder().resolve("av"), pair.folder())) {
            LintReport report = Lint.check(verbalizer, apart, Lint.Options.ALONE, Progress.NONE);
            assertSound(report);
            assertThat(row(report, Check.FOLDER, "pair").state()).isEqualTo(State.OK);
            assertThat(report.rows())
                    .filteredOn(row -> row.check().id().endsWith("_agree"))
                    .hasSize(7)
                    .allMatch(row -> row.state() == State.OK);
            assertThat(report.json().path("nla_ar").stringValue()).isEqualTo(apart.toString());
        }
        pair.sidecar("av", s -> s.putObject("critic").put("extraction_layer_index", 2));
        LintReport differ = Lint.check(pair.folder().resolve("av"), apart, Lint.Options.ALONE, Progress.NONE);
        assertFails(differ, Check.LAYERS_AGREE, "pair");
        for (Path alone : List.of(pair.folder().resolve("av"), apart)) {
            assertThat(lint(alone).rows())
                    .filteredOn(row -> row.check().id().endsWith("_agree"))
                    .hasSize(7)
                    .allMatch(row -> row.state() == State.NOT_RUN && row.found().contains("--nla-ar"));
        }
        assertThatThrownBy(() -> Lint.check(apart, folder.resolve("nowhere"), Lint.Options.ALONE, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("nowhere");
    }

    @Test
    void norms_stored_as_offsets_may_be_zero_and_rows_that_no_token_has_too() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.GEMMA3);
        TinyPair.tensors(pair.ar("model.safetensors"), all -> {
            Arrays.fill(numbers(all, "model.layers.1.input_layernorm.weight"), 0);
        });
        LintReport report = lint(pair.folder());
        assertThat(report.failed()).isFalse();
        assertThat(row(report, Check.WEIGHTS_WHOLE, "ar").state()).isEqualTo(State.WARN);
        pair.sidecar("ar", s -> s.put("stage", "init"));
        assertThat(row(lint(pair.folder()), Check.WEIGHTS_WHOLE, "ar").state()).isEqualTo(State.OK);
        TinyPair padded = TinyPair.write(folder.resolve("padded"), Kind.LLAMA);
        for (Path file : List.of(padded.av("model.safetensors"), padded.ar("model.safetensors"))) {
            TinyPair.json(file.resolveSibling("config.json"), c -> c.put("vocab_size", 4000));
            TinyPair.tensors(
                    file,
                    all -> List.of("model.embed_tokens.weight", "lm_head.weight")
                            .forEach(name -> {
                                if (all.containsKey(name)) {
                                    all.put(
                                            name,
                                            new Values(List.of(4000L, 16L), Arrays.copyOf(numbers(all, name), 64_000)));
                                }
                            }));
        }
        assertSound(lint(padded.folder()));
    }

    @Test
    void what_one_broken_file_makes_impossible_is_not_run() throws IOException {
        TinyPair sound = TinyPair.write(folder.resolve("sound"), Kind.LLAMA);
        assertOneFailure(sound, "av", Check.SIDECAR, p -> Files.delete(p.av("nla_meta.yaml")));
        assertOneFailure(sound, "av", Check.SIDECAR, p -> Files.writeString(p.av("nla_meta.yaml"), "a: [\n"));
        assertOneFailure(sound, "ar", Check.SIDECAR, p -> Files.delete(p.ar("nla_meta.yaml")));
        assertOneFailure(sound, "ar", Check.SIDECAR, p -> Files.writeString(p.ar("nla_meta.yaml"), "- x"));
        assertOneFailure(
                sound, "av", Check.CHAT_TEMPLATE, p -> Files.writeString(p.av("chat_template.jinja"), "{% if"));
        assertOneFailure(
                sound,
                "av",
                Check.CHAT_TEMPLATE,
                p -> Files.writeString(
                        p.av("chat_template.jinja"),
                        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}"));
        assertOneFailure(
                sound, "av", Check.CHAT_TEMPLATE, p -> Files.writeString(p.av("chat_template.jinja"), "{{ 1 / 0 }}"));
        assertOneFailure(sound, "ar", Check.TOKENIZER, p -> Files.writeString(p.ar("tokenizer.json"), "{"));
    }

    private interface Spoiling {
        void spoil(TinyPair pair) throws IOException;
    }

    private void assertOneFailure(TinyPair sound, String half, Check check, Spoiling spoiling) throws IOException {
        TinyPair pair = sound.copyTo(Files.createTempDirectory(folder, "spoilt").resolve("pair"));
        spoiling.spoil(pair);
        assertThat(lint(pair.folder()).rows())
                .filteredOn(row -> row.state() == State.FAIL)
                .singleElement()
                .satisfies(row -> assertThat(row.check() + " " + row.half()).isEqualTo(check + " " + half));
    }

    private static float[] numbers(java.util.Map<String, Values> all, String name) {
        return java.util.Objects.requireNonNull(all.get(name), name).numbers();
    }

    @Test
    void another_tokenizer_and_architecture_than_the_targets_fail() throws IOException {
        TinyPair pair = TinyPair.write(folder.resolve("a"), Kind.GEMMA3);
        TinyPair other = TinyPair.write(folder.resolve("b"), Kind.LLAMA);
        LintReport report = Lint.check(pair.folder(), against(other.folder().resolve("av")), Progress.NONE);
        for (String half : List.of("av", "ar")) {
            assertFails(report, Check.TARGET_TOKENIZER, half);
            assertFails(report, Check.TARGET_ARCHITECTURE, half);
        }
    }

    /// As in Gemma 3 1B, whose tokenizer has a token for images and whose table has none.
    @Test
    void an_added_token_without_a_row_is_a_warning() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.LLAMA);
        TinyPair.json(pair.av("config.json"), c -> c.put("vocab_size", 1501));
        TinyPair.json(
                pair.av("tokenizer.json"),
                t -> t.withArray("added_tokens")
                        .addObject()
                        .put("id", 1501)
                        .put("content", "<image_soft_token>")
                        .put("special", true));
        Row row = row(lint(pair.folder()), Check.TOKEN_IDS, "av");
        assertThat(row.state()).as(row.found()).isEqualTo(State.WARN);
        assertThat(row.found()).contains("1501");
    }

    @Test
    void an_identity_head_is_a_warning_and_ok_at_stage_init() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        TinyPair.tensors(pair.ar("value_head.safetensors"), all -> {
            float[] identity = new float[256];
            for (int i = 0; i < 16; i++) {
                identity[i * 17] = 1;
            }
            all.put("weight", new Values(List.of(16L, 16L), identity));
        });
        LintReport trained = lint(pair.folder());
        assertThat(trained.failed()).isFalse();
        assertThat(row(trained, Check.VALUE_HEAD_IDENTITY, "ar").state()).isEqualTo(State.WARN);
        pair.sidecar("ar", s -> s.put("stage", "init"));
        assertThat(row(lint(pair.folder()), Check.VALUE_HEAD_IDENTITY, "ar").state())
                .isEqualTo(State.OK);
    }

    @Test
    void a_reconstructor_that_reads_its_text_is_told_from_one_that_does_not() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        Path data = activations(pair);
        LintReport reads = Lint.check(pair.folder(), against(pair.folder().resolve("av"), data), Progress.NONE);
        assertThat(row(reads, Check.READS_TEXT, "ar").state())
                .as(row(reads, Check.READS_TEXT, "ar").found())
                .isEqualTo(State.OK);
        assertThat(row(reads, Check.DATA, "ar").state()).isEqualTo(State.OK);
        // Attention that passes nothing on: the last token, which is the template's, sees no text.
        TinyPair.tensors(
                pair.ar("model.safetensors"),
                all -> all.forEach((name, values) -> {
                    for (int i = 0; name.contains("o_proj") && i < values.numbers().length; i++) {
                        values.numbers()[i] *= 1e-9f;
                    }
                }));
        LintReport deaf = Lint.check(pair.folder(), against(pair.folder().resolve("av"), data), Progress.NONE);
        assertFails(deaf, Check.READS_TEXT, "ar");
        assertThat(deaf.count(State.FAIL)).isEqualTo(1);
        // Alone it may be one that was trained on explanations only, which these texts are not.
        LintReport alone = Lint.check(pair.ar(""), against(pair.folder().resolve("av"), data), Progress.NONE);
        Row row = row(alone, Check.READS_TEXT, "ar");
        assertThat(row.state()).as(row.found()).isEqualTo(State.WARN);
        assertThat(row.mend()).contains("--nla-ar");
        Path apart = Files.move(pair.folder().resolve("ar"), folder.resolve("apart"));
        LintReport both = Lint.check(pair.av(""), apart, against(pair.folder().resolve("av"), data), Progress.NONE);
        assertFails(both, Check.READS_TEXT, "ar");
    }

    @Test
    void a_template_that_leaves_nothing_of_the_empty_text_is_tried_without_it() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        pair.sidecar("ar", "tokens", t -> t.putNull("critic_suffix_ids"));
        pair.sidecar("ar", "prompt_templates", t -> t.put("ar", "{explanation}"));
        pair.sidecar("av", "prompt_templates", t -> t.put("ar", "{explanation}"));
        LintReport report =
                Lint.check(pair.folder(), against(pair.folder().resolve("av"), activations(pair)), Progress.NONE);
        Row row = row(report, Check.READS_TEXT, "ar");
        assertThat(row.state()).as(row.found()).isEqualTo(State.OK);
        assertThat(row.found()).contains("empty text has no token");
    }

    @Test
    void activations_of_another_layer_fail_and_without_a_target_the_text_is_not_tried() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        Path data = activations(pair);
        LintReport alone = Lint.check(pair.folder(), new Lint.Options(null, null, data, DType.FP32), Progress.NONE);
        assertThat(row(alone, Check.READS_TEXT, "ar").state()).isEqualTo(State.NOT_RUN);
        assertThat(row(alone, Check.DATA, "ar").state()).isEqualTo(State.OK);
        for (String half : List.of("config.json", "nla_meta.yaml")) {
            assertThat(pair.ar(half)).exists();
        }
        pair.sidecar("ar", "critic", c -> c.put("extraction_layer_index", TinyPair.K - 1));
        LintReport other = Lint.check(pair.folder(), new Lint.Options(null, null, data, DType.FP32), Progress.NONE);
        assertFails(other, Check.DATA, "ar");
    }

    @Test
    void a_verbalizer_alone_is_held_against_the_data_too() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        Path verbalizer = pair.folder().resolve("av");
        LintReport fits =
                Lint.check(verbalizer, new Lint.Options(null, null, activations(pair), DType.FP32), Progress.NONE);
        assertThat(row(fits, Check.DATA, "av").state()).isEqualTo(State.OK);
        assertThat(row(fits, Check.READS_TEXT, "ar").state()).isEqualTo(State.NOT_RUN);
        Path wide = folder.resolve("wide.parquet");
        try (ActivationWriter writer = ActivationWriter.create(wide, 2 * TinyPair.DIM)) {
            writer.write(new ActivationRow(12, "text", new float[2 * TinyPair.DIM], TinyPair.K, "doc:0"));
        }
        assertFails(
                Lint.check(verbalizer, new Lint.Options(null, null, wide, DType.FP32), Progress.NONE),
                Check.DATA,
                "av");
    }

    @Test
    void a_folder_of_rubbish_is_a_report_of_failures() throws IOException {
        Random random = new Random(5);
        Path half = Files.createDirectories(folder.resolve("av"));
        for (String name : List.of(
                "nla_meta.yaml",
                "config.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "chat_template.jinja",
                "model.safetensors",
                "value_head.safetensors")) {
            byte[] bytes = new byte[200];
            random.nextBytes(bytes);
            Files.write(half.resolve(name), bytes);
        }
        Files.createDirectories(folder.resolve("ar"));
        LintReport report = lint(folder);
        for (Check check : List.of(Check.SIDECAR, Check.CONFIG, Check.TOKENIZER, Check.WEIGHT_FILES)) {
            assertFails(report, check, "av");
            assertFails(report, check, "ar");
        }
        assertThat(report.rows()).noneMatch(row -> row.found().contains("ended early"));
    }

    @Test
    void what_is_no_folder_is_refused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        for (Path path : List.of(file, folder.resolve("nowhere"))) {
            assertThatThrownBy(() -> lint(path))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(path.toString());
        }
    }

    @Test
    void json_has_the_documented_keys_and_a_row_a_check() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        pair.sidecar("av", "extraction", e -> e.putNull("injection_scale"));
        JsonNode json = lint(pair.folder()).json();
        assertThat(json.propertyNames())
                .containsExactly("schema", "checkpoint", "nla_ar", "against", "data", "verdict", "counts", "rows");
        assertThat(json.path("schema").intValue()).isEqualTo(1);
        assertThat(json.path("verdict").stringValue()).isEqualTo("fail");
        assertThat(json.path("counts").propertyNames()).containsExactly("ok", "warn", "fail", "not_run");
        assertThat(json.path("counts").path("fail").intValue()).isEqualTo(1);
        for (JsonNode row : json.path("rows")) {
            assertThat(row.propertyNames()).containsExactly("check", "half", "state", "found", "mend");
            boolean isFaulty = row.path("state").stringValue().equals("fail");
            assertThat(row.path("mend").isNull()).isNotEqualTo(isFaulty);
        }
        List<String> keys = new ArrayList<>();
        json.path("rows")
                .forEach(row -> keys.add(
                        row.path("check").stringValue() + row.path("half").stringValue()));
        assertThat(keys).doesNotHaveDuplicates();
    }

    @Test
    void the_table_of_the_docs_names_every_check_once() throws IOException {
        Path docs = Path.of(System.getProperty("nla.root", "..")).resolve("docs/design/lint.md");
        List<String> named = Files.readAllLines(docs).stream()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(3, line.indexOf('`', 3)))
                .toList();
        assertThat(named)
                .containsExactlyElementsOf(
                        Arrays.stream(Check.values()).map(Check::id).toList());
    }

    /// Sound pairs of another implementation, where they lie beside the project.
    @Test
    void released_pairs_beside_the_project_are_sound() throws IOException {
        Path contract = Path.of(System.getProperty("nla.root", "..")).resolve("../shared/goldens/contract");
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.isDirectory(contract), "no goldens beside the project");
        try (Stream<Path> folders = Files.list(contract)) {
            for (Path pair : folders.filter(Files::isDirectory).toList()) {
                assertSound(Lint.check(pair, against(pair.resolve("av")), Progress.NONE));
            }
        }
    }

    private TinyPair adapters(Kind kind) throws IOException {
        TinyPair pair = TinyPair.writeAdapters(folder, kind);
        for (String half : List.of("av", "ar")) {
            pair.sidecar(
                    half, s -> s.putObject("base_file").put("name", "b.gguf").put("sha256", SHA));
        }
        return pair;
    }

    /// Activations that the pair's reconstructor reconstructs perfectly from their own texts.
    private Path activations(TinyPair pair) throws IOException {
        List<String> texts = new ArrayList<>();
        Random random = new Random(3);
        for (int i = 0; i < 40; i++) {
            texts.add(random.ints(12, 'a', 'z')
                    .mapToObj(c -> Character.toString(c) + (char) ('a' + random.nextInt(26)))
                    .collect(Collectors.joining(" ")));
        }
        float[][] vectors;
        try (Nla.LoneReconstructor lone =
                Nla.openReconstructor(pair.folder().resolve("ar"), null, DType.FP32, Progress.NONE)) {
            vectors = lone.reconstructor().reconstruct(texts);
        }
        Path data = folder.resolve("a.parquet");
        try (ActivationWriter writer = ActivationWriter.create(data, TinyPair.DIM)) {
            for (int i = 0; i < texts.size(); i++) {
                writer.write(new ActivationRow(12, texts.get(i), vectors[i], TinyPair.K, "doc:" + i));
            }
        }
        return data;
    }

    private static LintReport lint(Path checkpoint) {
        return Lint.check(checkpoint, Lint.Options.ALONE, Progress.NONE);
    }

    private static Lint.Options against(Path target) {
        return new Lint.Options(new Lint.Model("target", target, SHA), null, null, DType.FP32);
    }

    private static Lint.Options against(Path target, Path data) {
        return new Lint.Options(new Lint.Model("target", target, SHA), null, data, DType.FP32);
    }

    private static Row row(LintReport report, Check check, String half) {
        return report.rows().stream()
                .filter(row -> row.check() == check && row.half().equals(half))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no row " + check + " " + half));
    }

    private static void assertFails(LintReport report, Check check, String half) {
        Row row = row(report, check, half);
        assertThat(row.state()).as(row.toString()).isEqualTo(State.FAIL);
        assertThat(row.mend()).isNotBlank();
    }

    private static void assertSound(LintReport report) {
        assertThat(report.rows())
                .filteredOn(row -> row.state() == State.FAIL || row.state() == State.WARN)
                .isEmpty();
        assertThat(report.count(State.OK)).isGreaterThan(10);
    }
}
