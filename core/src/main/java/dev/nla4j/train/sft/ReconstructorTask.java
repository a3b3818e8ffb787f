package dev.nla4j.train.sft;

import dev.nla4j.activation.Vectors;
import dev.nla4j.eval.Paraphrase;
import dev.nla4j.eval.Shuffle;
import dev.nla4j.eval.VarianceExplained;
import dev.nla4j.format.InputException;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.Trainable;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.model.TrainableWeights;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.nla.Role;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.config.SftConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// Teaches the reconstructor to read an activation out of a text: its gold text, or one that the verbalizer wrote about
/// it; `2 (1 − cos)`. The controls give it other rows' texts, and no text at all: the mean direction of the training
/// rows.
public final class ReconstructorTask implements Task {
    private static final int MOST_HELD_OUT = 512;
    private static final int SAMPLES = 8;
    static final String HEAD = "value_head.weight";

    private final LanguageModel base;
    private final Trainable learned;
    private final Tensor head; // [D, D] fp32, identity at the start
    private final List<Parameter> parameters;
    private final ObjectNode sidecar;
    private final NlaMeta meta;
    private final Reconstructor prompts;
    private final SftConfig config;
    private final List<Example> train;
    private final List<String> texts;
    private final List<int[]> plain; // prompts of the texts as they are
    private final List<Example> heldOut;
    private final List<String> ownTexts;
    private final List<float[]> ownTruth;
    private final VarianceExplained variance;

    /// A half that has learned nothing yet.
    ///
    /// @param base stays the caller's
    /// @param data rows of stage ar_sft
    /// @param heldOut explained rows of other documents, 2 or more
    /// @param own texts that take the place of gold ones
    public ReconstructorTask(
            LanguageModel base,
            HalfSidecar.Base named,
            Examples data,
            Examples heldOut,
            OwnSamples own,
            SftConfig config) {
        heldOut.requireLike(data);
        heldOut.requireOtherDocuments(data);
        this.base = base;
        this.config = config;
        this.train = data.rows();
        if (train.size() < 2) {
            throw new InputException(data.file() + ": must have 2 rows or more, has " + train.size());
        }
        this.variance = VarianceExplained.of(data.activations());
        this.sidecar = HalfSidecar.tree(
                Role.RECONSTRUCTOR, named, data, OptionalDouble.empty(), OptionalDouble.of(variance.rawvar()));
        this.meta = HalfSidecar.meta(data.file(), sidecar);
        this.heldOut = heldOut.at(heldOut.spread(MOST_HELD_OUT));
        if (this.heldOut.size() < 2) {
            throw new InputException(
                    heldOut.file() + ": must have 2 rows or more for its control, has " + this.heldOut.size());
        }
        int dim = base.config().dim();
        try (Scope scope = Scope.noGrad()) {
            this.head = scope.release(Tensors.identity(dim).set_requires_grad(true));
        }
        this.prompts = new Reconstructor(base.decoder(), base.tokenizer(), meta, head);
        int[] written = own.heldOut().keySet().stream()
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        this.ownTexts = Arrays.stream(written).mapToObj(own.heldOut()::get).toList();
        this.ownTruth = heldOut.at(written).stream().map(Example::activation).toList();
        this.texts = IntStream.range(0, train.size())
                .mapToObj(row -> own.train().getOrDefault(row, train.get(row).explanation()))
                .toList();
        this.plain = texts.stream().map(prompts::promptIds).toList();
        this.learned = config.weights().full()
                ? TrainableWeights.trunk(base, prompts.layer() + 1)
                : TrainableAdapter.fresh(
                        base.config(),
                        prompts.layer() + 1,
                        config.weights().rank(),
                        config.weights().alpha(),
                        config.seed());
        List<Parameter> all = Parameter.all(learned.leaves());
        all.add(new Parameter(HEAD, head));
        this.parameters = List.copyOf(all);
    }

    @Override
    public String name() {
        return Role.RECONSTRUCTOR.label();
    }

    @Override
    public List<Parameter> parameters() {
        return parameters;
    }

    @Override
    public int rows() {
        return train.size();
    }

    @Override
    public int length(int row) {
        return plain.get(row).length;
    }

    @Override
    public int weight(int row) {
        return 1;
    }

    @Override
    public Tensor loss(int[] rows, long step) {
        List<int[]> texts = new ArrayList<>();
        List<float[]> activations = new ArrayList<>();
        for (int row : rows) {
            texts.add(prompt(row, step));
            activations.add(train.get(row).activation());
        }
        return CosineError.of(learned.on(base.decoder()), head, prompts.layer(), prompts.shared(), texts, activations)
                .sum();
    }

    /// Segments before the tail may be missing or stand elsewhere, so that no place is relied on.
    private int[] prompt(int row, long step) {
        SftConfig.Mix mix = config.mix();
        if (mix.segmentDropout() == 0 && !mix.segmentShuffle()) {
            return plain.get(row);
        }
        Paraphrase segments =
                new Paraphrase(mix.segmentShuffle(), false, mix.segmentDropout(), 0, 0, Paraphrase.Quotes.KEPT);
        return prompts.promptIds(segments.of(texts.get(row), config.seed(), step * train.size() + row));
    }

    @Override
    public Evaluation evaluate() {
        List<float[]> truth = heldOut.stream().map(Example::activation).toList();
        List<float[]> read =
                reconstructed(heldOut.stream().map(Example::explanation).toList());
        int[] others = Shuffle.derangement(truth.size(), config.seed());
        List<float[]> foreign = Arrays.stream(others).mapToObj(read::get).toList();
        float[] mean = mean();
        List<float[]> constant = truth.stream().map(_ -> mean).toList();
        double fve = variance.fve(VarianceExplained.errors(read, truth));
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("fve", fve);
        if (prompts.reads("")) {
            List<float[]> empty =
                    Collections.nCopies(truth.size(), reconstructed(List.of("")).getFirst());
            values.put("fve_empty", variance.fve(VarianceExplained.errors(empty, truth)));
        }
        values.put("rawvar", variance.rawvar());
        values.put("fve_shuffled", variance.fve(VarianceExplained.errors(foreign, truth)));
        values.put("fve_mean_vector", variance.fve(VarianceExplained.errors(constant, truth)));
        if (!ownTexts.isEmpty()) {
            values.put("fve_own_samples", variance.fve(VarianceExplained.errors(reconstructed(ownTexts), ownTruth)));
        }
        return new Evaluation(fve, values);
    }

    private List<float[]> reconstructed(List<String> texts) {
        try (Scope _ = Scope.noGrad()) {
            Reconstructor now = new Reconstructor(learned.on(base.decoder()), base.tokenizer(), meta, head);
            return List.of(now.reconstructReadable(texts));
        }
    }

    /// Mean direction of the training rows.
    private float[] mean() {
        return Vectors.meanDirection(train.stream().map(Example::activation).toList());
    }

    @Override
    public String samples(long step) {
        List<float[]> read = reconstructed(
                heldOut.stream().limit(SAMPLES).map(Example::explanation).toList());
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < read.size(); i++) {
            double error = VarianceExplained.errors(
                    List.of(read.get(i)), List.of(heldOut.get(i).activation()))[0];
            text.append(String.format(Locale.ROOT, "error %.3f  ", error))
                    .append(heldOut.get(i).explanation().replace("\n", " | "))
                    .append('\n');
        }
        return text.toString();
    }

    @Override
    public void export(Path folder) throws IOException {
        HalfFolder.write(folder, sidecar, learned, head);
    }

    @Override
    public void close() {
        learned.close();
        head.close();
    }
}
