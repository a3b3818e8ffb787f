package dev.nla4j.cli;

import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.data.DataSplit;
import dev.nla4j.data.DataSplit.Part;
import dev.nla4j.data.DocumentSplits;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/// `nla data split`.
@Command(
        name = "split",
        description = "Share activations out by document: to train the verbalizer, the reconstructor, both by"
                + " reinforcement learning, and what the corpus holds out for evaluation.",
        footer = {"", "Example: nla data split data/base.parquet --corpus documents.jsonl"})
final class DataSplitCommand implements Callable<Integer> {
    @Parameters(paramLabel = "BASE.parquet", description = "Extracted activations.")
    Path base = Path.of("");

    @Option(names = "--out", paramLabel = "DIR", description = "Folder to write to. Default: splits beside BASE.")
    @Nullable
    Path out;

    @Option(
            names = "--corpus",
            paramLabel = "DIR|F.jsonl|F.parquet",
            description = "Where the activations come from: documents of its eval split are held out.")
    @Nullable
    Path corpus;

    @Option(
            names = "--text-field",
            paramLabel = "NAME",
            defaultValue = "text",
            description = "Field or column of the corpus with the text (default: ${DEFAULT-VALUE}).")
    String textField = "text";

    @Option(names = "--all-train", description = "No document is held out.")
    boolean allTrain;

    @Option(
            names = "--held-out",
            paramLabel = "NAME,NAME",
            split = ",",
            description = "Splits that are held out. Default: eval, test, validation and their like.")
    @Nullable
    Set<String> heldOut;

    @Option(
            names = "--hold-out",
            paramLabel = "SHARE",
            description = "Hold out a share of the documents, drawn by their ids; with --corpus only where that holds"
                    + " out none itself.")
    @Nullable
    Double holdOut;

    @Option(
            names = "--fractions",
            paramLabel = "AV,AR,RL",
            defaultValue = "0.25,0.25,0.5",
            description = "Shares of the documents (default: ${DEFAULT-VALUE}).")
    String fractions = "0.25,0.25,0.5";

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "42",
            description = "Seed of the order of documents (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(names = "--restart", description = "Replace what is there.")
    boolean restart;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        if (allTrain && (corpus != null || heldOut != null)) {
            throw new IllegalArgumentException("--all-train goes without --corpus and --held-out");
        }
        if (holdOut != null && (allTrain || (heldOut != null && corpus == null))) {
            throw new IllegalArgumentException(
                    "--hold-out goes without --all-train, and with --held-out only where --corpus is given");
        }
        Path folder = out == null ? DataPaths.splits(base) : out;
        DataSplit.Result result = new DataSplit(DataSplit.Fractions.parse(fractions), seed, splits())
                .run(base, folder, restart, Terminal.current().progress());
        ObjectNode node = Json.mapper().createObjectNode();
        for (Part part : Part.values()) {
            if (result.rows().containsKey(part)) {
                node.putObject(part.label())
                        .put("file", DataSplit.path(folder, part).toString())
                        .put("documents", result.documents().get(part))
                        .put("rows", result.rows().get(part));
            }
        }
        if (!allTrain && !result.rows().containsKey(Part.EVAL)) {
            System.err.println("nla: no document is held out, and training measures on such: --hold-out 0.05 draws some"
                    + " (--all-train says that none is meant)");
        }
        if (json) {
            System.out.println(node);
        } else {
            node.properties()
                    .forEach(part ->
                            System.err.println(part.getValue().path("file").asString() + ": "
                                    + part.getValue().path("rows") + " rows of "
                                    + part.getValue().path("documents") + " documents"));
        }
        return ExitCode.OK;
    }

    private DocumentSplits splits() {
        if (allTrain) {
            return DocumentSplits.none();
        }
        Set<String> names = heldOut == null ? DocumentSplits.HELD_OUT : new LinkedHashSet<>(heldOut);
        if (corpus == null) {
            return holdOut == null ? DocumentSplits.fromIds(names) : DocumentSplits.drawn(holdOut);
        }
        DocumentSplits own = DocumentSplits.fromCorpus(Corpus.open(corpus, new CorpusOptions(null, textField)), names);
        return holdOut == null ? own : own.orDrawn(holdOut);
    }
}
