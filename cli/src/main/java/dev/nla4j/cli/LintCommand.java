package dev.nla4j.cli;

import dev.nla4j.format.InputException;
import dev.nla4j.hub.KnownModel;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.nla.lint.Lint;
import dev.nla4j.nla.lint.LintReport;
import dev.nla4j.nla.lint.Row;
import dev.nla4j.nla.lint.State;
import dev.nla4j.tensor.Threads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `nla lint`: what is wrong with a checkpoint, and how to mend it.
@Command(
        name = "lint",
        description =
                "Say what is wrong with a pair's folder (av/, ar/) or one half, and how to mend it. Ends with 3 when a row fails.",
        footer = {
            "",
            "What each row finds: docs/design/lint.md.",
            "Example: nla lint models/smollm2-135m-l20-rl --against smollm2-135m-instruct"
        })
final class LintCommand implements Callable<Integer> {
    @Parameters(paramLabel = "CHECKPOINT", description = "A pair's folder, the folder of one half, or a repository id.")
    String checkpoint = "";

    @Option(
            names = "--nla-ar",
            paramLabel = "DIR|ID",
            description = "The pair's reconstructor, where it lies apart, as in released pairs of two repositories;"
                    + " CHECKPOINT is the verbalizer then.")
    @Nullable
    String nlaAr;

    @Option(
            names = "--against",
            paramLabel = "TARGET",
            description = "The model it explains: tokenizer, architecture and hash are held against it. Default: none;"
                    + " an adapter's base is used when it is on this machine.")
    @Nullable
    String against;

    @Option(
            names = "--data",
            paramLabel = "A.parquet",
            description = "Activations of the target: checks on 32 of them that the reconstructor reads its text (with"
                    + " --against).")
    @Nullable
    Path data;

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        Wiring wiring = new Wiring();
        Path folder = folder(wiring, checkpoint);
        Path reconstructor = nlaAr == null ? null : folder(wiring, nlaAr);
        Lint.Model target = against == null ? null : model(wiring, wiring.find(against));
        Lint.Model base = against == null ? baseAtHand(wiring, Lint.bases(folder, reconstructor)) : null;
        Threads.useAllProcessors();
        Lint.Options options = new Lint.Options(target, base, data, dtype.dtype());
        LintReport report = Lint.check(folder, reconstructor, options, wiring.progress());
        if (json) {
            System.out.println(report.json());
        } else {
            print(report);
        }
        return report.failed() ? ExitCode.BAD_INPUT : ExitCode.OK;
    }

    private static Path folder(Wiring wiring, String named) {
        Path path = Path.of(named);
        return Files.exists(path) ? path : wiring.find(named).path();
    }

    private static Lint.Model model(Wiring wiring, LocalModel model) {
        return new Lint.Model(
                model.ref(), model.path(), model.sha256(wiring.progress()).orElse(null));
    }

    /// What adapters stand on, as far as it is on this machine: nothing is fetched for it.
    private static Lint.@Nullable Model baseAtHand(Wiring wiring, List<String> bases) {
        for (String named : bases) {
            String reference = KnownModel.ALL.stream()
                    .filter(known -> known.sha256().equals(named))
                    .map(KnownModel::name)
                    .findFirst()
                    .orElse(named);
            Optional<LocalModel> found = stored(wiring, reference);
            if (found.isPresent()) {
                return model(wiring, found.get());
            }
        }
        return null;
    }

    private static Optional<LocalModel> stored(Wiring wiring, String reference) {
        try {
            return wiring.store().find(ModelRef.parse(reference));
        } catch (InputException e) {
            // A sidecar may name its base by a path of another machine, or by a hash nobody knows.
            return Optional.empty();
        }
    }

    private static void print(LintReport report) {
        Terminal terminal = Terminal.current();
        for (Row row : report.rows()) {
            String line = String.format(
                    Locale.ROOT,
                    "%-8s %-5s %-20s %s",
                    row.state() == State.FAIL ? "FAIL" : row.state().text(),
                    row.half(),
                    row.check().id(),
                    row.found());
            System.out.println(row.state() == State.FAIL ? terminal.bold(line) : line);
            if (!row.mend().isEmpty()) {
                System.out.println(" ".repeat(15) + "mend: " + row.mend());
            }
        }
        System.out.println(String.format(
                Locale.ROOT,
                "%s: %d ok, %d warn, %d fail, %d not run",
                report.verdict().text(),
                report.count(State.OK),
                report.count(State.WARN),
                report.count(State.FAIL),
                report.count(State.NOT_RUN)));
    }
}
