package dev.nla4j.tokenizer;

import dev.nla4j.format.json.Json;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the steps of a `tokenizer.json` around its model and writes them anew, so that the native library, which
/// ends the process on what it doesn't expect, sees only steps and values that are known to work.
final class PipelineCheck {
    private static final int MOST_STEPS = 16;
    private static final int LONGEST_TEXT = 16;
    private static final List<String> BEHAVIORS =
            List.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");
    private static final List<String> PREPEND_SCHEMES = List.of("first", "never", "always");

    private PipelineCheck() {}

    static JsonNode normalizer(JsonField field) {
        return orNull(field, PipelineCheck::normalizerStep, "normalizers");
    }

    static JsonNode preTokenizer(JsonField field) {
        return orNull(field, PipelineCheck::preTokenizerStep, "pretokenizers");
    }

    static JsonNode decoder(JsonField field) {
        return orNull(field, PipelineCheck::decoderStep, "decoders");
    }

    /// One step, a sequence of steps, or none.
    private static JsonNode orNull(JsonField field, Function<JsonField, ObjectNode> step, String listName) {
        if (field.absent()) {
            return NullNode.getInstance();
        }
        if (!type(field).equals("Sequence")) {
            return step.apply(field);
        }
        ObjectNode sequence = object("Sequence");
        ArrayNode steps = sequence.putArray(listName);
        for (JsonField item : field.get(listName).items(MOST_STEPS)) {
            steps.add(step.apply(item));
        }
        return sequence;
    }

    private static ObjectNode normalizerStep(JsonField field) {
        String type = type(field);
        return switch (type) {
            case "NFC", "NFD", "NFKC", "NFKD" -> object(type);
            case "Prepend" -> object(type).put("prepend", field.get("prepend").nonEmptyText(LONGEST_TEXT));
            case "Replace" -> replace(field, field.get("content").nonEmptyText(LONGEST_TEXT));
            default -> throw unknown(field, type, "NFC, NFD, NFKC, NFKD, Prepend, Replace, Sequence");
        };
    }

    private static ObjectNode preTokenizerStep(JsonField field) {
        String type = type(field);
        return switch (type) {
            case "ByteLevel" -> byteLevel(field);
            case "Digits" ->
                object(type)
                        .put("individual_digits", field.get("individual_digits").flag(false));
            case "Metaspace" -> metaspace(field);
            case "Split" -> split(field);
            default -> throw unknown(field, type, "ByteLevel, Digits, Metaspace, Split, Sequence");
        };
    }

    private static ObjectNode decoderStep(JsonField field) {
        String type = type(field);
        return switch (type) {
            case "ByteLevel" -> byteLevel(field);
            case "ByteFallback", "Fuse" -> object(type);
            case "Metaspace" -> metaspace(field);
            case "Replace" -> replace(field, field.get("content").text(LONGEST_TEXT));
            case "Strip" -> strip(field);
            default -> throw unknown(field, type, "ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip, Sequence");
        };
    }

    static ObjectNode byteLevel(JsonField field) {
        return object("ByteLevel")
                .put("add_prefix_space", field.get("add_prefix_space").flag(true))
                .put("trim_offsets", field.get("trim_offsets").flag(true))
                .put("use_regex", field.get("use_regex").flag(true));
    }

    private static ObjectNode metaspace(JsonField field) {
        JsonField given = field.get("prepend_scheme");
        String scheme = given.absent()
                ? (field.get("add_prefix_space").flag(true) ? "always" : "never")
                : oneOf(given, PREPEND_SCHEMES);
        return object("Metaspace")
                .put("replacement", character(field.get("replacement")))
                .put("prepend_scheme", scheme)
                .put("split", field.get("split").flag(true));
    }

    private static ObjectNode split(JsonField field) {
        ObjectNode split = object("Split");
        JsonField pattern = field.get("pattern");
        JsonField regex = pattern.get("Regex");
        if (regex.absent()) {
            split.set("pattern", literal(pattern));
        } else if (SplitPatterns.isKnown(regex.text(Integer.MAX_VALUE))) {
            split.putObject("pattern").put("Regex", regex.text(Integer.MAX_VALUE));
        } else {
            throw regex.problem("is a regular expression that no known tokenizer uses: " + regex.json());
        }
        return split.put("behavior", oneOf(field.get("behavior"), BEHAVIORS))
                .put("invert", field.get("invert").flag(false));
    }

    private static ObjectNode replace(JsonField field, String content) {
        ObjectNode replace = object("Replace");
        replace.set("pattern", literal(field.get("pattern")));
        return replace.put("content", content);
    }

    private static ObjectNode strip(JsonField field) {
        return object("Strip")
                .put("content", character(field.get("content")))
                .put("start", field.get("start").integer(0, LONGEST_TEXT))
                // the library reads before the first character of tokens shorter than this
                .put("stop", field.get("stop").integer(0, 0));
    }

    private static ObjectNode literal(JsonField pattern) {
        return Json.mapper()
                .createObjectNode()
                .put("String", pattern.get("String").nonEmptyText(LONGEST_TEXT));
    }

    private static String character(JsonField field) {
        String text = field.text(2);
        if (text.codePointCount(0, text.length()) != 1) {
            throw field.problem("must be one character, was " + field.json());
        }
        return text;
    }

    private static String oneOf(JsonField field, List<String> allowed) {
        String text = field.text(LONGEST_TEXT * 2);
        if (!allowed.contains(text)) {
            throw field.problem("must be one of " + String.join(", ", allowed) + ", was " + field.json());
        }
        return text;
    }

    static String type(JsonField field) {
        field.object();
        return field.get("type").text(100);
    }

    static ObjectNode object(String type) {
        return Json.mapper().createObjectNode().put("type", type);
    }

    static RuntimeException unknown(JsonField field, String type, String known) {
        return field.problem("type '" + type + "' isn't supported; supported are " + known);
    }
}
