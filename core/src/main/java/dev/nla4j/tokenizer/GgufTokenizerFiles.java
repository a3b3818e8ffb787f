package dev.nla4j.tokenizer;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.gguf.GgufMetadata;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes the vocabulary inside a GGUF file as the files that a model's folder has: `tokenizer.json`,
/// `tokenizer_config.json`, and `generation_config.json` with the ids that end a generation.
public final class GgufTokenizerFiles {
    private GgufTokenizerFiles() {}

    /// Writes the three files into `folder`; [Tokenizers#fromFolder] then gives the same ids.
    ///
    /// @param gguf where `metadata` comes from, named in errors
    public static void write(GgufMetadata metadata, Path gguf, Path folder) throws IOException {
        TokenizerDefinition definition = GgufTokenizerJson.definition(GgufVocabulary.of(metadata), gguf);
        SpecialTokens specials = definition.specials();
        AtomicFile.writeString(folder.resolve("tokenizer.json"), withoutFillers(definition));
        ObjectNode config = Json.mapper().createObjectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
        specials.named().forEach((use, special) -> config.put(use, special.token()));
        config.put("clean_up_tokenization_spaces", false).put("padding_side", "right");
        AtomicFile.writeString(folder.resolve("tokenizer_config.json"), config.toPrettyString());
        ObjectNode generation = Json.mapper().createObjectNode();
        ArrayNode stops = generation.putArray("eos_token_id");
        specials.stops().stream().sorted().forEach(stops::add);
        AtomicFile.writeString(folder.resolve("generation_config.json"), generation.toPrettyString());
    }

    /// A folder can't say which tokens stand for nothing; ids without a token are never drawn.
    private static String withoutFillers(TokenizerDefinition definition) {
        if (definition.unused().isEmpty()
                || !(Json.mapper().readTree(definition.json()) instanceof ObjectNode root)
                || !(root.path("model").path("vocab") instanceof ObjectNode vocab)) {
            return definition.json();
        }
        definition.unused().forEach(id -> vocab.remove("[PAD" + id + "]"));
        return root.toString();
    }
}
