package dev.nla4j.train.sft;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.Vectors;
import dev.nla4j.data.DataColumns;
import dev.nla4j.data.DataFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.RoleContent;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.nla.ExplanationText;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PromptTemplate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A data set in memory, of any stage: training sets of both roles, rows for reinforcement learning, and explained rows
/// of held-out documents.
public record Examples(Path file, DatasetMeta meta, List<Example> rows) {
    /// Share of the heap that vectors and texts may take.
    private static final double MOST_OF_HEAP = 0.6;

    public Examples {
        rows = List.copyOf(rows);
    }

    /// Reads a file with its sidecar.
    ///
    /// @throws InputException when it has no rows, or more than fit into memory
    public static Examples read(Path path) {
        return read(path, true, Runtime.getRuntime().maxMemory());
    }

    /// As [#read] without the texts that activations were taken from, which supervised training has no use
    /// for and which may take more than the vectors.
    public static Examples withoutContexts(Path path) {
        return read(path, false, Runtime.getRuntime().maxMemory());
    }

    /// Where the rows' tokens stood, as far as the rows say.
    public Optional<NlaMeta.Span> positions() {
        LongSummaryStatistics tokens = rows.stream()
                .mapToLong(row -> row.source().tokens())
                .filter(count -> count > 0)
                .summaryStatistics();
        return tokens.getCount() == 0
                ? Optional.empty()
                : Optional.of(
                        new NlaMeta.Span(Math.toIntExact(tokens.getMin() - 1), Math.toIntExact(tokens.getMax() - 1)));
    }

    /// @param heap bytes that there are
    static Examples read(Path path, boolean contexts, long heap) {
        try (DataFile file = DataFile.open(path)) {
            if (file.rows() == 0) {
                throw new InputException(path + ": has no rows");
            }
            Room room = new Room(file, heap);
            room.require(0, 0);
            return new Examples(path, file.meta(), rows(file, contexts, room));
        }
    }

    /// What rows may take. The vectors' part is known before; texts are counted as they are read.
    private record Room(DataFile file, long heap) {
        /// Refuses a file whose vectors, with the texts of its first rows, take more than there is.
        ///
        /// @param texts bytes of these
        void require(long rows, long texts) {
            double bytes = (double) file.rows() * file.meta().extraction().dModel() * Float.BYTES + texts;
            if (bytes > MOST_OF_HEAP * heap) {
                throw new InputException(file.path() + ": its " + file.rows() + " vectors"
                        + (texts == 0 ? "" : " and the texts of " + rows + " rows") + " take " + Math.round(bytes / 1e6)
                        + " MB, the heap has " + heap / 1_000_000
                        + " MB; give Java more (NLA_JAVA_OPTS=-Xmx8g ./nla ...) or use fewer rows");
            }
        }
    }

    /// Refuses rows that nobody has explained: a file for joint learning, or texts that are blank.
    public void requireExplained() {
        for (int row = 0; row < rows.size(); row++) {
            if (rows.get(row).explanation().isBlank()) {
                throw new InputException(file + ": row " + row + ": has no explanation"
                        + (meta.stage() == DatasetMeta.Stage.RL ? ", as no file of stage rl has" : "")
                        + "; nla data teach writes them");
            }
        }
    }

    /// Numbers of rows that lie evenly over the file, so that many documents take part: all of them where there are
    /// no more than `most`.
    public int[] spread(int most) {
        int count = Math.min(most, rows.size());
        return IntStream.range(0, count)
                .map(i -> (int) ((long) i * rows.size() / count))
                .toArray();
    }

    /// Rows by their numbers.
    public List<Example> at(int[] numbers) {
        return Arrays.stream(numbers).mapToObj(rows::get).toList();
    }

    private static List<Example> rows(DataFile file, boolean contexts, Room room) {
        Optional<Column> text = explanationColumn(file.meta().stage());
        Optional<Column> message = messageColumn(file.meta().stage());
        List<Column> columns = new ArrayList<>();
        columns.add(Column.of(ActivationSchema.VECTOR, ColumnKind.FLOAT_LIST));
        columns.add(Column.of(ActivationSchema.DOCUMENT, ColumnKind.TEXT));
        Optional<Column> context =
                contexts ? Optional.of(Column.of(ActivationSchema.TEXT, ColumnKind.TEXT)) : Optional.empty();
        Stream.of(context, Optional.of(Column.of(ActivationSchema.TOKENS, ColumnKind.INT64)), message, text)
                .flatMap(Optional::stream)
                .filter(column -> file.has(column.name(), column.kind()))
                .forEach(columns::add);
        for (Column needed : Stream.of(message, text).flatMap(Optional::stream).toList()) {
            if (!columns.contains(needed)) {
                throw new InputException(file.path() + ": has no column " + needed
                        + (file.meta().stage() == DatasetMeta.Stage.BASE
                                ? "; explanations come first: nla data teach"
                                : ", as every file of stage "
                                        + file.meta().stage().yaml() + " has"));
            }
        }
        List<Example> examples = new ArrayList<>();
        long texts = 0;
        for (DataFile.Rows rows = file.rows(columns); rows.hasNext(); ) {
            long number = rows.row();
            List<Value> values = rows.next();
            Map<String, Value> row = new HashMap<>();
            for (int i = 0; i < values.size(); i++) {
                row.put(columns.get(i).name(), values.get(i));
            }
            Example example = example(file, number, row);
            texts += example.textBytes();
            room.require(number + 1, texts);
            examples.add(example);
        }
        return examples;
    }

