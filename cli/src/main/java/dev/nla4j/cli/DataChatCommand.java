package dev.nla4j.cli;

import dev.nla4j.activation.PositionsPerDocument;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.data.ChatActivations;
import dev.nla4j.data.Transcripts;
import dev.nla4j.format.json.Json;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.model.LanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `nla data chat`.
@Command(
        name = "chat",
        description = "Let a model answer prompts and read its activations over its own answers. A run that was cut off"
                + " goes on with the same command.",
        footer = {"", "Example: nla data chat --prompts prompts.jsonl --layer 20 --out data/chat.parquet"})
final class DataChatCommand implements Callable<Integer> {
    private static final int CHUNK = 32;
    private static final int BATCH_TOKENS = 4096;

    @Option(
            names = {"--prompts", "--chat-prompts"},
            required = true,
            paramLabel = "F.jsonl|F.parquet|DIR",
            description = "Prompts, one a line, row or text file.")
    Path prompts = Path.of("");

    @Option(
            names = "--text-field",
            paramLabel = "NAME",
            defaultValue = "prompt",
            description = "Field or column with the prompt (default: ${DEFAULT-VALUE}).")
    String textField = "prompt";

    @Option(names = "--split", paramLabel = "NAME", description = "Take only prompts of this split.")
    @Nullable
    String split;

    @Mixin
    ModelOption model = new ModelOption();

    @Option(
            names = "--layer",
            required = true,
            paramLabel = "K",
            description = "Take the residual stream after this block, counted from 0.")
    int layer;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "ACTS.parquet",
            description = "File to write; transcripts" + " stand beside it.")
    Path out = Path.of("");

    @Option(
            names = "--per-answer",
            paramLabel = "N|all",
            defaultValue = "10",
            description = "Activations of each answer (default: ${DEFAULT-VALUE}).")
    String perAnswer = "10";

    @Option(
            names = "--temperature",
            paramLabel = "X",
            defaultValue = "1",
            description = "Temperature of answers; 0 is greedy (default: ${DEFAULT-VALUE}).")
    double temperature;

    @Option(
            names = "--max-new-tokens",
            paramLabel = "N",
            defaultValue = "256",
            description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
    int maxNewTokens;

    @Option(
            names = "--date",
            paramLabel = "YYYY-MM-DD",
            defaultValue = "2026-01-01",
            description = "Date that templates may write into prompts (default: ${DEFAULT-VALUE}).")
    LocalDate date = LocalDate.EPOCH;

    @Mixin
    TemplateVariables variables = new TemplateVariables();

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            description = "Seed of answers and positions (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(names = "--restart", description = "Drop an interrupted run and replace a finished file.")
    boolean restart;

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        Map<String, @Nullable Object> told = variables.variables();
        Wiring wiring = new Wiring();
        Corpus corpus = Corpus.open(prompts, new CorpusOptions(split, textField));
        LocalModel found = wiring.find(model.name);
        try (LanguageModel loaded = wiring.load(model.name, dtype.dtype())) {
            String weights = found.fingerprint(wiring.progress());
            ChatActivations.Settings settings = new ChatActivations.Settings(
                    model.name,
                    weights + " " + dtype.dtype(),
                    layer,
                    PositionsPerDocument.parse(perAnswer),
                    temperature,
                    maxNewTokens,
                    seed,
                    date.atStartOfDay(),
                    CHUNK,
                    BATCH_TOKENS);
            ChatActivations.Result result =
                    new ChatActivations(loaded, settings, told).run(corpus, out, restart, wiring.progress());
            if (json) {
                System.out.println(Json.mapper()
                        .createObjectNode()
                        .put("file", out.toString())
                        .put("transcripts", Transcripts.beside(out).toString())
                        .put("rows", result.rows())
                        .put("prompts", result.prompts())
                        .put("skipped", result.skipped())
                        .put("chunks_kept", result.chunksKept()));
            } else {
                System.err.println(out + ": " + result.rows() + " activations of "
                        + (result.prompts() - result.skipped()) + " answers"
                        + (result.skipped() == 0 ? "" : " (" + result.skipped() + " prompts were too long)"));
            }
        }
        return ExitCode.OK;
    }
}
