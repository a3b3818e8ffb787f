package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.json.Json;
import dev.nla4j.hub.HubSettings;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.hub.ModelStore;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The default model's own vocabulary, where it is in the store.
@Tag("model")
class SmolLm2ModelTest {
    @Test
    void ids_and_decoded_texts_are_those_of_the_golden_file() {
        Optional<LocalModel> model =
                new ModelStore(HubSettings.from(System.getenv())).find(ModelRef.parse("smollm2-135m-instruct"));
        assumeTrue(model.isPresent(), "the default model is not here");
        JsonNode goldens = Json.read(Fixtures.path("smollm2-tokens.json"), 1 << 20);
        assertThat(goldens.size()).isGreaterThan(30);
        Path path = model.orElseThrow().path();
        try (GgufFile file = GgufFile.open(path);
                Tokenizer tokenizer = Tokenizers.fromGguf(GgufVocabulary.of(file.metadata()), path)) {
            for (JsonNode golden : goldens) {
                String text = golden.get("text").stringValue();
                int[] ids = tokenizer.ids(text, false);
                assertThat(ids)
                        .as(text)
                        .isEqualTo(golden.get("ids")
                                .valueStream()
                                .mapToInt(JsonNode::intValue)
                                .toArray());
                assertThat(tokenizer.decode(ids, false))
                        .isEqualTo(golden.get("decoded").stringValue());
            }
            assertThat(tokenizer.vocabularySize()).isEqualTo(49152);
            assertThat(tokenizer.specials().addsBos()).isFalse();
        }
    }
}
