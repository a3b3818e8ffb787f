package dev.nla4j.verify;

import dev.nla4j.generate.Completion;
import dev.nla4j.generate.StopCondition;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.Score;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.verify.GoldenReport.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.JsonNode;

/// The goldens of a pair: prompt, injected embeddings, greedy explanations, reconstructions and their scores.
final class PairGolden {
    /// The reference keeps its embedding table in bf16 while ours scales the vector in fp32.
    private static final double BF16_TABLE_LIMIT = 1e-2;
    private static final double INJECTED_LIMIT = 1e-5;
    private static final double COSINE_LIMIT = 1e-3;
    private static final int MOST_VECTORS = 4096;

    private final Nla nla;
    private final GoldenFile golden;
    private final DType dtype;
    private final Comparison comparison;
    private final int vocabulary;

    PairGolden(Nla nla, DType dtype, int vocabulary, GoldenFile golden) {
        this.nla = nla;
        this.dtype = dtype;
        this.golden = golden;
        this.vocabulary = vocabulary;
        this.comparison = new Comparison(dtype);
    }

    /// A released pair with the reference code's results (`embeds`).
    List<Row> contract() {
        float[][] vectors = vectors();
        prompt();
        try (Scope _ = Scope.noGrad()) {
            Tensor ours = nla.verbalizer().prompts(vectors); // [N, T, D]
            Tensor theirs = golden.floats("embeds", ours.size(0), ours.size(1), ours.size(2));
            int slot = nla.verbalizer()
                    .injection()
                    .slots(nla.verbalizer().promptIds())
                    .get(0);
            comparison.compare("embeds (injected rows)", floats(ours, slot), floats(theirs, slot), BF16_TABLE_LIMIT);
            comparison.compare("embeds (other rows)", others(ours, slot), others(theirs, slot), Comparison.FP32_LIMIT);
        }
        int[][] expected = golden.ids("greedy", vocabulary, 1);
        greedy(vectors, expected, expected[0].length, false);
        List<String> texts = new ArrayList<>();
        JsonNode json = golden.json();
        json.path("texts").forEach(text -> texts.add(text.stringValue()));
        criticIds(texts, json.path("critic_ids"));
        float[][] reconstructed = nla.reconstructor().reconstruct(texts);
        compareRows("reconstructed", reconstructed, "reconstructed");
        scores(reconstructed, vectors);
        return comparison.rows();
    }

    /// The reference pair of the default target (`injected_rows`).
    List<Row> reference() {
        float[][] vectors = vectors();
        prompt();
        try (Scope _ = Scope.noGrad()) {
            Tensor ours = nla.verbalizer().prompts(vectors);
            int slot = nla.verbalizer()
                    .injection()
                    .slots(nla.verbalizer().promptIds())
                    .get(0);
            comparison.compare(
                    "injected_rows",
                    floats(ours, slot),
                    Tensors.floats(golden.floats("injected_rows")),
                    INJECTED_LIMIT);
            comparison.compare("embeds_first", ours.narrow(0, 0, 1), golden.floats("embeds_first"));
        }
        List<int[]> expected = new ArrayList<>();
        List<String> scored = new ArrayList<>();
        for (JsonNode entry : golden.json()) {
            expected.add(entry.path("greedy_ids")
                    .valueStream()
                    .mapToInt(JsonNode::intValue)
                    .toArray());
            scored.add(entry.path("scored_text").stringValue());
        }
        int longest = expected.stream().mapToInt(ids -> ids.length).max().orElse(1);
        List<Completion> ours = greedy(vectors, expected.toArray(int[][]::new), longest, true);
        int texts = 0;
        for (int i = 0; i < scored.size(); i++) {
            texts += nla.verbalizer().read(ours.get(i)).description().equals(scored.get(i)) ? 0 : 1;
        }
        comparison.count("scored_text", texts, scored.size(), "");
        float[][] reconstructed = nla.reconstructor().reconstruct(scored);
        compareRows("reconstructed", reconstructed, "reconstructed");
        float[] cosines = new float[vectors.length];
        for (int i = 0; i < cosines.length; i++) {
            cosines[i] = (float) Score.of(reconstructed[i], vectors[i]).cosine();
        }
        absolute("cos", cosines, Tensors.floats(golden.numbers("cos", cosines.length)), COSINE_LIMIT);
        return comparison.rows();
    }

