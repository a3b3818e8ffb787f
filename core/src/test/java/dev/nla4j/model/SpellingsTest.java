package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class SpellingsTest {
    @TempDir
    Path folder;

    static Stream<Spelling> spellings() throws URISyntaxException {
        return Spelling.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spellings")
    void old_and_new_spelling_are_one_configuration_and_one_model(Spelling spelling) throws IOException {
        Path old = TinyFolder.write(
                folder.resolve("old"), spelling.old(), spelling.prefixes().getFirst(), 31);
        Path recent = TinyFolder.write(
                folder.resolve("new"), spelling.recent(), spelling.prefixes().getLast(), 31);
        assertThat(ModelLoader.config(old)).isEqualTo(ModelLoader.config(recent));
        SameModel.assertSameNumbers(old, recent, 0);
    }

    static Stream<Arguments> released() throws URISyntaxException {
        Path file = Path.of(
                SpellingsTest.class.getResource("/model/released-configs.json").toURI());
        return Json.read(file, 1 << 20)
                .valueStream()
                .map(c -> Arguments.of(c.path("name").stringValue(), c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("released")
    void the_configuration_of_a_released_model_is_read(String name, JsonNode released) throws IOException {
        ModelConfig config = ConfigJson.read(Files.writeString(
                folder.resolve("config.json"), released.path("config").toString()));
        assertThat(Summary.of(config)).isEqualTo(released.path("expected").stringValue());
    }
}
