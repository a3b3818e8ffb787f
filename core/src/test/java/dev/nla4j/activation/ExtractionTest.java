package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.Extraction.Start;
import dev.nla4j.activation.ExtractionSettings.Target;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.ParquetRowWriter;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExtractionTest {
    private static final int DOCUMENTS = 500;

    @TempDir
    Path folder;

    private Path corpus;
    private Path out;

    @BeforeEach
    void make_a_corpus() throws IOException {
        corpus = folder.resolve("docs.jsonl");
        out = folder.resolve("out/acts.parquet");
        Files.writeString(corpus, documents(DOCUMENTS, 17));
    }

    @Test
    void rows_are_what_the_reference_would_write() throws IOException {
        FakeModel model = new FakeModel(true);
        ExtractionResult result = extract(settings(null, 10), model);
        Map<String, List<ActivationRow>> rows = byDocument(out);
        int expectedRows = 0;
        int index = 0;
        int skipped = 0;
        for (String line : Files.readAllLines(corpus)) {
            String text = Json.mapper().readTree(line).get("text").stringValue();
            String id = "docs:train:" + index++;
            TokenizedText tokens = model.encode(text);
            int length = Math.min(tokens.ids().length, 300);
            List<Integer> candidates = new ArrayList<>();
            for (int i = 50; i < length; i++) {
                if (!tokens.special()[i]) {
                    candidates.add(i);
                }
            }
            int[] picked = PythonRandom.keyed(42, id).sample(candidates.size(), Math.min(10, candidates.size()));
            List<ActivationRow> mine = rows.getOrDefault(id, List.of());
            assertThat(mine).as(id).hasSize(picked.length);
            skipped += picked.length == 0 ? 1 : 0;
            for (int i = 0; i < picked.length; i++) {
                int[] context = Arrays.copyOf(tokens.ids(), candidates.get(picked[i]) + 1);
                assertThat(mine.get(i).tokens()).isEqualTo(context.length);
                assertThat(mine.get(i).text()).isEqualTo(model.decode(context));
                assertThat(mine.get(i).vector()).isEqualTo(FakeModel.vector(context));
                assertThat(mine.get(i).layer()).isEqualTo(20);
                expectedRows++;
            }
        }
        assertThat(skipped).isGreaterThan(5);
        assertThat(result)
                .isEqualTo(new ExtractionResult(expectedRows, DOCUMENTS, DOCUMENTS - skipped, result.shards(), 0));
        assertThat(result.shards()).isGreaterThan(2);
    }

    @Test
    void batches_hold_windows_of_like_length_within_their_budget() throws IOException {
        FakeModel model = new FakeModel(false);
        extract(settings(null, 10), model);
        assertThat(model.largestBatch).isLessThanOrEqualTo(1000);
        assertThat(model.batchSizes).anyMatch(size -> size > 5);
    }

    @Test
    void all_positions_of_windows_come_in_the_order_of_the_text() throws IOException {
        FakeModel model = new FakeModel(true);
        ExtractionSettings settings = new ExtractionSettings(
                target(), new PositionSampler(1, 20, PositionsPerDocument.ALL), new Windowing(64, 32), 1, 1000, "test");
        extract(settings, model);
        Map<String, List<ActivationRow>> rows = byDocument(out);
        int index = 0;
        for (String line : Files.readAllLines(corpus)) {
            TokenizedText tokens =
                    model.encode(Json.mapper().readTree(line).get("text").stringValue());
            List<ActivationRow> mine = rows.getOrDefault("docs:train:" + index++, List.of());
            int row = 0;
            for (TokenWindow window : TokenWindow.cut(tokens, settings.windowing(), 1)) {
                for (int i = 20; i < window.ids().length; i++) {
                    if (!window.special()[i]) {
                        assertThat(mine.get(row++).vector())
                                .isEqualTo(FakeModel.vector(Arrays.copyOf(window.ids(), i + 1)));
                    }
                }
            }
            assertThat(mine).hasSize(row);
        }
    }

    @Test
    void the_sidecar_says_how_it_was_done() throws IOException {
        ExtractionResult result = extract(settings(new Windowing(96, 96), 10), new FakeModel(false));
        DatasetMeta meta = DatasetSidecar.read(DatasetSidecar.pathFor(out.toString()));
        assertThat(meta.stage()).isEqualTo(DatasetMeta.Stage.BASE);
        assertThat(meta.rowCount()).isEqualTo(result.rows());
        assertThat(meta.extraction())
                .isEqualTo(new DatasetMeta.Extraction(
                        "org/Fake-Model",
                        FakeModel.DIMENSION,
                        20,
                        "docs",
                        new DatasetMeta.CorpusSlice(0, DOCUMENTS),
                        PositionsPerDocument.of(10),
                        new Windowing(96, 96),
                        null));
        assertThat(meta.datasetId()).startsWith("base_Fake-Model_L20_");
        assertThat(meta.provenance().createdAt()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    }

    @Test
    void a_data_set_is_named_as_the_reference_names_it() {
        var extraction = new DatasetMeta.Extraction(
                "Qwen/Qwen2.5-7B-Instruct",
                3584,
                20,
                "HuggingFaceFW/fineweb",
                new DatasetMeta.CorpusSlice(0, 1000),
                PositionsPerDocument.of(10),
                null,
                null);
        // python: hashlib.sha256(f"{model}|{layer}|{corpus}|{dict}".encode()).hexdigest()[:8]
        assertThat(Extraction.datasetId(extraction)).isEqualTo("base_Qwen2.5-7B-Instruct_L20_73138cb4");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void a_run_that_is_interrupted_and_resumed_writes_the_same_bytes(int seed) throws IOException {
        Path undisturbed = folder.resolve("undisturbed.parquet");
        extract(settings(new Windowing(96, 48), 10), new FakeModel(true), undisturbed, Start.RESUME);
        Random random = new Random(seed);
        int interruptions = 0;
        int kept = 0;
        for (boolean finished = false; !finished; ) {
            int failAt = 1 + random.nextInt(100 * (interruptions + 1));
            FakeModel model = new FakeModel(true);
            ActivationSource failing = (windows, positions) -> {
                if (model.calls == failAt) {
                    throw new IllegalStateException("killed");
                }
                return model.activations(windows, positions);
            };
            try {
                ExtractionResult result = run(settings(new Windowing(96, 48), 10), model, failing, out, Start.RESUME);
                assertThat(result.shardsKept()).isGreaterThanOrEqualTo(kept);
                finished = true;
            } catch (IllegalStateException e) {
                interruptions++;
                assertThat(out).doesNotExist();
                tear(random);
            }
        }
        assertThat(interruptions).isPositive();
        assertThat(out).hasSameBinaryContentAs(undisturbed);
        assertThat(sidecarWithoutTime(out)).isEqualTo(sidecarWithoutTime(undisturbed));
        try (Stream<Path> files = Files.list(out.getParent())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("acts.parquet", "acts.parquet.nla_meta.yaml", ".acts.parquet.work.lock");
        }
    }

    @Test
    void a_resumed_run_computes_only_what_is_missing() throws IOException {
        FakeModel whole = new FakeModel(false);
        extract(settings(null, 10), whole, folder.resolve("whole.parquet"), Start.RESUME);
        int failAt = whole.calls - 2;
        FakeModel first = new FakeModel(false);
        assertThatThrownBy(() -> run(
                        settings(null, 10),
                        first,
                        (windows, positions) -> {
                            if (first.calls == failAt) {
                                throw new IllegalStateException("killed");
                            }
                            return first.activations(windows, positions);
                        },
                        out,
                        Start.RESUME))
                .hasMessage("killed");
        FakeModel second = new FakeModel(false);
        ExtractionResult result = extract(settings(null, 10), second);
        assertThat(result.shardsKept()).isEqualTo(result.shards() - 1);
        assertThat(second.calls).isLessThan(whole.calls / 2);
    }

    @Test
    void other_settings_do_not_mix_with_an_interrupted_run() throws IOException {
        interrupt();
        ExtractionSettings other = new ExtractionSettings(
                new Target("org/Fake-Model", "sha256:1", 15, FakeModel.DIMENSION),
                new PositionSampler(7, 50, PositionsPerDocument.of(10)),
                null,
                300,
                1000,
                "test");
        assertThatThrownBy(() -> extract(other, new FakeModel(false)))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("layer: 20 → 15", "seed: 42 → 7", "--restart");
        ExtractionResult result = extract(other, new FakeModel(false), out, Start.RESTART);
        assertThat(result.shardsKept()).isZero();
        assertThat(byDocument(out).values()).allMatch(rows -> rows.getFirst().layer() == 15);
    }

    @Test
    void a_corpus_that_was_changed_does_not_mix_with_an_interrupted_run() throws IOException {
        interrupt();
        Files.writeString(corpus, documents(DOCUMENTS, 18));
        assertThatThrownBy(() -> extract(settings(null, 10), new FakeModel(false)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("corpus-sha256: ");
    }

    @Test
    void a_corpus_that_changes_while_it_is_read_is_refused() {
        FakeModel model = new FakeModel(false);
        assertThatThrownBy(() -> run(
                        settings(null, 10),
                        model,
                        (windows, positions) -> {
                            try {
                                Files.writeString(corpus, documents(DOCUMENTS, 99));
                            } catch (IOException e) {
                                throw new IllegalStateException("the test's own file", e);
                            }
                            return model.activations(windows, positions);
                        },
                        out,
                        Start.RESUME))
                .isInstanceOf(InputException.class);
        assertThat(out).doesNotExist();
    }

    @Test
    void parts_of_a_corpus_that_changed_do_not_outlive_its_being_put_back() throws IOException {
        Path undisturbed = folder.resolve("undisturbed.parquet");
        extract(settings(null, 10), new FakeModel(false), undisturbed, Start.RESUME);
        String original = documents(DOCUMENTS, 17);
        // the second one ends within a line
        for (String changed :
                List.of(original.replace("o ", "u "), original.substring(0, original.length() * 9 / 10))) {
            FakeModel model = new FakeModel(false);
            ActivationSource disturbed = (windows, positions) -> {
                replace(corpus, changed);
                return model.activations(windows, positions);
            };
            assertThatThrownBy(() -> run(settings(null, 10), model, disturbed, out, Start.RESUME))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("was changed while it was read");
            assertThat(folder.resolve("out/acts.parquet.work")).doesNotExist();
            replace(corpus, original);
        }
        extract(settings(null, 10), new FakeModel(false));
        assertThat(out).hasSameBinaryContentAs(undisturbed);
    }

    private static void replace(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new IllegalStateException("the test's own file", e);
        }
    }

    @Test
    void a_file_without_an_ending_has_its_sidecar_beside_it() throws IOException {
        Path plain = folder.resolve("acts");
        ExtractionResult result = extract(settings(null, 10), new FakeModel(false), plain, Start.RESUME);
        assertThat(DatasetSidecar.read(folder.resolve("acts.nla_meta.yaml")).rowCount())
                .isEqualTo(result.rows());
    }

    @Test
    void a_file_inside_the_corpus_is_refused_before_anything_is_computed() throws IOException {
        Path texts = Files.createDirectories(folder.resolve("texts"));
        Files.writeString(texts.resolve("a.txt"), "long ".repeat(100));
        Path link = Files.createSymbolicLink(folder.resolve("link"), texts);
        corpus = texts;
        FakeModel model = new FakeModel(false);
        for (Path inside : List.of(texts.resolve("new/acts.parquet"), link.resolve("acts.parquet"))) {
            assertThatThrownBy(() -> extract(settings(null, 10), model, inside, Start.RESUME))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("lies in the corpus's own folder");
        }
        assertThat(model.calls).isZero();
        assertThat(extract(settings(null, 10), model).rows()).isEqualTo(10);
    }

    @Test
    void a_finished_file_is_replaced_only_when_asked() throws IOException {
        extract(settings(null, 10), new FakeModel(false));
        byte[] first = Files.readAllBytes(out);
        assertThatThrownBy(() -> extract(settings(null, 5), new FakeModel(false)))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("acts.parquet: exists already", "--restart");
        assertThat(out).hasBinaryContent(first);
        assertThat(folder.resolve("out/acts.parquet.work")).doesNotExist();
        extract(settings(null, 5), new FakeModel(false), out, Start.RESTART);
        assertThat(Files.size(out)).isLessThan(first.length);
    }

    @Test
    void two_runs_on_one_file_do_not_mix() throws IOException {
        FakeModel model = new FakeModel(false);
        List<Throwable> second = new ArrayList<>();
        run(
                settings(null, 10),
                model,
                (windows, positions) -> {
                    if (second.isEmpty()) {
                        try {
                            extract(settings(null, 10), new FakeModel(false));
                        } catch (InputException | IOException e) {
                            second.add(e);
                        }
                    }
                    return model.activations(windows, positions);
                },
                out,
                Start.RESUME);
        assertThat(second)
                .singleElement()
                .satisfies(e -> assertThat(e)
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("another run is writing it"));
        assertThat(byDocument(out)).isNotEmpty();
    }

    @Test
    void texts_that_are_empty_or_short_are_skipped_and_nothing_at_all_is_an_error() throws IOException {
        Files.writeString(corpus, "{\"text\": \"\"}\n{\"text\": \"short\"}\n");
        assertThatThrownBy(() -> extract(settings(null, 10), new FakeModel(true)))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("no document has a token at position 50", "--min-position");
        assertThat(out).doesNotExist();
        assertThat(folder.resolve("out/acts.parquet.work")).doesNotExist();
        Files.writeString(corpus, "{\"text\": \"\"}\n{\"text\": \"" + "long ".repeat(20) + "\"}\n");
        assertThat(extract(settings(null, 10), new FakeModel(true))).isEqualTo(new ExtractionResult(10, 2, 1, 1, 0));
    }

    @Test
    void a_broken_last_line_is_found_before_anything_is_computed() throws IOException {
        Files.writeString(corpus, documents(DOCUMENTS, 17) + "{\"text\": \n");
        FakeModel model = new FakeModel(true);
        assertThatThrownBy(() -> extract(settings(null, 10), model))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("line " + (DOCUMENTS + 1));
        assertThat(model.calls).isZero();
        assertThat(folder.resolve("out/acts.parquet.work")).doesNotExist();
    }

    @Test
    void an_activation_that_is_not_finite_is_refused_with_its_document() {
        FakeModel model = new FakeModel(true);
        assertThatThrownBy(() -> run(
                        settings(null, 10),
                        model,
                        (windows, positions) -> {
                            float[][] vectors = model.activations(windows, positions);
                            vectors[0][3] = Float.NaN;
                            return vectors;
                        },
                        out,
                        Start.RESUME))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("the activation of docs:train:", "element 3 is NaN");
    }

    @Test
    void progress_goes_up_to_the_number_of_documents() throws IOException {
        List<Long> done = new ArrayList<>();
        FakeModel model = new FakeModel(true);
        new Extraction(
                        settings(null, 10),
                        Corpus.open(corpus, CorpusOptions.DEFAULT),
                        model,
                        model,
                        (task, count, total, unit) -> {
                            if (task.equals("extract")) {
                                assertThat(total).isEqualTo(DOCUMENTS);
                                done.add(count);
                            }
                        })
                .run(out, Start.RESUME);
        assertThat(done).isSorted().endsWith((long) DOCUMENTS).hasSizeGreaterThan(10);
    }

    @Test
    void a_folder_is_no_file_to_write() throws IOException {
        Files.createDirectories(out);
        assertThatThrownBy(() -> extract(settings(null, 10), new FakeModel(true)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is a folder");
    }

    private void interrupt() {
        FakeModel model = new FakeModel(false);
        assertThatThrownBy(() -> run(
                        settings(null, 10),
                        model,
                        (windows, positions) -> {
                            if (model.calls == 80) {
                                throw new IllegalStateException("killed");
                            }
                            return model.activations(windows, positions);
                        },
                        out,
                        Start.RESUME))
                .hasMessage("killed");
    }

    /// What a power cut or a killed writer may leave.
    private void tear(Random random) throws IOException {
        Path work = folder.resolve("out/acts.parquet.work");
        Files.writeString(work.resolve(".part-000001.parquet123.tmp"), "half");
        try (Stream<Path> files = Files.list(work)) {
            for (Path part :
                    files.filter(file -> file.toString().contains("/part-")).toList()) {
                if (random.nextInt(6) == 0) {
                    byte[] bytes = Files.readAllBytes(part);
                    Files.write(part, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
                }
            }
        }
    }

    private static String sidecarWithoutTime(Path file) throws IOException {
        return Files.readString(DatasetSidecar.pathFor(file.toString())).replaceAll("created_at: .*", "");
    }

    private static Target target() {
        return new Target("org/Fake-Model", "sha256:1", 20, FakeModel.DIMENSION);
    }

    /// It would be replaced by activations of itself.
    @Test
    void a_corpus_is_not_written_over_by_its_own_activations() throws IOException {
        corpus = folder.resolve("docs.parquet");
        try (ParquetRowWriter writer =
                ParquetRowWriter.create(corpus, List.of(Column.of("text", ColumnKind.TEXT)), 10, Map.of())) {
            writer.write(List.of(new Value.Text("a text ".repeat(20))));
        }
        byte[] before = Files.readAllBytes(corpus);
        assertThatThrownBy(() -> extract(settings(null, 10), new FakeModel(true), corpus, Start.RESTART))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("docs.parquet: is the corpus itself, which would be written over");
        assertThat(corpus).hasBinaryContent(before);
        assertThat(folder.resolve("docs.parquet.work")).doesNotExist();
    }

    private static ExtractionSettings settings(@Nullable Windowing windowing, int perDocument) {
        var sampler = new PositionSampler(42, 50, PositionsPerDocument.of(perDocument));
        return new ExtractionSettings(target(), sampler, windowing, 300, 1000, "test");
    }

    private ExtractionResult extract(ExtractionSettings settings, FakeModel model) throws IOException {
        return extract(settings, model, out, Start.RESUME);
    }

    private ExtractionResult extract(ExtractionSettings settings, FakeModel model, Path file, Start start)
            throws IOException {
        return run(settings, model, model, file, start);
    }

    private ExtractionResult run(
            ExtractionSettings settings, FakeModel model, ActivationSource source, Path file, Start start)
            throws IOException {
        return new Extraction(settings, Corpus.open(corpus, CorpusOptions.DEFAULT), model, source, Progress.NONE)
                .run(file, start);
    }

    private static Map<String, List<ActivationRow>> byDocument(Path path) {
        Map<String, List<ActivationRow>> documents = new HashMap<>();
        try (ActivationFile file = ActivationFile.open(path)) {
            for (ActivationFile.Rows rows = file.rows(); rows.hasNext(); ) {
                ActivationRow row = rows.next();
                documents
                        .computeIfAbsent(row.documentId(), id -> new ArrayList<>())
                        .add(row);
            }
        }
        return documents;
    }

    /// Texts of many lengths, some empty, some longer than the model's context.
    static String documents(int count, long seed) {
        Random random = new Random(seed);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder();
            for (int words = random.nextInt(20) == 0 ? random.nextInt(5) : random.nextInt(250); words > 0; words--) {
                text.append((char) ('a' + random.nextInt(26))).append(random.nextInt(8) == 0 ? "é\\n" : "o ");
            }
            lines.append("{\"text\": \"").append(text).append("\"}\n");
        }
        return lines.toString();
    }
}
