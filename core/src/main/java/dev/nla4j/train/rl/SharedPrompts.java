package dev.nla4j.train.rl;

import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.Prefix;
import dev.nla4j.model.PrefixLeaves;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.sft.PromptedAnswers;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// The prompts of a step, read once for all samples and all micro-batches: what stands before the slot once, slot and
/// suffix once an activation. Gradients of the micro-batches gather in leaves; [#carry] takes them through the prompts'
/// own forward pass at the end.
final class SharedPrompts implements AutoCloseable {
    private final Prefix before;
    private final Prefix prompts = Prefix.empty(); // U rows of slot and suffix
    private final Tensor last; // [U, D] residual at each prompt's last token, which predicts the first answer token
    private final Tensor lastLeaf; // [U, D]
    private final PrefixLeaves beforeLeaves;
    private final PrefixLeaves promptLeaves;
    private boolean goneOn;

    /// Reads the prompts of `activations`; gradients are recorded unless the open scope forbids it. Closed by the
    /// caller, before the open scope.
    ///
    /// @param activations U of them
    SharedPrompts(Decoder decoder, PromptedAnswers prompted, List<float[]> activations) {
        int[] ids = prompted.promptIds();
        int depth = decoder.config().numLayers();
        int slot = prompted.injection().slots(ids).get(0);
        try (Scope scope = Scope.open()) {
            Tensor prompt = decoder.embed(Tensors.ids(new int[][] {ids})); // [1, P, D]
            Tensor tails = prompted.injection()
                    .inject(prompt.select(0, 0), ids, activations.toArray(float[][]::new))
                    .narrow(1, slot, ids.length - slot); // [U, T, D]
            this.before = Prefix.of(decoder, prompt.narrow(1, 0, slot), depth);
            Tensor read = decoder.residual(tails, new Context.Start(before, prompts)); // [U, T, D]
            this.last = scope.release(read.select(1, ids.length - slot - 1L));
            this.lastLeaf = scope.release(last.detach().set_requires_grad(true));
        }
        this.beforeLeaves = new PrefixLeaves(before);
        this.promptLeaves = new PrefixLeaves(prompts);
    }

    /// The residual stream that predicts each answer's tokens, answers one after the other: `[N, D]` fp32, the open
    /// scope owns it.
    ///
    /// @param decoder the one that read the prompts, or one with the same weights
    /// @param answers B of them with N ids together
    /// @param source the prompt of each
    Tensor residual(Decoder decoder, List<int[]> answers, int[] source) {
        int longest = answers.stream().mapToInt(ids -> ids.length).max().orElseThrow() - 1;
        if (longest == 0) {
            return lastLeaf.index_select(0, longs(source));
        }
        goneOn = true;
        int[][] padded = answers.stream()
                .map(ids -> Arrays.copyOf(Arrays.copyOf(ids, ids.length - 1), longest))
                .toArray(int[][]::new);
        try (Prefix shared = beforeLeaves.use();
                Prefix read = promptLeaves.use()) {
            Tensor rows = decoder.residual(
                    decoder.embed(Tensors.ids(padded)), new Context.Branches(shared, read, source)); // [B, T, D]
            Tensor all =
                    Tensors.cat(0, lastLeaf, rows.reshape(-1, decoder.config().dim())); // [U + B*T, D]
            return all.index_select(0, places(answers, source, longest));
        }
    }

    /// Where the token before each answer token stands: the prompts' last ones come first.
    private Tensor places(List<int[]> answers, int[] source, int tokens) {
        long[] places = new long[answers.stream().mapToInt(ids -> ids.length).sum()];
        long prompts = last.size(0);
        int at = 0;
        for (int row = 0; row < source.length; row++) {
            places[at++] = source[row];
            for (int i = 1; i < answers.get(row).length; i++) {
                places[at++] = prompts + (long) row * tokens + i - 1;
            }
        }
        return Tensors.longs(places, places.length);
    }

    private static Tensor longs(int[] values) {
        return Tensors.longs(Arrays.stream(values).asLongStream().toArray(), values.length);
    }

    /// Takes the gradients that gathered at the prompts through to the weights. Once, after every micro-batch.
    void carry() {
        try (Scope _ = Scope.open()) {
            Tensor carried = PrefixLeaves.carried(last, lastLeaf);
            if (goneOn) {
                carried = carried.add(beforeLeaves.carried()).add(promptLeaves.carried());
            }
            carried.backward();
        }
    }

    @Override
    public void close() {
        beforeLeaves.close();
        promptLeaves.close();
        before.close();
        prompts.close();
        lastLeaf.close();
        last.close();
    }
}
