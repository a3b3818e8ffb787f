package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.model.Context;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.lint.TinyPair;
import dev.nla4j.nla.lint.TinyPair.Kind;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What explanations are held against, on a pair of random weights whose target is its own verbalizer.
class ExplainerTest {
    private static final Explainer.Options OPTIONS = new Explainer.Options(3, 1, 5, 12);
    private static final Offset<Double> CLOSE = within(1e-4);
    private static final int[] IDS = {40, 300, 500, 700, 900};

    @TempDir
    Path folder;

    private void with(TinyPair pair, OptionalDouble rawvar, Consumer<Explainer> work) {
        try (LanguageModel target = ModelLoader.load(pair.av(""), DType.FP32, ModelLoader.Extent.WHOLE, Progress.NONE);
                Nla nla = Nla.open(pair.folder(), null, DType.FP32, Progress.NONE)) {
            work.accept(new Explainer(target, nla, rawvar));
        }
    }

    private TinyPair pair() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        pair.sidecar("ar", s -> s.put("rawvar", 0.5));
        return pair;
    }

    /// The best of an activation's explanations, as another activation is reconstructed from them.
    private double bestOn(TinyPair pair, Explainer.Result result, float[] other) {
        List<String> texts =
                result.samples().stream().map(s -> s.text().description()).toList();
        try (Nla.LoneReconstructor lone = Nla.openReconstructor(pair.ar(""), null, DType.FP32, Progress.NONE)) {
            float[][] read = lone.reconstructor().reconstruct(texts);
            return Arrays.stream(read)
                    .mapToDouble(r -> Score.of(r, other).cosine())
                    .max()
                    .orElseThrow();
        }
    }

    /// What the reconstruction of the empty text scores on activations, in the mean.
    private double emptyOn(TinyPair pair, float[]... activations) {
        try (Nla.LoneReconstructor lone = Nla.openReconstructor(pair.ar(""), null, DType.FP32, Progress.NONE)) {
            float[] read = lone.reconstructor().reconstruct(List.of(""))[0];
            return Arrays.stream(activations)
                    .mapToDouble(activation -> Score.of(read, activation).cosine())
                    .average()
                    .orElseThrow();
        }
    }

    private static List<String> descriptions(Explainer explainer, double temperature, long seed) {
        Explainer.Options options = new Explainer.Options(1, temperature, seed, 12);
        Explainer.Report report = explainer.explain(IDS, List.of(2), options, Progress.NONE);
        return report.results().getFirst().samples().stream()
                .map(s -> s.text().description())
                .toList();
    }

    @Test
    void activations_are_the_targets_stream_after_block_k() throws IOException {
        TinyPair pair = pair();
        try (LanguageModel target = ModelLoader.load(pair.av(""), DType.FP32, ModelLoader.Extent.WHOLE, Progress.NONE);
                Nla nla = Nla.open(pair.folder(), null, DType.FP32, Progress.NONE);
                Scope _ = Scope.noGrad()) {
            Explainer explainer = new Explainer(target, nla, OptionalDouble.empty());
            float[][] read = explainer.activations(List.of(IDS), List.of(new int[] {2}));
            Tensor embedded = target.decoder().embed(Tensors.ids(new int[][] {IDS}));
            Tensor after = target.decoder().residual(embedded, TinyPair.K + 1, Context.none(), (depth, residual) -> {});
            assertThat(read).hasNumberOfRows(1);
            assertThat(read[0]).containsExactly(Tensors.rows(after.select(0, 0))[2], within(1e-4f));
        }
    }

    @Test
    void the_seed_and_the_temperature_decide_what_is_written() throws IOException {
        with(pair(), OptionalDouble.empty(), explainer -> {
            List<String> written = descriptions(explainer, 1, 5);
            assertThat(descriptions(explainer, 1, 5)).isEqualTo(written);
            assertThat(descriptions(explainer, 1, 6)).isNotEqualTo(written);
            assertThat(descriptions(explainer, 0, 5)).isNotEqualTo(written);
        });
    }

    @Test
    void a_denominator_that_is_given_goes_before_the_sidecars() throws IOException {
        with(pair(), OptionalDouble.of(0.9), explainer -> {
            Explainer.Report report = explainer.explain(IDS, List.of(1, 2), OPTIONS, Progress.NONE);
            assertThat(report.rawvar()).hasValue(0.9);
        });
    }

    @Test
    void the_control_of_the_empty_text_is_its_own_reconstruction_on_what_is_shown() throws IOException {
        TinyPair pair = pair();
        with(pair, OptionalDouble.empty(), explainer -> {
            float[][] at = explainer.activations(List.of(IDS), List.of(new int[] {1, 2, 4}));
            Explainer.Report report = explainer.explain(IDS, List.of(1, 2, 4), OPTIONS, Progress.NONE);
            assertThat(report.controls().empty().orElseThrow()).isCloseTo(emptyOn(pair, at), CLOSE);
            // What is read for the other control only has no part in this one.
            Explainer.Report alone = explainer.explain(IDS, List.of(2), OPTIONS, Progress.NONE);
            assertThat(alone.controls().empty().orElseThrow()).isCloseTo(emptyOn(pair, at[1]), CLOSE);
        });
    }

    @Test
    void the_controls_are_chosen_as_what_is_shown_is_chosen() throws IOException {
        TinyPair pair = pair();
        with(pair, OptionalDouble.empty(), explainer -> {
            float[][] at = explainer.activations(List.of(IDS), List.of(new int[] {1, 2, 4}));
            Explainer.Report report = explainer.explain(IDS, List.of(1, 2, 4), OPTIONS, Progress.NONE);
            List<Explainer.Result> results = report.results();
            double expected = (bestOn(pair, results.get(1), at[0])
                            + bestOn(pair, results.get(2), at[1])
                            + bestOn(pair, results.get(0), at[2]))
                    / 3;
            assertThat(report.controls().shuffled().orElseThrow()).isCloseTo(expected, CLOSE);
            // A token alone is held against one more, by as many explanations.
            Explainer.Report alone = explainer.explain(IDS, List.of(2), OPTIONS, Progress.NONE);
            Explainer.Report control = explainer.explain(IDS, List.of(1), OPTIONS, Progress.NONE);
            assertThat(alone.controls().shuffled().orElseThrow())
                    .isCloseTo(bestOn(pair, control.results().getFirst(), at[1]), CLOSE);
            Explainer.Result shown = alone.results().getFirst();
            assertThat(shown.mean().cosine())
                    .isLessThan(shown.best().score().cosine())
                    .isCloseTo(
                            shown.samples().stream()
                                    .mapToDouble(s -> s.score().cosine())
                                    .average()
                                    .orElseThrow(),
                            CLOSE);
            assertThat(alone.rawvar()).hasValue(0.5);
        });
    }

    @Test
    void a_difference_is_held_against_the_explanations_of_either_text_alone() throws IOException {
        TinyPair pair = pair();
        with(pair, OptionalDouble.empty(), explainer -> {
            float[][] read = explainer.activations(List.of(IDS), List.of(new int[] {1, 3}));
            float[] difference = new float[TinyPair.DIM];
            for (int i = 0; i < difference.length; i++) {
                difference[i] = read[0][i] - read[1][i];
            }
            Explainer.Report report = explainer.difference(read[0], read[1], OPTIONS, Progress.NONE);
            Explainer.Report each =
                    explainer.explain(new float[][] {difference, read[0], read[1]}, OPTIONS, Progress.NONE);
            assertThat(report.results()).hasSize(1);
            double expected = Math.max(
                    bestOn(pair, each.results().get(1), difference),
                    bestOn(pair, each.results().get(2), difference));
            assertThat(report.controls().shuffled().orElseThrow()).isCloseTo(expected, CLOSE);
            assertThat(report.controls().empty().orElseThrow()).isCloseTo(emptyOn(pair, difference), CLOSE);
            // The sidecar's denominator is of activations.
            assertThat(report.rawvar()).isEmpty();
            assertThat(report.noFve()).contains("not of their differences");
            assertThat(each.rawvar()).hasValue(0.5);
        });
        with(pair, OptionalDouble.of(0.9), explainer -> {
            float[][] read = explainer.activations(List.of(IDS), List.of(new int[] {1, 3}));
            assertThat(explainer
                            .difference(read[0], read[1], OPTIONS, Progress.NONE)
                            .rawvar())
                    .hasValue(0.9);
        });
    }

    @Test
    void an_empty_text_of_which_no_token_is_left_is_no_control() throws IOException {
        TinyPair pair = pair();
        pair.sidecar("ar", "tokens", t -> t.putNull("critic_suffix_ids"));
        pair.sidecar("ar", "prompt_templates", t -> t.put("ar", "{explanation}"));
        with(pair, OptionalDouble.empty(), explainer -> {
            Explainer.Report report = explainer.explain(IDS, List.of(1, 2), OPTIONS, Progress.NONE);
            assertThat(report.controls().empty()).isEmpty();
            assertThat(report.controls().shuffled()).isPresent();
        });
    }
}
