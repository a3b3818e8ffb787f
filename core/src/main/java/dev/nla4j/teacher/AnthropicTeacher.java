package dev.nla4j.teacher;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import dev.nla4j.teacher.ApiClient.Failure;
import dev.nla4j.teacher.ApiClient.Unanswered;
import dev.nla4j.teacher.Asking.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Asks a model behind Anthropic's Messages API, one request a text or, at half the price, all in one batch.
///
/// A batch's id is kept beside the cache until its answers are: a run that is killed takes up the same batch and pays
/// for no second one.
public final class AnthropicTeacher implements PaidTeacher {
    private static final String VERSION = "2023-06-01";
    private static final String BATCHES = "/v1/messages/batches";
    private static final String REQUESTS = "requests";
    private static final double BATCH_DISCOUNT = 0.5;
    private static final long LARGEST_NOTE = 1 << 16;
    private static final String ID = "[A-Za-z0-9_-]{1,128}";
    /// Bytes of a request's result, and of all results.
    private static final int LARGEST_RESULT = 1 << 15;

    private static final int SMALLEST_RESULTS = 1 << 20;
    private static final int LARGEST_RESULTS = 1 << 29;

    private final ApiSettings settings;
    private final ResponseCache cache;
    private final boolean batches;
    private final ApiClient client;
    private final Asking asking;

    /// @param batches whether to wait for batches instead of asking one by one
    public AnthropicTeacher(ApiSettings settings, ResponseCache cache, boolean batches) {
        this.settings = settings;
        this.cache = cache;
        this.batches = batches;
        this.client =
                new ApiClient(settings, Map.of("x-api-key", settings.key().secret(), "anthropic-version", VERSION));
        this.asking = new Asking(settings, cache, "anthropic", "max_tokens");
    }

    @Override
    public List<Lesson> explain(List<Snippet> snippets) throws InterruptedException {
        List<ObjectNode> requests = asking.requests(snippets);
        return batches ? asking.together(requests, new Batch()) : asking.one(requests, this::ask, client::stop);
    }

    private ApiAnswer ask(ObjectNode request) throws Unanswered, InterruptedException {
        ApiAnswer answer = answer(client.post("/v1/messages", request.toString()));
        if (answer == null) {
            throw new Unanswered("the answer has no content", Failure.SPOILT, null);
        }
        return answer;
    }

