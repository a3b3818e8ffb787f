package dev.nla4j.cli;

import dev.nla4j.activation.ActivationFile;
import dev.nla4j.activation.ActivationRow;
import dev.nla4j.format.BoundedLine;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.Explainer;
import dev.nla4j.nla.Score;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/// `nla score`: how well given texts reconstruct given activations.
@Command(
        name = "score",
        description =
                "Score texts against activations: the reconstructor reads each text, its output is compared with the activation.",
        footer = {
            "",
            "T.jsonl holds one {\"row\": N, \"text\": \"…\"} a line; row counts the rows of A.parquet from 0.",
            "Example: nla score --activations acts.parquet --texts texts.jsonl --json"
        })
final class ScoreCommand implements Callable<Integer> {
    private static final int LONGEST_LINE = 1 << 20;

    @Option(
            names = "--activations",
            required = true,
            paramLabel = "A.parquet",
            description = "Activations, as nla extract writes them.")
    Path activations = Path.of("");

    @Option(names = "--texts", required = true, paramLabel = "T.jsonl", description = "Texts to score.")
    Path texts = Path.of("");

    @Mixin
    PairOptions.Named pair = new PairOptions.Named();

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Mixin
    RawvarOption rawvar = new RawvarOption();

    @Option(names = "--json", description = "Print JSON lines: one a text, then a summary.")
    boolean json;

    private record Line(int row, String text) {}

    @Override
    public Integer call() {
        OptionalDouble given = rawvar.rawvar();
        List<Line> lines = lines();
        List<ActivationRow> rows = rows(lines);
        float[][] vectors = rows.stream().map(ActivationRow::vector).toArray(float[][]::new);
        Wiring wiring = new Wiring();
        return wiring.withReconstructor(pair, dtype.dtype(), reconstructor -> {
            if (vectors.length > 0 && vectors[0].length != reconstructor.meta().dim()) {
                throw new InputException(activations + ": activations have " + vectors[0].length
                        + " numbers, the pair is for " + reconstructor.meta().dim());
            }
            for (int i = 0; i < lines.size(); i++) {
                if (rows.get(i).layer() != reconstructor.layer()) {
                    throw new InputException(
                            activations + ": row " + lines.get(i).row() + " is an activation of block "
                                    + rows.get(i).layer() + ", the pair is for block " + reconstructor.layer());
                }
            }
            List<String> toRead = new ArrayList<>(lines.stream().map(Line::text).toList());
            if (reconstructor.reads("")) {
                toRead.add("");
            }
            float[][] read = reconstructor.reconstruct(toRead);
            OptionalDouble denominator =
                    given.isPresent() ? given : reconstructor.meta().rawvar();
            print(lines, vectors, read, denominator);
            return ExitCode.OK;
        });
    }

    private List<ActivationRow> rows(List<Line> lines) {
        try (ActivationFile file = ActivationFile.open(activations)) {
            ActivationRow[] rows = new ActivationRow[lines.size()];
            // Ascending, since a Parquet file is read from front to back.
            int[] ascending = IntStream.range(0, rows.length)
                    .boxed()
                    .sorted(Comparator.comparingInt(i -> lines.get(i).row()))
                    .mapToInt(Integer::intValue)
                    .toArray();
            ActivationRow last = null;
            int lastRow = -1;
            for (int i : ascending) {
                int row = lines.get(i).row();
                if (row >= file.size()) {
                    throw new InputException(
                            texts + ": row " + row + ": " + activations + " has only " + file.size() + " rows");
                }
                // Read once for all of its texts: going back means reading from the front again.
                last = last != null && row == lastRow ? last : file.row(row);
                lastRow = row;
                rows[i] = last;
            }
            return List.of(rows);
        }
    }

