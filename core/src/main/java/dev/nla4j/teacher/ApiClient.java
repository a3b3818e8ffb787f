package dev.nla4j.teacher;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Requests to one API: a bounded number at a time and a minute, tried again after failures that may pass, with pauses
/// that double, jitter, and the pause the server asks for. Redirects are not followed, so that the key stays with its
/// endpoint. For many threads at once.
final class ApiClient implements AutoCloseable {
    private static final int LARGEST_ANSWER = 4 << 20;
    /// Answers of one request that can't be read before it is given up.
    private static final int MOST_GARBLED = 3;
    /// Large bodies have so many times the time of others.
    private static final int LARGE = 10;

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);
    private static final Duration BETWEEN_NOTICES = Duration.ofSeconds(5);
    private static final Set<Integer> OUTAGES = Set.of(408, 409, 425, 429);
    /// What a server can't do it will not be able to do later.
    private static final Set<Integer> UNABLE = Set.of(501, 505);
    /// The server asks to wait, and has taken nothing.
    private static final Set<Integer> BUSY = Set.of(429, 503, 529);
    private static final Set<Integer> HOPELESS = Set.of(301, 302, 303, 307, 308, 401, 402, 404, 405, 407);
    /// Of a key that was never accepted, or of one input that a gateway does not pass on.
    private static final int FORBIDDEN = 403;
    /// So many in a row are the key's.
    private static final int MOST_FORBIDDEN = 8;

    private static final int SERVER = 500;

    /// Tries of a server that has never answered and can't be connected to: it may just be starting.
    private static final int MOST_AWAY = 3;

    private final HttpClient client;
    private final ApiSettings settings;
    private final Map<String, String> headers;
    private final Semaphore permits;
    private long nextStart = System.nanoTime();
    private @Nullable Long lastNotice; // System.nanoTime
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong forbidden = new AtomicLong(); // since the last answer
    private volatile boolean reached;
    private final CountDownLatch stop = new CountDownLatch(1);

    ApiClient(ApiSettings settings, Map<String, String> headers) {
        this.settings = settings;
        this.headers = Map.copyOf(headers);
        this.permits = new Semaphore(settings.pace().concurrent());
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(settings.pace().timeout())
                .build();
    }

    /// What asking again would do.
    enum Failure {
        /// The server refuses this request, and will again.
        REFUSED,
        /// It was tried again and may be this request's own fault: HTTP 500, an answer that can't be read.
        SPOILT,
        /// The server's fault or the network's: the request may be answered another time.
        OUTAGE
    }

    /// A request got no answer that can be used.
    static final class Unanswered extends Exception {
        private static final long serialVersionUID = 1L;

        private final Failure failure;
        private final boolean arrived;

        Unanswered(String reason, Failure failure, @Nullable Throwable cause) {
            this(reason, failure, true, cause);
        }

        /// @param arrived whether the server may have taken the request all the same
        private Unanswered(String reason, Failure failure, boolean arrived, @Nullable Throwable cause) {
            super(reason, cause);
            this.failure = failure;
            this.arrived = arrived;
        }

        Failure failure() {
            return failure;
        }

        /// Whether the server may have taken the request all the same.
        boolean mayHaveArrived() {
            return arrived;
        }
    }

    /// How an answer is waited for.
    ///
    /// @param once whether the request must not be made twice: it is tried again only where it was surely not taken
    /// @param largest most bytes of the answer
    private record Waiting(boolean once, int largest, Duration timeout) {}

    /// Posts JSON and reads JSON.
    ///
    /// @throws Unanswered when all tries failed or this request was refused
    /// @throws TeacherException when no request can succeed
    JsonNode post(String path, String body) throws Unanswered, InterruptedException {
        return json(send(path, body, new Waiting(false, LARGEST_ANSWER, timeout())), path);
    }

    /// As [#post] for a large request that must not be made twice.
    JsonNode postOnce(String path, String body) throws Unanswered, InterruptedException {
        return json(send(path, body, new Waiting(true, LARGEST_ANSWER, timeout().multipliedBy(LARGE))), path);
    }

    /// Gets JSON.
    JsonNode get(String path) throws Unanswered, InterruptedException {
        return json(send(path, null, new Waiting(false, LARGEST_ANSWER, timeout())), path);
    }

    /// Gets text.
    ///
    /// @param largest most bytes of it
    String text(String path, int largest) throws Unanswered, InterruptedException {
        return send(path, null, new Waiting(false, largest, timeout().multipliedBy(LARGE)));
    }

    /// Nothing is tried again from now on, whoever waits for it; what is under way may end.
    void stop() {
        stop.countDown();
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }

    /// Waits, unless all is stopped.
    private void rest(Duration time) throws InterruptedException {
        boolean _ = stop.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private Duration timeout() {
        return settings.pace().timeout();
    }

    private static JsonNode json(String text, String path) throws Unanswered {
        try {
            JsonNode node = Json.mapper().readTree(text);
            if (node != null && node.isObject()) {
                return node;
            }
            throw new Unanswered(path + " answered no JSON object", Failure.SPOILT, null);
        } catch (JacksonException e) {
            throw new Unanswered(path + " answered malformed JSON", Failure.SPOILT, e);
        }
    }

    private String send(String path, @Nullable String body, Waiting waiting) throws Unanswered, InterruptedException {
        URI uri = URI.create(settings.endpoint() + path);
        int garbled = 0;
        int failures = 0;
        int attempt = 1;
        long seen = answers.get();
        while (true) {
            Duration asked = Duration.ZERO;
            boolean busy = false;
            Unanswered failed;
            AtomicBoolean paid = new AtomicBoolean();
            permits.acquire();
            try {
                awaitTurn();
                if (isStopped()) {
                    throw new Unanswered("was not asked any more", Failure.OUTAGE, false, null);
                }
                HttpResponse<byte[]> response = answered(request(uri, body, waiting), waiting, paid);
                reached = true;
                String text = new String(response.body(), StandardCharsets.UTF_8);
                int status = response.statusCode();
                boolean accepted = status == 200 || status == 201;
                OptionalInt within = accepted && body != null ? failureWithin(json(text, path)) : OptionalInt.empty();
                if (accepted && within.isEmpty()) {
                    answers.incrementAndGet();
                    forbidden.set(0);
                    return text;
                }
                int meant = within.orElse(status);
                if (within.isPresent()) {
                    paid.set(false);
                }
                failed = failure(uri, meant, text);
                asked = retryAfter(response);
                busy = BUSY.contains(meant);
            } catch (IOException e) {
                boolean away = e instanceof ConnectException;
                if (away && !reached && attempt >= MOST_AWAY) {
                    throw new TeacherException("no server at " + uri.getAuthority() + ": "
                            + (e.getCause() instanceof UnresolvedAddressException
                                    ? "there is no such host"
                                    : "the connection is refused")
                            + "; start it, or name another one by --endpoint");
                }
                boolean arrived = !(away || e instanceof HttpConnectTimeoutException);
                failed = new Unanswered(
                        "no answer from " + uri.getHost() + ": " + e.getClass().getSimpleName(),
                        Failure.OUTAGE,
                        arrived,
                        e);
            } catch (Unanswered e) {
                failed = e;
            } finally {
                permits.release();
            }
            // What is paid for is not asked for again and again because it can't be read.
            garbled += paid.get() ? 1 : 0;
            boolean again = failed.failure() != Failure.REFUSED
                    && !(waiting.once() && failed.mayHaveArrived())
                    && garbled < MOST_GARBLED
                    && !isStopped();
            // While others are answered, a server that asks to wait is no failing one.
            if (busy && answers.get() > seen) {
                attempt = 0;
                failures = 0;
            }
            seen = answers.get();
            if (!again || attempt >= settings.pace().tries()) {
                throw failed;
            }
            failures++;
            attempt++;
            Duration pause = pause(failures, asked);
            notice(failed, pause, attempt);
            if (busy) {
                holdOff(pause);
            }
            rest(pause);
        }
    }

    /// At most one a few seconds, however many requests wait.
    private synchronized void notice(Unanswered last, Duration pause, int attempt) {
        long now = System.nanoTime();
        if (lastNotice == null || now - lastNotice > BETWEEN_NOTICES.toNanos()) {
            lastNotice = now;
            settings.notices()
                    .accept("teacher: " + last.getMessage() + "; trying again in "
                            + Math.ceilDiv(pause.toMillis(), 1000) + " s (try " + attempt + " of "
                            + settings.pace().tries() + ")");
        }
    }

    /// The status that an accepted answer should have had: gateways that have begun to answer say in the body that the
    /// server behind them failed.
    private static OptionalInt failureWithin(JsonNode answer) {
        if (!answer.hasNonNull("error") || answer.has("choices") || answer.has("content")) {
            return OptionalInt.empty();
        }
        int code = answer.path("error").path("code").asInt(SERVER);
        return OptionalInt.of(code >= 400 && code < 600 ? code : SERVER);
    }

    private HttpRequest request(URI uri, @Nullable String body, Waiting waiting) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(waiting.timeout())
                .header("User-Agent", "nla4j")
                .header("Content-Type", "application/json");
        headers.forEach(request::header);
        return body == null
                ? request.GET().build()
                : request.POST(HttpRequest.BodyPublishers.ofString(body)).build();
    }

    /// The whole answer within the timeout; the library's own ends with the headers.
    ///
    /// @param paid is set when an answer begins
    private HttpResponse<byte[]> answered(HttpRequest request, Waiting waiting, AtomicBoolean paid)
            throws IOException, InterruptedException, Unanswered {
        HttpResponse.BodyHandler<byte[]> whole =
                HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), waiting.largest());
        CompletableFuture<HttpResponse<byte[]>> asked = client.sendAsync(request, head -> {
            paid.set(head.statusCode() == 200 || head.statusCode() == 201);
            return whole.apply(head);
        });
        try {
            return asked.get(waiting.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new Unanswered(
                    "no whole answer from " + request.uri().getHost() + " within "
                            + waiting.timeout().toSeconds() + " s",
                    Failure.OUTAGE,
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new Unanswered(
                    request.uri().getHost() + " gave an answer that can't be read: " + e.getCause(), Failure.OUTAGE, e);
        } finally {
            asked.cancel(true);
        }
    }

    private Unanswered failure(URI uri, int status, String text) {
        String told = "HTTP " + status + " from " + uri.getHost();
        String said = message(text);
        boolean key = status == FORBIDDEN && (answers.get() == 0 || forbidden.incrementAndGet() > MOST_FORBIDDEN);
        boolean unaccepted = HOPELESS.contains(status) || key;
        if (unaccepted || said.contains("credit balance") || said.contains("insufficient_quota")) {
            String hint = switch (status) {
                case 401, 403 -> ": the API key is not accepted";
                case 402 -> ": the account has no credit";
                case 407 ->
                    ": the proxy wants a name and a password, which can't be given to it; use one that does not";
                case 404 -> ": there is no such model or path: " + settings.model() + ", " + uri.getPath();
                default -> "";
            };
            throw new TeacherException(told + hint + said);
        }
        boolean outage = (status > SERVER && !UNABLE.contains(status)) || OUTAGES.contains(status);
        Failure failure = status == SERVER ? Failure.SPOILT : outage ? Failure.OUTAGE : Failure.REFUSED;
        // A server that failed in the midst may have done what it was asked.
        boolean unsure = status == 408 || status == 409 || (status >= SERVER && !BUSY.contains(status));
        return new Unanswered(told + said, failure, unsure, null);
    }

    /// What the server says, on one line and without what might be our key.
    private String message(String text) {
        String said = "";
        try {
            JsonNode node = Json.mapper().readTree(text);
            said = node == null ? "" : said(node);
        } catch (JacksonException e) {
            return "";
        }
        return said.isEmpty() ? "" : " (" + safe(said) + ")";
    }

    /// A server's words on one line and without what might be our key.
    String safe(String said) {
        String secret = settings.key().secret();
        return FormatException.printable(secret.isEmpty() ? said : said.replace(secret, "…"));
    }

    /// The reason in one of the forms that servers give it, with its code.
    private static String said(JsonNode node) {
        JsonNode error = node.path("error");
        String code = error.path("code").asString("");
        String said = Stream.of(error.path("message"), error, node.path("message"), node.path("detail"))
                .filter(JsonNode::isString)
                .map(JsonNode::stringValue)
                .findFirst()
                .orElse("");
        return code.isEmpty() || said.contains(code) ? said : code + ": " + said;
    }

    /// No request begins before `pause` is over: the server asked one of them to wait, and means all.
    private synchronized void holdOff(Duration pause) {
        nextStart = Math.max(nextStart, System.nanoTime() + pause.toNanos());
    }

    private synchronized long reserve() {
        long gap = Duration.ofMinutes(1).toNanos() / settings.pace().perMinute();
        long now = System.nanoTime();
        long start = Math.max(now, nextStart);
        nextStart = start + gap;
        return start - now;
    }

    private void awaitTurn() throws InterruptedException {
        long wait = reserve();
        if (wait > 0) {
            rest(Duration.ofNanos(wait));
        }
    }

    /// Doubling, between half and the whole of it, and at least what the server asks for.
    private Duration pause(int attempt, Duration asked) {
        Duration doubled = settings.pace().retry().multipliedBy(1L << Math.min(attempt - 1, 10));
        Duration capped = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
        long half = capped.toNanos() / 2;
        Duration jittered = Duration.ofNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
        Duration bounded = asked.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : asked;
        return jittered.compareTo(bounded) > 0 ? jittered : bounded;
    }

    /// Seconds, or a date.
    private static Duration retryAfter(HttpResponse<?> response) {
        String header = response.headers().firstValue("retry-after").orElse("").strip();
        if (header.matches("\\d{1,9}(\\.\\d{1,3})?")) {
            return Duration.ofMillis((long) (1000 * Double.parseDouble(header)));
        }
        try {
            Instant at = ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration left = Duration.between(Instant.now(), at);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeParseException e) {
            return Duration.ZERO;
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
