package dev.nla4j.train.rl;

import dev.nla4j.eval.VarianceExplained;
import dev.nla4j.format.InputException;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.nla.Score;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import dev.nla4j.train.MicroBatch;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.sft.CosineError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.bytedeco.pytorch.Tensor;

/// The reconstructor while it learns: scores of texts, and the gradient of an update on them.
public final class Critic implements AutoCloseable {
    /// Most texts that go through with a gradient at once: more are no faster.
    private static final int MOST_AT_ONCE = 32;

    /// The error of a text without a token: what it says points nowhere.
    private static final double UNREAD = new Score(0).mse();

    static final String HEAD = "value_head.weight";

    private final LanguageModel base;
    private final NlaMeta meta;
    private final TrainableAdapter adapter;
    private final Tensor head; // [D, D] fp32
    private final int microBatch;
    private final Reconstructor prompts;
    private final List<Parameter> parameters;

    /// Begins where `half` is.
    ///
    /// @param base stays the caller's
    /// @param half an adapter over it
    /// @param microBatch texts that may go through with a gradient at once
    public Critic(LanguageModel base, PairFolder.Half half, int microBatch) {
        this.base = base;
        this.microBatch = Math.min(microBatch, MOST_AT_ONCE);
        this.meta = half.meta();
        try (Scope _ = Scope.noGrad()) {
            this.head = Nla.valueHead(half.folder().resolve(Nla.VALUE_HEAD), meta.dim())
                    .set_requires_grad(true);
        }
        this.prompts = new Reconstructor(base.decoder(), base.tokenizer(), meta, head);
        this.adapter = TrainableAdapter.of(base.config(), PeftAdapter.read(half.folder()), prompts.layer() + 1);
        List<Parameter> all = Parameter.all(adapter.leaves());
        all.add(new Parameter(HEAD, head));
        this.parameters = List.copyOf(all);
    }

    /// The error `2 (1 − cos)` of each text's reconstruction.
    ///
    /// @throws InputException when a reconstruction holds NaN or infinity
    public double[] errors(List<String> texts, List<float[]> activations) {
        return VarianceExplained.errors(read(texts), activations);
    }

    /// The errors of one text for all activations.
    public double[] errors(String text, List<float[]> activations) {
        float[] read = read(List.of(text)).getFirst();
        return VarianceExplained.errors(Collections.nCopies(activations.size(), read), activations);
    }

    /// As [#errors]; empty instead of the exception.
    Optional<double[]> errorsIfFinite(List<String> texts, List<float[]> activations) {
        List<float[]> read = read(texts);
        for (float[] vector : read) {
            for (float value : vector) {
                if (!Float.isFinite(value)) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(VarianceExplained.errors(read, activations));
    }

    private List<float[]> read(List<String> texts) {
        try (Scope _ = Scope.noGrad()) {
            Reconstructor now = new Reconstructor(adapter.on(base.decoder()), base.tokenizer(), meta, head);
            return List.of(now.reconstructReadable(texts));
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    private record Pair(int text, int[] prompt, float[] activation) {}

    /// As below, of texts that all teach.
    public double[] accumulate(List<String> texts, List<float[]> activations, int count) {
        return accumulate(texts, activations, _ -> true, count);
    }

    /// Whether a text gives it anything to read at.
    public boolean reads(String text) {
        return prompts.reads(text);
    }

    /// Adds the gradient of the summed error, divided by `count`, to that of the parameters.
    ///
    /// @param teaches which texts' errors have a gradient
    /// @param count texts of the whole batch, over all processes
    /// @return the error of each text, with the weights as they are
    public double[] accumulate(List<String> texts, List<float[]> activations, IntPredicate teaches, int count) {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            if (prompts.reads(texts.get(i))) {
                pairs.add(new Pair(i, prompts.promptIds(texts.get(i)), activations.get(i)));
            }
        }
        pairs.sort(Comparator.comparingInt(pair -> pair.prompt.length));
        double[] errors = new double[texts.size()];
        Arrays.fill(errors, UNREAD);
        try (Threads.Blas _ = Threads.together()) {
            for (MicroBatch part : MicroBatch.split(pairs.size(), microBatch)) {
                List<Pair> own = pairs.subList(part.from(), part.to());
                try (Scope _ = Scope.open()) {
                    Tensor error = CosineError.of(
                            adapter.on(base.decoder()),
                            head,
                            prompts.layer(),
                            prompts.shared(),
                            own.stream().map(Pair::prompt).toList(),
                            own.stream().map(Pair::activation).toList());
                    Tensors.times(taught(error, own, teaches).sum(), 1.0 / count)
                            .backward();
                    float[] each = Tensors.floats(error);
                    for (int i = 0; i < each.length; i++) {
                        errors[own.get(i).text] = each[i];
                    }
                }
            }
        }
        return errors;
    }

    /// With zeros in the places of texts that don't teach.
    private static Tensor taught(Tensor errors, List<Pair> pairs, IntPredicate teaches) {
        float[] shares = new float[pairs.size()];
        boolean all = true;
        for (int i = 0; i < shares.length; i++) {
            boolean one = teaches.test(pairs.get(i).text);
            shares[i] = one ? 1 : 0;
            all &= one;
        }
        return all ? errors : errors.mul(Tensors.of(shares, shares.length));
    }

    public List<Parameter> parameters() {
        return parameters;
    }

    /// K.
    public int layer() {
        return prompts.layer();
    }

    TrainableAdapter adapter() {
        return adapter;
    }

    Tensor head() {
        return head;
    }

    @Override
    public void close() {
        adapter.close();
        head.close();
    }
}
