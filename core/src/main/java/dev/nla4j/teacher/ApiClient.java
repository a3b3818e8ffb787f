package dev.nla4j.teacher;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Requests to one API: a bounded number at a time and a minute, tried again after failures that may pass, with pauses
/// that double, jitter, and the pause the server asks for. Redirects are not followed, so that the key stays with its
/// endpoint. For many threads at once.
final class ApiClient implements AutoCloseable {
    private static final int LARGEST_ANSWER = 64 << 20;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);
    private static final Duration BETWEEN_NOTICES = Duration.ofSeconds(5);
    private static final Set<Integer> TEMPORARY = Set.of(408, 409, 425, 429, 500, 502, 503, 504, 529);
    private static final Set<Integer> HOPELESS = Set.of(301, 302, 303, 307, 308, 401, 402, 403, 404, 405);

    private final HttpClient client;
    private final ApiSettings settings;
    private final Map<String, String> headers;
    private final Semaphore permits;
    private long nextStart = System.nanoTime();
    private @Nullable Long lastNotice; // System.nanoTime

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

    /// A request got no answer that can be used.
    static final class Unanswered extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean temporary;

        Unanswered(String reason, boolean temporary, @Nullable Throwable cause) {
            super(reason, cause);
            this.temporary = temporary;
        }

        /// Whether the same request may be answered another time.
        boolean isTemporary() {
            return temporary;
        }
    }

    /// Posts JSON and reads JSON.
    ///
    /// @throws Unanswered when all tries failed or this request was refused
    /// @throws TeacherException when no request can succeed
    JsonNode post(String path, String body) throws Unanswered, InterruptedException {
        return json(send(uri(path), body), path);
    }

    /// Gets JSON.
    JsonNode get(String path) throws Unanswered, InterruptedException {
        return json(send(uri(path), null), path);
    }

    /// Gets text.
    ///
    /// @param address absolute, of the endpoint's own host
    String text(URI address) throws Unanswered, InterruptedException {
        URI home = settings.endpoint();
        boolean ours = home.getScheme().equals(address.getScheme())
                && home.getHost().equalsIgnoreCase(address.getHost())
                && home.getPort() == address.getPort();
        if (!ours) {
            throw new Unanswered("it refers to another host, " + address.getHost(), false, null);
        }
        return send(address, null);
    }

    private URI uri(String path) {
        return URI.create(settings.endpoint() + path);
    }

    private static JsonNode json(String text, String path) throws Unanswered {
        try {
            JsonNode node = Json.mapper().readTree(text);
            if (node != null && node.isObject()) {
                return node;
            }
            throw new Unanswered(path + " answered no JSON object", true, null);
        } catch (JacksonException e) {
            throw new Unanswered(path + " answered malformed JSON", true, e);
        }
    }

    private String send(URI uri, @Nullable String body) throws Unanswered, InterruptedException {
        Unanswered last = null;
        for (int attempt = 1; attempt <= settings.pace().tries(); attempt++) {
            Duration asked = Duration.ZERO;
            permits.acquire();
            try {
                awaitTurn();
                HttpResponse<byte[]> response = answered(request(uri, body));
                String text = new String(response.body(), StandardCharsets.UTF_8);
                int status = response.statusCode();
                if (status == 200 || status == 201) {
                    return requireJson(text, uri, body);
                }
                last = failure(uri, status, text);
                asked = retryAfter(response);
            } catch (IOException e) {
                last = new Unanswered(
                        "no answer from " + uri.getHost() + ": " + e.getClass().getSimpleName(), true, e);
            } catch (Unanswered e) {
                last = e;
            } finally {
                permits.release();
            }
            if (!last.isTemporary()) {
                throw last;
            }
            if (attempt < settings.pace().tries()) {
                Duration pause = pause(attempt, asked);
                notice(last, pause, attempt);
                Thread.sleep(pause);
            }
        }
        throw last == null ? new Unanswered("was never asked", true, null) : last;
    }

    /// At most one a few seconds, however many requests wait.
    private synchronized void notice(Unanswered last, Duration pause, int attempt) {
        long now = System.nanoTime();
        if (lastNotice == null || now - lastNotice > BETWEEN_NOTICES.toNanos()) {
            lastNotice = now;
            settings.notices()
                    .accept("teacher: " + last.getMessage() + "; trying again in "
                            + Math.ceilDiv(pause.toMillis(), 1000) + " s (try " + (attempt + 1) + " of "
                            + settings.pace().tries() + ")");
        }
    }

    /// A body that is cut off or garbled is asked for again; texts that are no JSON are only got, never posted for.
    private static String requireJson(String text, URI uri, @Nullable String body) throws Unanswered {
        if (body != null) {
            json(text, uri.getPath());
        }
        return text;
    }

    private HttpRequest request(URI uri, @Nullable String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(settings.pace().timeout())
                .header("User-Agent", "nla4j")
                .header("Content-Type", "application/json");
        headers.forEach(request::header);
        return body == null
                ? request.GET().build()
                : request.POST(HttpRequest.BodyPublishers.ofString(body)).build();
    }

    /// The whole answer within the timeout; the library's own ends with the headers.
    private HttpResponse<byte[]> answered(HttpRequest request) throws IOException, InterruptedException, Unanswered {
        CompletableFuture<HttpResponse<byte[]>> asked = client.sendAsync(
                request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), LARGEST_ANSWER));
        Duration timeout = settings.pace().timeout();
        try {
            return asked.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new Unanswered(
                    "no whole answer from " + request.uri().getHost() + " within " + timeout.toSeconds() + " s",
                    true,
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        } finally {
            asked.cancel(true);
        }
    }

    private Unanswered failure(URI uri, int status, String text) {
        String told = "HTTP " + status + " from " + uri.getHost();
        if (HOPELESS.contains(status)) {
            String hint = switch (status) {
                case 401, 403 -> ": the API key is not accepted";
                case 402 -> ": the account has no credit";
                case 404 -> ": there is no such model or path: " + settings.model() + ", " + uri.getPath();
                default -> "";
            };
            throw new TeacherException(told + hint + message(text));
        }
        return new Unanswered(told + message(text), TEMPORARY.contains(status), null);
    }

    /// What the server says, on one line and without what might be our key.
    private String message(String text) {
        String said = "";
        try {
            JsonNode node = Json.mapper().readTree(text);
            said = node == null ? "" : node.path("error").path("message").asString("");
        } catch (JacksonException e) {
            return "";
        }
        String secret = settings.key().secret();
        String safe = secret.isEmpty() ? said : said.replace(secret, "…");
        return safe.isEmpty() ? "" : " (" + FormatException.printable(safe) + ")";
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
            Thread.sleep(Duration.ofNanos(wait));
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
