package dev.nla4j.cli;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.NextTokenReader;
import dev.nla4j.data.DataFile;
import dev.nla4j.data.DataTeach;
import dev.nla4j.data.TargetPredictions;
import dev.nla4j.data.Transcripts;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.progress.Progress;
import dev.nla4j.teacher.ApiUsage;
import dev.nla4j.teacher.GroundedTeacher;
import dev.nla4j.teacher.PaidTeacher;
import dev.nla4j.teacher.ResponseCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/// `nla data teach`.
@Command(
        name = "teach",
        description = "Add an explanation to each row. A run that was cut off goes on with the same command.",
        footer = {
            "",
            "Example: nla data teach data/splits/av_sft_raw.parquet data/splits/ar_sft_raw.parquet",
            "Example: nla data teach data/splits/av_sft_raw.parquet --teacher openai --endpoint"
                    + " http://localhost:8000 --teacher-model qwen3"
        })
final class DataTeachCommand implements Callable<Integer> {
    private static final int CHUNK_ROWS = 512;
    private static final int BATCH_ROWS = 10_000;
    private static final int BATCH_TOKENS = 4096;

    @Parameters(
            paramLabel = "RAW.parquet",
            arity = "1..*",
            description = "Activations without explanations. Words are counted over all of them.")
    List<Path> inputs = List.of();

    @Option(
            names = "--out",
            paramLabel = "F.parquet",
            description = "File to write, for one input. Default: *_explained.parquet beside the folder of splits.")
    @Nullable
    Path out;

    @Option(
            names = "--model",
            paramLabel = "M",
            description = "Target whose predictions the grounded teacher names. Default: the sidecar's.")
    @Nullable
    String model;

    @Option(
            names = "--transcripts",
            paramLabel = "F.jsonl",
            description = "Tokens of conversations, as nla data chat writes them.")
    @Nullable
    Path transcripts;

    @Option(
            names = "--count-too",
            paramLabel = "F.parquet",
            description =
                    "One more file whose words are counted, to tell which are rare (grounded teacher); may be repeated:"
                            + " name the other parts of one corpus, so that all are explained by the same rule.")
    List<Path> countedToo = List.of();

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Folder of paid answers. Default: teacher-cache beside the first output.")
    @Nullable
    Path cache;

    @Spec
    @Nullable
    CommandSpec spec;

    @Mixin
    TeacherOptions teacher = new TeacherOptions();

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Option(names = "--restart", description = "Drop an interrupted run and replace a finished file.")
    boolean restart;

