package dev.nla4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.ActivationWriter;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.DatasetSidecar;
import dev.nla4j.activation.PositionsPerDocument;
import dev.nla4j.activation.PythonRandom;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.data.DataSplit.Part;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.MadeParquet;
import dev.nla4j.format.parquet.ParquetFile;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.progress.Progress;
import dev.nla4j.teacher.GroundedTeacher;
import dev.nla4j.teacher.Lesson;
import dev.nla4j.teacher.Snippet;
import dev.nla4j.teacher.Teacher;
import dev.nla4j.teacher.TeacherException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataPipelineTest {
    private static final int DIMENSION = 8;
    private static final int DOCUMENTS = 21;
    private static final int PER_DOCUMENT = 4;

    @TempDir
    Path folder;

    /// Rows of documents `docs:{split}:{i}`; the vector's first number is the row's own.
    private Path base() throws IOException {
        return base(i -> "docs:" + (i % 7 == 6 ? "eval" : "train") + ":" + i);
    }

    private Path base(IntFunction<String> name) throws IOException {
        Path file = folder.resolve("base.parquet");
        try (ActivationWriter writer = ActivationWriter.create(file, DIMENSION)) {
            for (int i = 0; i < DOCUMENTS * PER_DOCUMENT; i++) {
                float[] vector = new float[DIMENSION];
                vector[0] = i + 1;
                String text = "the people of town number " + i + " were in the garden";
                writer.write(new ActivationRow(12, text, vector, 5, name.apply(i / PER_DOCUMENT)));
            }
        }
        sidecar(file, DOCUMENTS * PER_DOCUMENT, DIMENSION, 5);
        return file;
    }

    private static void sidecar(Path file, long rows, int dimension, int layer) throws IOException {
        sidecar(file, rows, dimension, layer, "docs");
    }

    private static void sidecar(Path file, long rows, int dimension, int layer, String corpus) throws IOException {
        DatasetSidecar.write(
                DatasetSidecar.pathFor(file.toString()),
                new DatasetMeta(
                        "base_tiny_L5_0a0b0c0d",
                        Stage.BASE,
                        rows,
                        new DatasetMeta.Extraction(
                                "org/tiny",
                                dimension,
                                layer,
                                corpus,
                                new DatasetMeta.CorpusSlice(0, DOCUMENTS),
                                PositionsPerDocument.of(PER_DOCUMENT),
                                null,
                                null),
                        true,
                        null,
                        DatasetMeta.PromptTemplates.NONE,
                        null,
                        new DatasetMeta.Provenance(List.of(), "2026-01-01T00:00:00Z", "test", "")));
    }

    private static List<List<Value>> rows(Path path) {
        List<List<Value>> rows = new ArrayList<>();
        try (DataFile file = DataFile.open(path)) {
            for (DataFile.Rows reader = file.allRows(); reader.hasNext(); ) {
                rows.add(reader.next());
            }
        }
        return rows;
    }

    private static List<Integer> numbers(Path path) {
        int vector;
        try (DataFile file = DataFile.open(path)) {
            vector = DataFile.index(file.columns(), "activation_vector");
        }
        return rows(path).stream()
                .map(row -> (int) ((Value.Floats) row.get(vector)).values()[0] - 1)
                .toList();
    }

    private DataSplit.Result split(Path base, DocumentSplits splits) throws IOException {
        return new DataSplit(DataSplit.Fractions.DEFAULT, 42, splits)
                .run(base, folder.resolve("splits"), false, Progress.NONE);
    }

    @Test
    void documents_are_shared_out_as_the_reference_does_it_and_held_out_ones_to_nobody() throws IOException {
        DataSplit.Result result = split(base(), DocumentSplits.fromIds(DocumentSplits.HELD_OUT));
        assertThat(result.documents()).isEqualTo(Map.of(Part.AV_SFT, 4L, Part.AR_SFT, 4L, Part.RL, 10L, Part.EVAL, 3L));
        List<String> train = new ArrayList<>(IntStream.range(0, DOCUMENTS)
                .filter(i -> i % 7 != 6)
                .mapToObj(i -> "docs:train:" + i)
                .sorted()
                .toList());
        PythonRandom.of(42).shuffle(train);
        assertThat(documents(Part.AV_SFT)).isEqualTo(Set.copyOf(train.subList(0, 4)));
        assertThat(documents(Part.AR_SFT)).isEqualTo(Set.copyOf(train.subList(4, 8)));
        assertThat(documents(Part.RL)).isEqualTo(Set.copyOf(train.subList(8, 18)));
        assertThat(documents(Part.EVAL)).containsExactlyInAnyOrder("docs:eval:6", "docs:eval:13", "docs:eval:20");
        try (DataFile file = DataFile.open(DataSplit.path(folder.resolve("splits"), Part.RL))) {
            assertThat(file.meta().datasetId()).isEqualTo("base_tiny_L5_0a0b0c0d__rl_raw");
            assertThat(file.meta().provenance().parentDatasets()).containsExactly("base_tiny_L5_0a0b0c0d");
        }
    }

    /// In Java's own order those of the second half, whose letter takes two units, would come first.
    @Test
    void documents_are_sorted_by_code_points_before_they_are_shared_out() throws IOException {
        IntFunction<String> name = i -> "docs:" + (i < 11 ? "\uff21" : "\ud83d\ude00") + (char) ('a' + i) + ":0";
        split(base(name), DocumentSplits.fromIds(DocumentSplits.HELD_OUT));
        List<String> sorted =
                new ArrayList<>(IntStream.range(0, DOCUMENTS).mapToObj(name).toList());
        PythonRandom.of(42).shuffle(sorted);
        assertThat(documents(Part.AV_SFT)).isEqualTo(Set.copyOf(sorted.subList(0, 5)));
        assertThat(documents(Part.AR_SFT)).isEqualTo(Set.copyOf(sorted.subList(5, 10)));
        assertThat(documents(Part.RL)).isEqualTo(Set.copyOf(sorted.subList(10, DOCUMENTS)));
    }

    private Set<String> documents(Part part) {
        Set<String> documents = new HashSet<>();
        rows(DataSplit.path(folder.resolve("splits"), part))
                .forEach(row -> documents.add(((Value.Text) row.get(4)).value()));
        return documents;
    }

    @Test
    void documents_with_ids_of_their_own_are_refused_until_their_corpus_is_named() throws IOException {
        Path base = base(i -> "novel-" + i);
        assertThatThrownBy(() -> split(base, DocumentSplits.fromIds(DocumentSplits.HELD_OUT)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--corpus");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < DOCUMENTS; i++) {
            lines.append("{\"doc_id\": \"novel-" + i + "\", \"split\": \"" + (i == 3 ? "eval" : "train")
                    + "\", \"text\": \"x\"}\n");
        }
        Path corpus = folder.resolve("docs.jsonl");
        Files.writeString(corpus, lines);
        split(base, DocumentSplits.fromCorpus(Corpus.open(corpus, CorpusOptions.DEFAULT), DocumentSplits.HELD_OUT));
        assertThat(documents(Part.EVAL)).containsExactly("novel-3");
    }

    @Test
    void documents_held_out_by_a_corpus_with_a_colon_in_its_name_are_not_trained_on() throws IOException {
        Path base = base(i -> "docs-12:30:00:" + (i % 7 == 6 ? "eval" : "train") + ":" + i);
        sidecar(base, DOCUMENTS * PER_DOCUMENT, DIMENSION, 5, "docs-12:30:00");
        split(base, DocumentSplits.fromIds(DocumentSplits.HELD_OUT));
        assertThat(documents(Part.EVAL))
                .containsExactlyInAnyOrder("docs-12:30:00:eval:6", "docs-12:30:00:eval:13", "docs-12:30:00:eval:20");
    }

    @Test
    void a_split_whose_name_begins_with_a_held_out_one_is_held_out() throws IOException {
        String[] splits = {"test_sft", "validation_matched", "test-clean", "dev.2", "testing", "train_test", "train"};
        Path base = base(i -> "docs:" + splits[i % 7] + ":" + i);
        split(base, DocumentSplits.fromIds(DocumentSplits.HELD_OUT));
        assertThat(documents(Part.EVAL))
                .hasSize(DOCUMENTS / 7 * 4)
                .contains("docs:test_sft:0", "docs:validation_matched:1", "docs:test-clean:2", "docs:dev.2:3");
    }

    @Test
    void a_split_that_the_extraction_chose_is_that_of_all_documents() throws IOException {
        DatasetMeta.Extraction chosen;
        Path base = base();
        sidecar(base, DOCUMENTS * PER_DOCUMENT, DIMENSION, 5, "docs:eval");
        try (DataFile file = DataFile.open(base)) {
            chosen = file.meta().extraction();
        }
        DocumentSplits splits = DocumentSplits.fromIds(DocumentSplits.HELD_OUT);
        assertThat(splits.isHeldOut("docs:eval:3", chosen)).contains(true);
        assertThat(splits.isHeldOut("own", chosen)).contains(true);
    }

    @Test
    void a_document_that_does_not_tell_its_split_is_named_without_what_could_steer_a_terminal() throws IOException {
        Path base = base(i -> "\u001b[2J" + i);
        assertThatThrownBy(() -> split(base, DocumentSplits.fromIds(DocumentSplits.HELD_OUT)))
                .hasMessageContaining("the first is \\u001b[2J0");
    }

    /// Rows with vectors of doubles.
    ///
    /// @param extra one more column, in the words of parquet-java
    private Path foreign(String extra, boolean isThere) throws IOException {
        Path base = folder.resolve("base.parquet");
        Files.deleteIfExists(base);
        String schema = """
                message m {
                  required int64 n_raw_tokens;
                  required binary detokenized_text_truncated;
                  required group activation_vector (LIST) { repeated group list { required double element; } }
                  required int64 activation_layer;
                  required binary doc_id (STRING);
                """ + extra + "}";
        MadeParquet.write(base, schema, DOCUMENTS, (out, row) -> {
            MadeParquet.field(out, "n_raw_tokens", 0, () -> out.addLong(12));
            MadeParquet.field(out, "detokenized_text_truncated", 1, () -> out.addBinary(Binary.fromString("text")));
            MadeParquet.field(
                    out,
                    "activation_vector",
                    2,
                    () -> MadeParquet.list(out, DIMENSION, i -> out.addDouble(i == 0 ? row + 1 : 0.1)));
            MadeParquet.field(out, "activation_layer", 3, () -> out.addLong(5));
            MadeParquet.field(out, "doc_id", 4, () -> out.addBinary(Binary.fromString("d" + row)));
            if (isThere) {
                MadeParquet.field(out, "more", 5, () -> out.addLong(7));
            }
        });
        sidecar(base, DOCUMENTS, DIMENSION, 5);
        return base;
    }

    @Test
    void columns_that_can_not_be_carried_over_are_refused_and_not_dropped_or_altered() throws Exception {
        Map<String, String> columns = Map.of(
                "required int64 more (TIMESTAMP(MILLIS,true));", "more: timestamp",
                "required int64 more (DECIMAL(10,2));", "more: decimal",
                "required int64 more (INTEGER(64,false));", "more: uint64");
        for (Map.Entry<String, String> column : columns.entrySet()) {
            Path base = foreign(column.getKey(), true);
            String problem = "can't be carried over: " + column.getValue();
            assertThatThrownBy(() -> split(base, DocumentSplits.none())).hasMessageContaining(problem);
            assertThatThrownBy(() -> teach(new Scripted(-1), folder.resolve("out.parquet")))
                    .hasMessageContaining(problem);
            assertThatThrownBy(() -> new DataShuffle()
                            .run(base, folder.resolve("out.parquet"), 7, DataShuffle.What.ROWS, false, Progress.NONE))
                    .hasMessageContaining(problem);
            assertThat(folder.resolve("splits")).doesNotExist();
            assertThat(folder.resolve("out.parquet")).doesNotExist();
        }
    }

    /// They have one type here, and the public trainer makes that of them, too.
    @Test
    void the_pipelines_own_columns_are_carried_over_whatever_they_were_written_in() throws IOException {
        Path base = foreign("", false);
        Path out = folder.resolve("out.parquet");
        new DataShuffle().run(base, out, 7, DataShuffle.What.ROWS, false, Progress.NONE);
        assertThat(numbers(out)).hasSize(DOCUMENTS).doesNotHaveDuplicates();
        assertThat(((Value.Floats) rows(out).getFirst().get(2)).values()[1]).isEqualTo(0.1f);
        try (ParquetFile file = ParquetFile.open(out)) {
            assertThat(file.columns()).allMatch(Column::isExact);
        }
    }

    @Test
    void no_step_writes_over_what_it_reads() throws IOException {
        Path base = base();
        Path part = Files.createDirectories(folder.resolve("splits")).resolve("rl_raw.parquet");
        Files.move(base, part);
        Files.move(DatasetSidecar.beside(base), DatasetSidecar.beside(part));
        byte[] before = Files.readAllBytes(part);
        String problem = "is what it would be made of, which would be written over";
        DataSplit split = new DataSplit(DataSplit.Fractions.DEFAULT, 42, DocumentSplits.none());
        assertThatThrownBy(() -> split.run(part, folder.resolve("splits"), true, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(problem);
        assertThatThrownBy(() -> new DataShuffle().run(part, part, 7, DataShuffle.What.ROWS, true, Progress.NONE))
                .hasMessageContaining(problem);
        assertThatThrownBy(() -> new DataTeach(new Scripted(-1), 10).run(part, part, true, Progress.NONE))
                .hasMessageContaining(problem);
        assertThat(part).hasBinaryContent(before);
        assertThat(DatasetSidecar.beside(part)).exists();
        try (var files = Files.list(part.getParent())) {
            assertThat(files).hasSize(2);
        }
    }

    /// Rows with long texts are put in order a few at a time.
    @Test
    void texts_count_in_what_is_put_in_order_at_once() throws IOException {
        Path base = base();
        Path out = folder.resolve("shuffled.parquet");
        int[] most = new int[1];
        Progress count = (task, done, total, unit) -> {
            try (var files = Files.walk(folder)) {
                int buckets =
                        (int) files.filter(file -> file.getFileName().toString().startsWith("bucket-"))
                                .count();
                most[0] = Math.max(most[0], buckets);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        };
        // a row's vector has 32 bytes, its texts with what objects cost more than 150
        new DataShuffle(42L * DIMENSION * Float.BYTES).run(base, out, 7, DataShuffle.What.ROWS, false, count);
        assertThat(most[0]).isGreaterThanOrEqualTo(10);
        assertThat(numbers(out)).hasSize(DOCUMENTS * PER_DOCUMENT).doesNotHaveDuplicates();
    }

    @Test
    void a_file_without_an_ending_has_its_sidecar_beside_it() throws Exception {
        Path base = base();
        Path shuffled = folder.resolve("shuffled");
        new DataShuffle().run(base, shuffled, 7, DataShuffle.What.ROWS, false, Progress.NONE);
        assertThat(rows(shuffled)).hasSize(DOCUMENTS * PER_DOCUMENT);
        Path explained = folder.resolve("explained");
        teach(new Scripted(-1), explained);
        assertThat(rows(explained)).hasSize(75);
    }

    @Test
    void a_share_is_drawn_only_where_the_corpus_holds_no_document_out() throws IOException {
        Path base = base(i -> "novel-" + i);
        Path corpus = folder.resolve("docs.jsonl");
        for (String split : List.of("train", "eval")) {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < DOCUMENTS; i++) {
                lines.append("{\"doc_id\": \"novel-" + i + "\", \"split\": \"" + (i == 3 ? split : "train")
                        + "\", \"text\": \"x\"}\n");
            }
            Files.writeString(corpus, lines);
            DocumentSplits own =
                    DocumentSplits.fromCorpus(Corpus.open(corpus, CorpusOptions.DEFAULT), DocumentSplits.HELD_OUT);
            new DataSplit(DataSplit.Fractions.DEFAULT, 42, own.orDrawn(0.4))
                    .run(base, folder.resolve("splits"), true, Progress.NONE);
            if (split.equals("eval")) {
                assertThat(documents(Part.EVAL)).containsExactly("novel-3");
            } else {
                assertThat(documents(Part.EVAL)).hasSizeBetween(3, 15);
            }
        }
    }

    /// Documents of one split's part would be held out by the other's.
    @Test
    void a_split_that_is_cut_off_leaves_nothing_of_the_one_that_it_replaces() throws IOException {
        Path base = base();
        split(base, DocumentSplits.fromIds(Set.of()));
        DataSplit again =
                new DataSplit(DataSplit.Fractions.DEFAULT, 42, DocumentSplits.fromIds(DocumentSplits.HELD_OUT));
        assertThatThrownBy(() -> again.run(base, folder.resolve("splits"), true, (task, done, total, unit) -> {
                    if (2 * done > total) {
                        throw new IllegalStateException("killed here");
                    }
                }))
                .hasMessage("killed here");
        DataFile.open(DataSplit.path(folder.resolve("splits"), Part.AV_SFT)).close();
        assertThatThrownBy(() -> DataFile.open(DataSplit.path(folder.resolve("splits"), Part.RL)))
                .isInstanceOf(InputException.class);
    }

    @Test
    void a_share_that_no_document_falls_to_is_refused_before_anything_is_written() throws IOException {
        DataSplit split =
                new DataSplit(new DataSplit.Fractions(0.98, 0.01, 0.01), 42, DocumentSplits.fromIds(Set.of("eval")));
        assertThatThrownBy(() -> split.run(base(), folder.resolve("splits"), false, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("ar_sft would get none of 21, of which 3 are held out");
        assertThat(folder.resolve("splits")).doesNotExist();
    }

    @Test
    void a_share_held_out_that_no_document_falls_to_is_refused_before_anything_is_written() throws IOException {
        Path base = base();
        assertThatThrownBy(() -> split(base, DocumentSplits.drawn(1e-6)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("it would get none of 21");
        assertThat(folder.resolve("splits")).doesNotExist();
    }

    @Test
    void shuffling_in_small_pieces_gives_the_order_of_pythons_generator() throws IOException {
        Path base = base();
        Path out = folder.resolve("shuffled.parquet");
        new DataShuffle(10L * DIMENSION * Float.BYTES).run(base, out, 7, DataShuffle.What.ROWS, false, Progress.NONE);
        assertThat(numbers(out)).isEqualTo(shuffled("base_tiny_L5_0a0b0c0d"));
        Path control = folder.resolve("control.parquet");
        new DataShuffle(10L * DIMENSION * Float.BYTES)
                .run(base, control, 7, DataShuffle.What.ACTIVATIONS, false, Progress.NONE);
        assertThat(numbers(control)).isEqualTo(shuffled("base_tiny_L5_0a0b0c0d|activ"));
        assertThat(rows(control))
                .extracting(row -> row.get(4))
                .isEqualTo(rows(base).stream().map(row -> row.get(4)).toList());
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith("."));
        }
    }

    /// The rows' numbers in the order of Python's generator.
    private static List<Integer> shuffled(String key) {
        List<Integer> order = new ArrayList<>(
                IntStream.range(0, DOCUMENTS * PER_DOCUMENT).boxed().toList());
        PythonRandom.keyed(7, key).shuffle(order);
        return order;
    }

    /// Declines every tenth text and fails at a given call.
    private static final class Scripted implements Teacher {
        private int calls;
        private final int failAt;
        private final String identity;

        Scripted(int failAt) {
            this(failAt, "scripted");
        }

        Scripted(int failAt, String identity) {
            this.failAt = failAt;
            this.identity = identity;
        }

        @Override
        public List<Lesson> explain(List<Snippet> snippets) {
            if (calls++ == failAt) {
                throw new TeacherException("gone");
            }
            return snippets.stream()
                    .<Lesson>map(snippet -> snippet.evidence().context().contains("0 ")
                            ? new Lesson.Declined("ends in zero")
                            : new Lesson.Explained("about " + snippet.evidence().context()))
                    .toList();
        }

        @Override
        public String identity() {
            return identity;
        }

        @Override
        public Optional<DatasetMeta.ApiSummaries> summaries() {
            return Optional.of(new DatasetMeta.ApiSummaries("m", 1, 1, "prompt"));
        }
    }

    private DataTeach.Result teach(Teacher teacher, Path out) throws IOException, InterruptedException {
        return new DataTeach(teacher, 10).run(folder.resolve("base.parquet"), out, false, Progress.NONE);
    }

    @Test
    void an_interrupted_lesson_goes_on_and_ends_with_the_same_bytes() throws Exception {
        base();
        Path straight = folder.resolve("straight.parquet");
        DataTeach.Result whole = teach(new Scripted(-1), straight);
        assertThat(whole.rows()).isEqualTo(75);
        assertThat(whole.reasons()).isEqualTo(Map.of("ends in zero", 9L));
        Path out = folder.resolve("out.parquet");
        assertThatThrownBy(() -> teach(new Scripted(4), out)).isInstanceOf(TeacherException.class);
        assertThat(out).doesNotExist();
        // in chunks of another size, as batches have
        DataTeach.Result rest =
                new DataTeach(new Scripted(-1), 70).run(folder.resolve("base.parquet"), out, false, Progress.NONE);
        assertThat(rest.chunksKept()).isEqualTo(4);
        assertThat(rest.dropped()).isEqualTo(9);
        assertThat(out).hasSameBinaryContentAs(straight);
        assertThat(folder.resolve("out.parquet.work")).doesNotExist();
        try (DataFile file = DataFile.open(out)) {
            assertThat(file.meta().datasetId()).endsWith("__explained");
            assertThat(file.meta().apiSummaries()).isNotNull();
        }
    }

    @Test
    void what_is_done_of_an_input_is_told_from_what_is_of_another_or_interrupted() throws Exception {
        Path in = base();
        Path out = folder.resolve("out.parquet");
        Teacher teacher = new Scripted(-1);
        assertThat(new DataTeach(teacher, 5).isDone(in, out)).isFalse();
        assertThatThrownBy(() -> teach(new Scripted(4), out)).isInstanceOf(TeacherException.class);
        assertThat(new DataTeach(teacher, 5).isDone(in, out)).isFalse();
        teach(teacher, out);
        assertThat(new DataTeach(teacher, 5).isDone(in, out)).isTrue();
        assertThat(new DataTeach(teacher, DataTeach.Predictions.NONE, "other evidence", 5).isDone(in, out))
                .isFalse();
        Files.setLastModifiedTime(in, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(new DataTeach(teacher, 5).isDone(in, out))
                .as("made anew since")
                .isFalse();
    }

    @Test
    void an_interrupted_lesson_of_another_input_is_refused() throws Exception {
        base();
        Path out = folder.resolve("out.parquet");
        assertThatThrownBy(() -> teach(new Scripted(4), out)).isInstanceOf(TeacherException.class);
        base(i -> "other:train:" + i);
        assertThatThrownBy(() -> teach(new Scripted(-1), out))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("input-sha256");
    }

    @Test
    void an_interrupted_lesson_of_another_teacher_or_with_other_evidence_is_refused() throws Exception {
        Path in = base();
        Path out = folder.resolve("out.parquet");
        assertThatThrownBy(() -> teach(new Scripted(4), out)).isInstanceOf(TeacherException.class);
        assertThatThrownBy(() -> teach(new Scripted(-1, "another"), out))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("(teacher: scripted → another)");
        DataTeach seeing = new DataTeach(new Scripted(-1), DataTeach.Predictions.NONE, "predictions", 10);
        assertThatThrownBy(() -> seeing.run(in, out, false, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("(evidence: text → predictions)");
    }

    @Test
    void words_are_counted_once_a_document() throws Exception {
        Path base = base();
        GroundedTeacher teacher = new GroundedTeacher(DataTeach.frequencies(List.of(base), Progress.NONE));
        assertThat(teacher.identity()).contains(DOCUMENTS + " documents");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"doc_id\": \"b\", \"ids\": [3, -1]}  | not negative, one is -1",
                "{\"doc_id\": \"b\", \"ids\": [3, 9]}   | must be below the model's 9",
                "{\"doc_id\": \"b\", \"ids\": [3, 1.5]} | must be whole numbers",
                "{\"doc_id\": \"b\", \"ids\": [3        | is not valid JSON",
                "{\"doc_id\": \"b\"}                    | has no doc_id or no ids",
            })
    void a_transcript_that_a_model_could_not_read_is_refused_by_its_line(String line, String problem)
            throws IOException {
        String fine = "{\"doc_id\": \"a\", \"ids\": [0, 8]}\n";
        Path file = Files.writeString(folder.resolve("chat.transcripts.jsonl"), fine + line + "\n");
        assertThatThrownBy(() -> Transcripts.tokens(file, 9))
                .isInstanceOf(FormatException.class)
                .hasMessageContainingAll("chat.transcripts.jsonl: line 2: ", problem);
        assertThat(Transcripts.tokens(Files.writeString(file, fine), 9).get("a"))
                .containsExactly(0, 8);
    }

    @Test
    void a_sidecar_of_another_file_is_refused() throws Exception {
        Path base = base();
        sidecar(base, 3, DIMENSION, 5);
        assertThatThrownBy(() -> DataFile.open(base))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("row_count");
        sidecar(base, DOCUMENTS * PER_DOCUMENT, DIMENSION + 1, 5);
        assertThatThrownBy(() -> rows(base)).isInstanceOf(FormatException.class).hasMessageContaining("9");
        sidecar(base, DOCUMENTS * PER_DOCUMENT, DIMENSION, 6);
        assertThatThrownBy(() -> rows(base))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("activation_layer");
        Files.delete(DatasetSidecar.pathFor(base.toString()));
        assertThatThrownBy(() -> DataFile.open(base))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("sidecar");
    }
}
