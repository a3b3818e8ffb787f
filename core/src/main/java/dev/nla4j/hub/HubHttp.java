package dev.nla4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// GET requests to the hub. Redirects are followed here, not by the client, so that the token stays with the endpoint.
final class HubHttp implements AutoCloseable {
    private static final int MOST_REDIRECTS = 5;
    private static final int LONGEST_CHAIN = 16;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final HubSettings.Remote remote;
    private final HubSettings.Patience patience;
    private final HttpClient client;
    /// Before the first answer a failure to connect means "no network": no reason to try again and again.
    private boolean reached;

    HubHttp(HubSettings.Remote remote, HubSettings.Patience patience) {
        this.remote = remote;
        this.patience = patience;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience.connect())
                .build();
    }

    /// An answer whose status is 200, 206 or 416.
    record Answer(HttpResponse<InputStream> response, InputStream body) implements AutoCloseable {
        int status() {
            return response.statusCode();
        }

        @Nullable
        String header(String name) {
            return response.headers().firstValue(name).orElse(null);
        }

        /// The announced length, if there is a sound one.
        OptionalLong length() {
            return number(header("content-length"));
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    static OptionalLong number(@Nullable String text) {
        return text != null && text.matches("[0-9]{1,18}")
                ? OptionalLong.of(Long.parseLong(text))
                : OptionalLong.empty();
    }

    /// @param range value of the `Range` header, or null for the whole
    Answer get(URI address, @Nullable String range) throws SourceFailure, TemporaryFailure, InterruptedException {
        URI uri = address;
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            HttpResponse<InputStream> response = send(uri, range);
            int status = response.statusCode();
            if (!REDIRECTS.contains(status)) {
                return accepted(uri, response);
            }
            drop(response);
            uri = redirected(uri, response);
        }
        throw new SourceFailure("more than " + MOST_REDIRECTS + " redirects from " + address);
    }

    private HttpResponse<InputStream> send(URI uri, @Nullable String range)
            throws SourceFailure, TemporaryFailure, InterruptedException {
        // the first answer's limit covers what the connection's does not: a name server that keeps silent
        Duration limit = reached ? patience.stall() : patience.connect().multipliedBy(3);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(limit)
                .header("User-Agent", "nla4j")
                .header("Accept-Encoding", "identity");
        if (range != null) {
            request.header("Range", range);
        }
        HubSettings.Token token = remote.token();
        if (token != null && mayHaveToken(uri)) {
            request.header("Authorization", "Bearer " + token.secret());
        }
        try {
            HttpResponse<InputStream> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            reached = true;
            return response;
        } catch (IOException e) {
            String reason = Reasons.of(e) + " (" + uri.getHost() + ")";
            boolean hopeless =
                    e instanceof ConnectException || e instanceof HttpTimeoutException || e instanceof SSLException;
            if (isDistrusted(e) || (hopeless && !reached)) {
                throw new SourceFailure(reason, e);
            }
            throw new TemporaryFailure(reason, e);
        } catch (IllegalArgumentException e) {
            // the library lets its complaint of a header's number through
            throw new TemporaryFailure(uri.getHost() + " answered a header that is none: " + e.getMessage(), e);
        }
    }

    /// A certificate that is not accepted now will not be later, where a connection that broke off may.
    private static boolean isDistrusted(IOException e) {
        return e instanceof SSLException
                && Stream.iterate((Throwable) e, Objects::nonNull, Throwable::getCause)
                        .limit(LONGEST_CHAIN)
                        .anyMatch(GeneralSecurityException.class::isInstance);
    }

    /// The token goes to the endpoint itself, and never in clear text over a network.
    private boolean mayHaveToken(URI uri) {
        URI home = remote.endpoint();
        boolean secret = "https".equals(uri.getScheme()) || isLoopback(uri.getHost());
        return secret
                && home.getScheme().equals(uri.getScheme())
                && home.getHost().equalsIgnoreCase(uri.getHost())
                && home.getPort() == uri.getPort();
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.equals("[::1]") || host.matches("127\\.[0-9]+\\.[0-9]+\\.[0-9]+");
    }

    private static URI redirected(URI from, HttpResponse<InputStream> response) throws SourceFailure {
        String location = response.headers().firstValue("location").orElse("");
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new SourceFailure("redirect to '" + location + "', which is no address", e);
        }
        String scheme = to.getScheme() == null ? "" : to.getScheme().toLowerCase(Locale.ROOT);
        boolean allowed = scheme.equals("https") || (scheme.equals("http") && "http".equals(from.getScheme()));
        if (location.isEmpty()
                || !allowed
                || to.getHost() == null
                || to.getUserInfo() != null
                || to.getPort() > 65_535) {
            throw new SourceFailure("redirect to '" + location + "' refused");
        }
        return to;
    }

    private Answer accepted(URI uri, HttpResponse<InputStream> response) throws SourceFailure, TemporaryFailure {
        int status = response.statusCode();
        if (status == 200 || status == 206 || status == 416) {
            String encoding = response.headers().firstValue("content-encoding").orElse("identity");
            if (!encoding.equals("identity")) {
                drop(response);
                throw new SourceFailure(uri.getHost() + " answers in content encoding '" + encoding + "'");
            }
            return new Answer(response, new WatchedStream(response.body(), patience.stall()));
        }
        drop(response);
        String told = "HTTP " + status + " from " + uri.getHost();
        switch (status) {
            case 401, 403 -> throw new SourceFailure(told + ": " + forbidden(uri));
            case 404 -> throw new SourceFailure(told + ": no such repository, revision or file: " + uri.getPath());
            case 407 ->
                throw new SourceFailure(
                        "HTTP 407: the proxy wants a name and a password, which can't be given to it; name"
                                + " one in https_proxy that does not");
            case 408, 429, 500, 502, 503, 504 -> throw new TemporaryFailure(told, retryAfter(response));
            default -> throw new SourceFailure(told);
        }
    }

    private static Duration retryAfter(HttpResponse<InputStream> response) {
        String header = response.headers().firstValue("retry-after").orElse(null);
        return Duration.ofSeconds(number(header).orElse(0));
    }

    private String forbidden(URI uri) {
        if (remote.token() == null) {
            return "no such repository, or a private or gated one: set HF_TOKEN";
        }
        return mayHaveToken(uri)
                ? "the token does not open it: is the repository's licence accepted on its page?"
                : "the token was not sent there (it goes to the endpoint only, and never without TLS)";
    }

    private static void drop(HttpResponse<InputStream> response) {
        try {
            response.body().close();
        } catch (IOException e) {
            // nothing of this body is wanted: how its connection ends doesn't matter
            return;
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
