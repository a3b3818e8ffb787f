package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.distribute.Collective;
import dev.nla4j.eval.Paraphrase;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.teacher.CheckedClaims;
import dev.nla4j.teacher.Claim;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.teacher.Verdict;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.GradClip;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.sft.CosineError;
import dev.nla4j.train.sft.Example;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/// What a step takes, and what it makes of it, against what is computed here from the same texts.
class RlStepTest {
    @TempDir
    static Path folder;

    private static TinyTask tiny;

    @BeforeAll
    static void open() throws IOException {
        tiny = TinyTask.in(folder.resolve("model"));
        TinyRl.warmStart(tiny, folder.resolve("pair"), 1, 5);
    }

    @AfterAll
    static void close() {
        tiny.close();
    }

    private static TinyRl.Run run(String... assignments) {
        return TinyRl.Run.of(
                tiny, folder.resolve("pair"), TinyRl.config(assignments).rl(), Collective.alone());
    }

    @Test
    void each_step_has_rows_and_numbers_of_its_own() throws IOException {
        try (TinyRl.Run run = run("rl.gold-fraction=0.5")) {
            Set<String> prompts = new HashSet<>();
            Set<String> gold = new HashSet<>();
            Set<Long> numbers = new HashSet<>();
            for (int step = 0; step < 16; step++) {
                run.step().prompts(step).forEach(row -> prompts.add(row.document()));
                run.step().gold(step).forEach(row -> gold.add(row.document()));
                LongStream.of(run.step().numbers(step)).forEach(numbers::add);
            }
            assertThat(prompts).as("an epoch of 64 rows, four a step").hasSize(64);
            assertThat(gold).as("all 32").hasSize(32);
            assertThat(run.step().gold(0))
                    .as("half of what is read, with 16 samples")
                    .hasSize(16);
            assertThat(numbers).hasSize(16 * 16).allMatch(number -> number >= 0);
            assertThat(run.step().numbers(1)).doesNotContain(run.step().numbers(0));
        }
    }

    /// A template that is nothing but the text's place has no token for an empty text.
    @Test
    void a_text_without_a_token_points_nowhere_and_teaches_nothing() throws IOException {
        Path model = folder.resolve("bare-model");
        TinyTask.in(model).close();
        Path tokenizer = model.resolve("tokenizer.json");
        ObjectNode settings = (ObjectNode) Json.read(tokenizer, 1 << 24);
        settings.putNull("post_processor"); // nothing before a text
        Files.writeString(tokenizer, settings.toString());
        Path bare = folder.resolve("bare");
        try (TinyTask plain = TinyTask.at(model)) {
            TinyRl.warmStart(plain, bare, 1, 1);
            Path sidecar = bare.resolve("ar").resolve("nla_meta.yaml");
            ObjectNode tree = (ObjectNode) NlaMeta.tree(sidecar);
            ((ObjectNode) tree.path("prompt_templates")).put("ar", "{explanation}");
            ((ObjectNode) tree.path("tokens")).putNull("critic_suffix_ids");
            Files.writeString(sidecar, tree.toString());
            requireUnread(plain, bare);
        }
    }

    private static void requireUnread(TinyTask plain, Path pair) {
        try (TinyRl.Run run = TinyRl.Run.of(plain, pair, TinyRl.config().rl(), Collective.alone())) {
            List<float[]> activations = run.data().prompts().rows().stream()
                    .limit(2)
                    .map(Example::activation)
                    .toList();
            String text = run.data().prompts().rows().getFirst().explanation();
            double[] errors = run.critic().errors(List.of(text, ""), activations);
            assertThat(errors[0]).isNotEqualTo(2.0);
            assertThat(errors[1]).isEqualTo(2.0);
            assertThat(run.critic().accumulate(List.of(text, ""), activations, 2)[1])
                    .isEqualTo(2.0);
        }
    }

    /// Claims of which none, some or all hold, as text and context together decide.
    private static CheckedClaims check(String text, Evidence evidence) {
        int held = Math.floorMod((text + evidence.context()).hashCode(), 5);
        return new CheckedClaims(IntStream.range(0, 4)
                .mapToObj(i -> new Claim(
                        Claim.Segment.TEXT, 0, 0, "", i < held ? Verdict.SUPPORTED : Verdict.UNSUPPORTED, false, ""))
                .toList());
    }

