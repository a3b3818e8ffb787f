package dev.nla4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.model.DrawableIds;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
    private Scope scope;
    private Prompt prompt;

    @BeforeEach
    void open() {
        scope = Scope.noGrad();
        prompt = new Prompt(Tensors.of(new float[] {0}, 1, 1));
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @ParameterizedTest
    @CsvSource({"12,1", "1300,0.7", "512,1.5", "513,1", "1024,3"})
    void draws_follow_the_softmax_at_their_temperature(int vocabulary, double temperature) {
        float[] logits = logits(vocabulary, 1);
        int draws = 20_000;
        int[] counts = new int[vocabulary];
        List<Request> requests = requests(draws / 40, temperature);
        for (int position = 0; position < 40; position++) {
            for (Sampler.Draw draw : draw(repeated(logits, requests.size()), drawers(requests, position), vocabulary)) {
                counts[draw.id()]++;
            }
        }
        double[] expected = softmax(logits, temperature);
        double chiSquare = 0;
        int bins = 0;
        double restExpected = 0;
        int restSeen = 0;
        for (int id = 0; id < vocabulary; id++) {
            restExpected += expected[id] * draws;
            restSeen += counts[id];
            if (restExpected >= 8) {
                chiSquare += (restSeen - restExpected) * (restSeen - restExpected) / restExpected;
                bins++;
                restExpected = 0;
                restSeen = 0;
            }
        }
        int freedom = bins - 1;
        assertThat(freedom).isGreaterThan(5);
        // Five standard deviations of a chi-square of that many degrees, to either side.
        assertThat(chiSquare).isBetween(freedom - 5 * Math.sqrt(2.0 * freedom), freedom + 5 * Math.sqrt(2.0 * freedom));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 100})
    void ids_from_the_limit_on_are_never_drawn_however_likely(double temperature) {
        float[] logits = logits(1100, 2);
        for (int id = 700; id < 1100; id++) {
            logits[id] = 50;
        }
        List<Request> rows = requests(2000, temperature);
        for (Sampler.Draw draw : draw(repeated(logits, rows.size()), drawers(rows, 0), 700)) {
            assertThat(draw.id()).isLessThan(700);
            assertThat(draw.logProbability()).isLessThan(0);
        }
        assertThat(draw(repeated(logits, rows.size()), drawers(rows, 0), 1100)).anyMatch(draw -> draw.id() >= 700);
    }

    @Test
    void an_impossible_id_is_never_drawn() {
        float[] logits = new float[600];
        java.util.Arrays.fill(logits, Float.NEGATIVE_INFINITY);
        logits[3] = 0;
        logits[599] = 0;
        List<Request> rows = requests(500, 1);
        Sampler.Draw[] draws = draw(repeated(logits, rows.size()), drawers(rows, 0), 600);
        assertThat(draws).extracting(Sampler.Draw::id).containsOnly(3, 599);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-3, 1e-20, 1e-45, 1e-300, Double.MIN_VALUE})
    void a_vanishing_temperature_draws_the_greedy_id(double temperature) {
        float[] logits = logits(900, 3);
        logits[777] = 40;
        Sampler.Draw[] draws = draw(repeated(logits, 1), drawers(requests(1, temperature), 0), 900);
        assertThat(draws[0].id()).isEqualTo(777);
    }

    @Test
    void log_probabilities_are_those_of_temperature_1_whatever_the_temperature() {
        float[] logits = logits(700, 4);
        double[] probabilities = softmax(logits, 1);
        List<Request> rows = new ArrayList<>(requests(20, 2.5));
        rows.addAll(requests(3, 0));
        for (Sampler.Draw draw : draw(repeated(logits, 23), drawers(rows, 0), 700)) {
            assertThat((double) draw.logProbability())
                    .isCloseTo(Math.log(probabilities[draw.id()]), org.assertj.core.api.Assertions.within(1e-4));
        }
    }

    @Test
    void only_the_fewest_ids_that_reach_the_bound_are_drawn_and_in_their_proportions() {
        float[] logits = {2, 1.5f, 1, 0, -1, -2};
        double[] p = softmax(logits, 1);
        assertThat(p[0] + p[1]).isBetween(0.5, 0.75);
        int[] counts = new int[6];
        List<Request> rows = sampling(4000, new Sampling(1, 0.75, 1));
        for (Sampler.Draw draw : draw(repeated(logits, rows.size()), drawers(rows, 0), 6)) {
            counts[draw.id()]++;
        }
        assertThat(counts[3] + counts[4] + counts[5]).isZero();
        double kept = p[0] + p[1] + p[2];
        for (int id = 0; id < 3; id++) {
            double expected = 4000 * p[id] / kept;
            assertThat((double) counts[id])
                    .isCloseTo(expected, org.assertj.core.api.Assertions.within(5 * Math.sqrt(expected)));
        }
    }

    @Test
    void of_equally_likely_ids_no_more_are_drawn_than_the_bound_needs() {
        List<Request> rows = sampling(400, new Sampling(1, 0.5, 1));
        assertThat(draw(repeated(new float[8], rows.size()), drawers(rows, 0), 8))
                .extracting(Sampler.Draw::id)
                .containsOnly(0, 1, 2, 3);
    }

    /// Vocabularies that are no multiple of what the library's loops go on by, whole and up to a limit.
    @ParameterizedTest
    @CsvSource({"50257,50257,1", "50304,50257,1", "50257,50257,0.7", "1027,1021,1.3"})
    void a_draw_has_the_same_bits_alone_among_others_and_on_one_thread(int vocabulary, int limit, double temperature) {
        List<Request> rows = requests(24, temperature);
        Tensor logits = Tensors.of(logits(24 * vocabulary, 7), 24, vocabulary);
        Sampler.Draw[] together = draw(logits.clone(), drawers(rows, 0), limit);
        try (Threads.Limit _ = Threads.one()) {
            assertThat(draw(logits.clone(), drawers(rows, 0), limit)).isEqualTo(together);
        }
        for (int row = 0; row < 24; row++) {
            Tensor own = logits.narrow(0, row, 1).clone();
            assertThat(draw(own, drawers(rows.subList(row, row + 1), 0), limit)).containsExactly(together[row]);
        }
    }

    @Test
    void a_penalty_multiplies_log_probabilities_of_ids_already_written_and_leaves_the_reported_ones() {
        float[] logits = {1, 0.9f, -3};
        Request penalised = sampling(1, new Sampling(0, 1, 2)).get(0);
        Sampler.Draw first = draw(repeated(logits, 1), List.of(drawer(penalised, new int[0])), 3)[0];
        Sampler.Draw second = draw(repeated(logits, 1), List.of(drawer(penalised, new int[] {0})), 3)[0];
        assertThat(first.id()).isZero();
        assertThat(second.id()).isEqualTo(1);
        assertThat((double) second.logProbability())
                .isCloseTo(Math.log(softmax(logits, 1)[1]), org.assertj.core.api.Assertions.within(1e-6));
    }

    /// The likeliest of many ids is far from certain, and stays the likeliest behind its penalty.
    @Test
    void a_penalty_multiplies_log_probabilities_and_not_logits() {
        float[] logits = new float[102];
        logits[0] = 3;
        logits[1] = 1.5f;
        double[] own = softmax(logits, 1);
        assertThat(1.3 * Math.log(own[0])).isGreaterThan(Math.log(own[1]));
        Request penalised = sampling(1, new Sampling(0, 1, 1.3)).get(0);
        Sampler.Draw drawn = draw(repeated(logits, 1), List.of(drawer(penalised, new int[] {0})), 102)[0];
        assertThat(drawn.id()).isZero();
        assertThat((double) drawn.logProbability()).isCloseTo(Math.log(own[0]), within(1e-5));
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void logits_that_are_no_numbers_fail_their_row_and_no_other(float wrong) {
        Tensor logits = Tensors.of(new float[] {1, 2, 3, 1, wrong, 3, 3, 2, 1}, 3, 3);
        Sampler.Draw[] draws = draw(logits, drawers(requests(3, 1), 0), 3);
        assertThat(draws).extracting(Sampler.Draw::failed).containsExactly(false, true, false);
    }

    private static Tensor repeated(float[] logits, int rows) {
        return Tensors.of(logits, 1, logits.length).repeat(rows, 1);
    }

    /// With a temperature, greedily, within a share and with a penalty.
    @Test
    void an_id_that_is_missing_below_the_limit_is_never_drawn_and_has_no_probability() {
        float[] logits = logits(700, 9);
        logits[5] = 50;
        logits[600] = 60;
        logits[3] = 20;
        DrawableIds drawable = new DrawableIds(690, List.of(5, 600));
        double[] expected = softmax(without(logits, drawable), 1);
        List<Request> rows = new ArrayList<>(requests(10, 1));
        rows.addAll(requests(2, 0));
        rows.addAll(sampling(5, new Sampling(1, 0.9, 1.2)));
        Sampler.Draw[] draws = Sampler.draw(repeated(logits, rows.size()), drawers(rows, 1), drawable);
        for (Sampler.Draw draw : draws) {
            assertThat(draw.id()).isEqualTo(3);
            assertThat((double) draw.logProbability()).isCloseTo(Math.log(expected[3]), within(1e-5));
        }
    }

    private static float[] without(float[] logits, DrawableIds drawable) {
        float[] left = Arrays.copyOf(logits, drawable.limit());
        drawable.missing().forEach(id -> left[id] = Float.NEGATIVE_INFINITY);
        return left;
    }

    private static Sampler.Draw[] draw(Tensor logits, List<? extends Sampler.Drawer> rows, int limit) {
        return Sampler.draw(logits, rows, DrawableIds.below(limit));
    }

    private static List<Sampler.Drawer> drawers(List<Request> requests, int position) {
        return requests.stream()
                .map(request -> drawer(request, new int[position]))
                .toList();
    }

    private static Sampler.Drawer drawer(Request request, int[] ids) {
        return new Sampler.Drawer() {
            @Override
            public Request request() {
                return request;
            }

            @Override
            public int[] ids() {
                return ids;
            }

            @Override
            public int count() {
                return ids.length;
            }
        };
    }

    private List<Request> sampling(int count, Sampling sampling) {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(new Request(prompt, 42, i, sampling, 100, Set.of(), StopCondition.NEVER));
        }
        return requests;
    }

    private List<Request> requests(int count, double temperature) {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(new Request(prompt, 42, i, temperature, 100, Set.of(), StopCondition.NEVER));
        }
        return requests;
    }

    private static float[] logits(int count, long seed) {
        Random random = new Random(seed);
        float[] logits = new float[count];
        for (int i = 0; i < count; i++) {
            logits[i] = (float) (2 * random.nextGaussian());
        }
        return logits;
    }

    private static double[] softmax(float[] logits, double temperature) {
        double[] weights = new double[logits.length];
        double total = 0;
        for (int i = 0; i < logits.length; i++) {
            weights[i] = Math.exp(logits[i] / temperature);
            total += weights[i];
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= total;
        }
        return weights;
    }
}