    @Option(names = "--json", description = "Print one JSON line a file.")
    boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (out != null && inputs.size() > 1) {
            throw new IllegalArgumentException("--out goes with one input");
        }
        requireTeacher();
        if (transcripts != null) {
            FileProblem.requireNoPipe(transcripts); // it is read more than once
        }
        return teacher.name == TeacherOptions.Name.GROUNDED ? grounded(new Wiring()) : paid();
    }

    /// Refuses a teacher that can't be asked, and what it would not heed.
    void requireTeacher() {
        teacher.requireHeeded(Objects.requireNonNull(spec).commandLine().getParseResult());
        if (teacher.name != TeacherOptions.Name.GROUNDED) {
            teacher.settings(System.getenv());
        }
    }

    private int grounded(Wiring wiring) throws IOException, InterruptedException {
        DatasetMeta.Extraction first = extraction(inputs.getFirst());
        int layer = first.layerIndex();
        String target = model == null ? first.baseModel() : model;
        for (Path input : inputs) {
            requireSame(input, extraction(input), first, model == null);
        }
        ModelConfig config = ModelLoader.config(wiring.find(target).path());
        for (Path input : inputs) {
            try (DataFile file = DataFile.open(input)) {
                file.requireOf(config, target);
            }
        }
        Progress progress = wiring.progress();
        Set<Path> counted = new LinkedHashSet<>(inputs);
        counted.addAll(countedToo);
        GroundedTeacher rules = new GroundedTeacher(DataTeach.frequencies(List.copyOf(counted), progress));
        String evidence = "predictions of " + wiring.find(target).fingerprint(progress) + " in " + dtype.dtype()
                + (transcripts == null ? "" : ", transcripts " + Sha256.of(transcripts));
        List<Path> left = left(new DataTeach(rules, DataTeach.Predictions.NONE, evidence, CHUNK_ROWS));
        try (LanguageModel loaded = wiring.load(target, dtype.dtype())) {
            Map<String, int[]> conversations = transcripts == null
                    ? Map.of()
                    : Transcripts.tokens(transcripts, loaded.config().vocabulary());
            NextTokenReader reader =
                    new NextTokenReader(loaded.decoder(), layer, loaded.drawableIds(), TargetPredictions.TOP);
            for (Path input : left) {
                TargetPredictions predictions = new TargetPredictions(
                        loaded.tokenizer(),
                        reader,
                        BATCH_TOKENS,
                        loaded.config().contextLength(),
                        conversations);
                Path output = output(input);
                DataTeach.Result result = new DataTeach(rules, predictions::of, evidence, CHUNK_ROWS)
                        .run(input, output, restart, progress);
                ObjectNode node = describe(output, result);
                // Of chunks that an earlier start finished nobody knows any more.
                node.put("without_predictions", result.chunksKept() == 0 ? predictions.unknown() : null);
                print(node);
            }
        }
        return ExitCode.OK;
    }

    private static DatasetMeta.Extraction extraction(Path input) {
        try (DataFile file = DataFile.open(input)) {
            return file.meta().extraction();
        }
    }

    /// One target predicts for all.
    ///
    /// @param byName whether it is the one that the first file names
    private static void requireSame(
            Path input, DatasetMeta.Extraction its, DatasetMeta.Extraction first, boolean byName) {
        if (its.layerIndex() != first.layerIndex()
                || (byName && !its.baseModel().equals(first.baseModel()))) {
            throw new InputException(input + ": has activations of " + its.baseModel() + " after block "
                    + its.layerIndex() + ", the first file of " + first.baseModel() + " after block "
                    + first.layerIndex() + "; teach them apart, or name the target of both with --model");
        }
    }

    private int paid() throws IOException, InterruptedException {
        Path answers = cache == null ? output(inputs.getFirst()).resolveSibling("teacher-cache") : cache;
        try (ResponseCache kept = ResponseCache.open(answers);
                PaidTeacher asked = teacher.paid(System.getenv(), kept)) {
            List<Path> left = left(new DataTeach(asked, CHUNK_ROWS));
            estimate(asked, left);
            ApiUsage before = asked.usage();
            for (Path input : left) {
                Path output = output(input);
                DataTeach.Result result = teach(asked, input, output);
                ObjectNode node = describe(output, result);
                ApiUsage usage = asked.usage().since(before);
                before = asked.usage();
                node.put("answered", usage.answered())
                        .put("cached", usage.cached())
                        .put("without_usage", usage.unmetered())
                        .put("input_tokens", usage.inputTokens())
                        .put("output_tokens", usage.outputTokens())
                        .put("dollars", teacher.hasPrice() ? usage.dollars() : null);
                print(node);
            }
        }
        return ExitCode.OK;
    }

    /// What was paid is said when it ends badly, too.
    private DataTeach.Result teach(PaidTeacher asked, Path input, Path output)
            throws IOException, InterruptedException {
        boolean whole = false;
        try {
            DataTeach.Result result = new DataTeach(asked, teacher.batches ? BATCH_ROWS : CHUNK_ROWS)
                    .run(input, output, restart, Terminal.current().progress());
            whole = true;
            return result;
        } finally {
            if (!whole) {
                ApiUsage usage = asked.usage();
                System.err.println(String.format(
                        Locale.ROOT,
                        "%d answers so far, %d without usage, %d tokens read and %d written, %s",
                        usage.answered(),
                        usage.unmetered(),
                        usage.inputTokens(),
                        usage.outputTokens(),
                        teacher.dollars(usage.dollars(), 4)));
            }
        }
    }

    private void estimate(PaidTeacher asked, List<Path> left) {
        long texts = 0;
        long characters = 0;
        for (Path input : left) {
            try (DataFile file = DataFile.open(input)) {
                for (DataFile.Rows rows = file.rows(List.of(Column.of(ActivationSchema.TEXT, ColumnKind.TEXT)));
                        rows.hasNext(); ) {
                    texts++;
                    characters += rows.next().getFirst() instanceof Value.Text(String text)
                            ? PaidTeacher.characters(text)
                            : 0;
                }
            }
        }
        double dollars = asked.estimate(texts, characters);
        System.err.println(texts + " texts, about " + characters + " characters, "
                + (teacher.hasPrice() ? "about " : "") + teacher.dollars(dollars, 2));
        if (teacher.budget != null && dollars > teacher.budget) {
            throw new InputException(String.format(
                    Locale.ROOT, "the estimate of %.2f dollars is over the budget of %.2f", dollars, teacher.budget));
        }
    }

    /// The inputs that are to be explained yet: a command over several that was stopped goes on. All of them where that
    /// is none, to be refused.
    private List<Path> left(DataTeach teaching) throws IOException {
        List<Path> left = new ArrayList<>();
        for (Path input : inputs) {
            if (restart || !teaching.isDone(input, output(input))) {
                left.add(input);
            }
        }
        if (left.isEmpty()) {
            return inputs;
        }
        for (Path input : inputs) {
            if (!left.contains(input)) {
                System.err.println(output(input) + ": is there already, of " + input);
            }
        }
        return left;
    }

    private Path output(Path input) {
        return out == null ? DataPaths.beside(input, DataPaths.stem(input, "_raw") + "_explained") : out;
    }

    private static ObjectNode describe(Path output, DataTeach.Result result) {
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("file", output.toString())
                .put("rows", result.rows())
                .put("dropped", result.dropped())
                .put("chunks_kept", result.chunksKept());
        ObjectNode reasons = node.putObject("reasons");
        result.reasons().forEach(reasons::put);
        return node;
    }

    private void print(ObjectNode node) {
        if (json) {
            System.out.println(node);
            return;
        }
        StringBuilder line = new StringBuilder(node.path("file").asString() + ": " + node.path("rows") + " rows");
        if (node.path("dropped").asLong(0) > 0) {
            line.append(", ").append(node.path("dropped")).append(" dropped ").append(node.path("reasons"));
        }
        if (node.path("without_predictions").asLong(0) > 0) {
            line.append(", ")
                    .append(node.path("without_predictions"))
                    .append(" without predictions (their text does not give the same tokens back)");
        }
        if (node.has("dollars")) {
            line.append(String.format(
                    Locale.ROOT,
                    ", %d answers (%d from the cache), %s%s",
                    node.path("answered").asLong(0) + node.path("cached").asLong(0),
                    node.path("cached").asLong(0),
                    node.path("without_usage").asLong(0) > 0 && teacher.hasPrice() ? "more than " : "",
                    teacher.dollars(node.path("dollars").asDouble(0), 4)));
        }
        System.err.println(line);
    }
}
