package dev.nla4j.train.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Yaml;
import dev.nla4j.train.Schedule;
import dev.nla4j.train.rl.PolicyLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainConfigTest {
    private static TrainConfig read(ConfigTree tree) {
        Section top = tree.section();
        TrainConfig config = TrainConfig.read(top);
        top.done();
        return config;
    }

    private static TrainConfig yaml(String yaml) {
        return read(ConfigTree.parse("run.yaml", yaml));
    }

    @Test
    void an_empty_configuration_is_all_defaults() {
        TrainConfig config = read(ConfigTree.empty());
        assertThat(config.rl().rollout()).isEqualTo(new RlConfig.Rollout(16, 8, 64, 1, 16));
        assertThat(config.rl().loss()).isEqualTo(new RlConfig.Loss(RlConfig.Method.GRPO, KlKind.EXACT, 0.02, 0, false));
        assertThat(config.rl().reward())
                .isEqualTo(new RewardConfig(Map.of(RewardTerm.ERROR, 1.0), RewardConfig.Failure.AS_IT_STANDS));
        assertThat(PolicyLoss.of(config.rl()).tokenBudget()).isEqualTo(16 * 8 * 64);
        assertThat(config.av().learner().lr(0)).isEqualTo(1e-4);
        // half way down from the end of the warm-up, 10, to that of the run, 200
        assertThat(config.av().learner().lr(105)).isCloseTo(0.5e-3, within(1e-12));
        assertThat(config.ar().learner().lr(105)).isCloseTo(0.5e-3, within(1e-12));
        assertThat(config.ar().mix()).isEqualTo(SftConfig.Mix.PLAIN);
    }

    @Test
    void full_weights_learn_at_a_smaller_rate_unless_one_is_written() {
        TrainConfig full = TrainConfig.read(ConfigTree.empty()
                .set("train.sft.av.rank=0")
                .set("train.sft.ar.rank=0")
                .set("train.sft.ar.lr=2e-4")
                .section());
        assertThat(full.av().learner().lr()).isEqualTo(5e-5);
        assertThat(full.ar().learner().lr()).isEqualTo(2e-4);
        assertThat(TrainConfig.read(ConfigTree.empty().section()).av().learner().lr())
                .isEqualTo(1e-3);
    }

    @Test
    void what_is_written_reaches_the_records() {
        TrainConfig config = yaml("""
                train:
                  sft:
                    av: {steps: 20, batch: 4, micro-batch: 2, lr: 2e-3, rank: 8, alpha: 16, warm-up: 5, schedule: constant}
                    ar: {own-samples: 0.5, segment-dropout: 0.1, segment-shuffle: true, patience: 3}
                  rl:
                    group-size: 4
                    kl: {kind: k3, weight: 0.1}
                    reward: {error: 1, reworded: 0.5, truth: 0.2, token-cost: 0.001, failure: reference}
                    av: {lr: 5e-5}
                    held-out-critic: runs/critic
                """);
        assertThat(config.av().learner().schedule()).isEqualTo(new Schedule(Schedule.Shape.CONSTANT, 20, 5, 0));
        assertThat(config.av().learner().lr(4)).isEqualTo(2e-3);
        assertThat(config.ar().mix()).isEqualTo(new SftConfig.Mix(false, 0.5, 0.1, true));
        assertThat(config.rl().reward().weights()).containsEntry(RewardTerm.TOKEN_COST, 0.001);
        assertThat(config.rl().reward().failure()).isEqualTo(RewardConfig.Failure.REFERENCE);
        assertThat(config.rl().loss().kl()).isEqualTo(KlKind.K3);
        assertThat(config.rl().learners().heldOutCritic()).contains("runs/critic");
    }

    @Test
    void the_reconstructors_schedule_runs_over_the_steps_in_which_it_learns_alone_as_well() {
        RlConfig rl = yaml("""
                train:
                  rl: {steps: 10, adapt-ar-steps: 10, av: {schedule: cosine}, ar: {schedule: cosine, lr: 1e-3}}
                """).rl();
        assertThat(rl.learners().ar().lr(10)).isCloseTo(0.5e-3, within(1e-12));
        assertThat(rl.learners().ar().lr(rl.allSteps() - 1)).isGreaterThan(0);
        assertThat(rl.learners().av().schedule().steps()).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "train.rl.group-size=1 | train.rl.group-size: must be >= 2, was 1",
                "train.rl.group-size=two | train.rl.group-size: must be a whole number below 2^31, was \"two\"",
                "train.rl.group-size=2.5 | train.rl.group-size: must be a whole number below 2^31, was 2.5",
                "train.rl.groupsize=4 | train.rl.groupsize: is no known key; did you mean group-size?",
                "train.rl.kl.kind=k1 | train.rl.kl.kind: k1 (log π − log π₀ of sampled tokens) is refused",
                "train.rl.kl.weight=-1 | train.rl.kl.weight: must be 0.0 to 1000.0, was -1.0",
                "train.rl.reward.truth=-1 | train.rl.reward.truth: must be >= 0 and finite, was -1.0",
                "train.rl.reward.error=0 | train.rl.reward.weights: at least one term",
                "train.rl.reward.failure=refrence | must be one of as-it-stands, reference, was refrence; did you mean reference?",
                "train.rl.reward=3 | train.rl.reward: must be keys with values, was 3",
                "train.rl.av.lr=.inf | train.rl.av.lr: must be a finite number",
                "train.sft.av.lr=0 | train.sft.av.lr: must be above 0",
                "train.sft.av.keep=1 | train.sft.av.keep: must be >= 2, was 1",
                "train.sft.av.micro-batch=64 | train.sft.av.micro-batch: must be <= batch (32), was 64",
                "train.sft.av.warm-up=999 | train.sft.av.warm-up: must be 0 to steps (200), was 999",
                "train.sft.av.steps=0 | train.sft.av.steps: must be >= 1, was 0",
                "train.sft.ar.segment-shuffle=maybe | train.sft.ar.segment-shuffle: must be true or false, was \"maybe\"",
                "trian.rl.seed=1 | trian: is no known key; did you mean train?",
                "train.rl.seed.x=1 | train.rl.seed: must be a whole number",
                "train.rl.seed=99999999999999999999 | train.rl.seed: must be a whole number",
                "train.rl.steps=3000000000 | train.rl.steps: must be a whole number below 2^31, was 3000000000",
                "varants.tiny.train.rl.seed=1 | varants: is no known key; did you mean variants?",
            })
    void a_wrong_value_is_refused_under_its_path(String assignment, String message) {
        assertThatThrownBy(() -> read(ConfigTree.empty().set(assignment)))
                .isInstanceOf(ConfigException.class)
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void a_later_set_wins_over_an_earlier_one_and_both_over_the_file(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(
                folder.resolve("run.yaml"), "train:\n  rl: {group-size: 4, steps: 3, max-new-tokens: 9}\n");
        ConfigTree tree = ConfigTree.read(file)
                .set("train.rl.steps=5")
                .set("train.rl.steps=7")
                .set("train.rl.group-size=6");
        RlConfig rl = read(tree).rl();
        assertThat(rl.steps()).isEqualTo(7);
        assertThat(rl.rollout()).isEqualTo(new RlConfig.Rollout(16, 6, 9, 1, 16));
        assertThat(read(ConfigTree.read(Files.writeString(folder.resolve("empty.yaml"), "\n"))))
                .isEqualTo(read(ConfigTree.empty()));
    }

    @Test
    void assignments_that_are_none_are_refused() {
        for (String none : List.of("train.rl.steps", "=3", "")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ConfigTree.empty().set(none))
                    .withMessageContaining("must look like");
        }
        assertThatThrownBy(() -> ConfigTree.empty().set("a=1").set("a.b=2")).hasMessageContaining("a is a value");
        assertThatThrownBy(() -> ConfigTree.parse("x.yaml", "- 1"))
                .hasMessageContaining("must be keys with values, was a list");
    }

    @Test
    void the_resolved_tree_read_again_gives_the_same_records() {
        Section top = ConfigTree.empty()
                .set("train.rl.group-size=5")
                .set("train.sft.av.lr=3e-5")
                .section();
        TrainConfig config = TrainConfig.read(top);
        String text = Yaml.write(top.resolved());
        assertThat(text).contains("group-size: 5").contains("lr: 0.00003").contains("normalise-by-spread: false");
        assertThat(yaml(text)).isEqualTo(config);
    }
}
