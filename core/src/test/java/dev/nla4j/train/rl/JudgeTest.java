package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.distribute.Collective;
import dev.nla4j.eval.Baselines;
import dev.nla4j.eval.Bootstrap;
import dev.nla4j.eval.Paraphrase;
import dev.nla4j.eval.Shuffle;
import dev.nla4j.eval.VarianceExplained;
import dev.nla4j.generate.Completion;
import dev.nla4j.generate.StopReason;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.teacher.GroundedChecker;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tokenizer.Tokenizer;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.sft.Example;
import dev.nla4j.train.sft.Examples;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Given texts, judged in a step and on held-out documents, against what is computed here from each of them
/// alone.
class JudgeTest {
    private static final RlConfig CONFIG = TinyRl.config("rl.reward.reworded=0.5", "rl.reward.truth=0.2", "rl.seed=9")
            .rl();

    @TempDir
    static Path folder;

    private static TinyTask tiny;
    private static TinyRl.Run run;

    @BeforeAll
    static void open() throws IOException {
        tiny = TinyTask.in(folder.resolve("model")).claiming();
        TinyRl.warmStart(tiny, folder.resolve("pair"), 1, 10);
        run = TinyRl.Run.of(tiny, folder.resolve("pair"), CONFIG, Collective.alone());
        // A reconstructor that has gone other ways than the second critic, which is where it began.
        try (Scope _ = Scope.noGrad()) {
            run.critic().head().narrow(0, 0, 12).zero_();
        }
    }

    @AfterAll
    static void close() {
        run.close();
        tiny.close();
    }

    private static Policy.Rollout rollout(int prompt, String text) {
        List<Integer> ids = List.of(1, 2, 3);
        return new Policy.Rollout(
                prompt, new Completion(ids, List.of(-1f, -1f, -1f), StopReason.STOP_ID), text, false, true);
    }

    private static List<float[]> activations(List<Example> rows) {
        return rows.stream().map(Example::activation).toList();
    }

