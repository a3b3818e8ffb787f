package dev.nla4j.teacher;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.ExplanationText;
import dev.nla4j.teacher.ApiClient.Unanswered;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/// What the teachers behind APIs have in common: the cache, the account, and how an answer becomes a lesson.
final class Asking {
    /// Where characters are counted instead of tokens: English has about four of them a token.
    private static final double CHARACTERS_A_TOKEN = 4;
    /// Longer than any explanation, far shorter than a line of the cache may be.
    private static final int LONGEST_ANSWER = 1 << 16;

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cs}&&[^\\n\\r\\t]]");

    private final ApiSettings settings;
    private final ResponseCache cache;
    private final String api;
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong cached = new AtomicLong();
    private final AtomicLong inputTokens = new AtomicLong();
    private final AtomicLong outputTokens = new AtomicLong();

    /// @param api name of the protocol, part of every request's identity
    Asking(ApiSettings settings, ResponseCache cache, String api) {
        this.settings = settings;
        this.cache = cache;
        this.api = api;
    }

    /// The requests for snippets' explanations: both protocols spell them alike.
    List<ObjectNode> requests(List<Snippet> snippets) {
        return snippets.stream()
                .map(snippet -> request(snippet.evidence().context()))
                .toList();
    }

    private ObjectNode request(String text) {
        ObjectNode request = Json.mapper().createObjectNode();
        request.put("model", settings.model());
        request.put("max_tokens", settings.maxTokens());
        request.put("temperature", settings.temperature());
        request.putArray("messages").addObject().put("role", "user").put("content", FeaturePrompt.of(text));
        return request;
    }

    /// Asks for one answer.
    @FunctionalInterface
    interface Question {
        ApiAnswer ask(ObjectNode request) throws Unanswered, InterruptedException;
    }

    /// Asks for many answers; a request that is left out got none.
    @FunctionalInterface
    interface Questions {
        Map<String, ApiAnswer> ask(Map<String, ObjectNode> requests) throws Unanswered, InterruptedException;
    }

    /// The name of a request in the cache.
    String key(ObjectNode request) {
        return ResponseCache.key(api + "\n" + settings.endpoint() + "\n" + request);
    }

    /// Lessons from requests of their own, many at a time; answers are kept as they come.
    List<Lesson> one(List<ObjectNode> requests, Question question) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Lesson>> futures = new ArrayList<>();
            for (ObjectNode request : requests) {
                futures.add(threads.submit(() -> lesson(request, question)));
            }
            List<Lesson> lessons = new ArrayList<>();
            try {
                for (Future<Lesson> future : futures) {
                    lessons.add(future.get());
                }
            } catch (ExecutionException e) {
                throw failure(e);
            } finally {
                futures.forEach(future -> future.cancel(true));
            }
            requireSome(lessons);
            return lessons;
        }
    }

    private static RuntimeException failure(ExecutionException e) throws InterruptedException {
        return switch (e.getCause()) {
            case TeacherException cause -> cause;
            case InterruptedException _ -> throw new InterruptedException();
            case RuntimeException cause -> cause;
            case null, default -> new IllegalStateException(e);
        };
    }

    private Lesson lesson(ObjectNode request, Question question) throws InterruptedException {
        String key = key(request);
        Optional<ApiAnswer> kept = cache.get(key);
        if (kept.isPresent()) {
            cached.incrementAndGet();
            return read(kept.get());
        }
        try {
            ApiAnswer answer = question.ask(request);
            keep(key, answer);
            return read(answer);
        } catch (Unanswered e) {
            return new Lesson.Declined(NO_ANSWER + e.getMessage());
        }
    }

    /// Lessons from one job for all requests that were not answered before.
    List<Lesson> together(List<ObjectNode> requests, Questions questions) throws InterruptedException {
        Map<String, ObjectNode> open = new LinkedHashMap<>();
        for (ObjectNode request : requests) {
            String key = key(request);
            if (cache.get(key).isEmpty()) {
                open.put(key, request);
            } else {
                cached.incrementAndGet();
            }
        }
        if (!open.isEmpty()) {
            try {
                questions.ask(open).forEach(this::keep);
            } catch (Unanswered e) {
                throw new TeacherException(e.getMessage() + "; the same command goes on", e);
            }
        }
        List<Lesson> lessons = new ArrayList<>();
        for (ObjectNode request : requests) {
            lessons.add(cache.get(key(request))
                    .map(Asking::read)
                    .orElseGet(() -> new Lesson.Declined(NO_ANSWER + "the batch has none for it")));
        }
        requireSome(lessons);
        return lessons;
    }

    private static final String NO_ANSWER = "no answer: ";

    /// A server that is down must not cost a run its rows: they are asked for again another time.
    private static void requireSome(List<Lesson> lessons) {
        List<String> reasons = lessons.stream()
                .filter(Lesson.Declined.class::isInstance)
                .map(lesson -> ((Lesson.Declined) lesson).reason())
                .filter(reason -> reason.startsWith(NO_ANSWER))
                .toList();
        if (2 * reasons.size() > lessons.size()) {
            throw new TeacherException(reasons.size() + " of " + lessons.size() + " requests got " + reasons.getFirst()
                    + "; answers that came are kept, the same command goes on");
        }
    }

    private void keep(String key, ApiAnswer answer) {
        if (answer.text().length() <= LONGEST_ANSWER) {
            cache.put(key, answer);
        }
        answered.incrementAndGet();
        inputTokens.addAndGet(answer.inputTokens());
        outputTokens.addAndGet(answer.outputTokens());
    }

    private static Lesson read(ApiAnswer answer) {
        if (answer.stop().equals("refusal") || answer.stop().equals("content_filter")) {
            return new Lesson.Declined("the model refused");
        }
        if (answer.text().length() > LONGEST_ANSWER) {
            return new Lesson.Declined("the answer is longer than " + LONGEST_ANSWER + " characters");
        }
        if (UNPRINTABLE.matcher(answer.text()).find()) {
            return new Lesson.Declined("the answer holds control characters or half a surrogate pair");
        }
        return FeaturePrompt.read(answer.text())
                .<Lesson>map(Asking::explained)
                .orElseGet(() -> new Lesson.Declined(
                        answer.text().contains("</analysis>")
                                ? "the answer has fewer than two features"
                                : "the answer was cut off or has no tags"));
    }

    /// What a model writes may hold anything; the explanation's own tags would end it for every reader.
    private static Lesson explained(String features) {
        return ExplanationText.holdsTag(features)
                ? new Lesson.Declined("the answer holds the explanation's own tags")
                : new Lesson.Explained(features);
    }

    /// What was asked and what it cost.
    ///
    /// @param discount of the price
    ApiUsage usage(double discount) {
        return new ApiUsage(
                answered.get(),
                cached.get(),
                inputTokens.get(),
                outputTokens.get(),
                discount * settings.prices().of(inputTokens.get(), outputTokens.get()));
    }

    /// Characters of a text for [#estimate]: one beyond ASCII may be a token by itself.
    static long characters(String text) {
        double beyondAscii = text.chars().filter(c -> c > 0x7f).count();
        return text.length() + Math.round((CHARACTERS_A_TOKEN - 1) * beyondAscii);
    }

    /// What so many texts will cost at most: every answer as long as it may be.
    double estimate(long texts, long characters, double discount) {
        long prompt = (long) ((characters + texts * FeaturePrompt.INSTRUCTION.length()) / CHARACTERS_A_TOKEN);
        return discount * settings.prices().of(prompt, texts * settings.maxTokens());
    }

    ApiSummaries summaries() {
        return new ApiSummaries(
                settings.model(), settings.maxTokens(), settings.temperature(), FeaturePrompt.INSTRUCTION);
    }

    String identity() {
        return api + " " + settings.endpoint() + " " + settings.model() + ", " + settings.maxTokens() + " tokens, T="
                + settings.temperature() + ", prompt "
                + ResponseCache.key(FeaturePrompt.INSTRUCTION).substring(0, 8);
    }
}
