package dev.nla4j.teacher;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import dev.nla4j.teacher.ApiClient.Failure;
import dev.nla4j.teacher.ApiClient.Unanswered;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Asks a model behind `/v1/chat/completions`, the form that vLLM, the server of llama.cpp and Ollama share.
public final class OpenAiTeacher implements PaidTeacher {
    /// How gateways and servers end an answer that failed on their side: not to be kept.
    private static final Set<String> BROKEN_OFF = Set.of("error", "abort");

    private final ApiClient client;
    private final Asking asking;

    public OpenAiTeacher(ApiSettings settings, ResponseCache cache) {
        this.client = new ApiClient(
                settings,
                settings.key().isNone()
                        ? Map.of()
                        : Map.of("Authorization", "Bearer " + settings.key().secret()));
        // Its own newer models know the limit by this name only, most other servers by the older one only.
        boolean own = "api.openai.com".equalsIgnoreCase(settings.endpoint().getHost());
        this.asking = new Asking(settings, cache, "openai", own ? "max_completion_tokens" : "max_tokens");
    }

    @Override
    public List<Lesson> explain(List<Snippet> snippets) throws InterruptedException {
        return asking.one(asking.requests(snippets), this::ask, client::stop);
    }

    private ApiAnswer ask(ObjectNode request) throws Unanswered, InterruptedException {
        JsonNode answer = client.post("/v1/chat/completions", request.toString());
        JsonNode choice = answer.path("choices").path(0);
        if (!choice.isObject()) {
            throw new Unanswered("the answer has no choices", Failure.SPOILT, null);
        }
        String finish = choice.path("finish_reason").asString("");
        if (BROKEN_OFF.contains(finish)) {
            throw new Unanswered("the answer ended in \"" + finish + "\"", Failure.SPOILT, null);
        }
        JsonNode usage = answer.path("usage");
        boolean refused = choice.path("message").path("refusal").isString();
        return new ApiAnswer(
                text(choice.path("message").path("content")),
                refused ? "refusal" : finish,
                usage.path("prompt_tokens").asLong(0),
                usage.path("completion_tokens").asLong(0));
    }

    /// A text, or its parts one after the other, as some servers give it.
    private static String text(JsonNode content) {
        if (!content.isArray()) {
            return content.asString("");
        }
        StringBuilder text = new StringBuilder();
        content.forEach(part -> text.append(part.path("text").asString("")));
        return text.toString();
    }

    @Override
    public double estimate(long texts, long characters) {
        return asking.estimate(texts, characters, 1);
    }

    @Override
    public ApiUsage usage() {
        return asking.usage(1);
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
