package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Checks a `tokenizer.json` and writes it anew: what the native library reads is never what a file brought.
/// Padding and truncation are left out, so that a text's tokens are its tokens.
final class TokenizerJson {
    private static final int MOST_MERGES = Vocabulary.LARGEST_ID;

    private final JsonField root;
    private final SpecialNames names;
    private final Vocabulary vocabulary = new Vocabulary();
    private final ObjectNode out = Json.mapper().createObjectNode();

    private TokenizerJson(Path file, JsonNode json, SpecialNames names) {
        this.root = JsonField.root(file, json);
        this.names = names;
    }

    /// The checked form of a parsed `tokenizer.json`; `file` is named in errors.
    static TokenizerDefinition check(Path file, JsonNode json, SpecialNames names) {
        return new TokenizerJson(file, json, names).check();
    }

    private TokenizerDefinition check() {
        root.object();
        ObjectNode model = model(root.get("model"));
        AddedTokens added = new AddedTokens(root.file(), vocabulary);
        added.own(root.get("added_tokens"));
        requireUnknownToken(root.get("model").get("unk_token"));
        // in the order in which transformers 5 adds them, from which the ids follow
        names.added().forEach(added::configured);
        Map<String, SpecialTokens.Special> named = new LinkedHashMap<>();
        names.named().forEach((use, name) -> named.put(use, added.named(name)));
        names.extra().forEach(added::extra);
        PostProcessorCheck postProcessor = new PostProcessorCheck(vocabulary);
        PipelineCheck pipeline = new PipelineCheck();

        out.put("version", "1.0");
        out.putArray("added_tokens").addAll(added.json());
        out.set("normalizer", pipeline.normalizer(root.get("normalizer")));
        out.set("pre_tokenizer", pipeline.preTokenizer(root.get("pre_tokenizer")));
        out.set("post_processor", postProcessor.check(root.get("post_processor")));
        out.set("decoder", pipeline.decoder(root.get("decoder")));
        out.set("model", model);
        SpecialTokens specialTokens = new SpecialTokens(
                named, added.specials(), stops(named.get("eos_token")), postProcessor.prefix(), postProcessor.suffix());
        return new TokenizerDefinition(
                root.file(), text(), vocabulary, maxBaseId(added), Set.of(), specialTokens, pipeline.longestText());
    }

    /// An id that no token has can't be written, so it ends nothing: files have `-1`, or ids of a larger
    /// model.
    private Set<Integer> stops(SpecialTokens.@Nullable Special eos) {
        Set<Integer> stops = new HashSet<>(names.stops());
        if (eos != null) {
            stops.add(eos.id());
        }
        stops.removeIf(id -> vocabulary.token(id) == null);
        return stops;
    }

    private int maxBaseId(AddedTokens added) {
        int id = vocabulary.maxId();
        while (id >= 0 && (vocabulary.token(id) == null || added.contains(id))) {
            id--;
        }
        return id;
    }

    private ObjectNode model(JsonField field) {
        field.object();
        // files of before 2020 don't say; they are BPE when they have merges
        String type = field.get("type").absent() ? "BPE" : PipelineCheck.type(field);
        if (!type.equals("BPE")) {
            throw PipelineCheck.unknown(field, type, "BPE");
        }
        vocabulary(field.get("vocab"));
        ObjectNode model = PipelineCheck.object("BPE");
        model.set("vocab", field.get("vocab").object());
        model.set("merges", merges(field.get("merges")));
        requireNoDropout(field.get("dropout"));
        requireNone(field.get("continuing_subword_prefix"));
        requireNone(field.get("end_of_word_suffix"));
        return model.put("unk_token", unknownToken(field.get("unk_token")))
                .put("fuse_unk", field.get("fuse_unk").flag(false))
                .put("byte_fallback", field.get("byte_fallback").flag(false))
                .put("ignore_merges", field.get("ignore_merges").flag(false));
    }

    private void vocabulary(JsonField field) {
        for (Map.Entry<String, JsonNode> entry : field.object().properties()) {
            JsonNode id = entry.getValue();
            if (!id.isIntegralNumber()
                    || !id.canConvertToInt()
                    || id.intValue() < 0
                    || id.intValue() > Vocabulary.LARGEST_ID) {
                throw field.problem("token '" + entry.getKey() + "' has the id "
                        + FormatException.printable(id.toString()) + "; ids go from 0 to " + Vocabulary.LARGEST_ID);
            }
            vocabulary.add(field.file(), field.path(), entry.getKey(), id.intValue());
        }
    }

    /// Merges are strings with one space, or pairs; whether their tokens exist is checked by the library.
    private static JsonNode merges(JsonField field) {
        JsonNode merges = field.list(MOST_MERGES);
        for (int i = 0; i < merges.size(); i++) {
            JsonNode merge = merges.get(i);
            boolean pair = merge.isArray()
                    && merge.size() == 2
                    && merge.get(0).isString()
                    && merge.get(1).isString();
            if (!pair && !(merge.isString() && hasOneSpace(merge.stringValue()))) {
                throw field.problem("entry " + i + " must be two tokens, with a space between or as a list, was "
                        + FormatException.printable(merge.toString()));
            }
        }
        return merges;
    }

    private static boolean hasOneSpace(String merge) {
        int space = merge.indexOf(' ');
        return space >= 0 && merge.indexOf(' ', space + 1) < 0;
    }

    private static @Nullable String unknownToken(JsonField field) {
        return field.absent() ? null : field.text(AddedTokens.LONGEST);
    }

    /// One that is only added is allowed: a text that needs it can't be read, other texts can.
    private void requireUnknownToken(JsonField field) {
        String token = unknownToken(field);
        if (token != null && vocabulary.id(token) == null) {
            throw field.problem("'" + token + "' isn't in the vocabulary");
        }
    }

    /// None, or a chance of 0.
    private static void requireNoDropout(JsonField field) {
        if (field.json() == null || !field.json().isNumber() || field.json().doubleValue() != 0) {
            requireNone(field);
        }
    }

    /// Fields that no known model uses, and on which the library has ended the process.
    private static void requireNone(JsonField field) {
        if (!field.absent() && !"\"\"".equals(String.valueOf(field.json()))) {
            throw field.problem("isn't supported, was " + field.json());
        }
    }

    /// The new file's text. A lone surrogate in any string would make the library read another text than we
    /// checked.
    private String text() {
        String text = Json.mapper().writeValueAsString(out);
        if (!SurrogateRepair.isWellFormed(text)) {
            throw new FormatException(root.file(), -1, "text", "has a lone surrogate escape (\\ud800 to \\udfff)");
        }
        return text;
    }
}
