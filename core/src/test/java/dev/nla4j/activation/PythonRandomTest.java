package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.json.Json;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Against numbers drawn by CPython 3.11 (`python-random.json`).
class PythonRandomTest {
    @Test
    void words_are_pythons() throws Exception {
        for (JsonNode expected : golden().get("words")) {
            PythonRandom random = PythonRandom.of(expected.get("seed").longValue());
            List<Long> bits = new ArrayList<>();
            for (int width : new int[] {32, 32, 32, 32, 32, 1, 5, 31}) {
                bits.add(Integer.toUnsignedLong(random.bits(width)));
            }
            assertThat(bits).isEqualTo(longs(expected.get("bits")));
            for (int i = 1; i < 2000; i++) {
                random.bits(32);
            }
            assertThat(Integer.toUnsignedLong(random.bits(32)))
                    .isEqualTo(expected.get("after_2000").longValue());
        }
    }

    @Test
    void samples_are_pythons_on_both_ways_it_takes_them() throws Exception {
        for (JsonNode expected : golden().get("samples")) {
            PythonRandom random = PythonRandom.keyed(
                    expected.get("seed").longValue(), expected.get("key").asString());
            int[] picked = random.sample(
                    expected.get("size").intValue(), expected.get("count").intValue());
            if (expected.has("picked")) {
                assertThat(Arrays.stream(picked).asLongStream().boxed())
                        .as(expected.toString())
                        .isEqualTo(longs(expected.get("picked")));
            } else {
                assertThat(hash(Arrays.stream(picked)))
                        .as(expected.toString())
                        .isEqualTo(expected.get("sha256").asString());
            }
            assertThat(Integer.toUnsignedLong(random.bits(32)))
                    .as("numbers consumed by " + expected)
                    .isEqualTo(expected.get("next").longValue());
        }
    }

    @Test
    void shuffles_are_pythons() throws Exception {
        for (JsonNode expected : golden().get("shuffles")) {
            List<Integer> list = IntStream.range(0, expected.get("size").intValue())
                    .boxed()
                    .collect(Collectors.toCollection(ArrayList::new));
            PythonRandom.of(expected.get("seed").longValue()).shuffle(list);
            assertThat(hash(list.stream().mapToInt(Integer::intValue)))
                    .isEqualTo(expected.get("sha256").asString());
        }
    }

    @Test
    void more_than_there_are_can_not_be_sampled() {
        assertThatThrownBy(() -> PythonRandom.of(1).sample(3, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("from 0 to 3, was 4");
    }

    static JsonNode golden() throws URISyntaxException {
        Path file = Path.of(Objects.requireNonNull(PythonRandomTest.class.getResource("/activation/python-random.json"))
                .toURI());
        return Json.read(file, 1 << 20);
    }

    static List<Long> longs(JsonNode array) {
        List<Long> values = new ArrayList<>();
        array.forEach(value -> values.add(value.longValue()));
        return values;
    }

    private static String hash(IntStream numbers) throws NoSuchAlgorithmException {
        String joined = numbers.mapToObj(Integer::toString).collect(Collectors.joining(","));
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(joined.getBytes(StandardCharsets.UTF_8)));
    }
}
