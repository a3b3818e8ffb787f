package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteBehindTest {
    private static ActivationRow row(int tokens) {
        return new ActivationRow(tokens, "text", new float[] {1}, 0, "d");
    }

    @Test
    void rows_arrive_in_their_order_on_another_thread_and_all_of_them_before_the_end() throws IOException {
        List<Long> seen = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
        try (WriteBehind rows = new WriteBehind(row -> {
            seen.add(row.tokens());
            threads.add(Thread.currentThread());
        })) {
            List<Long> expected = new ArrayList<>();
            for (int i = 1; i <= 5000; i++) {
                rows.accept(row(i));
                expected.add((long) i);
            }
            rows.finish();
            assertThat(seen).isEqualTo(expected);
            assertThat(threads).doesNotContain(Thread.currentThread());
        }
    }

    @Test
    void whoever_hands_rows_on_does_not_wait_for_a_slow_one() throws IOException {
        CountDownLatch go = new CountDownLatch(1);
        List<Long> seen = Collections.synchronizedList(new ArrayList<>());
        try (WriteBehind rows = new WriteBehind(row -> {
            await(go);
            seen.add(row.tokens());
        })) {
            for (int i = 1; i <= 100; i++) {
                rows.accept(row(i));
            }
            assertThat(seen).isEmpty();
            go.countDown();
            rows.finish();
            assertThat(seen).hasSize(100);
        }
    }

    @Test
    void a_full_disk_is_heard_of_by_the_next_row_or_at_the_end() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        try (WriteBehind rows = new WriteBehind(_ -> {
            failed.countDown();
            throw new IOException("No space left on device");
        })) {
            rows.accept(row(1));
            failed.await();
            assertThatThrownBy(() -> {
                        rows.accept(row(2));
                        rows.finish();
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessage("No space left on device");
            assertThatThrownBy(rows::finish).hasMessage("No space left on device");
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