    private static RlStep step(TinyRl.Run run, Judge judge, double rawvar) {
        RlStep.Parts parts = new RlStep.Parts(tiny.model(), run.policy(), run.critic(), judge, run.data(), rawvar);
        return new RlStep(run.config(), parts, Collective.alone());
    }

    @Test
    void claims_are_held_to_the_context_of_their_own_prompt_and_a_group_is_reworded_alike() {
        try (TinyRl.Run run = run("rl.adapt-ar-steps=0", "rl.reward.truth=0.2", "rl.reward.reworded=0.5")) {
            RlConfig config = run.config();
            Judge judge = new Judge(config.reward(), config.seed(), RlStepTest::check);
            try (RlStep step = step(run, judge, run.data().rawvar())) {
                List<Example> prompts = step.prompts(3);
                List<float[]> activations =
                        prompts.stream().map(Example::activation).toList();
                List<Policy.Rollout> texts = run.policy().write(activations, 4, 1, step.numbers(3));
                List<String> reworded = new ArrayList<>();
                List<float[]> own = new ArrayList<>();
                double held = 0;
                for (int i = 0; i < 16; i++) {
                    String text = texts.get(i).text();
                    reworded.add(Paraphrase.REWARD.of(text, config.seed(), 3 * 4 + i / 4));
                    own.add(activations.get(i / 4));
                    Evidence evidence = Evidence.ofContext(prompts.get(i / 4).context());
                    held += check(text, evidence).truth().orElseThrow() / 16;
                }
                double error = Arrays.stream(run.critic().errors(reworded, own))
                        .average()
                        .orElseThrow();
                Map<String, Double> values = step.update(3);
                assertThat(values.get("truth")).isCloseTo(held, within(1e-9));
                assertThat(values.get("reward/truth")).isCloseTo(0.2 * held, within(1e-9));
                assertThat(values.get("reworded_error"))
                        .isCloseTo(error, within(1e-5))
                        .isNotCloseTo(values.get("error"), within(1e-3));
            }
        }
    }

    /// At next to no temperature all texts of a group are the same ones. Read in other company, and
    /// reworded, they must not differ by rounding or luck: the best of them would be the lucky one.
    @Test
    void a_group_of_one_text_teaches_nothing() throws IOException {
        try (TinyRl.Run run = run(
                "rl.method=best-of-n",
                "rl.temperature=1e-5",
                "rl.reward.reworded=0.5",
                "rl.micro-batch=3",
                "rl.adapt-ar-steps=0")) {
            List<Policy.Rollout> texts = run.policy()
                    .write(
                            run.step().prompts(0).stream()
                                    .map(Example::activation)
                                    .toList(),
                            4,
                            1e-5,
                            run.step().numbers(0));
            assertThat(texts.stream().map(Policy.Rollout::prompt).distinct()).hasSize(4);
            assertThat(texts.stream().map(text -> text.prompt() + text.text()).distinct())
                    .hasSize(4);
            Map<String, Double> values = run.step().update(0);
            assertThat(values).containsEntry("flat_groups", 1.0).containsEntry("lessons", 0.0);
            assertThat(values.get("reward_spread")).isLessThan(1e-12);
        }
    }

    @Test
    void the_verbalizers_warm_up_begins_with_the_first_step_that_it_learns_in() throws IOException {
        try (TinyRl.Run run =
                run("rl.adapt-ar-steps=2", "rl.av.lr=0.01", "rl.av.warm-up=4", "rl.reward.token-cost=0.1")) {
            List<Double> rates = new ArrayList<>();
            List<Double> moved = new ArrayList<>();
            for (int step = 0; step < 5; step++) {
                List<float[]> before = numbers(run.policy().parameters());
                rates.add(run.step().update(step).get("lr"));
                moved.add(furthest(before, numbers(run.policy().parameters())));
            }
            assertThat(rates).containsExactly(0.0025, 0.0025, 0.0025, 0.005, 0.0075);
            assertThat(moved.subList(0, 2)).containsExactly(0.0, 0.0);
            // AdamW's first update moves each number by the rate, whatever its gradient.
            assertThat(moved.get(2)).isCloseTo(0.0025, within(1e-5));
        }
    }