    private float[][] vectors() {
        try (Scope _ = Scope.noGrad()) {
            Tensor vectors = golden.floats("vectors");
            int width = nla.verbalizer().meta().dim();
            if (vectors.dim() != 2 || vectors.size(0) > MOST_VECTORS || vectors.size(1) != width) {
                throw golden.wrong("vectors", "must be at most " + MOST_VECTORS + " rows of " + width + " numbers");
            }
            return Tensors.rows(vectors);
        }
    }

    private void prompt() {
        int[] expected = golden.ids("prompt_ids", vocabulary, 1)[0];
        boolean equal = Arrays.equals(expected, nla.verbalizer().promptIds());
        comparison.require("prompt_ids", equal ? 0 : 1, 1, "");
    }

    private List<Completion> greedy(float[][] vectors, int[][] expected, int longest, boolean stops) {
        if (expected.length != vectors.length) {
            throw golden.wrong("greedy", "has " + expected.length + " texts for " + vectors.length + " vectors");
        }
        List<Verbalizer.Task> tasks = new ArrayList<>();
        for (int i = 0; i < vectors.length; i++) {
            tasks.add(new Verbalizer.Task(vectors[i], i));
        }
        Verbalizer.Options options = new Verbalizer.Options(0, 0, longest);
        List<Completion> completions = stops
                ? nla.verbalizer().complete(tasks, options, StopCondition.NEVER, _ -> {})
                : nla.verbalizer().completeWithoutStop(tasks, options);
        int differing = 0;
        StringBuilder note = new StringBuilder();
        for (int i = 0; i < expected.length; i++) {
            int[] ours = completions.get(i).idArray();
            int at = Arrays.mismatch(ours, expected[i]);
            if (at >= 0) {
                differing++;
                note.append(note.isEmpty() ? "" : "; ")
                        .append("row ")
                        .append(i)
                        .append(" from token ")
                        .append(at);
            }
        }
        comparison.count("greedy", differing, expected.length, note.toString());
        return completions;
    }

    private void criticIds(List<String> texts, JsonNode expected) {
        int differing = 0;
        for (int i = 0; i < texts.size(); i++) {
            int[] theirs =
                    expected.path(i).valueStream().mapToInt(JsonNode::intValue).toArray();
            differing += Arrays.equals(theirs, nla.reconstructor().promptIds(texts.get(i))) ? 0 : 1;
        }
        comparison.require("critic_ids", differing, texts.size(), "");
    }

    private void compareRows(String name, float[][] ours, String tensor) {
        try (Scope _ = Scope.noGrad()) {
            comparison.compare(name, Tensors.ofRows(ours), golden.floats(tensor));
        }
    }

    private void scores(float[][] reconstructed, float[][] vectors) {
        float[] ours = new float[reconstructed.length * vectors.length * 2];
        int next = 0;
        for (float[] text : reconstructed) {
            for (float[] vector : vectors) {
                Score score = Score.of(text, vector);
                ours[next++] = (float) score.mse();
                ours[next++] = (float) score.cosine();
            }
        }
        try (Scope _ = Scope.noGrad()) {
            comparison.compare("mse_cos", ours, Tensors.floats(golden.floats("mse_cos")), Comparison.FP32_LIMIT);
        }
    }

    private void absolute(String name, float[] ours, float[] theirs, double limit) {
        double worst = 0;
        for (int i = 0; i < theirs.length; i++) {
            worst = Math.max(worst, Math.abs((double) ours[i] - theirs[i]));
        }
        double judged = dtype == DType.FP32 ? limit : Double.POSITIVE_INFINITY;
        comparison.rows().add(new Row(name, "max |a-b|", worst, judged, ""));
    }

    private static float[] floats(Tensor embeddings, int slot) {
        return Tensors.floats(embeddings.select(1, slot));
    }

    private static float[] others(Tensor embeddings, int slot) {
        long tokens = embeddings.size(1);
        return Tensors.floats(
                Tensors.cat(1, embeddings.narrow(1, 0, slot), embeddings.narrow(1, slot + 1L, tokens - slot - 1)));
    }
}
