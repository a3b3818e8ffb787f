package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnSamplesTest {
    private static final OwnSamples.Origin ORIGIN = new OwnSamples.Origin("v", "d", "h", 0.5, 1);

    @TempDir
    Path folder;

    private Path file(String train) throws IOException {
        String origin = "{\"verbalizer\":\"v\",\"data\":\"d\",\"held_out\":\"h\",\"held_out_rows\":\"spread\","
                + "\"share\":0.5,\"seed\":1}";
        return Files.writeString(
                folder.resolve("own-samples.json"),
                "{\"origin\":" + origin + ",\"train\":" + train + ",\"held_out\":{\"2\":\"b\"}}");
    }

    @Test
    void texts_come_back_by_their_rows() throws IOException {
        OwnSamples read = OwnSamples.read(file("{\"0\":\"a\"}"), ORIGIN, 1, 3).orElseThrow();
        assertThat(read.train()).containsOnlyKeys(0).containsValue("a");
        assertThat(read.heldOut()).containsOnlyKeys(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"4\":\"a\"}", "{\"-1\":\"a\"}", "{\"03\":\"a\"}", "{\"x\":\"a\"}", "{\"3\":{}}", "[]"})
    void rows_that_are_not_there_and_what_is_no_text_are_refused(String train) throws IOException {
        Path file = file(train);
        assertThatThrownBy(() -> OwnSamples.read(file, ORIGIN, 4, 3))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("own-samples.json")
                .hasMessageContaining("train");
    }
}
