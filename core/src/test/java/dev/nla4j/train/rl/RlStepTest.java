package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.distribute.Collective;
import dev.nla4j.eval.Paraphrase;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.teacher.CheckedClaims;
import dev.nla4j.teacher.Claim;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.teacher.Verdict;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.config.RlConfig;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
            assertThat(gold).as("all 32, sixteen a step").hasSize(32);
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

    @Test
    void claims_are_held_to_the_context_of_their_own_prompt_and_a_group_is_reworded_alike() {
        try (TinyRl.Run run = run("rl.adapt-ar-steps=0", "rl.reward.truth=0.2", "rl.reward.reworded=0.5")) {
            RlConfig config = run.config();
            Judge judge = new Judge(config.reward(), config.seed(), RlStepTest::check);
            RlStep.Parts parts = new RlStep.Parts(
                    tiny.model(),
                    run.policy(),
                    run.critic(),
                    judge,
                    run.data(),
                    run.data().rawvar());
            try (RlStep step = new RlStep(config, parts, Collective.alone())) {
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