    /// It learns in both phases, and its schedule begins once.
    @Test
    void the_reconstructors_warm_up_goes_on_when_the_verbalizer_begins_to_learn() {
        try (TinyRl.Run run = run("rl.adapt-ar-steps=2", "rl.ar.lr=0.01", "rl.ar.warm-up=5")) {
            List<float[]> before = numbers(run.critic().parameters());
            run.step().update(3);
            // AdamW's first update moves each number by the rate, whatever its gradient.
            assertThat(furthest(before, numbers(run.critic().parameters()))).isCloseTo(0.008, within(1e-5));
        }
    }

    @Test
    void the_reconstructor_learns_from_the_first_step_and_reads_gold_better() throws IOException {
        try (TinyRl.Run run = run("rl.adapt-ar-steps=3", "rl.ar.lr=0.01", "rl.gold-fraction=0.5")) {
            double atFirst = goldError(run);
            List<float[]> before = numbers(run.critic().parameters());
            float[] head = head(run);
            run.step().update(0);
            // AdamW's first update moves each number by the rate, whatever its gradient.
            assertThat(furthest(before, numbers(run.critic().parameters()))).isCloseTo(0.01, within(1e-5));
            assertThat(furthest(List.of(head), List.of(head(run))))
                    .as("of the head")
                    .isCloseTo(0.01, within(1e-5));
            run.step().update(1);
            run.step().update(2);
            assertThat(goldError(run)).isLessThan(atFirst - 0.1);
        }
    }

    private static double goldError(TinyRl.Run run) {
        List<Example> gold = run.data().gold().rows();
        return Arrays.stream(run.critic()
                        .errors(
                                gold.stream().map(Example::explanation).toList(),
                                gold.stream().map(Example::activation).toList()))
                .average()
                .orElseThrow();
    }

    private static float[] head(TinyRl.Run run) {
        try (Scope _ = Scope.noGrad()) {
            return Tensors.floats(run.critic().head());
        }
    }

    /// As the published recipe leaves failed texts out.
    @Test
    void a_text_that_does_not_teach_is_scored_and_leaves_the_gradient_as_it_is() {
        try (TinyRl.Run run = run();
                TinyRl.Run other = run()) {
            List<Example> rows = run.data().gold().rows().subList(0, 2);
            List<String> texts = rows.stream().map(Example::explanation).toList();
            List<float[]> activations = rows.stream().map(Example::activation).toList();
            double[] errors = run.critic().accumulate(texts, activations, text -> text == 0, 5);
            double[] alone = other.critic().accumulate(texts.subList(0, 1), activations.subList(0, 1), 5);
            assertThat(errors[0]).isCloseTo(alone[0], within(1e-5));
            assertThat(errors[1]).isCloseTo(other.critic().errors(texts, activations)[1], within(1e-5));
            List<float[]> expected = gradients(other.critic().parameters());
            List<float[]> found = gradients(run.critic().parameters());
            for (int i = 0; i < expected.size(); i++) {
                assertThat(found.get(i)).containsExactly(expected.get(i), within(1e-5f));
            }
        }
    }

    /// A text of one token has no tags.
    @Test
    void texts_that_fail_by_the_reference_rule_get_its_flat_reward_and_teach_neither_half() {
        try (TinyRl.Run run = run(
                "rl.adapt-ar-steps=0", "rl.max-new-tokens=1", "rl.gold-fraction=0", "rl.reward.failure=reference")) {
            List<float[]> before = numbers(run.critic().parameters());
            Map<String, Double> values = run.step().update(0);
            assertThat(values)
                    .containsEntry("reward", -2.0)
                    .containsEntry("lessons", 0.0)
                    .containsEntry("ar_grad_norm", 0.0);
            assertThat(furthest(before, numbers(run.critic().parameters()))).isZero();
        }
    }

