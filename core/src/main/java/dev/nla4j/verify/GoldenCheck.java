package dev.nla4j.verify;

import dev.nla4j.model.Decoder;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Nla;
import dev.nla4j.tensor.DType;
import dev.nla4j.verify.GoldenReport.Row;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// Compares a model or a pair with a golden file; what the file holds follows from its tensor names.
public final class GoldenCheck {
    private GoldenCheck() {}

    /// What a golden file is about.
    public enum Subject {
        MODEL,
        PAIR
    }

    /// Whether the file's results are those of a model or of a pair.
    public static Subject subject(Path goldenFile) {
        try (GoldenFile golden = new GoldenFile(goldenFile)) {
            Set<String> names = golden.names();
            if (names.contains("hidden_0") || names.contains("0.ids")) {
                return Subject.MODEL;
            }
            if (names.contains("embeds") || names.contains("injected_rows")) {
                return Subject.PAIR;
            }
            throw golden.wrong("tensors", "none of hidden_0, 0.ids, embeds, injected_rows is there: not a golden file");
        }
    }

    /// Compares a model. When exact rotary frequencies do not give the golden's numbers but frequencies rounded to bf16
    /// do,
    /// the report is of the latter and says so.
    public static GoldenReport model(LanguageModel model, Path goldenFile) {
        try (GoldenFile golden = new GoldenFile(goldenFile)) {
            GoldenReport exact = new GoldenReport("exact", rows(model, model.decoder(), golden));
            if (exact.holds() || model.weights().dtype() != DType.FP32) {
                return exact;
            }
            Decoder roundedDecoder = new Decoder(model.config().withRoundedFrequencies(), model.weights());
            GoldenReport rounded = new GoldenReport("bf16", rows(model, roundedDecoder, golden));
            return rounded.holds() ? rounded : exact;
        }
    }

    private static List<Row> rows(LanguageModel model, Decoder decoder, GoldenFile golden) {
        ModelGolden check = new ModelGolden(model, decoder, golden);
        return golden.names().contains("hidden_0") ? check.batch() : check.prompts();
    }

    /// Compares a pair.
    ///
    /// @param vocabulary of the verbalizer's model
    public static GoldenReport pair(Nla nla, DType dtype, int vocabulary, Path goldenFile) {
        try (GoldenFile golden = new GoldenFile(goldenFile)) {
            PairGolden check = new PairGolden(nla, dtype, vocabulary, golden);
            return new GoldenReport("exact", golden.names().contains("embeds") ? check.contract() : check.reference());
        }
    }
}
