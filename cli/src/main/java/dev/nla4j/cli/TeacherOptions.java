package dev.nla4j.cli;

import dev.nla4j.teacher.AnthropicTeacher;
import dev.nla4j.teacher.ApiKey;
import dev.nla4j.teacher.ApiSettings;
import dev.nla4j.teacher.OpenAiTeacher;
import dev.nla4j.teacher.PaidTeacher;
import dev.nla4j.teacher.ResponseCache;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/// Which teacher writes explanations, and how one behind an API is asked.
final class TeacherOptions {
    private static final String NO_PRICE = "0,0";
    /// What only a teacher behind an API heeds.
    private static final List<String> OF_PAID = List.of(
            "--teacher-model",
            "--endpoint",
            "--batches",
            "--max-tokens",
            "--temperature",
            "--concurrency",
            "--per-minute",
            "--timeout",
            "--price",
            "--budget",
            "--cache");
    /// What only the teacher that runs the target heeds.
    private static final List<String> OF_GROUNDED = List.of("--model", "--transcripts", "--count-too", "--dtype");

    /// The teachers by the names that `--teacher` takes.
    enum Name {
        GROUNDED,
        ANTHROPIC,
        OPENAI
    }

    @Option(
            names = "--teacher",
            paramLabel = "grounded|anthropic|openai",
            defaultValue = "grounded",
            description = "Who writes: rules and the target's own predictions, offline; a model behind Anthropic's API"
                    + " (key: ANTHROPIC_API_KEY); a model behind any OpenAI-compatible API (key: OPENAI_API_KEY, none"
                    + " needed with --endpoint). Default: ${DEFAULT-VALUE}.")
    Name name = Name.GROUNDED;

    @Option(names = "--teacher-model", paramLabel = "NAME", description = "Model behind the API.")
    @Nullable
    String model;

    @Option(names = "--endpoint", paramLabel = "URL", description = "Address of the API in front of /v1.")
    @Nullable
    String endpoint;

    @Option(
            names = "--batches",
            description = "Ask in batches (anthropic only): half the price, an answer within hours.")
    boolean batches;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "300",
            description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
    int maxTokens;

    @Option(
            names = "--temperature",
            paramLabel = "X",
            defaultValue = "1",
            description = "Temperature of answers (default: ${DEFAULT-VALUE}).")
    double temperature;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            defaultValue = "16",
            description = "Most requests at a time (default: ${DEFAULT-VALUE}).")
    int concurrency;

    @Option(
            names = "--per-minute",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Most requests a minute (default: ${DEFAULT-VALUE}).")
    int perMinute;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "Longest wait for an answer (default: ${DEFAULT-VALUE}).")
    int timeout;

    @Option(
            names = "--price",
            paramLabel = "IN,OUT",
            defaultValue = NO_PRICE,
            description = "Dollars for a million tokens read and written, for the estimate and the account"
                    + " (default: ${DEFAULT-VALUE}).")
    String price = NO_PRICE;

    @Option(names = "--budget", paramLabel = "DOLLARS", description = "Refuse to start when the estimate is over this.")
    @Nullable
    Double budget;

    /// Refuses what was given in vain: who forgets `--teacher` would have another one write the whole file.
    void requireHeeded(ParseResult given) {
        boolean isGrounded = name == Name.GROUNDED;
        for (String option : isGrounded ? OF_PAID : OF_GROUNDED) {
            if (given.hasMatchedOption(option)) {
                throw new IllegalArgumentException(option + ": goes with --teacher "
                        + (isGrounded
                                ? "anthropic or openai; the grounded teacher asks nobody"
                                : "grounded; one behind an API is shown the text alone"));
            }
        }
    }

    /// Whether dollars can be said.
    boolean hasPrice() {
        return !price.equals(NO_PRICE);
    }

    /// An amount in words, with what it stands on.
    String dollars(double amount, int digits) {
        return hasPrice()
                ? String.format(Locale.ROOT, "%." + digits + "f dollars by --price %s", amount, price)
                : "dollars unknown without --price IN,OUT";
    }

    /// The teacher behind an API; the caller closes it.
    PaidTeacher paid(Map<String, String> environment, ResponseCache cache) {
        ApiSettings settings = settings(environment);
        return name == Name.ANTHROPIC
                ? new AnthropicTeacher(settings, cache, batches)
                : new OpenAiTeacher(settings, cache);
    }

    /// How an API is to be asked. Refuses what can't be.
    ApiSettings settings(Map<String, String> environment) {
        if (model == null || model.isBlank()) {
            throw new IllegalArgumentException("--teacher-model: say which model is to be asked");
        }
        boolean anthropic = name == Name.ANTHROPIC;
        String usual = anthropic ? "https://api.anthropic.com" : "https://api.openai.com";
        String variable = anthropic ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY";
        boolean needsKey = anthropic || endpoint == null;
        boolean hasKey = !environment.getOrDefault(variable, "").isBlank();
        ApiKey key = needsKey || hasKey ? ApiKey.from(environment, variable) : ApiKey.NONE;
        if (batches && !anthropic) {
            throw new IllegalArgumentException("--batches goes with --teacher anthropic");
        }
        requireSense();
        ApiSettings.Pace pace = ApiSettings.Pace.DEFAULT;
        return new ApiSettings(
                uri(endpoint == null ? usual : endpoint),
                key,
                model,
                maxTokens,
                temperature,
                prices(),
                new ApiSettings.Pace(
                        concurrency, perMinute, pace.tries(), pace.retry(), Duration.ofSeconds(timeout), pace.poll()),
                System.err::println);
    }

    private void requireSense() {
        if (timeout < 1) {
            throw new IllegalArgumentException("--timeout: must be 1 or more, was " + timeout);
        }
        if (budget != null && !(budget >= 0)) {
            throw new IllegalArgumentException("--budget: must be 0 or more, was " + budget);
        }
        if (budget != null && prices().of(1, 1) == 0) {
            throw new IllegalArgumentException("--budget: says nothing without --price");
        }
    }

    private static URI uri(String text) {
        try {
            return URI.create(text.replaceAll("/+$", "").replaceAll("/v1$", ""));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--endpoint: " + text + " is no address", e);
        }
    }

    private ApiSettings.Prices prices() {
        String[] parts = price.split(",", -1);
        try {
            if (parts.length == 2) {
                return new ApiSettings.Prices(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--price: must be two numbers, was " + price, e);
        }
        throw new IllegalArgumentException("--price: must be two numbers, was " + price);
    }
}
