package dev.nla4j.cli;

import dev.nla4j.activation.Extraction;
import dev.nla4j.activation.ExtractionResult;
import dev.nla4j.activation.ExtractionSettings;
import dev.nla4j.activation.PositionSampler;
import dev.nla4j.activation.PositionsPerDocument;
import dev.nla4j.activation.ResidualReader;
import dev.nla4j.activation.TextTokenizer;
import dev.nla4j.activation.Windowing;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.format.json.Json;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `nla extract`: a corpus's activations as a Parquet file with its sidecar.
@Command(
        name = "extract",
        description =
                "Read a model's activations over a corpus into a Parquet file with its sidecar. A run that was cut off"
                        + " goes on with the same command.",
        footer = {
            "",
            "Example: nla extract --corpus documents.jsonl --layer 20 --out acts.parquet --window 96 --stride 96"
                    + " --min-position 20 --per-doc 10"
        })
final class ExtractCommand implements Callable<Integer> {
    private static final int BATCH_TOKENS = 4096;

    @Mixin
    ModelOption model = new ModelOption();

    @Option(
            names = "--layer",
            required = true,
            paramLabel = "K",
            description = "Take the residual stream after this block, counted from 0.")
    int layer;

    @Option(
            names = "--corpus",
            required = true,
            paramLabel = "DIR|F.jsonl|F.parquet",
            description = "Folder of .txt and .md files, JSON lines or Parquet.")
    Path corpus = Path.of("");

    @Option(
            names = "--text-field",
            paramLabel = "NAME",
            defaultValue = "text",
            description = "Field or column with the text (default: ${DEFAULT-VALUE}).")
    String textField = "text";

    @Option(names = "--split", paramLabel = "NAME", description = "Take only documents of this split.")
    @Nullable
    String split;

    @Option(names = "--out", required = true, paramLabel = "ACTS.parquet", description = "File to write.")
    Path out = Path.of("");

    @Option(
            names = "--window",
            paramLabel = "N",
            description = "Cut documents into windows of N tokens, each a text of its own.")
    @Nullable
    Integer window;

    @Option(
            names = "--stride",
            paramLabel = "N",
            description = "Tokens from one window's start to the next. Default: the window.")
    @Nullable
    Integer stride;

    @Option(
            names = "--min-position",
            paramLabel = "N",
            defaultValue = "50",
            description = "First token of a text that may be taken (default: ${DEFAULT-VALUE}).")
    int minPosition;

    @Option(
            names = "--per-doc",
            paramLabel = "N|all",
            defaultValue = "10",
            description = "Activations of each document (default: ${DEFAULT-VALUE}).")
    String perDocument = "10";

    @Option(
            names = "--max-length",
            paramLabel = "N",
            defaultValue = "4096",
            description = "Most tokens read of a document that is not cut into windows (default: ${DEFAULT-VALUE}).")
    int maxLength;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            description = "Seed of the positions (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(names = "--restart", description = "Drop an interrupted run and replace a finished file.")
    boolean restart;

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        if (stride != null && window == null) {
            throw new IllegalArgumentException("--stride goes with --window");
        }
        Wiring wiring = new Wiring();
        LocalModel found = wiring.find(model.name);
        // Before the weights, which take their time.
        ModelConfig config = ModelLoader.config(found.path());
        ResidualReader.requireLayer(config, layer);
        int context = config.contextLength();
        requireContext(0, context);
        Corpus texts = Corpus.open(corpus, new CorpusOptions(split, textField));
        try (LanguageModel loaded = wiring.load(model.name, dtype.dtype())) {
            requireContext(loaded.tokenizer().specials().prefix().size(), context);
            ResidualReader reader = new ResidualReader(loaded.decoder(), layer);
            String weights = found.fingerprint(wiring.progress());
            ExtractionSettings settings = new ExtractionSettings(
                    new ExtractionSettings.Target(
                            model.name,
                            weights + " " + dtype.dtype(),
                            layer,
                            loaded.config().dim()),
                    new PositionSampler(seed, minPosition, PositionsPerDocument.parse(perDocument)),
                    window == null ? null : new Windowing(window, stride == null ? window : stride),
                    Math.min(maxLength, context),
                    BATCH_TOKENS,
                    "nla4j");
            Extraction extraction =
                    new Extraction(settings, texts, new TextTokenizer(loaded.tokenizer()), reader, wiring.progress());
            long start = System.nanoTime();
            ExtractionResult result = extraction.run(out, restart ? Extraction.Start.RESTART : Extraction.Start.RESUME);
            System.err.println(String.format(
                    Locale.ROOT,
                    "%s: %d activations of %d documents (%d had none) in %.1f s%s",
                    out,
                    result.rows(),
                    result.documentsWithRows(),
                    result.documents() - result.documentsWithRows(),
                    (System.nanoTime() - start) / 1e9,
                    result.shardsKept() == 0
                            ? ""
                            : ", " + result.shardsKept() + " of " + result.shards()
                                    + " parts were there from an interrupted run"));
            if (texts.passedOver() > 0) {
                System.err.println("nla: " + corpus + ": " + texts.passedOver()
                        + " files that are neither .txt nor .md were passed over");
            }
            if (json) {
                System.out.println(Json.mapper()
                        .createObjectNode()
                        .put("file", out.toString())
                        .put("rows", result.rows())
                        .put("documents", result.documents())
                        .put("documents_with_rows", result.documentsWithRows())
                        .put("shards", result.shards())
                        .put("shards_kept", result.shardsKept()));
            }
            return ExitCode.OK;
        }
    }

    /// @param prefix tokens that the tokenizer puts before each window
    private void requireContext(int prefix, int context) {
        if (window != null && window + prefix > context) {
            throw new IllegalArgumentException("--window: must be at most the model's context " + context
                    + (prefix == 0 ? "" : " without the " + prefix + " that the tokenizer puts first") + ", was "
                    + window);
        }
    }
}
