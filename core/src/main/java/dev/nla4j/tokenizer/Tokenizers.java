package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.gguf.GgufMetadata;
import dev.nla4j.format.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Opens tokenizers.
public final class Tokenizers {
    /// Twice Gemma 3's, the largest in use.
    private static final long LARGEST_TOKENIZER = 64L << 20;

    private static final long LARGEST_CONFIG = 8L << 20;
    private static final int MOST_SPECIALS = 1 << 16;
    private static final int LONGEST_TOKEN = 1000;

    private Tokenizers() {}

    /// Opens the tokenizer of a model's folder: `tokenizer.json`, and where they exist `tokenizer_config.json`,
    /// `special_tokens_map.json` and `generation_config.json`. The caller closes it.
    public static Tokenizer fromFolder(Path folder) {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new FormatException(
                    file, -1, "file", "is missing; other formats, such as tokenizer.model, must be converted to it");
        }
        JsonField config = optional(folder.resolve("tokenizer_config.json"));
        JsonField map = optional(folder.resolve("special_tokens_map.json"));
        JsonField generation = optional(folder.resolve("generation_config.json"));
        SpecialNames names = new SpecialNames(
                name("bos_token", config, map),
                name("eos_token", config, map),
                name("pad_token", config, map),
                name("unk_token", config, map),
                additional(config, map),
                stops(generation.get("eos_token_id")),
                added(config.get("added_tokens_decoder")));
        return NativeTokenizer.of(TokenizerJson.check(file, Json.read(file, LARGEST_TOKENIZER), names));
    }

    /// Opens a `tokenizer.json` without the files that may stand beside it: no token is known as begin or end of a
    /// sequence. The caller closes it.
    public static Tokenizer fromFile(Path tokenizerJson) {
        SpecialNames none = new SpecialNames(null, null, null, null, List.of(), Set.of(), List.of());
        JsonNode json = Json.read(tokenizerJson, LARGEST_TOKENIZER);
        return NativeTokenizer.of(TokenizerJson.check(tokenizerJson, json, none));
    }

    /// Opens the vocabulary inside a GGUF file's metadata; `file` is named in errors. The caller closes it.
    public static Tokenizer fromGguf(GgufMetadata metadata, Path file) {
        return fromGguf(GgufVocabulary.of(metadata), file);
    }

    /// Opens a vocabulary as GGUF files carry it; `file` is named in errors. The caller closes it.
    public static Tokenizer fromGguf(GgufVocabulary vocabulary, Path file) {
        return NativeTokenizer.of(GgufTokenizerJson.definition(vocabulary, file));
    }

    private static JsonField optional(Path file) {
        if (!Files.isRegularFile(file)) {
            return new JsonField(file, "", null);
        }
        JsonNode json = Json.read(file, LARGEST_CONFIG);
        JsonField root = JsonField.root(file, json);
        root.object();
        return root;
    }

    private static @Nullable String name(String field, JsonField config, JsonField map) {
        String name = token(config.get(field));
        return name == null ? token(map.get(field)) : name;
    }

    /// A token given as a string, or as an object with its content.
    private static @Nullable String token(JsonField field) {
        if (field.absent()) {
            return null;
        }
        JsonField content = field.get("content");
        return content.absent() ? field.text(LONGEST_TOKEN) : content.text(LONGEST_TOKEN);
    }

    private static List<String> additional(JsonField config, JsonField map) {
        List<String> tokens = new ArrayList<>();
        for (JsonField source : List.of(config, map)) {
            JsonField list = source.get("additional_special_tokens");
            if (!list.absent()) {
                for (JsonField item : list.items(MOST_SPECIALS)) {
                    String token = token(item);
                    if (token != null) {
                        tokens.add(token);
                    }
                }
            }
        }
        return tokens;
    }

    /// Added tokens in the order of their ids.
    private static List<JsonField> added(JsonField field) {
        List<JsonField> tokens = new ArrayList<>();
        if (!field.absent()) {
            SortedMap<Integer, JsonField> byId = new TreeMap<>();
            for (String id : field.object().propertyNames()) {
                if (!id.matches("\\d{1,9}") || byId.size() == MOST_SPECIALS) {
                    throw field.problem("must have ids as its names, at most " + MOST_SPECIALS + "; has "
                            + FormatException.printable(id));
                }
                byId.put(Integer.valueOf(id), field.get(id));
            }
            tokens.addAll(byId.values());
        }
        return tokens;
    }

    /// One id or a list of them.
    private static Set<Integer> stops(JsonField field) {
        Set<Integer> stops = new HashSet<>();
        if (!field.absent()) {
            for (JsonField id : field.isList() ? field.items(MOST_SPECIALS) : List.of(field)) {
                stops.add(id.integer(0, Vocabulary.LARGEST_ID));
            }
        }
        return stops;
    }
}