    private static @Nullable ApiAnswer answer(JsonNode message) {
        if (!message.path("content").isArray()) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : message.path("content")) {
            if (part.path("type").asString("").equals("text")) {
                text.append(part.path("text").asString(""));
            }
        }
        JsonNode usage = message.path("usage");
        return new ApiAnswer(
                text.toString(),
                message.path("stop_reason").asString(""),
                usage.path("input_tokens").asLong(0),
                usage.path("output_tokens").asLong(0));
    }

    /// A batch, with a note of it beside the cache: first that it will be sent, then its id.
    private final class Batch implements Asking.Job {
        @Override
        public Map<String, Outcome> ask(String name, Map<String, ObjectNode> open)
                throws Unanswered, InterruptedException {
            Path note = note(name);
            boolean begun = Files.exists(note);
            String id = begun ? noted(note) : start(note, open);
            try {
                while (!ended(client.get(BATCHES + "/" + id), id)) {
                    Thread.sleep(settings.pace().poll());
                }
                // The batch may have more requests than are open: what a run that was cut off has kept already.
                long requests = Math.max(
                        open.size(),
                        Json.read(note, LARGEST_NOTE).path(REQUESTS).asInt(0));
                int largest = Math.clamp(requests * LARGEST_RESULT, SMALLEST_RESULTS, LARGEST_RESULTS);
                Map<String, Outcome> outcomes = read(client.text(BATCHES + "/" + id + "/results", largest));
                if (!outcomes.keySet().containsAll(open.keySet())) {
                    throw new Unanswered(
                            "the results of batch " + id + " lack some requests; its id stands in " + note
                                    + ", remove that file to ask anew",
                            Failure.SPOILT,
                            null);
                }
                outcomes.keySet().retainAll(open.keySet());
                return outcomes;
            } catch (TeacherException e) {
                throw new TeacherException(
                        e.getMessage() + "; the batch's id stands in " + note + ", remove that file to ask anew", e);
            }
        }

        @Override
        public void done(String name) {
            delete(note(name));
        }
    }

    private Path note(String name) {
        return cache.folder().resolve("batch-" + name + ".json");
    }

    /// Sends a batch; a note stands before it is sent, as it may be taken and its id get lost.
    private String start(Path note, Map<String, ObjectNode> requests) throws Unanswered, InterruptedException {
        ObjectNode body = Json.mapper().createObjectNode();
        ArrayNode list = body.putArray(REQUESTS);
        requests.forEach((key, request) -> {
            ObjectNode entry = list.addObject();
            // The API's ids have 64 characters at most: the whole of our key.
            entry.put("custom_id", key);
            entry.set("params", request);
        });
        ObjectNode sent = Json.mapper().createObjectNode();
        write(note, sent.put("sent", Instant.now().toString()).put(REQUESTS, requests.size()));
        try {
            String id = client.postOnce(BATCHES, body.toString()).path("id").asString("");
            if (!id.matches(ID)) {
                throw new Unanswered("the batch has no id", Failure.SPOILT, null);
            }
            write(note, sent.put("id", id));
            return id;
        } catch (TeacherException e) {
            delete(note);
            throw e;
        } catch (Unanswered e) {
            if (!e.mayHaveArrived()) {
                delete(note);
                throw e;
            }
            throw new TeacherException(e.getMessage() + "; " + lost(note, sent), e);
        }
    }

    /// The id of the batch that an interrupted run had sent.
    private static String noted(Path note) {
        JsonNode sent = Json.read(note, LARGEST_NOTE);
        String id = sent.path("id").asString("");
        if (!id.matches(ID)) {
            throw new TeacherException(lost(note, sent));
        }
        return id;
    }

    private static String lost(Path note, JsonNode sent) {
        return "a batch of " + sent.path(REQUESTS).asInt(0) + " requests may have been taken at "
                + FormatException.printable(sent.path("sent").asString("?"))
                + ", and its id is not known: if the account lists it, write {\"id\": \"...\"} into " + note
                + ", else remove that file";
    }

    private static boolean ended(JsonNode batch, String id) throws Unanswered {
        String status = batch.path("processing_status").asString("");
        return switch (status) {
            case "ended" -> true;
            case "in_progress", "canceling" -> false;
            default ->
                throw new Unanswered(
                        "batch " + id + " is in no state that is known: " + FormatException.printable(status),
                        Failure.SPOILT,
                        null);
        };
    }

    private Map<String, Outcome> read(String results) throws Unanswered {
        Map<String, Outcome> outcomes = new HashMap<>();
        for (String line : results.lines().filter(text -> !text.isBlank()).toList()) {
            JsonNode node;
            try {
                node = Json.mapper().readTree(line);
            } catch (JacksonException e) {
                throw new Unanswered("the batch's results are malformed", Failure.SPOILT, e);
            }
            outcomes.put(node.path("custom_id").asString(""), outcome(node.path("result")));
        }
        return outcomes;
    }

    private Outcome outcome(JsonNode result) {
        String type = result.path("type").asString("");
        ApiAnswer answer = type.equals("succeeded") ? answer(result.path("message")) : null;
        if (answer != null) {
            return new Outcome.Answered(answer);
        }
        JsonNode error = result.path("error").path("error");
        String kind = error.path("type").asString("");
        boolean passing = Set.of("expired", "canceled").contains(type)
                || Set.of("api_error", "overloaded_error", "rate_limit_error", "timeout_error")
                        .contains(kind);
        String said =
                (type + " " + kind + " " + client.safe(error.path("message").asString(""))).strip();
        return new Outcome.Failed(said.isEmpty() ? "the batch says nothing of it" : said, passing);
    }

    private static void write(Path note, ObjectNode content) {
        try {
            AtomicFile.writeString(note, content.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(note + ": can't be written; the batch is " + content.path("id"), e);
        }
    }

    private static void delete(Path note) {
        try {
            Files.deleteIfExists(note);
        } catch (IOException e) {
            throw new UncheckedIOException(note + ": can't be removed", e);
        }
    }

    @Override
    public double estimate(long texts, long characters) {
        return asking.estimate(texts, characters, discount());
    }

    @Override
    public ApiUsage usage() {
        return asking.usage(discount());
    }

    private double discount() {
        return batches ? BATCH_DISCOUNT : 1;
    }

    @Override
    public String identity() {
        return asking.identity();
    }

    @Override
    public Optional<ApiSummaries> summaries() {
        return Optional.of(asking.summaries());
    }

    @Override
    public void close() {
        client.close();
    }
}
