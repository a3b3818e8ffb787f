package dev.nla4j.tokenizer;

import dev.nla4j.format.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

    private final TextGrowth encoding = new TextGrowth();
    private final TextGrowth decoding = new TextGrowth();
    /// Kinds of steps of which a text grows with each, so that one must do.
    private final Set<String> single = new HashSet<>();

    JsonNode normalizer(JsonField field) {
        return orNull(field, this::normalizerStep, "normalizers");
    }

    JsonNode preTokenizer(JsonField field) {
        return orNull(field, this::preTokenizerStep, "pretokenizers");
    }

    JsonNode decoder(JsonField field) {
        return orNull(field, this::decoderStep, "decoders");
    }

    /// Most UTF-16 units that a text may have, so that it has at most [Tokenizer#LONGEST_TEXT] wherever a
    /// regular expression meets it; known after the normalizer and the pre-tokenizer.
    int longestText() {
        return encoding.longestText();
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

    private ObjectNode normalizerStep(JsonField field) {
        String type = type(field);
        return switch (type) {
            case "NFC", "NFD", "NFKC", "NFKD" -> {
                requireFirst(field, "Unicode normalization");
                encoding.unicode(type);
                yield object(type);
            }
            case "Prepend" -> {
                // to each piece of text between added tokens, which may be as short as one character
                requireFirst(field, type);
                yield object(type).put("prepend", character(field.get("prepend")));
            }
            case "Replace" -> replace(field, encoding);
            default -> throw unknown(field, type, "NFC, NFD, NFKC, NFKD, Prepend, Replace, Sequence");
        };
    }

    private ObjectNode preTokenizerStep(JsonField field) {
        String type = type(field);
        return switch (type) {
            case "ByteLevel" -> {
                requireFirst(field, type);
                encoding.beginBytes();
                yield byteLevel(field);
            }
            case "Digits" ->
                object(type)
                        .put("individual_digits", field.get("individual_digits").flag(false));
            case "Metaspace" -> {
                requireFirst(field, type);
                yield metaspace(field);
            }
            case "Split" -> {
                encoding.beginSplit();
                yield split(field);
            }
            default -> throw unknown(field, type, "ByteLevel, Digits, Metaspace, Split, Sequence");
        };
    }

    private ObjectNode decoderStep(JsonField field) {
        String type = type(field);
        return switch (type) {
            case "ByteLevel" -> byteLevel(field);
            case "ByteFallback", "Fuse" -> object(type);
            case "Metaspace" -> metaspace(field);
            case "Replace" -> replace(field, decoding);
            case "Strip" -> strip(field);
            default -> throw unknown(field, type, "ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip, Sequence");
        };
    }

    /// Each of these may make a text several times as long, and sixteen of them would fill any memory.
    private void requireFirst(JsonField field, String kind) {
        if (!single.add(kind)) {
            throw field.problem("is a second " + kind + " step; one is supported");
        }
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

    private static ObjectNode replace(JsonField field, TextGrowth growth) {
        ObjectNode replace = object("Replace");
        ObjectNode pattern = literal(field.get("pattern"));
        String content = field.get("content").text(LONGEST_TEXT);
        growth.replace(field, pattern.get("String").stringValue(), content);
        replace.set("pattern", pattern);
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
