package dev.nla4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.Prefix;
import dev.nla4j.model.TinyModels;
import dev.nla4j.tensor.InsufficientMemoryException;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class EngineQueueTest {
    private static final int LONG = 400;

    private Scope scope;
    private Decoder decoder;
    private Prefix prefix;

    @BeforeEach
    void open() {
        scope = Scope.noGrad();
        decoder = TinyModels.decoder(TinyModels.llama(0, 4), 1);
        prefix = Prefix.of(decoder, decoder.embed(Tensors.ids(new int[][] {TinyModels.ids(9, 6)})), 2);
    }

    @AfterEach
    void close() {
        prefix.close();
        scope.close();
    }

    @Test
    void ids_stream_in_order_and_the_completion_is_the_engines_own() throws Exception {
        Request request = request(3, 12, StopCondition.NEVER);
        List<Integer> streamed = Collections.synchronizedList(new ArrayList<>());
        try (EngineQueue queue = queue(4, 10)) {
            Completion completion = queue.submit(request, (id, _) -> streamed.add(id), null)
                    .result()
                    .get();
            assertThat(streamed).isEqualTo(completion.ids()).hasSize(12);
            assertThat(completion.ids())
                    .isEqualTo(new Engine(decoder, DrawableIds.below(TinyModels.VOCABULARY))
                            .generate(List.of(request), (_, _) -> {})
                            .get(0)
                            .ids());
        }
    }

    @Test
    void a_cancelled_request_draws_at_most_one_id_more_and_its_row_is_free() throws Exception {
        try (EngineQueue queue = queue(1, 10)) {
            AtomicInteger drawn = new AtomicInteger();
            AtomicInteger atCancel = new AtomicInteger(-1);
            CountDownLatch begun = new CountDownLatch(1);
            EngineQueue.Ticket[] ticket = new EngineQueue.Ticket[1];
            CountDownLatch submitted = new CountDownLatch(1);
            ticket[0] = queue.submit(
                    request(1, LONG, StopCondition.NEVER),
                    (_, _) -> {
                        await(submitted);
                        if (drawn.incrementAndGet() == 5) {
                            ticket[0].cancel(); // on the engine's thread: exactly between two steps
                            atCancel.set(drawn.get());
                            begun.countDown();
                        }
                    },
                    null);
            submitted.countDown();
            begun.await();
            Completion completion = ticket[0].result().get();
            assertThat(completion.reason()).isEqualTo(StopReason.CANCELLED);
            assertThat(completion.ids()).hasSize(atCancel.get());
            // The only row is free for the next request.
            assertThat(queue.submit(request(2, 3, StopCondition.NEVER), (_, _) -> {}, null)
                            .result()
                            .get()
                            .ids())
                    .hasSize(3);
        }
    }

    @Test
    void a_request_out_of_time_ends_with_what_it_has() throws Exception {
        try (EngineQueue queue = queue(1, 10)) {
            Completion completion = queue.submit(
                            request(1, LONG, StopCondition.NEVER), (_, _) -> sleep(20), Duration.ofSeconds(1))
                    .result()
                    .get();
            assertThat(completion.reason()).isEqualTo(StopReason.DEADLINE);
            assertThat(completion.ids().size()).isBetween(1, LONG - 1);
            Completion late = queue.submit(request(2, 5, StopCondition.NEVER), (_, _) -> {}, Duration.ZERO)
                    .result()
                    .get();
            assertThat(late.reason()).isEqualTo(StopReason.DEADLINE);
            assertThat(late.ids()).isEmpty();
        }
    }

    /// It holds what it had at its time, and the only row is free for the next one at once.
    @Test
    void a_deadline_is_heard_before_the_next_step() throws Exception {
        try (EngineQueue queue = queue(1, 10)) {
            AtomicInteger drawn = new AtomicInteger();
            EngineQueue.Ticket late = queue.submit(
                    request(1, LONG, StopCondition.NEVER),
                    (_, _) -> {
                        if (drawn.incrementAndGet() == 5) {
                            sleep(3_200);
                        }
                    },
                    Duration.ofSeconds(3));
            EngineQueue.Ticket next = queue.submit(request(2, 3, StopCondition.NEVER), (_, _) -> {}, null);
            assertThat(late.result().get().reason()).isEqualTo(StopReason.DEADLINE);
            assertThat(late.result().get().ids()).hasSize(5);
            assertThat(next.result().get().ids()).hasSize(3);
            assertThat(drawn.get()).isEqualTo(5);
        }
    }

    @Test
    void a_client_that_is_gone_frees_its_row_within_one_step_and_the_others_go_on() throws Exception {
        try (EngineQueue queue = queue(2, 10)) {
            AtomicInteger written = new AtomicInteger();
            EngineQueue.Ticket gone = queue.submit(
                    request(1, LONG, StopCondition.NEVER),
                    (_, _) -> {
                        if (written.incrementAndGet() == 3) {
                            throw new UncheckedIOException(new IOException("Broken pipe"));
                        }
                    },
                    null);
            EngineQueue.Ticket other = queue.submit(request(2, 30, StopCondition.NEVER), (_, _) -> {}, null);
            assertThatThrownBy(() -> gone.result().get())
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("Broken pipe");
            assertThat(written.get()).isEqualTo(3);
            assertThat(other.result().get().ids()).hasSize(30);
        }
    }

    @Test
    void poisoned_requests_fail_alone() throws Exception {
        try (EngineQueue queue = queue(8, 20)) {
            List<EngineQueue.Ticket> sound = new ArrayList<>();
            Request poison = new Request(
                    new Prompt(prefix, Tensors.of(nans(), 1, TinyModels.DIM)),
                    1,
                    9,
                    1,
                    10,
                    Set.of(),
                    StopCondition.NEVER);
            for (int i = 0; i < 3; i++) {
                sound.add(queue.submit(request(i, 20, StopCondition.NEVER), (_, _) -> {}, null));
            }
            EngineQueue.Ticket poisoned = queue.submit(poison, (_, _) -> {}, null);
            EngineQueue.Ticket throwing = queue.submit(
                    request(5, 20, (_, count) -> {
                        throw new IllegalStateException("stop condition at " + count);
                    }),
                    (_, _) -> {},
                    null);
            assertThatThrownBy(() -> poisoned.result().get()).hasMessageContaining("not finite");
            assertThatThrownBy(() -> throwing.result().get()).hasMessageContaining("stop condition at 1");
            for (int i = 0; i < 3; i++) {
                assertThat(sound.get(i).result().get().ids())
                        .isEqualTo(new Engine(decoder, DrawableIds.below(TinyModels.VOCABULARY))
                                .generate(List.of(request(i, 20, StopCondition.NEVER)), (_, _) -> {})
                                .get(0)
                                .ids());
            }
        }
    }

    /// Longer than the sound ones that get its row afterwards.
    @Test
    void what_a_poisoned_request_leaves_behind_reaches_nobody() throws Exception {
        float[] nans = new float[30 * TinyModels.DIM];
        java.util.Arrays.fill(nans, Float.NaN);
        Prompt poison = new Prompt(prefix, Tensors.of(nans, 30, TinyModels.DIM));
        Request sound = request(3, 20, StopCondition.NEVER);
        List<Integer> expected = alone(sound);
        try (EngineQueue queue = queue(1, 10)) {
            for (int round = 0; round < 3; round++) {
                EngineQueue.Ticket bad = queue.submit(
                        new Request(poison, 1, 9, 1, 10, Set.of(), StopCondition.NEVER), (_, _) -> {}, null);
                assertThatThrownBy(() -> bad.result().get(10, TimeUnit.SECONDS)).hasMessageContaining("not finite");
                assertThat(queue.submit(sound, (_, _) -> {}, null)
                                .result()
                                .get(10, TimeUnit.SECONDS)
                                .ids())
                        .isEqualTo(expected);
            }
        }
    }

    private List<Integer> alone(Request request) {
        return new Engine(decoder, DrawableIds.below(TinyModels.VOCABULARY))
                .generate(List.of(request), (_, _) -> {})
                .get(0)
                .ids();
    }

    @Test
    void requests_that_end_at_once_keep_no_other_waiting() throws Exception {
        try (EngineQueue queue = queue(4, 50)) {
            AtomicInteger drawn = new AtomicInteger();
            EngineQueue.Ticket late =
                    queue.submit(request(1, LONG, StopCondition.NEVER), (_, _) -> sleep(3), Duration.ofMillis(400));
            EngineQueue.Ticket cancelled =
                    queue.submit(request(2, LONG, StopCondition.NEVER), (_, _) -> drawn.incrementAndGet(), null);
            long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            int number = 3;
            while (System.nanoTime() < end
                    && !(late.result().isDone() && cancelled.result().isDone())) {
                if (drawn.get() > 20) {
                    cancelled.cancel();
                }
                try {
                    queue.submit(request(number++, 1, StopCondition.NEVER), (_, _) -> {}, null);
                } catch (RejectedExecutionException e) {
                    Thread.onSpinWait();
                }
            }
            assertThat(late.result()).isDone();
            // All its tokens would take 1.2 s and more.
            assertThat(late.result().get().reason()).isEqualTo(StopReason.DEADLINE);
            assertThat(cancelled.result().get(0, TimeUnit.SECONDS).reason()).isEqualTo(StopReason.CANCELLED);
        }
    }

    @Test
    void a_prompt_whose_memory_is_gone_fails_alone() throws Exception {
        try (EngineQueue queue = queue(3, 10)) {
            CountDownLatch go = new CountDownLatch(1);
            CountDownLatch begun = new CountDownLatch(1);
            EngineQueue.Ticket running = queue.submit(
                    request(0, 30, StopCondition.NEVER),
                    (_, _) -> {
                        begun.countDown();
                        await(go);
                    },
                    null);
            begun.await();
            Tensor gone = Tensors.of(new float[2 * TinyModels.DIM], 2, TinyModels.DIM);
            EngineQueue.Ticket bad = queue.submit(
                    new Request(new Prompt(prefix, gone), 1, 7, 1, 10, Set.of(), StopCondition.NEVER),
                    (_, _) -> {},
                    null);
            Request sound = request(4, 12, StopCondition.NEVER);
            EngineQueue.Ticket beside = queue.submit(sound, (_, _) -> {}, null);
            gone.close();
            go.countDown();
            assertThatThrownBy(() -> bad.result().get(10, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
            assertThat(beside.result().get(10, TimeUnit.SECONDS).ids()).isEqualTo(alone(sound));
            assertThat(running.result().get(10, TimeUnit.SECONDS).ids()).hasSize(30);
        }
    }

    @Test
    void closing_from_the_engines_own_thread_does_not_wait_for_itself() throws Exception {
        EngineQueue queue = queue(1, 5);
        EngineQueue.Ticket ticket = queue.submit(request(0, 3, StopCondition.NEVER), (_, _) -> sleep(30), null);
        ticket.result().thenRun(queue::close).get(10, TimeUnit.SECONDS);
        assertThatThrownBy(() -> queue.submit(request(1, 2, StopCondition.NEVER), (_, _) -> {}, null))
                .isInstanceOf(RejectedExecutionException.class);
        queue.close();
    }

    @Test
    void cancelling_the_future_frees_the_row() throws Exception {
        try (EngineQueue queue = queue(1, 5)) {
            CountDownLatch begun = new CountDownLatch(1);
            EngineQueue.Ticket ticket = queue.submit(
                    request(0, LONG, StopCondition.NEVER),
                    (_, _) -> {
                        begun.countDown();
                        sleep(5);
                    },
                    null);
            begun.await();
            ticket.result().cancel(true);
            assertThat(queue.submit(request(1, 2, StopCondition.NEVER), (_, _) -> {}, Duration.ofSeconds(1))
                            .result()
                            .get(10, TimeUnit.SECONDS)
                            .ids())
                    .hasSize(2);
        }
    }

    @Test
    void a_full_queue_refuses_and_says_so_and_takes_requests_again_later() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        try (EngineQueue queue = queue(1, 2)) {
            EngineQueue.Ticket first = queue.submit(
                    request(0, 2, StopCondition.NEVER),
                    (_, _) -> {
                        begun.countDown();
                        await(go);
                    },
                    null);
            begun.await();
            List<EngineQueue.Ticket> waiting = new ArrayList<>();
            waiting.add(queue.submit(request(1, 2, StopCondition.NEVER), (_, _) -> {}, null));
            waiting.add(queue.submit(request(2, 2, StopCondition.NEVER), (_, _) -> {}, null));
            assertThatThrownBy(() -> queue.submit(request(3, 2, StopCondition.NEVER), (_, _) -> {}, null))
                    .isInstanceOf(RejectedExecutionException.class)
                    .hasMessageContaining("2 requests wait already");
            go.countDown();
            first.result().get(10, TimeUnit.SECONDS);
            for (EngineQueue.Ticket ticket : waiting) {
                assertThat(ticket.result().get(10, TimeUnit.SECONDS).ids()).hasSize(2);
            }
            assertThat(queue.submit(request(3, 2, StopCondition.NEVER), (_, _) -> {}, null)
                            .result()
                            .get(10, TimeUnit.SECONDS)
                            .ids())
                    .hasSize(2);
        }
    }

    @Test
    void a_waiting_request_that_is_cancelled_or_late_ends_at_once_and_makes_room() throws Exception {
        try (EngineQueue queue = queue(1, 2)) {
            CountDownLatch begun = new CountDownLatch(1);
            EngineQueue.Ticket busy = queue.submit(
                    request(0, LONG, StopCondition.NEVER),
                    (_, _) -> {
                        begun.countDown();
                        sleep(20);
                    },
                    null);
            begun.await();
            EngineQueue.Ticket cancelled = queue.submit(request(1, 2, StopCondition.NEVER), (_, _) -> {}, null);
            EngineQueue.Ticket late =
                    queue.submit(request(2, 2, StopCondition.NEVER), (_, _) -> {}, Duration.ofMillis(30));
            cancelled.cancel();
            assertThat(cancelled.result().get(2, TimeUnit.SECONDS).reason()).isEqualTo(StopReason.CANCELLED);
            assertThat(late.result().get(2, TimeUnit.SECONDS).reason()).isEqualTo(StopReason.DEADLINE);
            assertThat(busy.result()).isNotDone();
            EngineQueue.Ticket next =
                    queue.submit(request(3, 2, StopCondition.NEVER), (_, _) -> {}, Duration.ofSeconds(Long.MAX_VALUE));
            busy.cancel();
            assertThat(next.result().get(10, TimeUnit.SECONDS).ids()).hasSize(2);
        }
    }

    /// An exception that Java would have one declare comes from code in other languages.
    @ParameterizedTest
    @ValueSource(classes = {AssertionError.class, IOException.class})
    void what_a_listener_throws_fails_its_own_request_and_no_other(Class<? extends Throwable> type) throws Exception {
        Throwable thrown =
                type.getConstructor(String.class, Throwable.class).newInstance("a listener's own fault", null);
        try (EngineQueue queue = queue(2, 5)) {
            EngineQueue.Ticket broken = queue.submit(
                    request(0, LONG, StopCondition.NEVER),
                    (_, _) -> {
                        throw EngineQueueTest.<RuntimeException>undeclared(thrown);
                    },
                    null);
            EngineQueue.Ticket sound = queue.submit(request(1, 20, StopCondition.NEVER), (_, _) -> {}, null);
            assertThatThrownBy(() -> broken.result().get(10, TimeUnit.SECONDS))
                    .hasMessageContaining("a listener's own fault");
            assertThat(sound.result().get(10, TimeUnit.SECONDS).ids()).hasSize(20);
        }
    }

    @SuppressWarnings("unchecked") // the type is erased
    private static <T extends Throwable> T undeclared(Throwable thrown) throws T {
        throw (T) thrown;
    }

    /// The thread is everybody's: a flag that one listener leaves on it ends nobody's work.
    @Test
    void a_listener_that_interrupts_the_engines_thread_ends_nothing() throws Exception {
        try (EngineQueue queue = queue(1, 5)) {
            queue.submit(
                            request(0, 2, StopCondition.NEVER),
                            (_, _) -> Thread.currentThread().interrupt(),
                            null)
                    .result()
                    .get(10, TimeUnit.SECONDS);
            Thread.sleep(500); // it waits now, and would hear the flag
            EngineQueue.Ticket next = queue.submit(request(1, 5, StopCondition.NEVER), (_, _) -> {}, null);
            assertThat(next.result().get(10, TimeUnit.SECONDS).ids()).hasSize(5);
        }
    }

    @Test
    void rows_that_memory_can_not_hold_are_refused_at_the_start() {
        EngineQueue.Limits limits = new EngineQueue.Limits(1 << 20, 1 << 20, 1);
        assertThatThrownBy(() -> new EngineQueue(decoder, DrawableIds.below(TinyModels.VOCABULARY), prefix, limits))
                .isInstanceOf(InsufficientMemoryException.class)
                .hasMessageContaining("1048576 rows of 1048576 tokens take");
    }

    @Test
    void no_request_is_lost_between_submitting_and_closing() throws Exception {
        for (int round = 0; round < 100; round++) {
            EngineQueue queue = queue(1, 5);
            Thread closing = Thread.ofPlatform().start(queue::close);
            try {
                EngineQueue.Ticket ticket = queue.submit(request(0, 2, StopCondition.NEVER), (_, _) -> {}, null);
                ticket.result().handle((_, _) -> true).get(10, TimeUnit.SECONDS);
            } catch (RejectedExecutionException e) {
                assertThat(e).hasMessageContaining("closed");
            }
            closing.join();
        }
    }

    @Test
    void closing_waits_for_the_thread_also_when_interrupted() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        EngineQueue queue = queue(1, 5);
        queue.submit(
                request(0, LONG, StopCondition.NEVER),
                (_, _) -> {
                    begun.countDown();
                    await(go);
                },
                null);
        begun.await();
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread closing = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            queue.close();
            interrupted.set(Thread.interrupted());
        });
        assertThat(closing.join(Duration.ofMillis(200))).isFalse();
        go.countDown();
        assertThat(closing.join(Duration.ofSeconds(10))).isTrue();
        assertThat(interrupted).isTrue();
    }

    @Test
    void closing_ends_what_is_written_and_what_waits_with_the_reason() {
        EngineQueue queue = queue(1, 5);
        EngineQueue.Ticket running = queue.submit(request(0, LONG, StopCondition.NEVER), (_, _) -> sleep(5), null);
        EngineQueue.Ticket waiting = queue.submit(request(1, LONG, StopCondition.NEVER), (_, _) -> {}, null);
        queue.close();
        assertThatThrownBy(() -> running.result().get()).hasMessageContaining("closed");
        assertThatThrownBy(() -> waiting.result().get()).hasMessageContaining("closed");
        assertThatThrownBy(() -> queue.submit(request(2, 2, StopCondition.NEVER), (_, _) -> {}, null))
                .isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void requests_that_do_not_fit_are_refused_at_the_door() {
        try (EngineQueue queue = queue(1, 5)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> queue.submit(request(0, 10_000, StopCondition.NEVER), (_, _) -> {}, null))
                    .withMessageContaining("at most 500");
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> queue.submit(request(0, Integer.MAX_VALUE, StopCondition.NEVER), (_, _) -> {}, null))
                    .withMessageContaining("at most 500");
            Prompt other =
                    new Prompt(decoder.embed(Tensors.ids(new int[][] {{1, 2}})).select(0, 0));
            Request without = new Request(other, 1, 1, 0, 3, Set.of(), StopCondition.NEVER);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> queue.submit(without, (_, _) -> {}, null))
                    .withMessageContaining("prefix");
            Prompt narrow = new Prompt(prefix, Tensors.of(new float[] {1, 2}, 1, 2));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> queue.submit(
                            new Request(narrow, 1, 1, 0, 3, Set.of(), StopCondition.NEVER), (_, _) -> {}, null))
                    .withMessageContaining("width");
        }
    }

    private EngineQueue queue(int rows, int waiting) {
        return new EngineQueue(
                decoder, DrawableIds.below(TinyModels.VOCABULARY), prefix, new EngineQueue.Limits(rows, 500, waiting));
    }

    private Request request(int number, int length, StopCondition stop) {
        Tensor own = decoder.embed(Tensors.ids(new int[][] {TinyModels.ids(number, 3 + number % 3)}))
                .select(0, 0);
        return new Request(new Prompt(prefix, own), 5, number, 1, length, Set.of(), stop);
    }

    private static float[] nans() {
        float[] values = new float[TinyModels.DIM];
        java.util.Arrays.fill(values, Float.NaN);
        return values;
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
