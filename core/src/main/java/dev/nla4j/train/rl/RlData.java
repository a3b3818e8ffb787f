package dev.nla4j.train.rl;

import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.NextTokenReader;
import dev.nla4j.activation.Vectors;
import dev.nla4j.data.TargetPredictions;
import dev.nla4j.eval.VarianceExplained;
import dev.nla4j.format.InputException;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.train.sft.Example;
import dev.nla4j.train.sft.Examples;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a run learns from and is measured on.
///
/// @param prompts activations to write about
/// @param gold explained activations that the reconstructor must not forget
/// @param heldOut explained activations of other documents
/// @param transcripts tokens of conversations by document id, whose stored text does not show them all
public record RlData(Examples prompts, Examples gold, Examples heldOut, Map<String, int[]> transcripts) {
    private static final int BATCH_TOKENS = 2048;

    public RlData {
        transcripts = Map.copyOf(transcripts);
        gold.requireLike(prompts);
        heldOut.requireLike(prompts);
        heldOut.requireOtherDocuments(prompts);
        heldOut.requireOtherDocuments(gold);
        if (heldOut.rows().size() < 2) {
            throw new InputException(heldOut.file() + ": must have 2 rows or more for its controls, has "
                    + heldOut.rows().size());
        }
        gold.requireExplained();
        heldOut.requireExplained();
    }

    /// Whether rows keep the text that was read, so that claims can be checked.
    static boolean hasContexts(List<Example> rows) {
        return rows.stream().noneMatch(row -> row.context().isEmpty());
    }

    /// What claims about rows are judged by: their text, and the target's next tokens where the text gives the
    /// activation back. Empty when rows do not keep their text.
    Optional<List<Evidence>> evidence(LanguageModel target, int layer, List<Example> rows) {
        if (!hasContexts(rows)) {
            return Optional.empty();
        }
        int suffix = target.tokenizer().specials().suffix().size();
        List<ActivationRow> read = new ArrayList<>();
        for (Example row : rows) {
            // A file that does not keep the number leaves the activation as the only proof.
            long tokens = row.source().tokens() > 0
                    ? row.source().tokens()
                    : target.tokenizer().ids(row.context(), true).length - suffix;
            read.add(new ActivationRow(tokens, row.context(), row.activation(), layer, row.document()));
        }
        NextTokenReader reader =
                new NextTokenReader(target.decoder(), layer, target.drawableIds(), TargetPredictions.TOP);
        return Optional.of(new TargetPredictions(
                        target.tokenizer(),
                        reader,
                        BATCH_TOKENS,
                        target.config().contextLength(),
                        transcripts)
                .of(read));
    }

    /// The direction that all training activations have in common.
    float[] mean() {
        return Vectors.meanDirection(prompts.activations());
    }

    /// The denominator of FVE where no sidecar has one.
    public double rawvar() {
        return VarianceExplained.of(prompts.activations()).rawvar();
    }
}
