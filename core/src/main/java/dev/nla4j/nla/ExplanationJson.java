package dev.nla4j.nla;

import dev.nla4j.format.json.Json;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Explanations as the public inference server's `POST /explain` answers, with what this program knows besides: `fve`,
/// `truncated`, `samples`, `samples_mean` and `position_trained` for each result, `seed`, `nla`, `controls` and
/// `trained_positions` at the top.
public final class ExplanationJson {
    private ExplanationJson() {}

    /// One JSON document; results ascend by position.
    public static ObjectNode of(Explainer.Report report, TextTokens tokens, Stages stages, long seed) {
        ObjectNode document = Json.mapper().createObjectNode();
        document.put("layer_index", stages.reconstructor().layer().orElseThrow());
        ArrayNode results = document.putArray("results");
        for (Explainer.Result result : report.results()) {
            results.add(result(result, tokens, report.rawvar(), stages.trained()));
        }
        document.put("prompt_length", tokens.size());
        putRun(document, report, stages, seed);
        return document;
    }

    /// Adds what holds for all of a report's results: seed, pair, where it was trained, controls and the FVE's
    /// denominator.
    public static void putRun(ObjectNode document, Explainer.Report report, Stages stages, long seed) {
        document.put("seed", seed);
        document.put("nla", String.valueOf(stages.pair().getFileName()));
        putSpan(document, stages.trained());
        ObjectNode controls = document.putObject("controls");
        putControl(controls, "empty", report.controls().empty(), Explainer.NO_EMPTY);
        putControl(controls, "shuffled", report.controls().shuffled(), Explainer.NO_SHUFFLED);
        if (report.rawvar().isPresent()) {
            document.put("rawvar", report.rawvar().getAsDouble());
        } else {
            document.putNull("rawvar");
            document.put("fve_missing", report.noFve());
        }
    }

    /// Its mean cosine; null, and the reason beside it, where it can't be had.
    private static void putControl(ObjectNode controls, String name, OptionalDouble cosine, String why) {
        putOrNull(controls, name, cosine);
        if (cosine.isEmpty()) {
            controls.put(name + "_missing", why);
        }
    }

    /// First and last; nothing where the halves know no common ones.
    private static void putSpan(ObjectNode document, Optional<NlaMeta.Span> trained) {
        if (trained.isEmpty()) {
            document.putNull("trained_positions");
            return;
        }
        ArrayNode ends = document.putArray("trained_positions");
        trained.filter(span -> !span.isEmpty())
                .ifPresent(span -> ends.add(span.first()).add(span.last()));
    }

    /// Adds a token's position, and whether the pair was trained on tokens there; null when no sidecar says.
    public static void putPosition(ObjectNode node, int position, Optional<NlaMeta.Span> trained) {
        node.put("position", position);
        trained.ifPresentOrElse(
                span -> node.put("position_trained", span.holds(position)), () -> node.putNull("position_trained"));
    }

    private static ObjectNode result(
            Explainer.Result result, TextTokens tokens, OptionalDouble rawvar, Optional<NlaMeta.Span> trained) {
        int position = result.position();
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("token", tokens.token(position));
        node.put("token_id", tokens.tokens().get(position).tokenId());
        putPosition(node, position, trained);
        node.put("l2_norm", result.norm());
        putScored(node, result, rawvar);
        node.put("generated", false);
        TextTokens.MessageSpan message = tokens.message(position);
        if (message == null) {
            node.putNull("role");
            node.put("section", tokens.messages().isEmpty() ? "text" : "template");
            node.putNull("channel");
            node.putNull("message_index");
        } else {
            node.put("role", message.role());
            node.put("section", "content");
            node.putNull("channel");
            node.put("message_index", message.index());
        }
        TextTokens.Fragment fragment = tokens.fragment(position);
        node.put("fragment_index", fragment.index());
        node.put("fragment_count", fragment.count());
        return node;
    }

    /// Adds the best sample's text and scores, all samples, and what they score in the mean.
    public static void putScored(ObjectNode node, Explainer.Result result, OptionalDouble rawvar) {
        put(node, result.best(), rawvar);
        ArrayNode samples = node.putArray("samples");
        for (Explainer.Sample sample : result.samples()) {
            put(samples.addObject(), sample, rawvar);
        }
        put(node.putObject("samples_mean"), result.mean(), rawvar);
    }

    private static void put(ObjectNode node, Explainer.Sample sample, OptionalDouble rawvar) {
        node.put("description", sample.text().description());
        put(node, sample.score(), rawvar);
        node.put("truncated", sample.text().truncated());
    }

    private static void put(ObjectNode node, Score score, OptionalDouble rawvar) {
        node.put("mse", score.mse());
        node.put("cosine_similarity", score.cosine());
        putOrNull(node, "fve", score.fve(rawvar));
    }

    private static void putOrNull(ObjectNode node, String name, OptionalDouble value) {
        if (value.isPresent()) {
            node.put(name, value.getAsDouble());
        } else {
            node.putNull(name);
        }
    }
}
