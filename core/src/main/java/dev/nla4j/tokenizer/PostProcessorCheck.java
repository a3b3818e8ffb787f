package dev.nla4j.tokenizer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the step of a `tokenizer.json` that adds tokens before and after a text, and writes it anew (see
/// [PipelineCheck]).
final class PostProcessorCheck {
    private static final int MOST_STEPS = 8;
    private static final int MOST_PIECES = 16;
    private static final int LONGEST_TOKEN = 1000;

    private final Vocabulary vocabulary;
    private final List<Integer> prefix = new ArrayList<>();
    private final List<Integer> suffix = new ArrayList<>();
    private @Nullable JsonField template;

    PostProcessorCheck(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /// Ids added before a text, known after [#check].
    List<Integer> prefix() {
        return prefix;
    }

    /// Ids added after a text, known after [#check].
    List<Integer> suffix() {
        return suffix;
    }

    JsonNode check(JsonField field) {
        if (field.absent()) {
            return NullNode.getInstance();
        }
        if (!PipelineCheck.type(field).equals("Sequence")) {
            return step(field);
        }
        ObjectNode sequence = PipelineCheck.object("Sequence");
        ArrayNode steps = sequence.putArray("processors");
        for (JsonField item : field.get("processors").items(MOST_STEPS)) {
            steps.add(step(item));
        }
        return sequence;
    }

    private ObjectNode step(JsonField field) {
        String type = PipelineCheck.type(field);
        return switch (type) {
            case "ByteLevel" -> PipelineCheck.byteLevel(field);
            case "TemplateProcessing" -> template(field);
            default -> throw PipelineCheck.unknown(field, type, "ByteLevel, TemplateProcessing, Sequence");
        };
    }

    private ObjectNode template(JsonField field) {
        if (template != null) {
            throw field.problem("is a second template; the first is " + template.path());
        }
        template = field;
        ObjectNode out = PipelineCheck.object("TemplateProcessing");
        ArrayNode single = out.putArray("single");
        Map<String, List<Integer>> used = new LinkedHashMap<>();
        boolean afterText = false;
        for (JsonField piece : field.get("single").items(MOST_PIECES)) {
            JsonField special = piece.get("SpecialToken");
            if (special.absent()) {
                if (afterText || !piece.get("Sequence").get("id").text(1).equals("A")) {
                    throw piece.problem("must be a special token or, once, the sequence A");
                }
                afterText = true;
                single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
            } else {
                String name = special.get("id").text(LONGEST_TOKEN);
                List<Integer> ids = used.computeIfAbsent(name, n -> ids(field, n));
                (afterText ? suffix : prefix).addAll(ids);
                single.addObject().putObject("SpecialToken").put("id", name).put("type_id", 0);
            }
        }
        if (!afterText) {
            throw field.get("single").problem("has no place for the text (the sequence A)");
        }
        ArrayNode pair = out.putArray("pair");
        pair.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
        pair.addObject().putObject("Sequence").put("id", "B").put("type_id", 1);
        specialTokens(out.putObject("special_tokens"), used);
        return out;
    }

    /// The ids that the template's own list gives to a special token.
    private List<Integer> ids(JsonField template, String name) {
        JsonField entry = template.get("special_tokens").get(name);
        List<Integer> ids = new ArrayList<>();
        for (JsonField item : entry.get("ids").items(MOST_PIECES)) {
            int id = item.integer(0, Vocabulary.LARGEST_ID);
            if (vocabulary.token(id) == null) {
                throw item.problem("is " + id + ", which no token has");
            }
            ids.add(id);
        }
        return ids;
    }

    private void specialTokens(ObjectNode out, Map<String, List<Integer>> used) {
        used.forEach((name, ids) -> {
            ObjectNode entry = out.putObject(name).put("id", name);
            ArrayNode idList = entry.putArray("ids");
            ArrayNode tokenList = entry.putArray("tokens");
            for (int id : ids) {
                idList.add(id);
                tokenList.add(vocabulary.token(id));
            }
        });
    }
}
