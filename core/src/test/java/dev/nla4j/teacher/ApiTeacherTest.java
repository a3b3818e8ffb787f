package dev.nla4j.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ApiTeacherTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final ApiKey KEY = new ApiKey("sk-secret-of-tests");
    private static final ApiSettings.Prices FREE = new ApiSettings.Prices(0, 0);

    @TempDir
    Path folder;

    private static List<Snippet> snippets(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Snippet("doc:" + i, Evidence.ofContext("The art of text number " + i)))
                .toList();
    }

    private List<Lesson> openAi(FakeApi api, int count) throws IOException, InterruptedException {
        try (ResponseCache cache = ResponseCache.open(folder);
                OpenAiTeacher teacher = new OpenAiTeacher(api.settings(KEY, 4, 4, LONG), cache)) {
            return teacher.explain(snippets(count));
        }
    }

    @Test
    void messages_are_asked_with_the_key_and_read_by_the_rules() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) ->
                        FakeApi.send(exchange, 200, FakeApi.message(FakeApi.GOOD, "end_turn")));
                ResponseCache cache = ResponseCache.open(folder);
                AnthropicTeacher teacher = new AnthropicTeacher(api.settings(KEY, 4, 3, LONG), cache, false)) {
            List<Lesson> lessons = teacher.explain(snippets(3));
            assertThat(lessons).containsOnly(new Lesson.Explained("Register: formal\n\nthe last token is \"of\""));
            FakeApi.Request request = api.requests.getFirst();
            assertThat(request.path()).isEqualTo("/v1/messages");
            assertThat(request.key()).isEqualTo("sk-secret-of-tests");
            JsonNode body = Json.mapper().readTree(request.body());
            assertThat(body.path("max_tokens").intValue()).isEqualTo(300);
            assertThat(body.path("messages").path(0).path("content").stringValue())
                    .contains("<begin_text>The art of text number ")
                    .contains("<analysis>");
            ApiUsage usage = teacher.usage();
            assertThat(usage.answered()).isEqualTo(3);
            assertThat(usage.dollars()).isCloseTo(3 * (400 * 3 + 100 * 15) / 1e6, within(1e-12));
        }
    }

    /// In batches at half the price.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void an_estimate_counts_the_question_with_every_text_and_answers_as_long_as_they_may_be(boolean batches)
            throws IOException {
        URI nobody = URI.create("http://127.0.0.1:9");
        ApiSettings.Prices prices = new ApiSettings.Prices(3, 15);
        ApiSettings settings = new ApiSettings(nobody, KEY, "m", 300, 1, prices, ApiSettings.Pace.DEFAULT, _ -> {});
        long read = (100 + 3L * FeaturePrompt.INSTRUCTION.length()) / 4;
        double whole = (3 * read + 15 * 900) / 1e6;
        try (ResponseCache cache = ResponseCache.open(folder);
                AnthropicTeacher teacher = new AnthropicTeacher(settings, cache, batches)) {
            assertThat(teacher.estimate(3, 100)).isCloseTo(batches ? whole / 2 : whole, within(1e-12));
        }
    }

    @Test
    void an_answer_is_paid_for_once() throws Exception {
        try (FakeApi api = new FakeApi(
                (n, request, exchange) -> FakeApi.send(exchange, 200, FakeApi.choice(FakeApi.GOOD, "stop")))) {
            List<Lesson> first = openAi(api, 5);
            assertThat(openAi(api, 5)).isEqualTo(first);
            assertThat(api.requests).hasSize(5);
            try (ResponseCache cache = ResponseCache.open(folder);
                    OpenAiTeacher teacher = new OpenAiTeacher(api.settings(KEY, 4, 4, LONG), cache)) {
                List<Snippet> alike = IntStream.range(0, 12)
                        .mapToObj(i -> new Snippet("doc:" + i, Evidence.ofContext("One and the same text")))
                        .toList();
                assertThat(teacher.explain(alike)).hasSize(12).hasOnlyElementsOfType(Lesson.Explained.class);
            }
            assertThat(api.requests).hasSize(6);
            assertThat(api.requests.getFirst().authorization()).isEqualTo("Bearer sk-secret-of-tests");
        }
    }

    @Test
    void an_answer_is_kept_for_all_of_its_request_and_not_for_the_text_alone() throws Exception {
        try (FakeApi api = new FakeApi(
                        (n, request, exchange) -> FakeApi.send(exchange, 200, FakeApi.choice(FakeApi.GOOD, "stop")));
                ResponseCache cache = ResponseCache.open(folder)) {
            ask(api, cache, "teacher-1", 1);
            ask(api, cache, "teacher-2", 1);
            ask(api, cache, "teacher-2", 0.5);
            ask(api, cache, "teacher-1", 1);
            assertThat(api.requests.stream()
                            .map(request -> Json.mapper().readTree(request.body()))
                            .map(body -> body.path("model").stringValue() + " at "
                                    + body.path("temperature").doubleValue()))
                    .containsExactly("teacher-1 at 1.0", "teacher-2 at 1.0", "teacher-2 at 0.5");
        }
    }

    /// Always about one and the same text.
    private static void ask(FakeApi api, ResponseCache cache, String model, double temperature)
            throws InterruptedException {
        ApiSettings usual = api.settings(KEY, 1, 1, LONG);
        ApiSettings settings = new ApiSettings(
                usual.endpoint(), KEY, model, usual.maxTokens(), temperature, FREE, usual.pace(), usual.notices());
        try (OpenAiTeacher teacher = new OpenAiTeacher(settings, cache)) {
            assertThat(teacher.explain(snippets(1))).hasOnlyElementsOfType(Lesson.Explained.class);
        }
    }

    @Test
    void a_server_that_asks_to_wait_is_waited_for() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
            if (n == 0) {
                FakeApi.send(exchange, 429, "{}", "Retry-After", "1");
            } else {
                FakeApi.send(exchange, 200, FakeApi.choice(FakeApi.GOOD, "stop"));
            }
        })) {
            assertThat(openAi(api, 1)).hasOnlyElementsOfType(Lesson.Explained.class);
            long waited = api.requests.get(1).nanos() - api.requests.get(0).nanos();
            assertThat(waited).isGreaterThanOrEqualTo(Duration.ofMillis(1000).toNanos());
        }
    }

    @Test
    void failures_that_pass_are_tried_again() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
            switch (n) {
                case 0 -> FakeApi.send(exchange, 500, "oops");
                case 1 -> FakeApi.send(exchange, 200, "{\"choices\": [");
                case 2 -> FakeApi.send(exchange, 529, "");
                default -> FakeApi.send(exchange, 200, FakeApi.choice(FakeApi.GOOD, "stop"));
            }
        })) {
            assertThat(openAi(api, 1)).hasOnlyElementsOfType(Lesson.Explained.class);
            assertThat(api.requests).hasSize(4);
            // One of the three, as they come within seconds.
            assertThat(api.notices)
                    .containsExactly("teacher: HTTP 500 from 127.0.0.1; trying again in 1 s (try 2 of 4)");
        }
    }

    /// Proxies have codes of their own for a server that is down.
    @ParameterizedTest
    @ValueSource(ints = {502, 507, 520, 524, 599})
    void any_failure_of_a_server_is_tried_again(int status) throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) ->
                FakeApi.send(exchange, n == 0 ? status : 200, n == 0 ? "" : FakeApi.choice(FakeApi.GOOD, "stop")))) {
            assertThat(openAi(api, 1)).hasOnlyElementsOfType(Lesson.Explained.class);
        }
    }

    /// Gateways answer so for one text that they do not pass on; before any answer it is the key.
    @Test
    void a_text_that_is_forbidden_costs_its_row_only_once_the_key_was_accepted() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
            boolean bad = request.body().contains("number 2");
            if (bad) {
                // The others have their answers by then.
                LockSupport.parkNanos(Duration.ofMillis(700).toNanos());
            }
            FakeApi.send(exchange, bad ? 403 : 200, bad ? "" : FakeApi.choice(FakeApi.GOOD, "stop"));
        })) {
            List<Lesson> lessons = openAi(api, 5);
            assertThat(lessons.get(2)).isEqualTo(new Lesson.Declined("no answer: HTTP 403 from 127.0.0.1"));
            assertThat(lessons).filteredOn(Lesson.Explained.class::isInstance).hasSize(4);
        }
        try (FakeApi api = new FakeApi((n, request, exchange) -> FakeApi.send(exchange, 403, ""))) {
            assertThatThrownBy(() -> openAi(api, 1))
                    .isInstanceOf(TeacherException.class)
                    .hasMessageContaining("the API key is not accepted");
        }
    }

    @Test
    void a_request_that_always_fails_costs_its_row_only() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
            boolean bad = request.body().contains("number 2");
            FakeApi.send(exchange, bad ? 500 : 200, bad ? "" : FakeApi.choice(FakeApi.GOOD, "stop"));
        })) {
            List<Lesson> lessons = openAi(api, 5);
            assertThat(lessons.get(2)).isEqualTo(new Lesson.Declined("no answer: HTTP 500 from 127.0.0.1"));
            assertThat(lessons).filteredOn(Lesson.Explained.class::isInstance).hasSize(4);
        }
    }

    @Test
    void a_server_that_stalls_in_the_midst_of_an_answer_is_asked_again() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
                    if (n == 0) {
                        exchange.sendResponseHeaders(200, 500);
                        exchange.getResponseBody().write("{\"ch".getBytes(StandardCharsets.UTF_8));
                        exchange.getResponseBody().flush();
                        sleep(3000);
                    } else {
                        FakeApi.send(exchange, 200, FakeApi.choice(FakeApi.GOOD, "stop"));
                    }
                });
                ResponseCache cache = ResponseCache.open(folder.resolve("stall"));
                OpenAiTeacher teacher = new OpenAiTeacher(api.settings(KEY, 1, 3, Duration.ofMillis(700)), cache)) {
            assertThat(teacher.explain(snippets(1))).hasOnlyElementsOfType(Lesson.Explained.class);
            assertThat(api.notices).singleElement().asString().contains("no whole answer from 127.0.0.1 within 0 s");
        }
    }

    /// As gateways do that had begun to answer when the server behind them failed.
    @Test
    void a_failure_within_an_accepted_answer_is_tried_again_and_said() throws Exception {
        String failed = "{\"error\": {\"code\": 502, \"message\": \"Provider returned error\"}}";
        try (FakeApi api = new FakeApi((n, request, exchange) ->
                FakeApi.send(exchange, 200, n == 0 ? failed : FakeApi.choice(FakeApi.GOOD, "stop")))) {
            assertThat(openAi(api, 1)).hasOnlyElementsOfType(Lesson.Explained.class);
            assertThat(api.requests).hasSize(2);
            assertThat(api.notices).singleElement().asString().contains("HTTP 502", "Provider returned error");
        }
    }

    /// It is no answer that is paid for.
    @Test
    void a_limit_within_accepted_answers_is_waited_for_like_any_other() throws Exception {
        String limited = "{\"error\": {\"code\": 429, \"message\": \"slow down\"}}";
        try (FakeApi api = new FakeApi((n, request, exchange) ->
                FakeApi.send(exchange, 200, n < 3 ? limited : FakeApi.choice(FakeApi.GOOD, "stop")))) {
            assertThat(openAi(api, 1)).hasOnlyElementsOfType(Lesson.Explained.class);
            assertThat(api.requests).hasSize(4);
        }
    }

    /// It was paid for: whoever never gets it whole does not ask ten times.
    @Test
    void answers_that_break_off_again_and_again_are_not_asked_for_ten_times() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (FakeApi api = new FakeApi((_, _, exchange) -> {
                    asked.incrementAndGet();
                    exchange.sendResponseHeaders(200, 500);
                    exchange.getResponseBody().write("{\"ch".getBytes(StandardCharsets.UTF_8));
                    exchange.getResponseBody().flush();
                });
                ResponseCache cache = ResponseCache.open(folder.resolve("broken"));
                OpenAiTeacher teacher = new OpenAiTeacher(api.settings(KEY, 1, 10, LONG), cache)) {
            assertThatThrownBy(() -> teacher.explain(snippets(1))).hasMessageContaining("no answer from 127.0.0.1");
        }
        assertThat(asked).hasValueBetween(1, 4);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void answers_that_are_too_long_or_hold_control_characters_are_declined_and_break_no_cache() throws Exception {
        String endless = FakeApi.GOOD.replace("formal", "f".repeat(1_200_000));
        try (FakeApi api = new FakeApi((n, request, exchange) -> FakeApi.send(
                        exchange,
                        200,
                        FakeApi.choice(
                                request.body().contains("number 0")
                                        ? endless
                                        : FakeApi.GOOD.replace("formal", "a\u001b[2J"),
                                "stop")));
                ResponseCache cache = ResponseCache.open(folder.resolve("long"));
                OpenAiTeacher teacher = new OpenAiTeacher(api.settings(KEY, 1, 3, LONG), cache)) {
            assertThat(teacher.explain(snippets(2)))
                    .containsExactly(
                            new Lesson.Declined("the answer is longer than 65536 characters"),
                            new Lesson.Declined("the answer holds control characters or half a surrogate pair"));
        }
        List<String> kept;
        try (Stream<Path> files = Files.list(folder.resolve("long"))) {
            kept = Files.readAllLines(files.findFirst().orElseThrow());
        }
        assertThat(kept).hasSize(1);
        Path written = Files.writeString(folder.resolve("long/answers-x.jsonl"), "x".repeat(1_200_000) + "\n");
        try (ResponseCache again = ResponseCache.open(folder.resolve("long"))) {
            assertThat(written).exists();
            String key = Json.mapper().readTree(kept.getFirst()).path("key").stringValue();
            assertThat(again.get(key)).isPresent();
        }
    }

    @Test
    void an_answer_in_parts_is_read_whole_and_letters_beyond_ascii_cost_more() throws Exception {
        String parts = FakeApi.choice("X", "stop")
                .replace(
                        "\"X\"",
                        "[{\"type\":\"text\",\"text\":" + json(FakeApi.GOOD) + "},{\"type\":\"text\",\"text\":\"\"}]");
        try (FakeApi api = new FakeApi((n, request, exchange) -> FakeApi.send(exchange, 200, parts))) {
            assertThat(openAi(api, 1)).hasOnlyElementsOfType(Lesson.Explained.class);
        }
        assertThat(PaidTeacher.characters("abcd")).isEqualTo(4);
        assertThat(PaidTeacher.characters("公園")).isEqualTo(8);
    }

    private static String json(String text) {
        return Json.mapper().getNodeFactory().stringNode(text).toString();
    }

    @Test
    void a_server_that_is_down_ends_the_run_instead_of_dropping_all_rows() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> FakeApi.send(exchange, 503, ""))) {
            assertThatThrownBy(() -> openAi(api, 3))
                    .isInstanceOf(TeacherException.class)
                    .hasMessageContaining("3 of 3")
                    .hasMessageContaining("503");
        }
    }

    @Test
    void a_slow_answer_is_given_up() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
                    try {
                        Thread.sleep(n == 0 ? 5000 : 0);
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                    FakeApi.send(exchange, 200, FakeApi.choice(FakeApi.GOOD, "stop"));
                });
                ResponseCache cache = ResponseCache.open(folder);
                OpenAiTeacher teacher =
                        new OpenAiTeacher(api.settings(ApiKey.NONE, 1, 3, Duration.ofMillis(700)), cache)) {
            assertThat(teacher.explain(snippets(1))).hasOnlyElementsOfType(Lesson.Explained.class);
            assertThat(api.requests).hasSizeGreaterThan(1);
            assertThat(api.requests.getFirst().authorization()).isEqualTo("null");
        }
    }

    @Test
    void refusals_and_cut_off_answers_drop_their_rows() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> FakeApi.send(
                exchange,
                200,
                request.body().contains("number 0")
                        ? FakeApi.choice("I can't help with that.", "content_filter")
                        : request.body().contains("number 1")
                                ? FakeApi.choice("<analysis>\nfirst\nsecond", "length")
                                : request.body().contains("number 2")
                                        ? FakeApi.choice("<analysis>\nsays </explanation>\nsecond\n</analysis>", "stop")
                                        : FakeApi.choice("<analysis>\nonly one\n</analysis>", "stop")))) {
            assertThat(openAi(api, 4))
                    .containsExactly(
                            new Lesson.Declined("the model refused"),
                            new Lesson.Declined("the answer was cut off or has no tags"),
                            new Lesson.Declined("the answer holds the explanation's own tags"),
                            new Lesson.Declined("the answer has fewer than two features"));
        }
    }

    @Test
    void a_wrong_key_ends_the_run_at_once_and_is_not_shown() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) ->
                FakeApi.send(exchange, 401, "{\"error\": {\"message\": \"bad key sk-secret-of-tests\\u001b[31m\"}}"))) {
            assertThatThrownBy(() -> openAi(api, 1))
                    .isInstanceOf(TeacherException.class)
                    .hasMessageContaining("not accepted")
                    .hasMessageNotContaining("secret")
                    .hasMessageNotContaining("\u001b");
            assertThat(api.requests).hasSize(1);
        }
    }

    @Test
    void what_ends_the_run_wakes_who_waits_to_ask_again() throws Exception {
        CountDownLatch turnedAway = new CountDownLatch(1);
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
            if (request.body().contains("number 0")) {
                exchange.getResponseHeaders().set("retry-after", "300");
                FakeApi.send(exchange, 429, "{}");
                turnedAway.countDown();
            } else {
                try {
                    turnedAway.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                FakeApi.send(exchange, 401, "{}");
            }
        })) {
            assertTimeoutPreemptively(
                    LONG, () -> assertThatThrownBy(() -> openAi(api, 2)).hasMessageContaining("not accepted"));
        }
    }

    @Test
    void an_answer_that_ended_in_an_error_is_not_kept() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) ->
                FakeApi.send(exchange, 200, FakeApi.choice(n == 0 ? "" : FakeApi.GOOD, n == 0 ? "error" : "stop")))) {
            assertThat(openAi(api, 1)).hasOnlyElementsOfType(Lesson.Declined.class);
            assertThat(openAi(api, 1)).hasOnlyElementsOfType(Lesson.Explained.class);
        }
    }

    @Test
    void no_more_requests_are_out_than_allowed() throws Exception {
        AtomicInteger out = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
            most.accumulateAndGet(out.incrementAndGet(), Math::max);
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            // Before the answer: once its last byte is sent, the client may ask again before this thread goes on.
            out.decrementAndGet();
            FakeApi.send(exchange, 200, FakeApi.choice(FakeApi.GOOD, "stop"));
        })) {
            assertThat(openAi(api, 24)).hasOnlyElementsOfType(Lesson.Explained.class);
            assertThat(most.get()).isBetween(2, 4);
        }
    }

    @Test
    void a_batch_is_waited_for_and_taken_up_again() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> batch(request, exchange));
                ResponseCache cache = ResponseCache.open(folder);
                AnthropicTeacher teacher = new AnthropicTeacher(api.settings(KEY, 4, 3, LONG), cache, true)) {
            polls = 2;
            List<Lesson> lessons = teacher.explain(snippets(4));
            assertThat(lessons).filteredOn(Lesson.Explained.class::isInstance).hasSize(3);
            assertThat(lessons.get(3))
                    .isEqualTo(new Lesson.Declined("no answer: errored invalid_request_error too long"));
            assertThat(teacher.usage().dollars()).isCloseTo(0.5 * 3 * (400 * 3 + 100 * 15) / 1e6, within(1e-12));
            assertThat(notes()).isEmpty();
        }
    }

    @Test
    void a_batch_that_was_started_is_not_started_twice() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> batch(request, exchange))) {
            polls = Integer.MAX_VALUE;
            Thread waiting = Thread.ofVirtual().start(() -> {
                try (ResponseCache cache = ResponseCache.open(folder);
                        AnthropicTeacher teacher = new AnthropicTeacher(api.settings(KEY, 4, 3, LONG), cache, true)) {
                    teacher.explain(snippets(4));
                } catch (IOException | InterruptedException e) {
                    // the run is killed here
                    Thread.currentThread().interrupt();
                }
            });
            while (notes().isEmpty() || !Files.readString(notes().getFirst()).contains("batch_1")) {
                Thread.sleep(5);
            }
            waiting.interrupt();
            waiting.join();
            polls = 0;
            // One answer comes by another way meanwhile: the batch stays the same.
            try (ResponseCache cache = ResponseCache.open(folder);
                    AnthropicTeacher teacher = new AnthropicTeacher(api.settings(KEY, 4, 3, LONG), cache, false)) {
                assertThat(teacher.explain(snippets(1))).hasOnlyElementsOfType(Lesson.Explained.class);
            }
            try (ResponseCache cache = ResponseCache.open(folder);
                    AnthropicTeacher teacher = new AnthropicTeacher(api.settings(KEY, 4, 3, LONG), cache, true)) {
                assertThat(teacher.explain(snippets(4)))
                        .filteredOn(Lesson.Explained.class::isInstance)
                        .hasSize(3);
            }
            assertThat(api.requests)
                    .filteredOn(request -> request.method().equals("POST"))
                    .filteredOn(request -> request.path().endsWith("/batches"))
                    .hasSize(1);
        }
    }

    @Test
    void what_a_batch_let_expire_is_asked_for_again() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) -> batch(request, exchange))) {
            ApiSettings settings = api.settings(KEY, 4, 3, LONG);
            try (ResponseCache cache = ResponseCache.open(folder);
                    AnthropicTeacher teacher = new AnthropicTeacher(settings, cache, true)) {
                polls = 0;
                expired = 2;
                assertThatThrownBy(() -> teacher.explain(snippets(4)))
                        .isInstanceOf(TeacherException.class)
                        .hasMessageContaining("2 of 4 requests got no answer: expired");
                assertThat(notes()).isEmpty();
                expired = 0;
                assertThat(teacher.explain(snippets(4))).hasOnlyElementsOfType(Lesson.Explained.class);
                assertThat(api.requests)
                        .filteredOn(r -> r.method().equals("POST"))
                        .hasSize(2);
            }
        }
    }

    @Test
    void a_batch_that_was_taken_but_whose_id_is_lost_is_not_sent_again() throws Exception {
        AtomicInteger posts = new AtomicInteger();
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
                    if (request.method().equals("POST")) {
                        posts.incrementAndGet();
                        batchBody = request.body();
                        FakeApi.send(exchange, 502, "");
                    } else {
                        batch(request, exchange);
                    }
                });
                ResponseCache cache = ResponseCache.open(folder);
                AnthropicTeacher teacher = new AnthropicTeacher(api.settings(KEY, 4, 3, LONG), cache, true)) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> teacher.explain(snippets(4)))
                        .isInstanceOf(TeacherException.class)
                        .hasMessageContaining("a batch of 4 requests may have been taken")
                        .hasMessageContaining(notes().getFirst().toString());
            }
            assertThat(posts).hasValue(1);
            Files.writeString(notes().getFirst(), "{\"id\": \"batch_1\"}");
            assertThat(teacher.explain(snippets(4)))
                    .filteredOn(Lesson.Explained.class::isInstance)
                    .hasSize(3);
            assertThat(posts).hasValue(1);
            assertThat(notes()).isEmpty();
        }
    }

    @Test
    void a_server_that_goes_away_costs_no_row_and_the_rest_is_asked_for_later() throws Exception {
        AtomicInteger left = new AtomicInteger(30);
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
            boolean up = left.decrementAndGet() >= 0;
            FakeApi.send(exchange, up ? 200 : 503, up ? FakeApi.choice(FakeApi.GOOD, "stop") : "");
        })) {
            assertThatThrownBy(() -> openAi(api, 40))
                    .isInstanceOf(TeacherException.class)
                    .hasMessageContaining("of 40 requests got no answer: HTTP 503");
            left.set(Integer.MAX_VALUE);
            int before = api.requests.size();
            assertThat(openAi(api, 40)).hasOnlyElementsOfType(Lesson.Explained.class);
            assertThat(api.requests.size() - before).isEqualTo(10);
        }
    }

    @Test
    void a_server_that_was_never_there_ends_the_run_and_one_that_has_answered_is_waited_for() throws Exception {
        FakeApi api =
                new FakeApi((n, _, exchange) -> FakeApi.send(exchange, 200, FakeApi.choice(FakeApi.GOOD, "stop")));
        try (ResponseCache cache = ResponseCache.open(folder);
                OpenAiTeacher teacher = new OpenAiTeacher(api.settings(KEY, 4, 10, LONG), cache)) {
            assertThat(teacher.explain(snippets(1))).hasSize(1);
            api.close();
            assertThatThrownBy(() -> teacher.explain(snippets(2)))
                    .isInstanceOf(TeacherException.class)
                    .hasMessageContaining("got no answer");
            assertThat(api.notices).anySatisfy(notice -> assertThat(notice).contains("of 10"));
        }
        assertThatThrownBy(() -> openAi(api, 2))
                .isInstanceOf(TeacherException.class)
                .hasMessageContaining("no server at 127.0.0.1:")
                .hasMessageContaining("refused");
    }

    @Test
    void a_server_that_is_busy_is_waited_for_while_it_answers_others() throws Exception {
        AtomicInteger turnedAway = new AtomicInteger();
        try (FakeApi api = new FakeApi((n, request, exchange) -> {
                    boolean busy = request.body().contains("number 0") && turnedAway.incrementAndGet() <= 5;
                    FakeApi.send(exchange, busy ? 429 : 200, busy ? "{}" : FakeApi.choice(FakeApi.GOOD, "stop"));
                });
                ResponseCache cache = ResponseCache.open(folder)) {
            ApiSettings quick = api.settings(KEY, 4, 4, LONG);
            // Longer pauses than answers take, as they are in earnest.
            ApiSettings settings = new ApiSettings(
                    quick.endpoint(),
                    KEY,
                    "m",
                    9,
                    1,
                    FREE,
                    new ApiSettings.Pace(4, 6000, 4, Duration.ofMillis(40), LONG, LONG),
                    _ -> {});
            try (OpenAiTeacher teacher = new OpenAiTeacher(settings, cache)) {
                // Turned away five times, where four tries are allowed.
                assertThat(teacher.explain(snippets(400))).hasOnlyElementsOfType(Lesson.Explained.class);
                assertThat(turnedAway.get()).isEqualTo(6);
            }
        }
    }

    @Test
    void an_account_without_credit_ends_the_run_whatever_the_status() throws Exception {
        String said = "{\"error\": {\"message\": \"Your credit balance is too low\"}}";
        try (FakeApi api = new FakeApi((n, request, exchange) ->
                FakeApi.send(exchange, n == 0 ? 200 : 400, n == 0 ? FakeApi.choice(FakeApi.GOOD, "stop") : said))) {
            assertThatThrownBy(() -> openAi(api, 8))
                    .isInstanceOf(TeacherException.class)
                    .hasMessageContaining("credit balance");
        }
    }

    @Test
    void a_limit_too_low_for_every_answer_is_named() throws Exception {
        try (FakeApi api = new FakeApi((n, request, exchange) ->
                FakeApi.send(exchange, 200, FakeApi.choice("<think>I wonder <analysis>a\nb</analysis>", "length")))) {
            assertThatThrownBy(() -> openAi(api, 20))
                    .isInstanceOf(TeacherException.class)
                    .hasMessageContaining("--max-tokens");
        }
    }

    @Test
    void answers_without_usage_are_counted_and_reasons_come_in_many_forms() throws Exception {
        String bare = FakeApi.choice(FakeApi.GOOD, "stop").replaceAll(",?\"usage\":\\{[^}]*}", "");
        try (FakeApi api = new FakeApi((n, request, exchange) -> FakeApi.send(
                        exchange,
                        request.body().contains("number 0") ? 400 : 200,
                        request.body().contains("number 0") ? "{\"error\": \"no such option\"}" : bare));
                ResponseCache cache = ResponseCache.open(folder);
                OpenAiTeacher teacher = new OpenAiTeacher(api.settings(KEY, 4, 4, LONG), cache)) {
            assertThat(teacher.explain(snippets(3)).getFirst())
                    .isEqualTo(new Lesson.Declined("no answer: HTTP 400 from 127.0.0.1 (no such option)"));
            assertThat(teacher.usage()).isEqualTo(new ApiUsage(2, 0, 2, 0, 0, 0));
        }
    }

    private volatile int expired;
    private volatile int polls;
    private volatile String batchBody = "";

    /// Three of four requests succeed, in another order than they were asked.
    private void batch(FakeApi.Request request, com.sun.net.httpserver.HttpExchange exchange) throws IOException {
        if (request.path().equals("/v1/messages")) {
            FakeApi.send(exchange, 200, FakeApi.message(FakeApi.GOOD, "end_turn"));
        } else if (request.method().equals("POST")) {
            batchBody = request.body();
            FakeApi.send(exchange, 200, "{\"id\": \"batch_1\", \"processing_status\": \"in_progress\"}");
        } else if (request.path().endsWith("/results")) {
            StringBuilder lines = new StringBuilder();
            List<JsonNode> asked = List.copyOf(
                    Json.mapper().readTree(batchBody).path("requests").values());
            for (int i = asked.size() - 1; i >= 0; i--) {
                String id = asked.get(i).path("custom_id").stringValue();
                lines.append("{\"custom_id\": \"" + id + "\", \"result\": ")
                        .append(
                                i < expired
                                        ? "{\"type\": \"expired\"}"
                                        : i == 3
                                                ? "{\"type\": \"errored\", \"error\": {\"error\": {\"type\":"
                                                        + " \"invalid_request_error\", \"message\": \"too long\"}}}"
                                                : "{\"type\": \"succeeded\", \"message\": "
                                                        + FakeApi.message(FakeApi.GOOD, "end_turn") + "}")
                        .append("}\n");
            }
            FakeApi.send(exchange, 200, lines.toString());
        } else if (polls-- > 0) {
            FakeApi.send(exchange, 200, "{\"id\": \"batch_1\", \"processing_status\": \"in_progress\"}");
        } else {
            FakeApi.send(
                    exchange,
                    200,
                    // An address is not followed, whatever it is.
                    "{\"id\": \"batch_1\", \"processing_status\": \"ended\", \"results_url\": \"https://\\u001b[2J\"}");
        }
    }

    private List<Path> notes() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("batch-"))
                    .toList();
        }
    }

    @Test
    void a_cache_survives_a_line_that_was_cut_off() throws Exception {
        ApiAnswer answer = new ApiAnswer("text with \n and \"quotes\" ü", "stop", 1, 2);
        try (ResponseCache cache = ResponseCache.open(folder)) {
            cache.put(ResponseCache.key("a"), answer);
            cache.put(ResponseCache.key("b"), answer);
        }
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.findFirst().orElseThrow();
        }
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 9), StandardOpenOption.TRUNCATE_EXISTING);
        try (ResponseCache cache = ResponseCache.open(folder)) {
            assertThat(cache.get(ResponseCache.key("a"))).contains(answer);
            assertThat(cache.get(ResponseCache.key("b"))).isEmpty();
            cache.put(ResponseCache.key("b"), answer);
        }
        try (ResponseCache cache = ResponseCache.open(folder)) {
            assertThat(cache.get(ResponseCache.key("a"))).contains(answer);
            assertThat(cache.get(ResponseCache.key("b"))).contains(answer);
        }
    }

    @Test
    void keys_come_from_the_environment_and_never_show() {
        assertThat(ApiKey.from(Map.of("K", " abc "), "K").secret()).isEqualTo("abc");
        assertThat(ApiKey.from(Map.of("K", "abc"), "K").toString()).doesNotContain("abc");
        assertThatThrownBy(() -> ApiKey.from(Map.of(), "K"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("K");
        assertThatThrownBy(() -> new ApiSettings(
                        URI.create("http://example.org"), KEY, "m", 1, 1, FREE, ApiSettings.Pace.DEFAULT, _ -> {}))
                .hasMessageContaining("clear text");
        assertThatThrownBy(() -> new ApiSettings(
                        URI.create("https://me:hidden@example.org"),
                        KEY,
                        "m",
                        1,
                        1,
                        FREE,
                        ApiSettings.Pace.DEFAULT,
                        _ -> {}))
                .isInstanceOf(InputException.class)
                .hasMessageNotContaining("hidden");
    }

    @Test
    void list_markers_and_bold_are_stripped() {
        assertThat(FeaturePrompt.read("x <analysis>\n(1) **A:** one\n\n* two\nii) three\n</analysis> y"))
                .contains("A: one\n\ntwo\n\nthree");
        assertThat(FeaturePrompt.read("<analysis>*Formal register*\n- **Head**then **bold** in it\n__x__</analysis>"))
                .contains("Formal register\n\nHead then **bold** in it\n\nx");
        assertThat(FeaturePrompt.read("<analysis>a\nb")).isEmpty();
        assertThat(FeaturePrompt.read("<think>so <analysis>x\ny</analysis></think>\n<analysis>a\nb</analysis>"))
                .contains("a\n\nb");
        // A model that runs into blank lines: quadratic reading would take days.
        assertThat(FeaturePrompt.read("<analysis>" + " ".repeat(65_000))).isEmpty();
        assertThat(FeaturePrompt.read("a\nb</analysis>")).isEmpty();
    }
}
