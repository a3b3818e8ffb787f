package dev.nla4j.teacher;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.ExplanationText;
import dev.nla4j.teacher.ApiClient.Failure;
import dev.nla4j.teacher.ApiClient.Unanswered;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// What the teachers behind APIs have in common: the cache, the account, and how an answer becomes a lesson.
final class Asking {
    /// Where characters are counted instead of tokens: English has about four of them a token.
    private static final double CHARACTERS_A_TOKEN = 4;
    /// Longer than any explanation, far shorter than a line of the cache may be.
    private static final int LONGEST_ANSWER = 1 << 16;

    /// Characters of the requests of one job: what a server takes at once, several times over.
    private static final long LARGEST_JOB = 32 << 20;

    private static final int NAME_LENGTH = 32;
    private static final int MANY = 16;
    private static final String CUT_OFF = "the answer was cut off or has no tags";
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cs}&&[^\\n\\r\\t]]");

    private final ApiSettings settings;
    private final ResponseCache cache;
    private final String api;
    private final String limit;
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong cached = new AtomicLong();
    private final AtomicLong unmetered = new AtomicLong();
    private final AtomicLong inputTokens = new AtomicLong();
    private final AtomicLong outputTokens = new AtomicLong();

    /// @param api name of the protocol, part of every request's identity
    /// @param limit what the protocol calls the bound on an answer's tokens
    Asking(ApiSettings settings, ResponseCache cache, String api, String limit) {
        this.limit = limit;
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
        request.put(limit, settings.maxTokens());
        request.put("temperature", settings.temperature());
        request.putArray("messages").addObject().put("role", "user").put("content", FeaturePrompt.of(text));
        return request;
    }

    /// Asks for one answer.
    @FunctionalInterface
    interface Question {
        ApiAnswer ask(ObjectNode request) throws Unanswered, InterruptedException;
    }

    /// What a job has for one of its requests.
    sealed interface Outcome {
        /// What came.
        record Answered(ApiAnswer answer) implements Outcome {}

        /// There is no answer.
        ///
        /// @param passing whether the request may be answered another time
        record Failed(String reason, boolean passing) implements Outcome {}
    }

    /// One job for many requests.
    interface Job {
        /// Asks for many answers; goes on with the job of that name where one was begun.
        ///
        /// @param name the same whichever of its requests are still open
        Map<String, Outcome> ask(String name, Map<String, ObjectNode> open) throws Unanswered, InterruptedException;

        /// All that the job has is kept: it may be forgotten.
        void done(String name);
    }

    /// The name of a request in the cache.
    String key(ObjectNode request) {
        return ResponseCache.key(api + "\n" + settings.endpoint() + "\n" + request);
    }

    /// Lessons from requests of their own, many at a time; answers are kept as they come. The first failure that is not
    /// one request's own ends it: no further request begins, those under way may end, as they are paid for.
    ///
    /// @param stop is told to try nothing again
    List<Lesson> one(List<ObjectNode> requests, Question question, Runnable stop) throws InterruptedException {
        AtomicReference<@Nullable RuntimeException> ended = new AtomicReference<>();
        List<Lesson> lessons = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // One text is asked about once, however often it stands there.
            Map<String, Future<Lesson>> begun = new HashMap<>();
            List<Future<Lesson>> futures = new ArrayList<>();
            for (ObjectNode request : requests) {
                futures.add(begun.computeIfAbsent(
                        key(request),
                        key -> threads.submit(() -> {
                            try {
                                return ended.get() == null ? lesson(key, request, question) : NEVER_ASKED;
                            } catch (RuntimeException e) {
                                ended.compareAndSet(null, e);
                                stop.run();
                                return NEVER_ASKED;
                            }
                        })));
            }
            try {
                for (Future<Lesson> future : futures) {
                    lessons.add(future.get());
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof InterruptedException) {
                    throw new InterruptedException();
                }
                throw new IllegalStateException(e);
            } finally {
                futures.forEach(future -> future.cancel(true));
            }
        }
        RuntimeException why = ended.get();
        if (why instanceof Outage outage) {
            throw new TeacherException(unanswered(lessons) + " of " + lessons.size() + " requests got no answer: "
                    + outage.getMessage() + GOES_ON);
        }
        if (why != null) {
            throw why;
        }
        requireSome(lessons);
        return lessons;
    }

    private static final Lesson NEVER_ASKED = new Lesson.Declined("was never asked");
    private static final String GOES_ON = "; answers that came are kept, the same command goes on";

    private static long unanswered(List<Lesson> lessons) {
        return lessons.stream().filter(lesson -> lesson == NEVER_ASKED).count();
    }

    /// The server is down: that must not cost a run its rows.
    private static final class Outage extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Outage(Unanswered cause) {
            super(cause.getMessage(), cause);
        }
    }

    private Lesson lesson(String key, ObjectNode request, Question question) throws InterruptedException {
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
            if (e.failure() == Failure.OUTAGE) {
                throw new Outage(e);
            }
            return new Lesson.Declined(NO_ANSWER + e.getMessage());
        }
    }

    /// Lessons from jobs for all requests that were not answered before.
    List<Lesson> together(List<ObjectNode> requests, Job job) throws InterruptedException {
        Map<String, String> failed = new HashMap<>();
        Map<String, ObjectNode> part = new LinkedHashMap<>();
        long size = 0;
        for (ObjectNode request : requests) {
            int length = request.toString().length();
            if (size + length > LARGEST_JOB) {
                ask(part, job, failed);
                part.clear();
                size = 0;
            }
            part.put(key(request), request);
            size += length;
        }
        ask(part, job, failed);
        List<Lesson> lessons = new ArrayList<>();
        for (ObjectNode request : requests) {
            String key = key(request);
            lessons.add(cache.get(key)
                    .map(Asking::read)
                    .orElseGet(() -> new Lesson.Declined(NO_ANSWER + failed.getOrDefault(key, "none was kept"))));
        }
        requireSome(lessons);
        return lessons;
    }

    /// @param failed takes why requests have no answer
    private void ask(Map<String, ObjectNode> requests, Job job, Map<String, String> failed)
            throws InterruptedException {
        // Of all requests, so that it stays the same when some of them have been answered.
        String name = ResponseCache.key(String.join("\n", requests.keySet())).substring(0, NAME_LENGTH);
        Map<String, ObjectNode> open = new LinkedHashMap<>(requests);
        open.keySet().removeIf(key -> cache.get(key).isPresent());
        cached.addAndGet(requests.size() - open.size());
        List<String> passing = new ArrayList<>();
        if (!open.isEmpty()) {
            try {
                job.ask(name, open).forEach((key, outcome) -> {
                    switch (outcome) {
                        case Outcome.Answered(ApiAnswer answer) -> keep(key, answer);
                        case Outcome.Failed(String reason, boolean passes) -> {
                            failed.put(key, reason);
                            if (passes) {
                                passing.add(reason);
                            }
                        }
                    }
                });
            } catch (Unanswered e) {
                throw new TeacherException(e.getMessage() + "; the same command goes on", e);
            }
        }
        job.done(name);
        if (!passing.isEmpty()) {
            throw new TeacherException(
                    passing.size() + " of " + open.size() + " requests got no answer: " + passing.getFirst() + GOES_ON);
        }
    }

    private static final String NO_ANSWER = "no answer: ";

    /// What is wrong with most requests is wrong with how they are asked, and not with their rows. Of a few nothing
    /// can be said.
    private static void requireSome(List<Lesson> lessons) {
        List<String> reasons = lessons.stream()
                .filter(Lesson.Declined.class::isInstance)
                .map(lesson -> ((Lesson.Declined) lesson).reason())
                .toList();
        List<String> unanswered =
                reasons.stream().filter(reason -> reason.startsWith(NO_ANSWER)).toList();
        if (lessons.size() >= MANY && 2 * unanswered.size() > lessons.size()) {
            throw new TeacherException(
                    unanswered.size() + " of " + lessons.size() + " requests got " + unanswered.getFirst() + GOES_ON);
        }
        if (lessons.size() >= MANY && reasons.stream().filter(CUT_OFF::equals).count() == lessons.size()) {
            throw new TeacherException("none of " + lessons.size()
                    + " answers came to an end in the form that was asked for: raise --max-tokens, or take a model that"
                    + " thinks less");
        }
    }

    private void keep(String key, ApiAnswer answer) {
        if (answer.text().length() <= LONGEST_ANSWER) {
            cache.put(key, answer);
        }
        answered.incrementAndGet();
        unmetered.addAndGet(answer.inputTokens() + answer.outputTokens() == 0 ? 1 : 0);
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
                        FeaturePrompt.isWhole(answer.text()) ? "the answer has fewer than two features" : CUT_OFF));
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
                unmetered.get(),
                inputTokens.get(),
                outputTokens.get(),
                discount * settings.prices().of(inputTokens.get(), outputTokens.get()));
    }

    /// Characters of a text for [#estimate]: one beyond ASCII may be a token by itself.
    static long characters(String text) {
        double beyondAscii = text.chars().filter(c -> c > 0x7f).count();
        return text.length() + Math.round((CHARACTERS_A_TOKEN - 1) * beyondAscii);
    }

    /// What so many texts will cost, about: every answer as long as it may be.
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