    private List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(texts)) {
            int number = 0;
            for (String line = BoundedLine.read(reader, texts, 1, LONGEST_LINE);
                    line != null;
                    line = BoundedLine.read(reader, texts, number + 1, LONGEST_LINE)) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                try {
                    Fields fields = Fields.of(texts, Json.parse(texts, number == 1 ? Json.withoutMark(line) : line));
                    lines.add(new Line((int) fields.integer("row", 0, Integer.MAX_VALUE), fields.requiredText("text")));
                } catch (InputException e) {
                    throw new InputException("line " + number + " of " + e.getMessage(), e);
                }
            }
        } catch (IOException e) {
            throw new InputException(texts + ": can't be read: " + FileProblem.reason(e), e);
        }
        if (lines.isEmpty()) {
            throw new InputException(texts + ": holds no text");
        }
        return lines;
    }

    private void print(List<Line> lines, float[][] vectors, float[][] read, OptionalDouble denominator) {
        int n = lines.size();
        for (int i = 0; i < n; i++) {
            printRow(lines.get(i), Score.of(read[i], vectors[i]), denominator);
        }
        if (!json && denominator.isPresent()) {
            System.out.println(String.format(Locale.ROOT, "FVE by rawvar %.4f", denominator.getAsDouble()));
        }
        int[] others = others(lines.stream().mapToInt(Line::row).toArray());
        summary("mean", mean(read, vectors, i -> i), denominator, n);
        String empty = "control: empty text";
        if (read.length > n) {
            summary(empty, mean(read, vectors, _ -> n), denominator, n);
        } else {
            unknown(empty, Explainer.NO_EMPTY, n);
        }
        String another = "control: another row's text";
        if (others.length > 0) {
            summary(another, mean(read, vectors, i -> others[i]), denominator, n);
        } else {
            unknown(another, "all texts are of one row", n);
        }
    }

    /// The mean cosine of the vectors and the reconstruction that `which` gives each.
    private static double mean(float[][] read, float[][] vectors, IntUnaryOperator which) {
        return IntStream.range(0, vectors.length)
                .mapToDouble(
                        i -> Score.of(read[which.applyAsInt(i)], vectors[i]).cosine())
                .average()
                .orElseThrow();
    }

    /// For each text the next one, in a circle, of another row; empty where all are of one.
    static int[] others(int[] rows) {
        int n = rows.length;
        int[] others = new int[n];
        int end = 0; // of some run of texts of one row
        while (end < n && rows[end] == rows[(end + 1) % n]) {
            end++;
        }
        if (end == n) {
            return new int[0];
        }
        int next = end;
        for (int k = 0; k < n; k++) {
            int i = (end - k + n) % n;
            int after = (i + 1) % n;
            next = rows[i] != rows[after] ? after : next;
            others[i] = next;
        }
        return others;
    }

    private void printRow(Line line, Score score, OptionalDouble denominator) {
        if (json) {
            ObjectNode node = Json.mapper().createObjectNode().put("row", line.row());
            System.out.println(scores(node, score, denominator));
        } else {
            System.out.println(String.format(Locale.ROOT, "row %6d  %s", line.row(), text(score, denominator)));
        }
    }

    private void summary(String what, double cosine, OptionalDouble denominator, int count) {
        Score score = new Score(cosine);
        if (json) {
            ObjectNode node =
                    Json.mapper().createObjectNode().put("summary", what).put("texts", count);
            denominator.ifPresent(value -> node.put("rawvar", value));
            System.out.println(scores(node, score, denominator));
        } else {
            System.out.println(String.format(Locale.ROOT, "%-28s %s", what, text(score, denominator)));
        }
    }

    /// A figure that there is not is said, so that nobody reads the others without it.
    private void unknown(String what, String why, int count) {
        if (json) {
            System.out.println(Json.mapper()
                    .createObjectNode()
                    .put("summary", what)
                    .put("texts", count)
                    .putNull("mse")
                    .putNull("cosine_similarity")
                    .putNull("fve")
                    .put("missing", why));
        } else {
            System.out.println(String.format(Locale.ROOT, "%-28s not known: %s", what, why));
        }
    }

    private static ObjectNode scores(ObjectNode node, Score score, OptionalDouble denominator) {
        node.put("mse", score.mse()).put("cosine_similarity", score.cosine());
        if (denominator.isPresent()) {
            node.put("fve", score.fve(denominator).orElseThrow());
        } else {
            node.putNull("fve").put("fve_missing", "the AR's sidecar has no rawvar and --rawvar was not given");
        }
        return node;
    }

    private static String text(Score score, OptionalDouble denominator) {
        String fve = denominator.isPresent()
                ? String.format(
                        Locale.ROOT, "  FVE %6.3f", score.fve(denominator).orElseThrow())
                : "  FVE unknown (no rawvar)";
        return String.format(Locale.ROOT, "mse %6.4f  cos %6.4f%s", score.mse(), score.cosine(), fve);
    }
}
