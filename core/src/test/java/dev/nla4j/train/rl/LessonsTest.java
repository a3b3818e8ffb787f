package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.generate.Completion;
import dev.nla4j.generate.StopReason;
import dev.nla4j.train.config.RlConfig.Method;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Which samples teach, of three groups whose second has no spread.
class LessonsTest {
    private static final double[] REWARDS = {-3, -1, -2, 5, 5, 5, 7, 8, 9};
    private static final List<float[]> OWN =
            IntStream.range(0, 3).mapToObj(i -> new float[] {i}).toList();

    private static List<PolicyGradient.Sample> lessons(Method method) {
        List<Policy.Rollout> rollouts = IntStream.range(0, 9)
                .mapToObj(i -> new Policy.Rollout(
                        i / 3,
                        new Completion(List.of(i), List.of(-i / 10f), StopReason.STOP_ID),
                        "text " + i,
                        false,
                        true))
                .toList();
        List<float[]> own =
                rollouts.stream().map(text -> OWN.get(text.prompt())).toList();
        return Lessons.of(method, rollouts, own, Advantages.of(REWARDS, 3, false), REWARDS);
    }

    private static List<Integer> texts(List<PolicyGradient.Sample> lessons) {
        return lessons.stream().map(lesson -> lesson.ids()[0]).toList();
    }

    @Test
    void the_best_of_each_group_alone_is_copied() {
        List<PolicyGradient.Sample> lessons = lessons(Method.BEST_OF_N);
        assertThat(texts(lessons)).containsExactly(1, 8);
        assertThat(lessons).extracting(PolicyGradient.Sample::advantage).containsExactly(1.0, 1.0);
        assertThat(lessons.get(0).activation()).isSameAs(OWN.get(0));
        assertThat(lessons.get(1).activation()).isSameAs(OWN.get(2));
        assertThat(lessons.get(1).logProbabilities()).containsExactly(-0.8f);
    }

    @Test
    void all_of_a_group_that_differs_teach_by_how_much_better_they_did() {
        List<PolicyGradient.Sample> lessons = lessons(Method.GRPO);
        assertThat(texts(lessons)).containsExactly(0, 1, 2, 6, 7, 8);
        assertThat(lessons)
                .extracting(PolicyGradient.Sample::advantage)
                .containsExactly(-1.0, 1.0, 0.0, -1.0, 0.0, 1.0);
        assertThat(lessons.get(3).activation()).isSameAs(OWN.get(2));
    }
}
