package dev.nla4j.train.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.Role;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// On the default target with the pair that comes with the program.
class EstimateTest {
    private static final String TARGET = """
            {"model_type": "llama", "vocab_size": 49152, "hidden_size": 576, "intermediate_size": 1536,
             "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "hidden_act": "silu",
             "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000, "tie_word_embeddings": true}
            """;

    @TempDir
    Path folder;

    private ModelConfig target;

    @BeforeEach
    void target() throws IOException {
        Files.writeString(folder.resolve("config.json"), TARGET);
        target = ModelLoader.config(folder);
    }

    private RunConfig config(String... assignments) {
        ConfigTree tree = ConfigTree.empty()
                .set("folder=" + folder)
                .set("target.dtype=fp32")
                .set("train.rl.warm-start=../models/smollm2-135m-l20-rl");
        for (String assignment : assignments) {
            tree = tree.set("train." + assignment);
        }
        return RunConfig.read(tree.section());
    }

    private static double number(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    /// What was measured with AVX2 (70 to 180 gigaflops of products) and with AMX (550 to 2,000).
    @ParameterizedTest
    @CsvSource({
        "8, 0, 70, 80", "8, 0, 180, 80", "6, 0.25, 70, 47.5", "6, 0.25, 180, 47.5",
        "8, 0, 550, 36", "8, 0, 2000, 36", "6, 0.25, 550, 33", "6, 0.25, 2000, 33"
    })
    void a_joint_step_takes_about_what_was_measured(int group, double reworded, double gigaflops, double seconds) {
        String said = RlEstimate.of(
                        target, config("rl.group-size=" + group, "rl.reward.reworded=" + reworded), OptionalInt.empty())
                .at(gigaflops);
        assertThat(number(said, "of 42 tokens ([0-9]+) s a step")).isBetween(seconds / 1.5, seconds * 1.5);
    }

    /// 252 and 389 tokens a second with AVX2; 200 steps of the verbalizer in 16 minutes and a half with AMX.
    @ParameterizedTest
    @CsvSource({
        "VERBALIZER, 90, 6.9",
        "VERBALIZER, 180, 6.9",
        "VERBALIZER, 550, 4.7",
        "VERBALIZER, 2000, 4.7",
        "RECONSTRUCTOR, 90, 4.4",
        "RECONSTRUCTOR, 180, 4.4"
    })
    void a_supervised_step_takes_about_what_was_measured(Role role, double gigaflops, double seconds) {
        String said = SftEstimate.of(target, config(), role, OptionalInt.of(20)).at(gigaflops);
        assertThat(number(said, "([0-9.]+) s a step")).isBetween(seconds / 1.5, seconds * 1.5);
    }

    @Test
    void time_is_that_of_typical_texts_and_the_longest_are_said_beside_it() {
        String said = RlEstimate.of(
                        target,
                        config("rl.max-new-tokens=84", "rl.steps=100", "rl.adapt-ar-steps=0"),
                        OptionalInt.empty())
                .at(100);
        double typical = number(said, "of 42 tokens ([0-9]+) s a step");
        assertThat(number(said, "longest, 84 tokens, ([0-9]+) s a step")).isBetween(2 * typical - 2, 2 * typical + 2);
        assertThat(RlEstimate.of(target, config("rl.max-new-tokens=20"), OptionalInt.empty())
                        .at(100))
                .contains("of 20 tokens", "longest, 20 tokens")
                .doesNotContain("cut many off"); // nobody knows the texts
        RlConfig run = config("rl.max-new-tokens=20").train().rl();
        assertThat(new RlEstimate(1, 1, 42, true, run, target).cutOff().orElseThrow())
                .contains("up to some 42 tokens; train.rl.max-new-tokens, 20, may cut many off");
        assertThat(new RlEstimate(1, 1, 20, true, run, target).cutOff()).isEmpty();
    }

    /// Before there is a file that says it, the configuration's block counts.
    @Test
    void a_reconstructor_takes_the_blocks_up_to_its_layer() {
        SftEstimate all = SftEstimate.of(target, config(), Role.RECONSTRUCTOR, OptionalInt.empty());
        SftEstimate most = SftEstimate.of(target, config(), Role.RECONSTRUCTOR, OptionalInt.of(20));
        assertThat(most.operations() / all.operations()).isBetween(0.69, 0.71);
    }

    /// What can't fit at its longest is refused, whatever is usual.
    @Test
    void memory_is_that_of_the_longest() {
        long usual =
                RlEstimate.of(target, config(), OptionalInt.empty()).memory().total();
        long longer = RlEstimate.of(target, config("rl.max-new-tokens=128"), OptionalInt.empty())
                .memory()
                .total();
        assertThat(longer - usual).isEqualTo(16L * 64 * 30 * (14 * 576 + 5 * 1536) * 4);
    }
}
