package dev.nla4j.train.sft;

import dev.nla4j.activation.Injection;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.Prefix;
import dev.nla4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// The forward pass of a verbalizer that learns: what predicts given answers to one prompt with many activations. What
/// stands before the slot is read once for all rows, with its gradient.
///
/// @param promptIds marker included
/// @param injection its slot is in the prompt once
@SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
public record PromptedAnswers(int[] promptIds, Injection injection) {
    public PromptedAnswers {
        if (injection.slots(promptIds).size() != 1) {
            throw new IllegalArgumentException("promptIds: must hold the injection slot once, hold it "
                    + injection.slots(promptIds).size() + " times");
        }
    }

    /// An activation and what is said about it.
    ///
    /// @param ids 1 or more
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    public record Answer(float[] activation, int[] ids) {}

    /// Tokens of a row: prompt and answer, of which the last is never read.
    public int length(int answer) {
        return promptIds.length + answer - 1;
    }

    /// The residual stream after all blocks where each answer's tokens are predicted, `[N, D]` fp32.
    private Tensor residuals(Decoder decoder, List<Answer> answers) {
        int slot = injection.slots(promptIds).get(0);
        int rest = promptIds.length - slot;
        int longest = answers.stream().mapToInt(a -> a.ids().length).max().orElseThrow() - 1;
        float[][] vectors = answers.stream().map(Answer::activation).toArray(float[][]::new);
        Tensor prompt = decoder.embed(Tensors.ids(new int[][] {promptIds})); // [1, P, D]
        Tensor tail = injection.inject(prompt.select(0, 0), promptIds, vectors).narrow(1, slot, rest);
        Tensor rows = longest == 0
                ? tail
                : Tensors.cat(1, tail, decoder.embed(Tensors.ids(padded(answers, longest)))); // [B, T, D]
        try (Prefix shared =
                Prefix.of(decoder, prompt.narrow(1, 0, slot), decoder.config().numLayers())) {
            Tensor residual = decoder.residual(rows, new Context.Start(shared, null)); // [B, T, D]
            return residual.reshape(-1, decoder.config().dim()).index_select(0, places(answers, rest, rest + longest));
        }
    }

    private static int[][] padded(List<Answer> answers, int longest) {
        int[][] padded = new int[answers.size()][];
        for (int row = 0; row < padded.length; row++) {
            int[] ids = answers.get(row).ids();
            padded[row] = Arrays.copyOf(Arrays.copyOf(ids, ids.length - 1), longest);
        }
        return padded;
    }

    /// Where the token before each answer token stands among all rows' tokens.
    private static Tensor places(List<Answer> answers, int rest, int tokens) {
        long[] places = new long[count(answers)];
        int at = 0;
        for (int row = 0; row < answers.size(); row++) {
            for (int i = 0; i < answers.get(row).ids().length; i++) {
                places[at++] = (long) row * tokens + rest - 1 + i;
            }
        }
        return Tensors.longs(places, places.length);
    }

    /// N.
    public static int count(List<Answer> answers) {
        return answers.stream().mapToInt(answer -> answer.ids().length).sum();
    }

    /// The answers' ids one after the other, `[N]` int64.
    public static Tensor ids(List<Answer> answers) {
        long[] ids = answers.stream()
                .flatMapToInt(answer -> Arrays.stream(answer.ids()))
                .asLongStream()
                .toArray();
        return Tensors.longs(ids, ids.length);
    }

    /// Cross entropy summed over the answers' tokens, a scalar.
    public Tensor loss(Decoder decoder, List<Answer> answers) {
        return HeadLoss.crossEntropy(decoder, residuals(decoder, answers), ids(answers));
    }
}
