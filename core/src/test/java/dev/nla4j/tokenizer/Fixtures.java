package dev.nla4j.tokenizer;

import dev.nla4j.format.gguf.GgufFile;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;

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
        if (name.startsWith("gguf-sentencepiece-")) {
            Path path = path(name.substring("gguf-".length()) + ".gguf");
            try (GgufFile file = GgufFile.open(path)) {
                return Tokenizers.fromGguf(GgufVocabulary.of(file.metadata()), path);
            }
        }
        if (name.startsWith("gguf-")) {
            return Tokenizers.fromGguf(reduced(name.substring("gguf-".length())), Path.of("smollm2-reduced.gguf"));
        }
        return Tokenizers.fromFile(path(name + ".json"));
    }

    static int[] ids(List<TokenSpan> tokens) {
        return tokens.stream().mapToInt(TokenSpan::tokenId).toArray();
    }

    /// The reduced SmolLM2 vocabulary under another pre-tokenizer, whose rule for the begin of sequence it takes
    /// over.
    static GgufVocabulary reduced(String pre) {
        try (GgufFile file = GgufFile.open(path("smollm2-reduced.gguf"))) {
            GgufVocabulary read = GgufVocabulary.of(file.metadata());
            GgufVocabulary.Specials ids = read.specials();
            return new GgufVocabulary(
                    read.model(),
                    pre,
                    read.tokens(),
                    read.types(),
                    read.merges(),
                    read.scores(),
                    new GgufVocabulary.Specials(ids.named(), ids.stops(), null, ids.addEos()),
                    read.addSpacePrefix(),
                    read.stripsAfterSpecials());
        }
    }
}
