package dev.nla4j.cli;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelExport;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.PairExport;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ExportTest {
    /// Largest difference, relative to the largest number, between a merged adapter and one applied beside the product.
    private static final double MERGED = 1e-4;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"qwen2", "gemma3", "llama"})
    void a_pair_of_full_weights_is_read_back_bit_equal_also_from_shards(String family) throws IOException {
        PairFolder pair = PairFolder.in(RandomPair.tiny(family).full(folder.resolve("pair")));
        Path whole = folder.resolve("whole");
        Path shards = folder.resolve("shards");
        PairExport.write(pair, null, whole, options(PairExport.Form.FULL, ModelExport.SHARD_BYTES), Progress.NONE);
        PairExport.write(pair, null, shards, options(PairExport.Form.AS_IS, 100_000), Progress.NONE);
        assertThat(shards.resolve("av/model.safetensors.index.json")).exists();
        assertThat(shards.resolve("av/model.safetensors")).doesNotExist();
        Outputs expected = outputs(pair, null);
        assertThat(outputs(PairFolder.in(whole), null).sameAs(expected)).isTrue();
        assertThat(outputs(PairFolder.in(shards), null).sameAs(expected)).isTrue();
        assertThat(ModelLoader.config(whole.resolve("ar")).numLayers()).isEqualTo(3);
        String reconstructor = Files.readString(whole.resolve("ar/config.json"));
        assertThat(reconstructor).contains("\"num_hidden_layers\" : 3").doesNotContain("text_config");
        if (family.equals("gemma3")) {
            assertThat(Json.parse(whole, reconstructor).path("layer_types").size())
                    .isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"qwen2", "gemma3", "llama"})
    void adapters_are_copied_exactly_and_merged_within_the_tolerance(String family) throws IOException {
        RandomPair random = RandomPair.tiny(family);
        Path target = random.target(folder.resolve("target"));
        PairFolder pair = PairFolder.in(random.adapters(folder.resolve("pair"), target.toString()));
        PairExport.Base base = new PairExport.Base(target, null, false);
        Path adapters = folder.resolve("adapters");
        Path full = folder.resolve("full");
        PairExport.write(
                pair, null, adapters, options(PairExport.Form.ADAPTER, ModelExport.SHARD_BYTES), Progress.NONE);
        PairExport.write(pair, base, full, options(PairExport.Form.FULL, ModelExport.SHARD_BYTES), Progress.NONE);
        assertThat(adapters.resolve("av/adapter_model.safetensors"))
                .hasSameBinaryContentAs(pair.verbalizer().folder().resolve("adapter_model.safetensors"));
        Outputs expected = outputs(pair, target);
        assertThat(outputs(PairFolder.in(adapters), target).sameAs(expected)).isTrue();
        Outputs merged = outputs(PairFolder.in(full), null);
        assertThat(merged.explanations).isEqualTo(expected.explanations);
        assertThat(merged.farthest(expected)).isLessThan(MERGED).isPositive();
    }

    @Test
    void the_manifest_lists_every_file_and_nothing_is_left_of_a_failure() throws IOException {
        Path pair = RandomPair.tiny("llama").full(folder.resolve("pair"));
        Run run = Run.of(
                "export",
                "--nla",
                pair.toString(),
                "--out",
                folder.resolve("out").toString());
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode manifest = Json.read(folder.resolve("out/manifest.json"), 1 << 20);
        List<String> listed = new ArrayList<>();
        manifest.path("files").forEach(file -> listed.add(file.path("name").stringValue()));
        assertThat(listed).contains("av/model.safetensors", "ar/value_head.safetensors", "ar/nla_meta.yaml");
        Files.delete(pair.resolve("ar/value_head.safetensors"));
        Run failed = Run.of(
                "export", "--nla", pair.toString(), "--out", folder.resolve("b").toString());
        assertThat(failed.code()).isEqualTo(3);
        assertThat(failed.err()).contains("value_head.safetensors");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.map(path -> String.valueOf(path.getFileName()))).containsExactlyInAnyOrder("pair", "out");
        }
    }

    /// The manifest that is written says of each file that it is whole.
    @Test
    void an_adapter_and_a_head_that_were_cut_off_are_not_exported() throws IOException {
        RandomPair random = RandomPair.tiny("llama");
        Path target = random.target(folder.resolve("target"));
        Path pair = random.adapters(folder.resolve("pair"), target.toString());
        for (String name : List.of("av/adapter_model.safetensors", "ar/value_head.safetensors")) {
            byte[] whole = Files.readAllBytes(pair.resolve(name));
            Files.write(pair.resolve(name), Arrays.copyOf(whole, whole.length - 8));
            Run run = Run.of(
                    "export",
                    "--nla",
                    pair.toString(),
                    "--out",
                    folder.resolve("out").toString());
            assertThat(run.code()).as(run.err()).isEqualTo(3);
            assertThat(run.err()).contains(name);
            assertThat(folder.resolve("out")).doesNotExist();
            Files.write(pair.resolve(name), whole);
        }
    }

    @Test
    void with_json_one_document_says_where_it_is_and_what_was_kept() throws IOException {
        RandomPair random = RandomPair.tiny("llama");
        String target = random.target(folder.resolve("target")).toString();
        String pair = random.adapters(folder.resolve("pair"), target).toString();
        String out = folder.resolve("out").toString();
        Run run = Run.of("export", "--nla", pair, "--target", target, "--out", out, "--rank", "1", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode document = Json.parse(folder, run.out());
        assertThat(document.path("folder").stringValue()).isEqualTo(out);
        assertThat(document.path("kept").size()).isEqualTo(2);
        assertThat(document.path("kept").path(0).path("half").stringValue()).isEqualTo("av");
        assertThat(document.path("kept").path(0).path("rank").intValue()).isEqualTo(1);
        assertThat(document.path("kept").path(0).path("share").doubleValue()).isBetween(0.0, 1.0);
    }

    @Test
    void a_folder_that_exists_and_full_weights_as_adapters_are_refused() throws IOException {
        String pair = RandomPair.tiny("llama").full(folder.resolve("pair")).toString();
        assertThat(Run.of("export", "--nla", pair, "--out", folder.toString()).code())
                .isEqualTo(3);
        Run adapter = Run.of(
                "export",
                "--nla",
                pair,
                "--adapter",
                "--out",
                folder.resolve("x").toString());
        assertThat(adapter.code()).isEqualTo(3);
        assertThat(adapter.err()).contains("full weights");
        assertThat(Run.of("export", "--nla", pair, "--adapter", "--full", "--out", "x")
                        .code())
                .isEqualTo(2);
    }

    @Test
    void what_nobody_here_knows_stays_in_the_sidecar() throws IOException {
        Path pair = RandomPair.tiny("llama").full(folder.resolve("pair"));
        Path sidecar = pair.resolve("ar/nla_meta.yaml");
        Files.writeString(
                sidecar,
                Files.readString(sidecar).replaceAll("critic:\n", "critic:\n  note: 7\n")
                        + "layer: 2\nextraction_layer_index: 2\nrole_aliases: [critic]\nmine: {x: 1}\n");
        Path out = folder.resolve("out");
        Run run = Run.of("export", "--nla", pair.toString(), "--out", out.toString());
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode written = Json.readYaml(out.resolve("ar/nla_meta.yaml"), 1 << 20);
        assertThat(written.path("layer").intValue()).isEqualTo(2);
        assertThat(written.path("extraction_layer_index").intValue()).isEqualTo(2);
        assertThat(written.path("role_aliases").path(0).stringValue()).isEqualTo("critic");
        assertThat(written.path("mine").path("x").intValue()).isEqualTo(1);
        assertThat(written.path("critic").path("note").intValue()).isEqualTo(7);
        assertThat(written.path("critic").path("extraction_layer_index").intValue())
                .isEqualTo(2);
    }

    @Test
    void adapters_are_written_in_another_dtype_and_at_a_lower_rank() throws IOException {
        RandomPair random = RandomPair.tiny("llama");
        Path target = random.target(folder.resolve("target"));
        String pair = random.adapters(folder.resolve("pair"), target.toString()).toString();
        Path same = folder.resolve("same");
        Path small = folder.resolve("small");
        Run widened = Run.of("export", "--nla", pair, "--out", same.toString(), "--dtype", "fp32");
        assertThat(widened.code()).as(widened.err()).isZero();
        assertThat(outputs(PairFolder.in(same), target).sameAs(outputs(PairFolder.in(Path.of(pair)), target)))
                .isTrue();
        Run run = Run.of("export", "--nla", pair, "--out", small.toString(), "--rank", "1", "--dtype", "bf16");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("av: rank 1 keeps").contains("ar: rank 1 keeps");
        JsonNode before = Json.read(Path.of(pair, "av/adapter_config.json"), 1 << 20);
        JsonNode after = Json.read(small.resolve("av/adapter_config.json"), 1 << 20);
        assertThat(after.path("r").intValue()).isEqualTo(1);
        assertThat(after.path("lora_alpha").doubleValue())
                .isEqualTo(before.path("lora_alpha").doubleValue()
                        / before.path("r").intValue());
        assertThat(Files.size(small.resolve("av/adapter_model.safetensors")))
                .isLessThan(Files.size(Path.of(pair, "av/adapter_model.safetensors")));
        assertThat(outputs(PairFolder.in(small), target).explanations).isNotEmpty();
    }

    @Test
    void a_half_of_a_lower_rank_stays_as_it_is() throws IOException {
        RandomPair random = RandomPair.tiny("llama");
        Path target = random.target(folder.resolve("target"));
        Path pair = random.adapters(folder.resolve("pair"), target.toString());
        Path small = folder.resolve("small");
        Run cut = Run.of("export", "--nla", pair.toString(), "--out", small.toString(), "--rank", "2");
        assertThat(cut.code()).as(cut.err()).isZero();
        for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
            Files.copy(small.resolve("ar").resolve(name), pair.resolve("ar").resolve(name), REPLACE_EXISTING);
        }
        Path out = folder.resolve("out");
        Run run = Run.of("export", "--nla", pair.toString(), "--out", out.toString(), "--rank", "3");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("av: rank 3 keeps").doesNotContain("ar: rank");
        assertThat(out.resolve("ar/adapter_model.safetensors"))
                .hasSameBinaryContentAs(pair.resolve("ar/adapter_model.safetensors"));
        assertThat(Json.read(out.resolve("ar/adapter_config.json"), 1 << 20)
                        .path("r")
                        .intValue())
                .isEqualTo(2);
    }

    @Test
    void a_rank_that_nothing_has_is_refused() throws IOException {
        RandomPair random = RandomPair.tiny("llama");
        String target = random.target(folder.resolve("target")).toString();
        String adapters = random.adapters(folder.resolve("adapters"), target).toString();
        String full = random.full(folder.resolve("full")).toString();
        String out = folder.resolve("out").toString();
        Run higher = Run.of("export", "--nla", adapters, "--out", out, "--rank", "4096");
        assertThat(higher.code()).isEqualTo(3);
        assertThat(higher.err()).contains("has rank");
        Run none = Run.of("export", "--nla", full, "--out", out, "--rank", "1");
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("--rank");
        assertThat(Path.of(out)).doesNotExist();
    }

    @Test
    void a_base_with_another_hash_is_not_merged_into() throws IOException {
        RandomPair random = RandomPair.tiny("llama");
        Path target = random.target(folder.resolve("target"));
        Path pair = random.adapters(folder.resolve("pair"), target.toString());
        Path sidecar = pair.resolve("av/nla_meta.yaml");
        Files.writeString(
                sidecar, Files.readString(sidecar) + "base_file: {name: x, sha256: " + "ab".repeat(32) + "}\n");
        PairExport.Base base = new PairExport.Base(target, null, false);
        assertThatThrownBy(() -> PairExport.write(
                        PairFolder.in(pair),
                        base,
                        folder.resolve("out"),
                        options(PairExport.Form.FULL, ModelExport.SHARD_BYTES),
                        Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("ab".repeat(32))
                .hasMessageContaining("--allow-other-base");
    }

    private static PairExport.Options options(PairExport.Form form, long shardBytes) {
        return new PairExport.Options(form, null, null, shardBytes);
    }

    /// What a pair says and reconstructs.
    private record Outputs(List<List<Integer>> explanations, List<float[]> reconstructions) {
        boolean sameAs(Outputs other) {
            return explanations.equals(other.explanations) && farthest(other) == 0;
        }

        double farthest(Outputs other) {
            double largest = 0;
            double difference = 0;
            for (int i = 0; i < reconstructions.size(); i++) {
                for (int j = 0; j < reconstructions.get(i).length; j++) {
                    largest = Math.max(largest, Math.abs(reconstructions.get(i)[j]));
                    difference = Math.max(
                            difference,
                            Math.abs((double) reconstructions.get(i)[j]
                                    - other.reconstructions.get(i)[j]));
                }
            }
            return difference / largest;
        }
    }

    private static Outputs outputs(PairFolder pair, @Nullable Path target) {
        LanguageModel base =
                target == null ? null : ModelLoader.load(target, DType.FP32, ModelLoader.Extent.WHOLE, Progress.NONE);
        try (LanguageModel model = base;
                Nla nla = Nla.open(
                        pair, model == null ? null : new Nla.Base(model, null, false), DType.FP32, Progress.NONE)) {
            Random random = new Random(4);
            List<Verbalizer.Task> tasks = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                float[] vector = new float[nla.verbalizer().meta().dim()];
                for (int j = 0; j < vector.length; j++) {
                    vector[j] = (float) random.nextGaussian();
                }
                tasks.add(new Verbalizer.Task(vector, i));
            }
            List<List<Integer>> ids =
                    nla.verbalizer().completeWithoutStop(tasks, new Verbalizer.Options(0, 0, 12)).stream()
                            .map(completion -> java.util.Arrays.stream(completion.idArray())
                                    .boxed()
                                    .toList())
                            .toList();
            float[][] vectors = nla.reconstructor().reconstruct(List.of("", "a city", "the end of a sentence"));
            return new Outputs(ids, List.of(vectors));
        }
    }
}
