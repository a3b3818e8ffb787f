package dev.nla4j.verify;

import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.KeyValues;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.verify.GoldenReport.Row;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// The goldens of a model: hidden states after every block, logits, greedy continuation, injected embeddings
/// (`hidden_0`…), or those of single prompts (`0.ids`…).
final class ModelGolden {
    private static final int GREEDY_TOKENS = 16;
    private static final int INJECTED_ROW = 7;
    private static final int INJECTED_TOKENS = 20;

    private final LanguageModel model;
    private final Decoder decoder;
    private final GoldenFile golden;
    private final Comparison comparison;

    /// @param decoder the model's, possibly with rounded frequencies
    ModelGolden(LanguageModel model, Decoder decoder, GoldenFile golden) {
        this.model = model;
        this.decoder = decoder;
        this.golden = golden;
        this.comparison = new Comparison(decoder.dtype());
    }

    /// A batch with hidden states at every depth.
    List<Row> batch() {
        int vocabulary = model.config().vocabulary();
        int depth = model.config().numLayers();
        int[][] ids = golden.ids("input_ids", vocabulary, INJECTED_TOKENS);
        long[] stream = {ids.length, ids[0].length, model.config().dim()};
        long[] lengths = lengths(ids.length, ids[0].length);
        try (Scope _ = Scope.noGrad()) {
            Tensor last = decoder.residual(decoder.embed(Tensors.ids(ids)), depth, Context.none(), (at, residual) -> {
                if (at < depth) {
                    comparison.compareUnmasked(
                            "hidden_" + at, residual, golden.floats("hidden_" + at, stream), lengths);
                }
            });
            String top = "hidden_" + depth;
            comparison.compareUnmasked(top, decoder.finalNorm(last), golden.floats(top, stream), lengths);
            Tensor logits = golden.floats("logits", ids.length, ids[0].length, vocabulary);
            comparison.compareUnmasked("logits", decoder.logits(last), logits, lengths);
            if (golden.names().contains("inject_vector")) {
                injected(ids[0]);
            }
        }
        int[] expected = golden.ids("greedy", vocabulary, GREEDY_TOKENS + 1)[0];
        greedy("greedy", expected, expected.length - GREEDY_TOKENS);
        return comparison.rows();
    }

    private long[] lengths(int rows, int columns) {
        long[] mask = golden.integers("attention_mask");
        if (mask.length != rows * columns) {
            throw golden.wrong("attention_mask", "has " + mask.length + " numbers, input_ids has " + rows * columns);
        }
        long[] lengths = new long[rows];
        for (int i = 0; i < mask.length; i++) {
            lengths[i / columns] += mask[i] == 0 ? 0 : 1;
        }
        return lengths;
    }

    private void injected(int[] ids) {
        Tensor embeddings = decoder.embed(Tensors.ids(new int[][] {Arrays.copyOf(ids, INJECTED_TOKENS)}))
                .clone();
        embeddings
                .select(1, INJECTED_ROW)
                .copy_(golden.numbers("inject_vector", model.config().dim()).reshape(1, -1));
        Tensor logits = decoder.logits(decoder.residual(embeddings, Context.none()));
        comparison.compare("inject_logits", logits, golden.floats("inject_logits"));
    }

    /// Prompts of their own lengths, with the residual stream at two depths and the last token's logits.
    List<Row> prompts() {
        int vocabulary = model.config().vocabulary();
        for (int i = 0; golden.names().contains(i + ".ids"); i++) {
            int[] ids = golden.ids(i + ".ids", vocabulary, 1)[0];
            String prefix = i + ".";
            try (Scope _ = Scope.noGrad()) {
                Tensor last = decoder.residual(
                        decoder.embed(Tensors.ids(new int[][] {ids})),
                        model.config().numLayers(),
                        Context.none(),
                        (at, residual) -> {
                            String name = prefix + "hidden_" + at;
                            if (golden.names().contains(name)) {
                                comparison.compare(name, residual, golden.floats(name));
                            }
                        });
                Tensor logits = decoder.logits(last.select(1, ids.length - 1L));
                comparison.compare(prefix + "last_logits", logits, golden.floats(prefix + "last_logits"));
            }
            int[] expected = golden.ids(prefix + "greedy", vocabulary, ids.length + 1)[0];
            greedy(prefix + "greedy", expected, ids.length);
        }
        return comparison.rows();
    }

    /// Follows the golden continuation and asks at each step for our own choice, so that one difference stays one.
    private void greedy(String name, int[] expected, int promptLength) {
        int differing = 0;
        String note = "";
        try (Scope _ = Scope.noGrad();
                KeyValues past = new KeyValues(decoder, 1, expected.length)) {
            int[] next = Arrays.copyOf(expected, promptLength);
            for (int at = promptLength; at < expected.length; at++) {
                try (Scope _ = Scope.noGrad()) {
                    Tensor residual = decoder.residual(decoder.embed(Tensors.ids(new int[][] {next})), past);
                    float[] logits = Tensors.floats(decoder.logits(residual.select(1, next.length - 1L)));
                    int ours = largest(logits);
                    if (ours != expected[at]) {
                        differing++;
                        note = "at token " + at + ": ours " + ours + " (" + logits[ours] + "), golden " + expected[at]
                                + " (" + logits[expected[at]] + ")";
                    }
                }
                next = new int[] {expected[at]};
            }
        }
        comparison.count(name, differing, expected.length - promptLength, note);
    }

    static int largest(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }
}
