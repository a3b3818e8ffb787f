package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.lint.TinyPair;
import dev.nla4j.nla.lint.TinyPair.Kind;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.assertj.core.data.Offset;
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
            return java.util.Arrays.stream(read)
                    .mapToDouble(r -> Score.of(r, other).cosine())
                    .max()
                    .orElseThrow();
        }
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
            double expected = (bestOn(pair, each.results().get(1), difference)
                            + bestOn(pair, each.results().get(2), difference))
                    / 2;
            assertThat(report.controls().shuffled().orElseThrow()).isCloseTo(expected, CLOSE);
            Explainer.Report only = explainer.explain(new float[][] {difference}, OPTIONS, Progress.NONE);
            assertThat(report.controls().empty().orElseThrow())
                    .isCloseTo(only.controls().empty().orElseThrow(), CLOSE);
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
