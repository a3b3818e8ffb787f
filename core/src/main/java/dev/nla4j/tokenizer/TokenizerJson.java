package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Checks a `tokenizer.json` and writes it anew: what the native library reads is never what a file brought.
/// Padding and truncation are left out, so that a text's tokens are its tokens.
final class TokenizerJson {
    private static final int MOST_ADDED_TOKENS = 1 << 16;
    private static final int LONGEST_ADDED_TOKEN = 1000;
    /// All added tokens become one automaton, which takes some hundred bytes a character.
    private static final int MOST_ADDED_CHARACTERS = 1 << 21;
    private static final int MOST_MERGES = Vocabulary.LARGEST_ID;

    private final JsonField root;
    private final SpecialNames names;
    private final Vocabulary vocabulary = new Vocabulary();
    private final Set<Integer> specials = new HashSet<>();
    /// Added tokens by id, as they will be written.
    private final Map<Integer, ObjectNode> added = new LinkedHashMap<>();
    private int addedCharacters;
    private int largestAdded = -1;
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
        addedTokens(root.get("added_tokens"));
        for (String name : names.additional()) {
            special("additional_special_tokens", name);
        }
        SpecialTokens.Special bos = special("bos_token", names.bos());
        SpecialTokens.Special eos = special("eos_token", names.eos());
        SpecialTokens.Special pad = special("pad_token", names.pad());
        SpecialTokens.Special unk = special("unk_token", names.unk());
        PostProcessorCheck postProcessor = new PostProcessorCheck(vocabulary);

        out.put("version", "1.0");
        out.putArray("added_tokens").addAll(added.values());
        out.set("normalizer", PipelineCheck.normalizer(root.get("normalizer")));
        out.set("pre_tokenizer", PipelineCheck.preTokenizer(root.get("pre_tokenizer")));
        out.set("post_processor", postProcessor.check(root.get("post_processor")));
        out.set("decoder", PipelineCheck.decoder(root.get("decoder")));
        out.set("model", model);
        Set<Integer> stops = new HashSet<>(names.stops());
        if (eos != null) {
            stops.add(eos.id());
        }
        for (int id : stops) {
            if (vocabulary.token(id) == null) {
                throw new FormatException(root.file(), -1, "eos_token_id", "is " + id + ", which no token has");
            }
        }
        SpecialTokens specialTokens =
                new SpecialTokens(bos, eos, pad, unk, specials, stops, postProcessor.prefix(), postProcessor.suffix());
        return new TokenizerDefinition(root.file(), text(), vocabulary, maxBaseId(), Set.of(), specialTokens);
    }

    private int maxBaseId() {
        int id = vocabulary.maxId();
        while (id >= 0 && (vocabulary.token(id) == null || added.containsKey(id))) {
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
        String unk =
                field.get("unk_token").absent() ? null : field.get("unk_token").text(LONGEST_ADDED_TOKEN);
        if (unk != null && vocabulary.id(unk) == null) {
            throw field.get("unk_token").problem("'" + unk + "' isn't in the vocabulary");
        }
        requireNone(field.get("dropout"));
        requireNone(field.get("continuing_subword_prefix"));
        requireNone(field.get("end_of_word_suffix"));
        return model.put("unk_token", unk)
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

    /// Fields that no known model uses, and on which the library has ended the process.
    private static void requireNone(JsonField field) {
        if (!field.absent() && !"\"\"".equals(String.valueOf(field.json()))) {
            throw field.problem("isn't supported, was " + field.json());
        }
    }

    private void addedTokens(JsonField list) {
        int modelSize = vocabulary.size();
        for (JsonField field : list.absent() ? List.<JsonField>of() : list.items(MOST_ADDED_TOKENS)) {
            String content = field.get("content").nonEmptyText(LONGEST_ADDED_TOKEN);
            int id = field.get("id").integer(0, Vocabulary.LARGEST_ID);
            int assigned = nextId(content, modelSize);
            if (assigned != id) {
                throw field.problem("token '" + content + "' has the id " + id + " but would get " + assigned
                        + ": ids after the model's vocabulary must follow it without a gap");
            }
            if (added.containsKey(id)) {
                throw field.problem("token '" + content + "' is added twice");
            }
            add(field, content, id);
        }
        // As in transformers: what stands in tokenizer_config.json alone is added too, under the next id and not under
        // the one that it has there.
        for (JsonField field : names.added()) {
            String content = field.get("content").nonEmptyText(LONGEST_ADDED_TOKEN);
            int id = nextId(content, modelSize);
            if (!added.containsKey(id)) {
                add(field, content, id);
            }
        }
    }

    /// The id that the library gives an added token.
    private int nextId(String content, int modelSize) {
        Integer known = vocabulary.id(content);
        return known == null ? Math.max(largestAdded + 1, modelSize) : known;
    }

    private void add(JsonField field, String content, int id) {
        addedCharacters += content.length();
        if (addedCharacters > MOST_ADDED_CHARACTERS || added.size() == MOST_ADDED_TOKENS) {
            throw field.problem("is one added token too many: they are over " + MOST_ADDED_CHARACTERS
                    + " characters in all, or over " + MOST_ADDED_TOKENS);
        }
        largestAdded = Math.max(largestAdded, id);
        if (vocabulary.id(content) == null) {
            vocabulary.add(field.file(), field.path(), content, id);
        }
        boolean special = field.get("special").flag(false);
        if (special) {
            specials.add(id);
        }
        addToken(id, content, special)
                .put("single_word", field.get("single_word").flag(false))
                .put("lstrip", field.get("lstrip").flag(false))
                .put("rstrip", field.get("rstrip").flag(false))
                .put("normalized", field.get("normalized").flag(!special));
    }

    private ObjectNode addToken(int id, String content, boolean special) {
        ObjectNode token = Json.mapper()
                .createObjectNode()
                .put("id", id)
                .put("content", content)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", special);
        added.put(id, token);
        return token;
    }

    /// Makes a token special that a configuration names as such; one that is only in the model's vocabulary is
    /// added.
    private SpecialTokens.@Nullable Special special(String field, @Nullable String token) {
        if (token == null) {
            return null;
        }
        Integer id = vocabulary.id(token);
        if (id == null) {
            throw new FormatException(root.file(), -1, field, "'" + token + "' isn't in the vocabulary");
        }
        if (specials.add(id)) {
            ObjectNode known = added.get(id);
            if (known == null) {
                addToken(id, token, true);
            } else {
                known.put("special", true);
            }
        }
        return new SpecialTokens.Special(id, token);
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
