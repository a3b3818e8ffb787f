package dev.nla4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.format.InputException;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.TinyModels;
import dev.nla4j.tensor.InsufficientMemoryException;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngineTest {
    private static final int LENGTH = 10;

    private Scope scope;
    private Decoder decoder;
    private Engine engine;

    @BeforeEach
    void open() {
        scope = Scope.noGrad();
        decoder = TinyModels.decoder(TinyModels.llama(0, 4), 1);
        engine = new Engine(decoder, DrawableIds.below(TinyModels.VOCABULARY));
    }

    @AfterEach
    void close() {
        scope.close();
    }

    /// What rows of one batch draw from, in turns.
    static List<List<Sampling>> samplings() {
        return List.of(
                List.of(Sampling.at(0)),
                List.of(Sampling.at(1)),
                List.of(
                        Sampling.at(0),
                        Sampling.at(1),
                        Sampling.at(0.3),
                        new Sampling(1, 0.5, 1),
                        new Sampling(0.7, 0.9, 1.5),
                        new Sampling(0, 1, 1.3),
                        new Sampling(2, 1, 3)));
    }

    @ParameterizedTest
    @MethodSource("samplings")
    void a_completion_does_not_depend_on_what_is_written_beside_it(List<Sampling> samplings) {
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            Prompt prompt = new Prompt(embed(TinyModels.ids(i % 6, 3 + i % 3)));
            Sampling sampling = samplings.get(i % samplings.size());
            requests.add(new Request(prompt, 11, i, sampling, LENGTH, Set.of(), StopCondition.NEVER));
        }
        List<Completion> together = run(requests);
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, requests.size()).boxed().toList());
        Collections.shuffle(order, new Random(1));
        List<Completion> shuffled = run(order.stream().map(requests::get).toList());
        for (int i = 0; i < order.size(); i++) {
            assertThat(shuffled.get(i).ids())
                    .isEqualTo(together.get(order.get(i)).ids());
        }
        for (int i : new int[] {0, 1, 2, 3, 4, 5, 13, 69}) {
            assertThat(run(List.of(requests.get(i))).get(0).ids())
                    .isEqualTo(together.get(i).ids());
        }
        assertThat(together).allMatch(completion -> completion.ids().size() == LENGTH);
        assertThat(together).allMatch(completion -> completion.reason() == StopReason.LENGTH);
    }

    @Test
    void more_rows_than_one_batch_holds_come_back_in_their_order() {
        List<Request> requests = IntStream.range(0, 300)
                .mapToObj(i -> request(TinyModels.ids(i, 4), i, 0, 3, Set.of()))
                .toList();
        List<Integer> heard = new ArrayList<>();
        List<Completion> all = engine.generate(requests, (index, completion) -> heard.add(index));
        assertThat(heard)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 300).boxed().toList());
        for (int i : new int[] {0, 63, 255, 256, 299}) {
            assertThat(run(List.of(requests.get(i))).get(0).ids())
                    .isEqualTo(all.get(i).ids());
        }
    }

    /// Keys that were turned one way can't be met by queries that are turned another way.
    @Test
    void a_text_does_not_grow_over_the_length_from_which_its_positions_turn_otherwise() {
        Decoder longRope = TinyModels.decoder(TinyModels.longRope(12), 1);
        Engine careful = new Engine(longRope, DrawableIds.below(TinyModels.VOCABULARY));
        Prompt below = new Prompt(
                longRope.embed(Tensors.ids(new int[][] {TinyModels.ids(1, 8)})).select(0, 0));
        Prompt above = new Prompt(
                longRope.embed(Tensors.ids(new int[][] {TinyModels.ids(2, 13)})).select(0, 0));
        List<Request> fitting = List.of(greedy(below, 4), greedy(above, 30), greedy(below, 3), greedy(above, 2));
        List<Completion> together = careful.generate(fitting, (_, _) -> {});
        for (int i = 0; i < fitting.size(); i++) {
            Completion alone =
                    careful.generate(List.of(fitting.get(i)), (_, _) -> {}).getFirst();
            assertThat(together.get(i).ids()).isEqualTo(alone.ids());
            assertThat(together.get(i).ids()).hasSize(fitting.get(i).maxNewTokens());
        }
        assertThatThrownBy(() -> careful.generate(List.of(greedy(below, 5)), (_, _) -> {}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a text of 8 tokens can't grow to 13 while it is written");
    }

    @Test
    void as_many_rows_are_written_at_once_as_memory_holds() {
        ModelConfig config = TinyModels.llama(0, 0, 0);
        // 3 layers of keys and values of 2 heads of 8 numbers
        double row = 3 * 2 * 2 * 8 * 4.0 * (90 + 16) + 2 * 4.0 * TinyModels.VOCABULARY;
        assertThat(Engine.room(config, 1000, 10, 90, OptionalLong.empty())).isEqualTo(256);
        assertThat(Engine.room(config, 20, 10, 90, OptionalLong.empty())).isEqualTo(20);
        double reading = 3 * 2 * 2 * 8 * 4.0 * (10 + 16);
        for (int rows : new int[] {1, 7, 100, 255}) {
            long available = (long) (2 * (rows + 0.5) * (row + reading));
            assertThat(Engine.room(config, 1000, 10, 90, OptionalLong.of(available)))
                    .isEqualTo(rows);
        }
        // Prompts of 1,000 tokens are read four at a time, however many there are.
        double longRow = 3 * 2 * 2 * 8 * 4.0 * (1100 + 16) + 2 * 4.0 * TinyModels.VOCABULARY;
        double longReading = 3 * 2 * 2 * 8 * 4.0 * (1000 + 16);
        long available = (long) (2 * (60.5 * longRow + 4 * longReading));
        assertThat(Engine.room(config, 1000, 1000, 1100, OptionalLong.of(available)))
                .isEqualTo(60);
        assertThat(Engine.room(config, 1000, 10, 90, OptionalLong.of((long) (2 * row))))
                .isEqualTo(1);
        assertThatThrownBy(() -> Engine.room(config, 1, 10, 90, OptionalLong.of((long) row)))
                .isInstanceOf(InsufficientMemoryException.class)
                .hasMessageContaining("a text of 90 tokens takes 0.0 GB");
    }

    private static Request greedy(Prompt prompt, int tokens) {
        return new Request(prompt, 1, 0, Sampling.at(0), tokens, Set.of(), StopCondition.NEVER);
    }

    @Test
    void seed_and_number_each_change_what_is_drawn() {
        int[] prompt = TinyModels.ids(1, 5);
        Request first = request(prompt, 0, 1, 20, Set.of());
        Request otherNumber = request(prompt, 1, 1, 20, Set.of());
        Request otherSeed = new Request(first.prompt(), 7, 0, 1, 20, Set.of(), StopCondition.NEVER);
        List<Completion> drawn = run(List.of(first, otherNumber, otherSeed, first));
        assertThat(drawn.get(0).ids()).isEqualTo(drawn.get(3).ids());
        assertThat(drawn.get(0).ids())
                .isNotEqualTo(drawn.get(1).ids())
                .isNotEqualTo(drawn.get(2).ids());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void log_probabilities_are_those_of_a_scoring_pass_over_the_whole_text(double temperature) {
        int[] prompt = TinyModels.ids(2, 6);
        Completion completion =
                run(List.of(request(prompt, 3, temperature, LENGTH, Set.of()))).get(0);
        int[] whole = Arrays.copyOf(prompt, prompt.length + LENGTH);
        System.arraycopy(completion.idArray(), 0, whole, prompt.length, LENGTH);
        Tensor residual = decoder.residual(decoder.embed(Tensors.ids(new int[][] {whole})), Context.none());
        float[][] logits = Tensors.rows(decoder.logits(residual).select(0, 0));
        for (int i = 0; i < LENGTH; i++) {
            float[] row = logits[prompt.length + i - 1];
            double total = 0;
            for (float logit : row) {
                total += Math.exp(logit);
            }
            int id = completion.ids().get(i);
            assertThat((double) completion.logProbabilities().get(i))
                    .isCloseTo(row[id] - Math.log(total), within(1e-4));
            if (temperature == 0) {
                for (float logit : row) {
                    assertThat(logit).isLessThanOrEqualTo(row[id] + 1e-4f);
                }
            }
        }
    }

    @Test
    void a_stop_id_ends_its_row_and_is_its_last_id_while_others_go_on() {
        int[] prompt = TinyModels.ids(4, 5);
        List<Integer> free =
                run(List.of(request(prompt, 0, 1, 20, Set.of()))).get(0).ids();
        int stop = free.get(7);
        Request stopping = request(prompt, 0, 1, 20, Set.of(stop));
        Request going = request(TinyModels.ids(5, 5), 1, 1, 20, Set.of());
        List<Completion> completions = run(List.of(stopping, going));
        assertThat(completions.get(0).ids()).isEqualTo(free.subList(0, free.indexOf(stop) + 1));
        assertThat(completions.get(0).logProbabilities())
                .hasSameSizeAs(completions.get(0).ids());
        assertThat(completions.get(0).reason()).isEqualTo(StopReason.STOP_ID);
        assertThat(completions.get(1).ids()).hasSize(20);
        assertThat(completions.get(1).ids())
                .isEqualTo(run(List.of(going)).get(0).ids());
    }

    @Test
    void a_condition_of_the_request_ends_it_where_it_first_holds() {
        Prompt prompt = new Prompt(embed(TinyModels.ids(6, 4)));
        List<Integer> counts = new ArrayList<>();
        Request request = new Request(prompt, 0, 0, 0, 50, Set.of(), (ids, count) -> {
            counts.add(count);
            assertThat(ids).hasSize(count);
            return count == 6;
        });
        Completion completion = run(List.of(request)).get(0);
        assertThat(completion.ids()).hasSize(6);
        assertThat(completion.reason()).isEqualTo(StopReason.STOP_CONDITION);
        assertThat(counts).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void ids_without_a_token_are_never_written() {
        Engine narrow = new Engine(decoder, DrawableIds.below(40));
        List<Request> requests = IntStream.range(0, 60)
                .mapToObj(i -> request(TinyModels.ids(1, 4), i, 1, 10, Set.of()))
                .toList();
        assertThat(narrow.generate(requests, (_, _) -> {}))
                .allSatisfy(completion -> assertThat(completion.ids()).allMatch(id -> id < 40));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Engine(decoder, DrawableIds.below(TinyModels.VOCABULARY + 1)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Engine(decoder, DrawableIds.below(0)));
    }

    @Test
    void instead_of_an_id_that_is_missing_the_next_likely_is_written() {
        int[] prompt = TinyModels.ids(1, 4);
        Request one = request(prompt, 0, 0, 1, Set.of());
        int likeliest = run(List.of(one)).getFirst().ids().getFirst();
        Tensor residual = decoder.residual(decoder.embed(Tensors.ids(new int[][] {prompt})), Context.none());
        float[] logits = Tensors.floats(decoder.logits(residual).select(0, 0).select(0, prompt.length - 1));
        int second = IntStream.range(0, logits.length)
                .filter(id -> id != likeliest)
                .boxed()
                .max(Comparator.comparingDouble(id -> logits[id]))
                .orElseThrow();
        Engine lacking = new Engine(decoder, new DrawableIds(TinyModels.VOCABULARY, List.of(likeliest)));
        assertThat(lacking.generate(List.of(one), (_, _) -> {}).getFirst().ids())
                .containsExactly(second);
    }

    @Test
    void requests_say_what_they_cannot_be() {
        Prompt prompt = new Prompt(embed(TinyModels.ids(6, 4)));
        for (double temperature : new double[] {-1, Double.NaN, 101}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Request(prompt, 0, 0, temperature, 1, Set.of(), StopCondition.NEVER))
                    .withMessageContaining("temperature");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Request(prompt, 0, 0, 1, 0, Set.of(), StopCondition.NEVER))
                .withMessageContaining("max-new-tokens");
    }

    @Test
    void what_is_longer_than_the_models_context_is_refused_before_anything_is_written() {
        Request huge = request(TinyModels.ids(1, 4), 0, 1, Integer.MAX_VALUE, Set.of());
        assertThatThrownBy(() -> run(List.of(request(TinyModels.ids(1, 4), 0, 1, 3, Set.of()), huge)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("the model's context");
    }

    /// More of them than rows, so that sound ones come where it was.
    @Test
    void a_prompt_that_is_no_number_harms_no_other() {
        float[] nans = new float[30 * TinyModels.DIM];
        Arrays.fill(nans, Float.NaN);
        List<Request> requests = new ArrayList<>();
        requests.add(new Request(
                new Prompt(Tensors.of(nans, 30, TinyModels.DIM)), 1, 1, 1, LENGTH, Set.of(), StopCondition.NEVER));
        for (int i = 0; i < 400; i++) {
            requests.add(request(TinyModels.ids(i % 7, 3), i, 1, 3 + i % LENGTH, Set.of()));
        }
        List<Integer> ended = new ArrayList<>();
        assertThatThrownBy(() -> engine.generate(requests, (index, _) -> ended.add(index)))
                .hasMessageContaining("not finite");
        assertThat(ended).hasSize(400);
    }

    /// A step that throws for one row is tried again by halves.
    @Test
    void a_step_that_fails_for_some_rows_is_done_for_the_others() {
        int known = TinyModels.VOCABULARY - 4;
        Decoder fewer = TinyModels.decoderOfFewer(TinyModels.llama(0, 4), 1, known);
        becomesImpossible(fewer, id -> id >= known, "no embedding");
    }

    @Test
    void rows_that_are_no_numbers_from_some_step_on_harm_no_other() {
        int id = 5;
        Decoder nan = TinyModels.decoderWithNaN(TinyModels.llama(0, 4), 1, id);
        becomesImpossible(nan, drawn -> drawn == id, "not finite");
    }

    /// Of requests enough that rows are refilled, those fail that draw an id with which `broken` can't go
    /// on; the others are what they are in a sound engine.
    private void becomesImpossible(Decoder broken, IntPredicate impossible, String reason) {
        List<Request> requests = IntStream.range(0, 150)
                .mapToObj(i -> request(TinyModels.ids(i % 7, 3), i, 1, 3 + i % LENGTH, Set.of()))
                .toList();
        List<Completion> sound = run(requests);
        Map<Integer, Completion> ended = new HashMap<>();
        Map<Integer, RuntimeException> failed = new HashMap<>();
        try (Rows rows = new Rows(broken, DrawableIds.below(TinyModels.VOCABULARY), null, 40, 3 + 3 + LENGTH)) {
            int next = 0;
            while (next < requests.size() || rows.count() > 0) {
                int more = Math.min(rows.free(), requests.size() - next);
                List<Row> admitted = IntStream.range(next, next + more)
                        .mapToObj(i -> new Row(requests.get(i), observer(i, ended, failed), null))
                        .toList();
                next += more;
                rows.admit(admitted);
                rows.step();
            }
        }
        int expectedToFail = 0;
        for (int i = 0; i < requests.size(); i++) {
            Completion expected = sound.get(i);
            int last = expected.ids().size() - 1; // with the last id nobody goes on
            if (expected.ids().subList(0, last).stream().anyMatch(impossible::test)) {
                assertThat(failed.get(i)).hasMessageContaining(reason);
                expectedToFail++;
                continue;
            }
            assertThat(ended.get(i).ids()).isEqualTo(expected.ids());
            for (int k = 0; k <= last; k++) {
                // Another number of rows may give other last bits in fp32.
                assertThat(ended.get(i).logProbabilities().get(k))
                        .isCloseTo(expected.logProbabilities().get(k), within(1e-4f));
            }
        }
        assertThat(expectedToFail).isBetween(5, 100);
        assertThat(failed).hasSize(expectedToFail);
    }

    private static Row.Observer observer(
            int index, Map<Integer, Completion> ended, Map<Integer, RuntimeException> failed) {
        return new Row.Observer() {
            @Override
            public void ended(Completion completion) {
                ended.put(index, completion);
            }

            @Override
            public void failed(RuntimeException reason) {
                failed.put(index, reason);
            }
        };
    }

    @Test
    void no_requests_give_no_completions() {
        assertThat(run(List.of())).isEmpty();
    }

    private List<Completion> run(List<Request> requests) {
        return engine.generate(requests, (_, _) -> {});
    }

    private Request request(int[] prompt, long number, double temperature, int length, Set<Integer> stops) {
        return new Request(new Prompt(embed(prompt)), 11, number, temperature, length, stops, StopCondition.NEVER);
    }

    private Tensor embed(int[] ids) {
        return decoder.embed(Tensors.ids(new int[][] {ids})).select(0, 0);
    }
}
