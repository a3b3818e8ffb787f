package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Pairs at the true width of the released ones, with few blocks, in processes of their own: they explain and score,
/// and memory stays near what the weights take. Writes up to 11 GB and takes minutes, so it runs only when asked for.
@Tag("wide")
class WideFamiliesTest {
    private static final double BAR = 1.15;
    private static final Pattern PEAK = Pattern.compile("at most ([0-9.]+) GB were resident");

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "qwen2, 3584, 18944, 28, 4, 128, 4, 2",
        "gemma3, 3840, 15360, 16, 8, 256, 4, 2",
        "llama, 8192, 28672, 64, 8, 128, 2, 1"
    })
    void a_pair_at_true_width_explains_and_scores_near_the_size_of_its_weights(
            String family, int dim, int hidden, int heads, int keyValues, int width, int layers, int k)
            throws Exception {
        RandomPair random = new RandomPair(family, dim, hidden, heads, keyValues, width, layers, k);
        String target = random.target(folder.resolve("target")).toString();
        String pair = random.full(folder.resolve("pair")).toString();
        // The reconstructor's matrix is fp32 whatever the dtype.
        double weights = (random.bf16Bytes() + 4.0 * dim * dim) / 1e9;
        String[] explain = {
            "explain",
            "The capital of France",
            "--at",
            "last",
            "--target",
            target,
            "--nla",
            pair,
            "--samples",
            "1",
            "--max-new-tokens",
            "4",
            // The bar is against the bf16 size; fp32, the default where bf16 is not native, takes twice that.
            "--dtype",
            "bf16",
            "--verbose"
        };
        double together = run(explain);
        List<String> oneByOne = new ArrayList<>(List.of(explain));
        oneByOne.add("--low-memory");
        double apart = run(oneByOne.toArray(String[]::new));
        String acts = folder.resolve("a.parquet").toString();
        Path corpus = Files.writeString(folder.resolve("c.jsonl"), "{\"text\": \"The capital of France is Paris\"}\n");
        nla(
                "extract",
                "--model",
                target,
                "--layer",
                Integer.toString(k),
                "--corpus",
                corpus.toString(),
                "--out",
                acts,
                "--min-position",
                "2",
                "--per-doc",
                "2",
                "--dtype",
                "bf16");
        Path texts = Files.writeString(folder.resolve("t.jsonl"), "{\"row\": 0, \"text\": \"a city\"}\n");
        double score = run(
                "score",
                "--activations",
                acts,
                "--texts",
                texts.toString(),
                "--nla",
                pair,
                "--dtype",
                "bf16",
                "--verbose");
        System.out.println(String.format(
                Locale.ROOT,
                "%s at %d: weights %.2f GB; peak of explain %.2f GB (%.3f x), with --low-memory %.2f GB, of score %.2f GB",
                family,
                dim,
                weights,
                together,
                together / weights,
                apart,
                score));
        assertThat(together).isLessThan(BAR * weights);
        assertThat(apart).isLessThan(together);
    }

    /// Runs the program and gives the most memory it had, in GB.
    private double run(String... arguments) throws IOException, InterruptedException {
        Matcher peak = PEAK.matcher(nla(arguments));
        assertThat(peak.find()).isTrue();
        return Double.parseDouble(peak.group(1));
    }

    /// Runs the program through its start script and gives what it said on stderr.
    private String nla(String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(DefaultModel.root().resolve("nla").toString()));
        command.addAll(List.of(arguments));
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(err.toFile());
        builder.environment().put("NLA_CLASSPATH", System.getProperty("java.class.path"));
        int code = builder.start().waitFor();
        String said = Files.readString(err, StandardCharsets.UTF_8);
        assertThat(code).as(said).isZero();
        return said;
    }
}
