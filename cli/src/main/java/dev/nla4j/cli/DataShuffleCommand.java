package dev.nla4j.cli;

import dev.nla4j.data.DataShuffle;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `nla data shuffle`.
@Command(
        name = "shuffle",
        description = "Put a data set's rows into a seeded random order, the public pipeline's own.",
        footer = {"", "Example: nla data shuffle data/av_sft.parquet"})
final class DataShuffleCommand implements Callable<Integer> {
    @Parameters(paramLabel = "F.parquet", description = "Data set of any stage.")
    Path input = Path.of("");

    @Option(names = "--out", paramLabel = "F.parquet", description = "File to write. Default: *_shuf.parquet.")
    @Nullable
    Path out;

    @Option(
            names = "--activations",
            description = "Move the vectors alone: a control in which no activation belongs to its text.")
    boolean activations;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "42", description = "Seed (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(names = "--restart", description = "Replace a finished file.")
    boolean restart;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        String name = DataPaths.stem(input, "") + (activations ? "_shuf_activations" : "_shuf");
        Path output = out == null ? DataPaths.beside(input, name) : out;
        DataShuffle.What what = activations ? DataShuffle.What.ACTIVATIONS : DataShuffle.What.ROWS;
        long rows = new DataShuffle()
                .run(input, output, seed, what, restart, Terminal.current().progress());
        if (json) {
            System.out.println(Json.mapper()
                    .createObjectNode()
                    .put("file", output.toString())
                    .put("rows", rows)
                    .put("seed", seed));
        } else {
            System.err.println(output + ": " + rows + " rows");
        }
        return ExitCode.OK;
    }
}
