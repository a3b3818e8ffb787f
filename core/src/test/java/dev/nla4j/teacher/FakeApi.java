package dev.nla4j.teacher;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// An API on the loopback interface whose behaviour a test chooses.
final class FakeApi implements AutoCloseable {
    static final String GOOD = "<analysis>\n1. **Register:** formal\n- the last token is \"of\"\n</analysis>";

    /// A request as it came.
    record Request(String method, String path, String body, String key, String authorization, long nanos) {}

    /// Answers the n-th request, counted from 0.
    @FunctionalInterface
    interface Behaviour {
        void answer(int number, Request request, HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger count = new AtomicInteger();
    final List<Request> requests = new CopyOnWriteArrayList<>();
    final List<String> notices = new CopyOnWriteArrayList<>();

    FakeApi(Behaviour behaviour) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                Request request = new Request(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().toString(),
                        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
                        String.valueOf(exchange.getRequestHeaders().getFirst("x-api-key")),
                        String.valueOf(exchange.getRequestHeaders().getFirst("authorization")),
                        System.nanoTime());
                requests.add(request);
                behaviour.answer(count.getAndIncrement(), request, exchange);
            }
        });
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /// Settings for this server that retry at once.
    ApiSettings settings(ApiKey key, int concurrent, int tries, Duration timeout) {
        return new ApiSettings(
                address(),
                key,
                "teacher-1",
                300,
                1,
                new ApiSettings.Prices(3, 15),
                new ApiSettings.Pace(concurrent, 1_000_000, tries, Duration.ofMillis(2), timeout, Duration.ofMillis(5)),
                notices::add);
    }

    static void send(HttpExchange exchange, int status, String body, String... headers) throws IOException {
        for (int i = 0; i < headers.length; i += 2) {
            exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    static String message(String text, String stop) {
        var node = Json.mapper().createObjectNode();
        node.putArray("content").addObject().put("type", "text").put("text", text);
        node.put("stop_reason", stop);
        node.putObject("usage").put("input_tokens", 400).put("output_tokens", 100);
        return node.toString();
    }

    static String choice(String text, String stop) {
        var node = Json.mapper().createObjectNode();
        node.putArray("choices")
                .addObject()
                .put("finish_reason", stop)
                .putObject("message")
                .put("role", "assistant")
                .put("content", text);
        node.putObject("usage").put("prompt_tokens", 400).put("completion_tokens", 100);
        return node.toString();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
