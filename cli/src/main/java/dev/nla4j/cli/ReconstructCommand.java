package dev.nla4j.cli;

import dev.nla4j.activation.Vectors;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.npy.NpyWriter;
import dev.nla4j.nla.Score;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `nla reconstruct`: the activation that a text describes.
@Command(
        name = "reconstruct",
        description = "Write the activation that a text describes, as NumPy's .npy (fp32, one vector).",
        footer = {"", "Example: nla reconstruct --text \"Text: the capital of France is\" --out v.npy"})
final class ReconstructCommand implements Callable<Integer> {
    @Option(names = "--text", required = true, paramLabel = "TEXT", description = "The explanation; may be empty.")
    String text = "";

    @Option(names = "--out", required = true, paramLabel = "V.npy", description = "File to write.")
    Path out = Path.of("");

    @Mixin
    PairOptions.Named pair = new PairOptions.Named();

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Override
    public Integer call() throws IOException {
        Wiring wiring = new Wiring();
        float[] vector = wiring.withReconstructor(
                pair, dtype.dtype(), reconstructor -> reconstructor.reconstruct(List.of(text))[0]);
        Score.requireFinite(vector);
        AtomicFile.write(out, temporary -> NpyWriter.write(temporary, vector));
        System.err.println(
                String.format(Locale.ROOT, "%s: %d numbers, norm %.1f", out, vector.length, Vectors.norm(vector)));
        return ExitCode.OK;
    }
}
