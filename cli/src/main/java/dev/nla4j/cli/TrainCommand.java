package dev.nla4j.cli;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.train.MeasuredTable;
import dev.nla4j.train.RunComparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `nla train`: training runs and what they left.
@Command(
        name = "train",
        description = "Work with training runs.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {TrainAllCommand.class, TrainSftCommand.class, TrainRlCommand.class},
        footer = {"", "Example: nla train compare runs/first/rl runs/second/rl"})
final class TrainCommand {
    @Command(
            name = "compare",
            description = "Draw the curves of runs side by side into one HTML page that loads nothing, and print what"
                    + " each found on held-out documents as a Markdown table.",
            footer = {"", "Example: nla train compare runs/first/rl runs/second/rl --out curves.html"})
    int compare(
            @Parameters(arity = "1..8", paramLabel = "RUN", description = "Folders of runs, 1 to 8.") List<Path> runs,
            @Option(
                            names = "--out",
                            paramLabel = "F.html",
                            defaultValue = "compare.html",
                            description = "Page to write (default: ${DEFAULT-VALUE}).")
                    Path out)
            throws IOException {
        List<RunComparison.Run> read = new ArrayList<>();
        for (Path run : runs) {
            read.add(RunComparison.Run.read(run));
        }
        AtomicFile.writeString(out, RunComparison.html(read));
        for (RunComparison.Run run : read) {
            String table = MeasuredTable.of(run);
            if (!table.isEmpty()) {
                System.out.println(FormatException.escaped(run.name()) + "\n\n" + table);
            }
        }
        System.err.println(out + ": curves of " + read.size() + (read.size() == 1 ? " run" : " runs"));
        return ExitCode.OK;
    }
}