    private static double fve(List<String> texts, List<float[]> activations) {
        return 1 - mean(run.critic().errors(texts, activations)) / run.data().rawvar();
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    @Test
    void the_reworded_copy_is_what_its_term_is_about_and_claims_are_held_to_their_own_context() {
        Judge judge = new Judge(CONFIG.reward(), 9, new GroundedChecker());
        List<Example> rows = tiny.examples(Stage.BASE, "held", 4, 2).rows();
        List<String> texts = List.of(
                "Old people. A big house. Text: a river",
                "A new school. Text: war and peace",
                "A city. green",
                "Text: x");
        long[] numbers = {5, 5, 6, 7};
        List<Policy.Rollout> samples =
                IntStream.range(0, 4).mapToObj(i -> rollout(i, texts.get(i))).toList();
        List<Evidence> evidence =
                rows.stream().map(row -> Evidence.ofContext(row.context())).toList();
        double[] errors = run.critic().errors(texts, activations(rows));
        Judge.Judgement judged = judge.judge(
                        samples, activations(rows), errors, Optional.of(evidence), numbers, run.critic())
                .orElseThrow();
        List<OptionalDouble> truth =
                List.of(OptionalDouble.of(1), OptionalDouble.of(1), OptionalDouble.empty(), OptionalDouble.of(0));
        for (int i = 0; i < 4; i++) {
            String reworded = Paraphrase.REWARD.of(texts.get(i), 9, numbers[i]);
            double expected =
                    run.critic().errors(List.of(reworded), List.of(rows.get(i).activation()))[0];
            Reward.Facts facts = judged.facts().get(i);
            assertThat(facts.error()).isEqualTo(errors[i]);
            assertThat(facts.rewordedError().orElseThrow()).as(reworded).isCloseTo(expected, within(1e-5));
            assertThat(facts.truth()).isEqualTo(truth.get(i));
            assertThat(judged.totals()[i])
                    .isCloseTo(-errors[i] - 0.5 * expected + 0.2 * truth.get(i).orElse(0), within(1e-5));
            if (i < 2) {
                assertThat(expected).as(reworded).isNotCloseTo(errors[i], within(1e-3));
            }
        }
    }

    /// Rounding by what is read beside a text, far above that of fp32, as bf16 does it.
    @Test
    void the_same_text_on_the_same_activation_has_the_same_reward() {
        Judge judge = new Judge(CONFIG.reward(), 9, new GroundedChecker());
        List<Example> rows = tiny.examples(Stage.BASE, "held", 2, 2).rows();
        List<Policy.Rollout> samples =
                Stream.of(0, 0, 1, 1).map(prompt -> rollout(prompt, "A city")).toList();
        List<float[]> own = samples.stream()
                .map(text -> rows.get(text.prompt()).activation())
                .toList();
        double[] errors = {0.5, 0.501, 0.7, 0.699};
        double[] totals = judge.judge(samples, own, errors, Optional.empty(), new long[] {1, 1, 2, 2}, run.critic())
                .orElseThrow()
                .totals();
        assertThat(totals[1]).isEqualTo(totals[0]);
        assertThat(totals[3]).isEqualTo(totals[2]).isNotEqualTo(totals[0]);
        assertThat(Advantages.of(totals, 2, true).isFlat()).isTrue();
    }

    @Test
    void each_held_out_figure_is_that_of_its_own_texts() {
        List<Example> rows = run.data().heldOut().at(run.data().heldOut().spread(8));
        List<float[]> activations = activations(rows);
        List<String> gold = rows.stream().map(Example::explanation).toList();
        // Of another row each, so that nothing written is gold, behind words and quotations that can be said otherwise.
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            texts.add("Next: \"big\", \"" + "abcdefgh".charAt(i) + "\". Old people. " + gold.get(i * 3 % 7));
        }
        List<Policy.Rollout> written =
                IntStream.range(0, 8).mapToObj(i -> rollout(i, texts.get(i))).toList();
        Map<String, Double> values =
                run.evaluation(tiny).of(written, run.critic()).values();
        int[] others = Shuffle.derangement(8, 9);
        List<String> shuffled = IntStream.of(others).mapToObj(texts::get).toList();
        assertThat(values).hasEntrySatisfying("eval/fve", is(fve(texts, activations)));
        double[] errors = run.critic().errors(texts, activations);
        List<String> documents = rows.stream().map(Example::document).toList();
        Bootstrap.Interval drawn = Bootstrap.mean(errors, documents, 0.95, 2000, 9)
                .asFve(run.data().rawvar());
        assertThat(values).hasEntrySatisfying("eval/fve_low", is(drawn.low()));
        assertThat(values).hasEntrySatisfying("eval/fve_high", is(drawn.high()));
        assertThat(drawn.low()).isLessThan(drawn.high());
        float[] mean = meanDirection(run.data().prompts().activations());
        double[] constant = VarianceExplained.errors(Collections.nCopies(8, mean), activations);
        assertThat(values)
                .hasEntrySatisfying(
                        "eval/fve_mean_vector",
                        is(1 - mean(constant) / run.data().rawvar()));
        assertThat(values).hasEntrySatisfying("eval/fve_shuffled", is(fve(shuffled, activations)));
        assertThat(values).hasEntrySatisfying("eval/fve_gold", is(fve(gold, activations)));
        assertThat(values).hasEntrySatisfying("eval/fve_empty", is(fve(Collections.nCopies(8, ""), activations)));
        for (boolean kept : new boolean[] {true, false}) {
            Paraphrase paraphrase = kept ? Paraphrase.QUOTES_KEPT : Paraphrase.QUOTES_REMOVED;
            List<String> reworded = IntStream.range(0, 8)
                    .mapToObj(i -> paraphrase.of(texts.get(i), 9, -1 - i))
                    .toList();
            assertThat(values)
                    .hasEntrySatisfying(
                            kept ? "eval/fve_reworded" : "eval/fve_quotes_removed", is(fve(reworded, activations)));
        }
        Reconstructor second = run.second().reconstructor();
        for (boolean own : new boolean[] {true, false}) {
            List<float[]> read = List.of(second.reconstruct(own ? texts : gold));
            double fve = 1
                    - mean(VarianceExplained.errors(read, activations))
                            / run.data().rawvar();
            assertThat(values)
                    .hasEntrySatisfying(own ? "eval/fve_second_critic" : "eval/fve_second_critic_gold", is(fve));
        }
        double rawvar = run.data().rawvar();
        assertThat(values).hasEntrySatisfying("eval/rawvar", is(rawvar));
        String known = run.data().gold().rows().getFirst().explanation();
        assertThat(values).hasEntrySatisfying("eval/fve_constant", is(fve(Collections.nCopies(8, known), activations)));
        assertThat(values).hasEntrySatisfying("eval/fve_literal", is(fve(lastFourTokens(rows), activations)));
        List<float[]> nearest = Baselines.nearest(run.data().prompts().activations(), activations);
        assertThat(values)
                .hasEntrySatisfying(
                        "eval/fve_nearest", is(1 - mean(VarianceExplained.errors(nearest, activations)) / rawvar));
        assertThat(values)
                .hasEntrySatisfying(
                        "eval/critic_gap", is(values.get("eval/fve") - values.get("eval/fve_second_critic")));
        List<Double> figures = values.entrySet().stream()
                .filter(value -> value.getKey().startsWith("eval/fve"))
                .map(Map.Entry::getValue)
                .sorted()
                .toList();
        assertThat(figures).hasSize(15);
        for (int i = 1; i < figures.size(); i++) {
            assertThat(figures.get(i) - figures.get(i - 1))
                    .as("no two are alike")
                    .isGreaterThan(1e-4);
        }
        assertThat(values.get("eval/truth")).isEqualTo(truth(texts, rows));
        assertThat(values.get("eval/truth_base")).isEqualTo(truth(shuffled, rows));
    }

