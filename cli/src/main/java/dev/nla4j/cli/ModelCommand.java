package dev.nla4j.cli;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.hub.FileCheck;
import dev.nla4j.hub.Inventory;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.Manifest;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.hub.StoredFile;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.tensor.DType;
import dev.nla4j.verify.GoldenCheck;
import dev.nla4j.verify.GoldenReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `nla model …`: models on this machine.
@Command(
        name = "model",
        description = "Bring models here, list, show, verify and remove them.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example: nla model pull smollm2-135m-instruct"})
final class ModelCommand {
    private static final String MODEL =
            "A name (smollm2-135m-instruct), a repository owner/name[@revision][:FILE.gguf], or a path.";

    @Command(
            name = "pull",
            description = "Bring a model here.",
            footer = {"", "Example: nla model pull smollm2-135m-instruct"})
    int pull(@Parameters(paramLabel = "MODEL", description = MODEL) String model) {
        LocalModel local = new Wiring().find(model);
        System.out.println(local.path());
        return ExitCode.OK;
    }

    @Command(
            name = "ls",
            description = "List the models of the store.",
            footer = {"", "Example: nla model ls"})
    int ls(@Option(names = "--json", description = "Print one JSON document.") boolean json) {
        Wiring wiring = new Wiring();
        Inventory inventory = wiring.store().list();
        if (json) {
            ObjectNode node = Json.mapper()
                    .createObjectNode()
                    .put("root", wiring.store().root().toString());
            ArrayNode models = node.putArray("models");
            inventory.models().forEach(model -> models.add(facts(model)));
            node.put("unfinished_bytes", inventory.unfinished());
            System.out.println(node);
        } else {
            inventory
                    .models()
                    .forEach(model -> System.out.println(String.format(
                            Locale.ROOT,
                            "%10.1f MB  %s",
                            model.manifest().map(Manifest::size).orElse(0L) / 1e6,
                            model.ref())));
            if (inventory.models().isEmpty()) {
                System.err.println("no models in " + wiring.store().root() + "; bring one with: nla model pull "
                        + Wiring.DEFAULT_MODEL);
            }
            if (inventory.unfinished() > 0) {
                System.err.println(inventory.unfinished() / 1_000_000 + " MB of unfinished downloads");
            }
        }
        inventory.problems().forEach(problem -> System.err.println("nla: " + problem));
        return inventory.problems().isEmpty() ? ExitCode.OK : ExitCode.BAD_INPUT;
    }

    @Command(
            name = "show",
            description = "Show what is known of a model.",
            footer = {"", "Example: nla model show smollm2-135m-instruct"})
    int show(
            @Parameters(paramLabel = "MODEL", description = MODEL) String model,
            @Option(names = "--json", description = "Print one JSON document.") boolean json) {
        Wiring wiring = new Wiring();
        LocalModel local = wiring.store()
                .find(ModelRef.parse(model))
                .orElseThrow(() -> new InputException(model + ": is not here; bring it with: nla model pull " + model));
        ObjectNode node = known(local);
        if (json) {
            System.out.println(node);
        } else {
            lines(node).forEach(System.out::println);
        }
        return ExitCode.OK;
    }

    /// One a field and one a file. What a hub says of a model, its licence above all, may be anything.
    static List<String> lines(ObjectNode known) {
        List<String> lines = new ArrayList<>();
        known.properties().forEach(field -> {
            if (!field.getKey().equals("files")) {
                lines.add(line(field.getKey(), field.getValue().asString()));
            }
        });
        known.path("files")
                .forEach(file -> lines.add(line(
                        "file",
                        String.format(
                                Locale.ROOT,
                                "%s  %.1f MB  sha256 %s",
                                file.path("name").asString(),
                                file.path("size").longValue() / 1e6,
                                file.path("sha256").asString()))));
        return lines;
    }

    private static String line(String name, String value) {
        return String.format(Locale.ROOT, "%-16s %s", name, FormatException.escaped(value));
    }

    /// What the store knows of a model, and its numbers. A stored pair or adapter has no numbers of its own,
    /// and those of an unknown family are not read: then there is a line that says why.
    static ObjectNode known(LocalModel model) {
        ObjectNode node = facts(model);
        ModelConfig config;
        try {
            config = ModelLoader.config(model.path());
        } catch (InputException e) {
            if (model.manifest().isEmpty()) {
                throw e;
            }
            System.err.println("nla: " + e.getMessage());
            return node;
        }
        return node.put("family", config.family().modelType())
                .put("blocks", config.numLayers())
                .put("width", config.dim())
                .put("heads", config.heads().queries())
                .put("key_value_heads", config.heads().keyValues())
                .put("vocabulary", config.vocabulary())
                .put("context", config.contextLength());
    }

    private static ObjectNode facts(LocalModel model) {
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("model", model.ref()).put("path", model.path().toString());
        model.manifest().ifPresent(manifest -> {
            node.put("source", manifest.source())
                    .put("revision", manifest.revision())
                    .put("licence", manifest.licence())
                    .put("size", manifest.size())
                    .put("pulled", manifest.created().toString());
            ArrayNode files = node.putArray("files");
            for (StoredFile file : manifest.files()) {
                files.addObject()
                        .put("name", file.name())
                        .put("size", file.size())
                        .put("sha256", file.sha256());
            }
        });
        return node;
    }

