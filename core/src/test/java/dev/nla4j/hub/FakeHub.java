package dev.nla4j.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A hub on the loopback interface that can misbehave: each path has a queue of answers, the last of which stays.
final class FakeHub implements AutoCloseable {
    /// One way to answer.
    @FunctionalInterface
    interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    /// What was asked for; absent headers are empty.
    record Request(String path, String range, String authorization) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Deque<Answer>> answers = new ConcurrentHashMap<>();
    final List<Request> requests = new CopyOnWriteArrayList<>();

    FakeHub() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + port();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /// @param path with its query, undecoded
    void at(String path, Answer... queue) {
        answers.put(path, new ArrayDeque<>(Arrays.asList(queue)));
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().toString();
        requests.add(new Request(path, header(exchange, "Range"), header(exchange, "Authorization")));
        try (exchange) {
            next(path).to(exchange);
        }
    }

    private Answer next(String path) {
        Deque<Answer> queue = answers.get(path);
        if (queue == null) {
            return status(404);
        }
        synchronized (queue) {
            return queue.size() > 1 ? queue.removeFirst() : queue.getFirst();
        }
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    static Answer status(int status, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
        };
    }

    static Answer text(String body) {
        return whole(body.getBytes(StandardCharsets.UTF_8));
    }

    /// The bytes, whatever range is asked for.
    static Answer whole(byte[] body) {
        return exchange -> {
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        };
    }

    /// The bytes, or the range of them that is asked for.
    static Answer ranged(byte[] body) {
        return slowly(body, body.length, 0);
    }

    /// Announces all bytes, sends some, and hangs up.
    static Answer cutAfter(byte[] body, int sent) {
        return exchange -> {
            int from = from(exchange);
            begin(exchange, body, from);
            exchange.getResponseBody().write(body, from, Math.min(sent, body.length - from));
            exchange.getResponseBody().flush();
        };
    }

    /// Sends `chunk` bytes, pauses, and so on; understands ranges.
    static Answer slowly(byte[] body, int chunk, long pauseMillis) {
        return exchange -> {
            int from = from(exchange);
            begin(exchange, body, from);
            OutputStream out = exchange.getResponseBody();
            for (int at = from; at < body.length; at += chunk) {
                out.write(body, at, Math.min(chunk, body.length - at));
                out.flush();
                pause(pauseMillis);
            }
        };
    }

    private static void begin(HttpExchange exchange, byte[] body, int from) throws IOException {
        if (from > 0) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (body.length - 1) + "/" + body.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, body.length - from);
    }

    private static int from(HttpExchange exchange) {
        String range = header(exchange, "Range");
        return range.isEmpty() ? 0 : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
    }

    private static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