    /// Where a stage keeps its explanations.
    private static Optional<Column> explanationColumn(DatasetMeta.Stage stage) {
        return switch (stage) {
            case AV_SFT -> Optional.of(Column.of(DataColumns.RESPONSE, ColumnKind.TEXT));
            case AR_SFT -> Optional.of(Column.of(DataColumns.PROMPT, ColumnKind.TEXT));
            case BASE -> Optional.of(Column.of(DataColumns.EXPLANATION, ColumnKind.TEXT));
            case RL -> Optional.empty();
        };
    }

    /// Where a stage keeps what the verbalizer is asked.
    private static Optional<Column> messageColumn(DatasetMeta.Stage stage) {
        return switch (stage) {
            case AV_SFT, RL -> Optional.of(Column.of(DataColumns.PROMPT, ColumnKind.MESSAGE_LIST));
            case AR_SFT, BASE -> Optional.empty();
        };
    }

    private static Example example(DataFile file, long number, Map<String, Value> row) {
        float[] vector = Value.floats(row.get(ActivationSchema.VECTOR));
        double square = Vectors.square(vector);
        if (!(square > 0) || Double.isInfinite(square)) {
            throw wrong(file, number, ActivationSchema.VECTOR, "has a norm that is zero or not finite");
        }
        if (row.get(DataColumns.PROMPT) instanceof Value.Messages(List<RoleContent> messages)) {
            requireTemplate(file, number, messages);
        }
        long tokens = Math.max(0, Value.number(row.get(ActivationSchema.TOKENS)));
        Example.Source source = new Example.Source(
                Value.text(row.get(ActivationSchema.DOCUMENT)), Value.text(row.get(ActivationSchema.TEXT)), tokens);
        return switch (file.meta().stage()) {
            case AV_SFT -> {
                String response = Value.text(row.get(DataColumns.RESPONSE));
                yield new Example(vector, ExplanationText.parse(response).description(), response, source);
            }
            case AR_SFT ->
                Example.explained(vector, inside(file, number, Value.text(row.get(DataColumns.PROMPT))), source);
            case BASE -> Example.explained(vector, Value.text(row.get(DataColumns.EXPLANATION)), source);
            case RL -> new Example(vector, "", "", source);
        };
    }

    /// The sidecar's template is what a verbalizer is asked with: rows of another one would be learned from under a
    /// prompt they were not made for.
    private static void requireTemplate(DataFile file, long number, List<RoleContent> messages) {
        String template = String.valueOf(file.meta().promptTemplates().actor());
        RoleContent expected = new RoleContent(
                "user", PromptTemplate.of(template, NlaMeta.INJECTION).fill(DataColumns.PLACEHOLDER));
        if (!messages.equals(List.of(expected))) {
            throw wrong(file, number, DataColumns.PROMPT, "is not made of the sidecar's actor template");
        }
    }

    /// The explanation in a reconstructor's stored prompt.
    private static String inside(DataFile file, long number, String prompt) {
        PromptTemplate template =
                PromptTemplate.of(String.valueOf(file.meta().promptTemplates().critic()), NlaMeta.EXPLANATION);
        String before = template.before();
        String after = template.after();
        if (template.places() != 1
                || !prompt.startsWith(before)
                || !prompt.endsWith(after)
                || prompt.length() < before.length() + after.length()) {
            throw wrong(file, number, DataColumns.PROMPT, "is not made of the sidecar's critic template");
        }
        return prompt.substring(before.length(), prompt.length() - after.length());
    }

    private static FormatException wrong(DataFile file, long number, String column, String problem) {
        return new FormatException(file.path(), -1, "column " + column, "row " + number + " " + problem);
    }

    /// The vectors.
    public List<float[]> activations() {
        return rows.stream().map(Example::activation).toList();
    }

    /// Refuses a file of activations of another model or block than `other`'s.
    public void requireLike(Examples other) {
        DatasetMeta.Extraction mine = meta.extraction();
        DatasetMeta.Extraction its = other.meta.extraction();
        if (mine.dModel() != its.dModel() || mine.layerIndex() != its.layerIndex()) {
            throw new InputException(file + ": has activations of width " + mine.dModel() + " after block "
                    + mine.layerIndex() + ", " + other.file + " of width " + its.dModel() + " after block "
                    + its.layerIndex());
        }
        if (!mine.baseModel().equals(its.baseModel())) {
            throw new InputException(file + ": has activations of " + mine.baseModel() + ", " + other.file + " of "
                    + its.baseModel() + " (extraction.base_model in their sidecars)");
        }
    }

    /// Refuses a file that shares a document with `other`: what is evaluated must not have been learned from.
    public void requireOtherDocuments(Examples other) {
        requireNoneOf(other.rows.stream().map(Example::document).collect(Collectors.toSet()), other.file);
    }

    /// As above, of a file that is not in memory: its documents' names alone are read.
    public void requireOtherDocuments(Path other) {
        Set<String> documents = new HashSet<>();
        try (DataFile read = DataFile.open(other)) {
            List<Column> names = List.of(Column.of(ActivationSchema.DOCUMENT, ColumnKind.TEXT));
            for (DataFile.Rows rows = read.rows(names); rows.hasNext(); ) {
                if (rows.next().getFirst() instanceof Value.Text(String name)) {
                    documents.add(name);
                }
            }
        }
        requireNoneOf(documents, other);
    }

    private void requireNoneOf(Set<String> documents, Path other) {
        for (Example row : rows) {
            if (documents.contains(row.document())) {
                throw new InputException(file + ": document " + FormatException.printable(row.document()) + " is in "
                        + other + " too; held-out rows must be of other documents");
            }
        }
    }
}
