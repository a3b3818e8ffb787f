package dev.nla4j.model;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.SpecialStrings;
import dev.nla4j.format.InputException;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A loaded model: weights, tokenizer, chat template. Closing it frees all of them.
///
/// @param path file or folder it was loaded from
/// @param templateProblem what is wrong with the chat template, null when nothing is
public record LanguageModel(
        Path path,
        ModelConfig config,
        Weights weights,
        Decoder decoder,
        @Nullable Tokenizer tokenizerOrNull,
        @Nullable ChatTemplate chatTemplateOrNull,
        @Nullable RuntimeException templateProblem)
        implements AutoCloseable {

    /// The tokenizer; a model may lack one, and then only work on ids is possible.
    public Tokenizer tokenizer() {
        if (tokenizerOrNull == null) {
            Path gguf = GgufFile.meantBy(path);
            throw new InputException(
                    gguf == null
                            ? path + ": has no tokenizer.json, so it can't read text"
                            : gguf + ": has no tokens (tokenizer.ggml.tokens), so it can't read text; convert the model"
                                    + " again, with its tokenizer");
        }
        return tokenizerOrNull;
    }

    /// The chat template.
    public ChatTemplate chatTemplate() {
        if (templateProblem != null) {
            throw templateProblem;
        }
        if (chatTemplateOrNull == null) {
            throw new InputException(path + ": has no chat template, so it can't read conversations");
        }
        return chatTemplateOrNull;
    }

    /// The special tokens that templates may name.
    public SpecialStrings templateSpecials() {
        return templateSpecials(tokenizer());
    }

    /// The special tokens of a tokenizer that templates may name.
    public static SpecialStrings templateSpecials(Tokenizer tokenizer) {
        Map<String, String> strings = new LinkedHashMap<>();
        tokenizer.specials().named().forEach((use, special) -> strings.put(use, special.token()));
        return new SpecialStrings(strings);
    }

    /// Ids that end a generation: the configuration's and the tokenizer's.
    public Set<Integer> stopIds() {
        Set<Integer> ids = new HashSet<>(config.stopIds());
        if (tokenizerOrNull != null) {
            ids.addAll(tokenizerOrNull.specials().stops());
        }
        return ids;
    }

    /// The ids that may be drawn: those that have a token in use and a row in the embedding table.
    public DrawableIds drawableIds() {
        if (tokenizerOrNull == null) {
            return DrawableIds.below(config.vocabulary());
        }
        int limit = Math.min(config.vocabulary(), tokenizerOrNull.maxId() + 1);
        List<Integer> missing = new ArrayList<>();
        for (int id : tokenizerOrNull.idsWithoutUse()) {
            if (id < limit) {
                missing.add(id);
            }
        }
        // Nearly all stand at the end, where a limit costs nothing.
        while (!missing.isEmpty() && missing.getLast() == limit - 1) {
            missing.removeLast();
            limit--;
        }
        return new DrawableIds(limit, missing);
    }

    @Override
    public void close() {
        weights.close();
        decoder.ropes().close();
        if (tokenizerOrNull != null) {
            tokenizerOrNull.close();
        }
    }
}
