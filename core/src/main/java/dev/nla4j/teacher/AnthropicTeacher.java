package dev.nla4j.teacher;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.json.Json;
import dev.nla4j.teacher.ApiClient.Unanswered;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Asks a model behind Anthropic's Messages API, one request a text or, at half the price, all in one batch.
///
/// A batch's id is kept beside the cache until its answers are: a run that is killed while it waits takes up the
/// same batch and pays for no second one.
public final class AnthropicTeacher implements PaidTeacher {
    private static final String VERSION = "2023-06-01";
    private static final String BATCHES = "/v1/messages/batches";
    private static final double BATCH_DISCOUNT = 0.5;
    private static final long LARGEST_NOTE = 1 << 16;

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
        this.asking = new Asking(settings, cache, "anthropic");
    }

    @Override
    public List<Lesson> explain(List<Snippet> snippets) throws InterruptedException {
        List<ObjectNode> requests = asking.requests(snippets);
        return batches ? asking.together(requests, this::askTogether) : asking.one(requests, this::ask);
    }

    private ApiAnswer ask(ObjectNode request) throws Unanswered, InterruptedException {
        ApiAnswer answer = answer(client.post("/v1/messages", request.toString()));
        if (answer == null) {
            throw new Unanswered("the answer has no content", false, null);
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
                Math.max(0, usage.path("input_tokens").asLong(0)),
                Math.max(0, usage.path("output_tokens").asLong(0)));
    }

    private Map<String, ApiAnswer> askTogether(Map<String, ObjectNode> requests)
            throws Unanswered, InterruptedException {
        Path note = cache.folder()
                .resolve("batch-"
                        + ResponseCache.key(String.join("\n", requests.keySet()))
                                .substring(0, 32) + ".json");
        String id = started(note);
        if (id == null) {
            id = start(requests);
            write(note, id);
        }
        JsonNode batch = client.get(BATCHES + "/" + id);
        while (!batch.path("processing_status").asString("").equals("ended")) {
            Thread.sleep(settings.pace().poll());
            batch = client.get(BATCHES + "/" + id);
        }
        String results = batch.path("results_url").asString("");
        if (results.isEmpty()) {
            throw new Unanswered("batch " + id + " ended without results", false, null);
        }
        Map<String, ApiAnswer> answers = read(client.text(URI.create(results)), requests);
        delete(note);
        return answers;
    }

    private String start(Map<String, ObjectNode> requests) throws Unanswered, InterruptedException {
        ObjectNode body = Json.mapper().createObjectNode();
        ArrayNode list = body.putArray("requests");
        requests.forEach((key, request) -> {
            ObjectNode entry = list.addObject();
            // The API's ids have 64 characters at most: the whole of our key.
            entry.put("custom_id", key);
            entry.set("params", request);
        });
        String id = client.post(BATCHES, body.toString()).path("id").asString("");
        if (!id.matches("[A-Za-z0-9_-]{1,128}")) {
            throw new Unanswered("the batch has no id", false, null);
        }
        return id;
    }

    private static Map<String, ApiAnswer> read(String results, Map<String, ObjectNode> requests) throws Unanswered {
        Map<String, ApiAnswer> answers = new LinkedHashMap<>();
        for (String line : results.lines().filter(text -> !text.isBlank()).toList()) {
            JsonNode node;
            try {
                node = Json.mapper().readTree(line);
            } catch (JacksonException e) {
                throw new Unanswered("the batch's results are malformed", true, e);
            }
            String key = node.path("custom_id").asString("");
            JsonNode result = node.path("result");
            ApiAnswer answer =
                    result.path("type").asString("").equals("succeeded") ? answer(result.path("message")) : null;
            if (answer != null && requests.containsKey(key)) {
                answers.put(key, answer);
            }
        }
        return answers;
    }

    /// The batch that an interrupted run had started, or null.
    private static @Nullable String started(Path note) {
        if (!Files.exists(note)) {
            return null;
        }
        String id = Json.read(note, LARGEST_NOTE).path("id").asString("");
        return id.matches("[A-Za-z0-9_-]{1,128}") ? id : null;
    }

    private static void write(Path note, String id) {
        try {
            AtomicFile.writeString(
                    note, Json.mapper().createObjectNode().put("id", id).toString());
        } catch (IOException e) {
            throw new UncheckedIOException(note + ": can't be written; the batch is " + id, e);
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
