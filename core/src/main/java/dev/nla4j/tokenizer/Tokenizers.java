package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/// Opens tokenizers.
public final class Tokenizers {
    /// Twice Gemma 3's, the largest in use.
    private static final long LARGEST_TOKENIZER = 64L << 20;

    private Tokenizers() {}

    /// Opens the tokenizer of a model's folder: `tokenizer.json`, and where they exist `tokenizer_config.json`,
    /// `generation_config.json`, and of older versions `special_tokens_map.json` and `added_tokens.json`.
    /// The caller closes it.
    public static Tokenizer fromFolder(Path folder) {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new FormatException(
                    file, -1, "file", "is missing; other formats, such as tokenizer.model, must be converted to it");
        }
        JsonNode json = Json.read(file, LARGEST_TOKENIZER);
        SpecialNames names = SpecialNamesReader.read(folder, JsonField.root(file, json));
        return NativeTokenizer.of(TokenizerJson.check(file, json, names));
    }

    /// Opens a `tokenizer.json` without the files that may stand beside it: no token is known as begin or end of a
    /// sequence. The caller closes it.
    public static Tokenizer fromFile(Path tokenizerJson) {
        JsonNode json = Json.read(tokenizerJson, LARGEST_TOKENIZER);
        return NativeTokenizer.of(TokenizerJson.check(tokenizerJson, json, SpecialNames.NONE));
    }

    /// Opens a vocabulary as GGUF files carry it; `file` is named in errors. The caller closes it.
    public static Tokenizer fromGguf(GgufVocabulary vocabulary, Path file) {
        return NativeTokenizer.of(GgufTokenizerJson.definition(vocabulary, file));
    }
}