    private static List<String> lastFourTokens(List<Example> rows) {
        Tokenizer tokenizer = tiny.model().tokenizer();
        return rows.stream()
                .map(row -> tokenizer.ids(row.context(), false))
                .map(ids -> Arrays.copyOfRange(ids, Math.max(0, ids.length - 4), ids.length))
                .map(ids -> tokenizer.decode(ids, false))
                .toList();
    }

    /// Of the rows that are written about, each as long as the other.
    private static float[] meanDirection(List<float[]> vectors) {
        float[] sum = new float[vectors.getFirst().length];
        for (float[] vector : vectors) {
            double squares = 0;
            for (float value : vector) {
                squares += value * value;
            }
            for (int i = 0; i < sum.length; i++) {
                sum[i] += (float) (vector[i] / Math.sqrt(squares));
            }
        }
        return sum;
    }

    @Test
    void a_pair_is_measured_by_one_text_a_row_at_temperature_1_with_numbers_of_their_own() {
        List<float[]> activations =
                activations(run.data().heldOut().at(run.data().heldOut().spread(8)));
        long[] numbers = {-1, -2, -3, -4, -5, -6, -7, -8};
        HeldOutEvaluation evaluation = run.evaluation(tiny);
        HeldOutEvaluation.Result expected = evaluation.of(run.policy().write(activations, 1, 1, numbers), run.critic());
        HeldOutEvaluation.Result found = evaluation.of(run.policy(), run.critic());
        assertThat(found.values()).isEqualTo(expected.values());
        assertThat(found.samples()).isEqualTo(expected.samples());
        assertThat(evaluation
                        .of(run.policy().write(activations, 1, 0, numbers), run.critic())
                        .samples())
                .isNotEqualTo(found.samples());
    }

    /// The activations are what the run's own half makes of the gold texts: it reads them without an error.
    @Test
    void texts_that_only_the_runs_own_reconstructor_reads_give_an_alarm() {
        Examples held = run.data().heldOut();
        List<String> gold = held.rows().stream().map(Example::explanation).toList();
        int[] measured = held.spread(8);
        List<Policy.Rollout> written = IntStream.range(0, 8)
                .mapToObj(i -> rollout(i, gold.get(measured[i])))
                .toList();
        try (Scope _ = Scope.noGrad()) {
            Reconstructor own = reconstructor(run.critic().head());
            float[][] read = own.reconstruct(gold);
            List<Example> rows = IntStream.range(0, read.length)
                    .mapToObj(i -> new Example(
                            read[i],
                            gold.get(i),
                            held.rows().get(i).response(),
                            held.rows().get(i).source()))
                    .toList();
            Examples readable = new Examples(held.file(), held.meta(), rows);
            RlData data = new RlData(run.data().prompts(), run.data().gold(), readable, Map.of());
            Reconstructor deaf = reconstructor(Tensors.zeros(DType.FP32, TinyTask.DIM, TinyTask.DIM));
            assertThat(alarm(data, written, deaf))
                    .hasValueSatisfying(said -> assertThat(said)
                            .startsWith("the run's own reconstructor reads its texts better than the second one"));
            assertThat(alarm(data, written, own)).isEmpty();
        }
    }

    /// The run's own half with another head.
    private static Reconstructor reconstructor(Tensor head) {
        LanguageModel model = tiny.model();
        return new Reconstructor(
                run.critic().adapter().on(model.decoder()),
                model.tokenizer(),
                run.pair().reconstructor().meta(),
                head);
    }

    private static Optional<String> alarm(RlData data, List<Policy.Rollout> written, Reconstructor second) {
        Judge judge = new Judge(CONFIG.reward(), 9, new GroundedChecker());
        return new HeldOutEvaluation(CONFIG, data, data.rawvar(), tiny.model(), judge, second)
                .of(written, run.critic())
                .alarm();
    }

    private static Consumer<Double> is(double expected) {
        return found -> assertThat(found).isCloseTo(expected, within(1e-5));
    }

    private static double truth(List<String> texts, List<Example> rows) {
        return IntStream.range(0, texts.size())
                .mapToDouble(i -> new GroundedChecker()
                        .check(texts.get(i), Evidence.ofContext(rows.get(i).context()))
                        .truth()
                        .orElse(0))
                .average()
                .orElseThrow();
    }

    @Test
    void gold_claims_are_all_true_of_their_own_context_and_not_of_others() {
        List<Example> rows = run.data().heldOut().at(run.data().heldOut().spread(8));
        List<Policy.Rollout> written = IntStream.range(0, 8)
                .mapToObj(i -> rollout(i, rows.get(i).explanation()))
                .toList();
        Map<String, Double> values =
                run.evaluation(tiny).of(written, run.critic()).values();
        assertThat(values).containsEntry("eval/truth_gold", 1.0).containsEntry("eval/truth", 1.0);
        assertThat(values.get("eval/truth_base")).isBetween(0.0, 0.9);
    }
}