    @Command(
            name = "verify",
            description = "Hash a stored model again; with --golden compare its numbers with another implementation's.",
            footer = {"", "Example: nla model verify smollm2-135m-instruct --golden golden.safetensors"})
    int verify(
            @Parameters(paramLabel = "MODEL", description = MODEL + " For a pair's golden: the pair's folder.")
                    String model,
            @Option(names = "--golden", paramLabel = "FILE.safetensors", description = "Results to compare with.")
                    @Nullable
                    Path golden,
            @Option(
                            names = "--dtype",
                            paramLabel = "fp32|bf16",
                            defaultValue = "fp32",
                            description = "Dtype of the comparison (default: ${DEFAULT-VALUE}).")
                    DType dtype,
            @Mixin PairOptions pair,
            @Option(names = "--json", description = "Print one JSON document.") boolean json) {
        Wiring wiring = new Wiring();
        return golden == null
                ? verifyFiles(wiring, model, json)
                : verifyGolden(wiring, model, golden, dtype, pair, json);
    }

    private static int verifyFiles(Wiring wiring, String model, boolean json) {
        List<FileCheck> checks = wiring.store().verify(ModelRef.parse(model), wiring.progress());
        ArrayNode list = Json.mapper().createArrayNode();
        for (FileCheck check : checks) {
            String state = check.state().name().toLowerCase(Locale.ROOT).replace('_', ' ');
            list.addObject()
                    .put("name", check.name())
                    .put("state", state)
                    .put("expected", check.expected())
                    .put("found", check.found());
            if (!json) {
                System.out.println(String.format(Locale.ROOT, "%-12s %s", state, check.name()));
            }
        }
        if (json) {
            System.out.println(list);
        }
        return checks.stream().allMatch(FileCheck::good) ? ExitCode.OK : ExitCode.FAILURE;
    }

    private static int verifyGolden(
            Wiring wiring, String model, Path golden, DType dtype, PairOptions pair, boolean json) {
        GoldenReport report;
        if (GoldenCheck.subject(golden) == GoldenCheck.Subject.MODEL) {
            try (LanguageModel loaded = wiring.load(model, dtype)) {
                report = GoldenCheck.model(loaded, golden);
            }
        } else {
            pair.nla = model;
            report = verifyPair(wiring, pair, golden, dtype);
        }
        PairSession.tellPeak(pair.verbose);
        if (json) {
            System.out.println(json(report));
        } else {
            print(report);
        }
        return report.holds() ? ExitCode.OK : ExitCode.FAILURE;
    }

    /// A pair of full weights stands on no base, so none is fetched.
    private static GoldenReport verifyPair(Wiring wiring, PairOptions pair, Path golden, DType dtype) {
        PairFolder folder = wiring.pairFolder(pair);
        if (folder.needsBase()) {
            try (Wiring.Pair opened = wiring.open(pair, dtype)) {
                int vocabulary = opened.target().config().vocabulary();
                return GoldenCheck.pair(opened.nla(), dtype, vocabulary, golden);
            }
        }
        int vocabulary = ModelLoader.config(folder.verbalizer().folder()).vocabulary();
        Wiring.announce(MemoryPlan.of(null, folder, dtype, false).withoutAdvice(), pair.verbose);
        dev.nla4j.tensor.Threads.useAllProcessors();
        try (Nla nla = Nla.open(folder, null, dtype, wiring.progress())) {
            return GoldenCheck.pair(nla, dtype, vocabulary, golden);
        }
    }

    private static void print(GoldenReport report) {
        for (GoldenReport.Row row : report.rows()) {
            String verdict = Double.isInfinite(row.limit()) ? "shown" : row.holds() ? "ok" : "OVER";
            System.out.println(String.format(
                    Locale.ROOT,
                    "%-5s %-24s %-20s %9.2e  (limit %s)%s",
                    verdict,
                    row.tensor(),
                    row.measure(),
                    row.deviation(),
                    Double.isInfinite(row.limit()) ? "none" : String.format(Locale.ROOT, "%.0e", row.limit()),
                    row.note().isEmpty() ? "" : "  " + row.note()));
        }
        if (report.frequencies().equals("bf16")) {
            System.out.println(
                    "The golden's rotary frequencies are rounded to bf16 (as casting a whole model to bf16 leaves them);"
                            + " ours were rounded too for this comparison. With exact frequencies it does not hold.");
        }
        System.out.println(report.holds() ? "holds" : "does not hold");
    }

    private static ObjectNode json(GoldenReport report) {
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("holds", report.holds()).put("rope_frequencies", report.frequencies());
        ArrayNode rows = node.putArray("tensors");
        for (GoldenReport.Row row : report.rows()) {
            ObjectNode entry = rows.addObject()
                    .put("tensor", row.tensor())
                    .put("measure", row.measure())
                    .put("deviation", row.deviation());
            if (Double.isInfinite(row.limit())) {
                entry.putNull("limit");
            } else {
                entry.put("limit", row.limit());
            }
            entry.put("ok", row.holds()).put("note", row.note());
        }
        return node;
    }

    @Command(
            name = "rm",
            description = "Remove a model from the store.",
            footer = {"", "Example: nla model rm smollm2-135m-instruct"})
    int rm(
            @Parameters(paramLabel = "MODEL", arity = "0..1", description = MODEL) @Nullable String model,
            @Option(names = "--unfinished", description = "Remove what cut-off downloads left.") boolean unfinished) {
        Wiring wiring = new Wiring();
        if ((model == null) != unfinished) {
            throw new IllegalArgumentException("give a MODEL or --unfinished, one of them");
        }
        long freed = model == null
                ? wiring.store().removeUnfinished()
                : wiring.store().remove(ModelRef.parse(model));
        System.err.println(String.format(Locale.ROOT, "%.1f MB are free now", freed / 1e6));
        return ExitCode.OK;
    }
}
