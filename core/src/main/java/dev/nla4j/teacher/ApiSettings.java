package dev.nla4j.teacher;

import dev.nla4j.format.InputException;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;

/// How a model behind an API is asked.
///
/// @param endpoint address in front of `/v1/…`, without a slash at its end
/// @param temperature of the answers
/// @param notices hears, on any thread, why a request is tried again
public record ApiSettings(
        URI endpoint,
        ApiKey key,
        String model,
        int maxTokens,
        double temperature,
        Prices prices,
        Pace pace,
        Consumer<String> notices) {
    public ApiSettings {
        if (endpoint.getRawUserInfo() != null || endpoint.getRawQuery() != null || endpoint.getRawFragment() != null) {
            // Not repeated: it may hold a password.
            throw new InputException("endpoint: must be an address without a user, a query and a fragment");
        }
        boolean secure = "https".equals(endpoint.getScheme());
        boolean local = endpoint.getHost() != null
                && endpoint.getHost().matches("localhost|\\[::1\\]|127\\.\\d+\\.\\d+\\.\\d+");
        if (endpoint.getHost() == null
                || endpoint.getPort() > 65_535
                || !(secure || "http".equals(endpoint.getScheme()))) {
            throw new InputException("endpoint: must be an http or https address, was " + endpoint);
        }
        if (!key.isNone() && !secure && !local) {
            throw new InputException("endpoint: " + endpoint
                    + " would get the key in clear text; use https, or unset the key's variable");
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException("max-tokens: must be at least 1, was " + maxTokens);
        }
        if (!(temperature >= 0 && temperature <= 2)) {
            throw new IllegalArgumentException("temperature: must be 0 to 2, was " + temperature);
        }
    }

    /// Dollars for a million tokens.
    public record Prices(double input, double output) {
        public Prices {
            if (!(input >= 0 && output >= 0) || Double.isInfinite(input + output)) {
                throw new IllegalArgumentException("prices: must be 0 or more, were " + input + ", " + output);
            }
        }

        /// Dollars for so many tokens.
        public double of(long inputTokens, long outputTokens) {
            return (input * inputTokens + output * outputTokens) / 1e6;
        }
    }

    /// How fast and how patiently.
    ///
    /// @param concurrent most requests at a time
    /// @param perMinute most requests started a minute
    /// @param tries of a request that fails for a while
    /// @param retry pause before the first retry, doubled with each further one, with jitter
    /// @param timeout of one request
    /// @param poll pause between questions for a batch
    public record Pace(int concurrent, int perMinute, int tries, Duration retry, Duration timeout, Duration poll) {
        public static final Pace DEFAULT =
                new Pace(16, 1000, 10, Duration.ofSeconds(1), Duration.ofSeconds(120), Duration.ofSeconds(30));

        public Pace {
            if (concurrent < 1 || perMinute < 1 || tries < 1) {
                throw new IllegalArgumentException("concurrency, rate and tries: must be at least 1, were " + concurrent
                        + ", " + perMinute + ", " + tries);
            }
        }
    }
}
