package dev.nla4j.tokenizer;

import dev.nla4j.format.json.Json;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Files of `src/test/resources/tokenizer`; their provenance is in the README there.
final class Fixtures {
    private Fixtures() {}

    static Path path(String name) {
        try {
            return Path.of(Fixtures.class.getResource("/tokenizer/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A tokenizer by the name that the goldens give it.
    static Tokenizer open(String name) {
        if (name.startsWith("contract-")) {
            return Tokenizers.fromFolder(path(name));
        }
        if (name.startsWith("gguf-")) {
            return Tokenizers.fromGguf(reduced(name.substring("gguf-".length())), Path.of("smollm2-reduced.gguf"));
        }
        return Tokenizers.fromFile(path(name + ".json"));
    }

    /// The reduced SmolLM2 vocabulary under another pre-tokenizer.
    static GgufVocabulary reduced(String pre) {
        JsonNode json = Json.read(path("smollm2-reduced.json"), 1 << 20);
        List<Integer> types = new ArrayList<>();
        json.get("types").forEach(t -> types.add(t.intValue()));
        GgufVocabulary.Specials specials = new GgufVocabulary.Specials(
                json.get("bos").intValue(),
                json.get("eos").intValue(),
                json.get("pad").intValue(),
                json.get("unk").intValue(),
                List.of(),
                null,
                null);
        return new GgufVocabulary(
                "gpt2",
                pre,
                strings(json.get("tokens")),
                types,
                strings(json.get("merges")),
                List.of(),
                specials,
                null);
    }

    private static List<String> strings(JsonNode list) {
        List<String> strings = new ArrayList<>();
        list.forEach(s -> strings.add(s.stringValue()));
        return strings;
    }
}