    /// Eight texts of a batch of twenty, which go through in two parts.
    @Test
    void the_reconstructors_gradient_is_that_of_its_errors_over_the_whole_batch() {
        try (TinyRl.Run run = run();
                TinyRl.Run other = run()) {
            List<String> texts = new ArrayList<>();
            List<float[]> activations = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Example row = run.data().gold().rows().get(i);
                texts.add("a word ".repeat(1 + i * 3 % 7) + row.explanation());
                activations.add(row.activation());
            }
            run.critic().accumulate(texts, activations, 20);
            Reconstructor prompts = other.second().reconstructor();
            try (Scope _ = Scope.open()) {
                Tensor errors = CosineError.of(
                        other.critic().adapter().on(tiny.model().decoder()),
                        other.critic().head(),
                        prompts.layer(),
                        0,
                        texts.stream().map(prompts::promptIds).toList(),
                        activations);
                Tensors.times(errors.sum(), 1.0 / 20).backward();
            }
            List<float[]> expected = gradients(other.critic().parameters());
            List<float[]> found = gradients(run.critic().parameters());
            for (int i = 0; i < expected.size(); i++) {
                double largest = 0;
                for (float value : expected.get(i)) {
                    largest = Math.max(largest, Math.abs(value));
                }
                String name = run.critic().parameters().get(i).name();
                assertThat(largest).as(name).isGreaterThan(1e-4);
                assertThat(found.get(i)).as(name).containsExactly(expected.get(i), within((float) (1e-4 * largest)));
            }
        }
    }

    private static List<float[]> gradients(List<Parameter> parameters) {
        try (Scope _ = Scope.noGrad()) {
            return parameters.stream()
                    .map(parameter -> Tensors.floats(parameter.gradient()))
                    .toList();
        }
    }

    /// An activation too long for fp32 leaves the reconstructor's loss a number and its gradient none; so does a reward
    /// too large with the verbalizer's.
    @ParameterizedTest
    @CsvSource({"1e25, 1", "1, 1.0e25"})
    void a_gradient_of_either_half_that_is_no_number_moves_neither(float length, String weight) {
        try (TinyRl.Run run = run("rl.adapt-ar-steps=0", "rl.gold-fraction=0.5", "rl.reward.error=" + weight)) {
            float[] activation = run.step().gold(0).getFirst().activation();
            for (int i = 0; i < activation.length; i++) {
                activation[i] *= length;
            }
            List<float[]> av = numbers(run.policy().parameters());
            List<float[]> ar = numbers(run.critic().parameters());
            Map<String, Double> values = run.step().update(0);
            assertThat(values).containsEntry("skipped", 1.0);
            assertThat(values.get("loss")).isFinite();
            assertThat(values.get("ar_loss")).isFinite();
            assertThat(Double.isFinite(values.get("grad_norm"))).isEqualTo(length > 1);
            assertThat(Double.isFinite(values.get("ar_grad_norm"))).isEqualTo(length == 1);
            assertThat(furthest(av, numbers(run.policy().parameters()))).isZero();
            assertThat(furthest(ar, numbers(run.critic().parameters()))).isZero();
        }
    }

    @Test
    void each_halfs_gradient_is_cut_to_its_clip_and_logged_as_it_was() {
        try (TinyRl.Run run = run("rl.adapt-ar-steps=0", "rl.av.clip=1.0e-3", "rl.ar.clip=2.0e-3")) {
            Map<String, Double> values = run.step().update(0);
            assertThat(values.get("grad_norm")).isGreaterThan(5e-3);
            assertThat(values.get("ar_grad_norm")).isGreaterThan(5e-3);
            assertThat(GradClip.norm(run.policy().parameters())).isCloseTo(1e-3, within(1e-6));
            assertThat(GradClip.norm(run.critic().parameters())).isCloseTo(2e-3, within(1e-6));
        }
    }

    @Test
    void explained_variance_is_counted_from_the_denominator_that_was_given() {
        try (TinyRl.Run run = run()) {
            Judge judge = new Judge(run.config().reward(), run.config().seed(), RlStepTest::check);
            try (RlStep step = step(run, judge, 0.5)) {
                Map<String, Double> values = step.update(0);
                assertThat(values.get("fve")).isCloseTo(1 - values.get("error") / 0.5, within(1e-12));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void advantages_are_divided_by_their_groups_spread_only_where_that_is_asked_for(boolean divides) {
        try (TinyRl.Run run = run("rl.adapt-ar-steps=0", "rl.kl.weight=0", "rl.normalise-by-spread=" + divides)) {
            List<float[]> activations =
                    run.step().prompts(0).stream().map(Example::activation).toList();
            List<Policy.Rollout> texts =
                    run.policy().write(activations, 4, 1, run.step().numbers(0));
            double[] errors = run.critic()
                    .errors(
                            texts.stream().map(Policy.Rollout::text).toList(),
                            texts.stream()
                                    .map(text -> activations.get(text.prompt()))
                                    .toList());
            double expected = 0;
            for (int i = 0; i < texts.size(); i++) {
                double[] group = Arrays.copyOfRange(errors, i / 4 * 4, i / 4 * 4 + 4);
                double mean = Arrays.stream(group).average().orElseThrow();
                double variance = Arrays.stream(group)
                        .map(error -> (error - mean) * (error - mean))
                        .average()
                        .orElseThrow();
                double advantage = (mean - errors[i]) / (divides ? Math.sqrt(variance) + 1e-6 : 1);
                int[] ids = texts.get(i).completion().idArray();
                expected -= advantage * logProbability(run, activations.get(i / 4), ids) / (16 * 36);
            }
            assertThat(run.step().update(0).get("loss")).isCloseTo(expected, within(1e-3 * Math.abs(expected)));
        }
    }

    /// Of a whole text, by the library's function.
    private static double logProbability(TinyRl.Run run, float[] activation, int[] ids) {
        Decoder decoder = run.policy().adapter().on(tiny.model().decoder());
        int[] prompt = run.second().verbalizer().promptIds();
        try (Scope _ = Scope.noGrad()) {
            Tensor before = decoder.embed(Tensors.ids(new int[][] {prompt})).select(0, 0);
            Tensor rows = run.second().verbalizer().injection().inject(before, prompt, new float[][] {activation});
            Tensor whole = Tensors.cat(1, rows, decoder.embed(Tensors.ids(new int[][] {ids})));
            Tensor residual = decoder.residual(whole, Context.none()).select(0, 0);
            Tensor logits = decoder.logits(residual.narrow(0, prompt.length - 1L, ids.length));
            long[] drawn = Arrays.stream(ids).asLongStream().toArray();
            return torch.log_softmax(logits, 1)
                    .gather(1, Tensors.longs(drawn, drawn.length, 1))
                    .sum()
                    .item_double();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 36})
    void texts_that_do_not_end_by_themselves_are_cut_off(int most) {
        try (TinyRl.Run run = run("rl.max-new-tokens=" + most)) {
            List<float[]> activations = run.data().prompts().rows().stream()
                    .map(Example::activation)
                    .toList();
            List<Policy.Rollout> texts = run.policy()
                    .write(
                            activations,
                            4,
                            1,
                            LongStream.range(0, 4L * activations.size()).toArray());
            int ended = 0;
            for (Policy.Rollout text : texts) {
                List<Integer> ids = text.completion().ids();
                boolean ends = tiny.model().stopIds().contains(ids.getLast())
                        || tiny.model()
                                .tokenizer()
                                .decode(text.completion().idArray(), true)
                                .contains("</explanation>");
                assertThat(text.truncated()).as("%s", ids).isEqualTo(!ends);
                assertThat(ends || ids.size() == most).isTrue();
                ended += ends ? 1 : 0;
            }
            assertThat(ended).isBetween(most == 1 ? 0 : 1, most == 1 ? 0 : texts.size() - 1);
        }
    }

    private static List<float[]> numbers(List<Parameter> parameters) {
        try (Scope _ = Scope.noGrad()) {
            return parameters.stream()
                    .map(parameter -> Tensors.floats(parameter.tensor()))
                    .toList();
        }
    }

    private static double furthest(List<float[]> before, List<float[]> after) {
        double furthest = 0;
        for (int i = 0; i < before.size(); i++) {
            for (int j = 0; j < before.get(i).length; j++) {
                furthest = Math.max(furthest, Math.abs(after.get(i)[j] - before.get(i)[j]));
            }
        }
        return furthest;
    }
}
