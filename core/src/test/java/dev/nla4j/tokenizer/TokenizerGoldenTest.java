package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.format.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/// Ids, tokens, offsets and decoded texts against the reference implementation's, which counts offsets in code
/// points.
class TokenizerGoldenTest {
    private static final JsonNode GOLDENS = Json.read(Fixtures.path("goldens.json"), 8 << 20);

    @TestFactory
    Stream<DynamicTest> ids_tokens_and_offsets_are_those_of_the_reference() {
        return GOLDENS.propertyNames().stream()
                .filter(name -> !name.equals("texts"))
                .map(name -> DynamicTest.dynamicTest(name, () -> check(name)));
    }

    private static void check(String name) throws Exception {
        try (Tokenizer tokenizer = Fixtures.open(name)) {
            for (int i = 0; i < GOLDENS.get("texts").size(); i++) {
                JsonNode text = GOLDENS.get("texts").get(i);
                JsonNode golden = GOLDENS.get(name).get(i);
                if (text.has("text")) {
                    check(tokenizer, text.get("text").stringValue(), golden);
                } else {
                    checkLong(
                            tokenizer,
                            text.get("unit")
                                    .stringValue()
                                    .repeat(text.get("times").intValue()),
                            golden);
                }
            }
        }
    }

    private static void check(Tokenizer tokenizer, String text, JsonNode golden) {
        List<TokenSpan> plain = tokenizer.encode(text, false);
        assertThat(Fixtures.ids(plain)).as("ids of '%s'", text).isEqualTo(ints(golden.get("ids")));
        assertThat(offsets(text, plain)).as("offsets of '%s'", text).isEqualTo(ints(golden.get("offsets")));
        assertThat(plain.stream().map(TokenSpan::token))
                .as("tokens of '%s'", text)
                .isEqualTo(golden.get("tokens")
                        .valueStream()
                        .map(JsonNode::stringValue)
                        .toList());
        List<TokenSpan> withSpecials = tokenizer.encode(text, true);
        assertThat(Fixtures.ids(withSpecials)).as("specials of '%s'", text).isEqualTo(ints(golden.get("specials")));
        assertThat(offsets(text, withSpecials))
                .as("offsets with specials of '%s'", text)
                .isEqualTo(ints(golden.get("specials_offsets")));
        assertThat(tokenizer.ids(text, false)).isEqualTo(Fixtures.ids(plain));
        assertThat(tokenizer.ids(text, true)).isEqualTo(Fixtures.ids(withSpecials));
        assertThat(tokenizer.decode(Fixtures.ids(plain), false))
                .isEqualTo(golden.get("decoded").stringValue());
        assertThat(tokenizer.decode(Fixtures.ids(withSpecials), true))
                .isEqualTo(golden.get("skipped").stringValue());
    }

    private static void checkLong(Tokenizer tokenizer, String text, JsonNode golden) throws Exception {
        List<TokenSpan> plain = tokenizer.encode(text, false);
        assertThat(plain.size()).isEqualTo(golden.get("count").intValue());
        assertThat(digest(lines(text, plain))).isEqualTo(golden.get("sha256").stringValue());
        assertThat(digest(lines(text, tokenizer.encode(text, true))))
                .isEqualTo(golden.get("sha256_specials").stringValue());
        assertThat(digest(tokenizer.decode(Fixtures.ids(plain), false)))
                .isEqualTo(golden.get("decoded").stringValue());
    }

    private static String lines(String text, List<TokenSpan> encoding) {
        int[] offsets = offsets(text, encoding);
        int[] ids = Fixtures.ids(encoding);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < ids.length; i++) {
            lines.append(ids[i]).append(':').append(offsets[2 * i]).append(':').append(offsets[2 * i + 1]);
            lines.append('\n');
        }
        return lines.toString();
    }

    /// Offsets in code points, start and end by turns; -1 for a place inside a character.
    private static int[] offsets(String text, List<TokenSpan> encoding) {
        int[] codePoints = new int[text.length() + 1];
        int seen = 0;
        for (int i = 0; i < text.length(); i++) {
            boolean inside =
                    i > 0 && Character.isHighSurrogate(text.charAt(i - 1)) && Character.isLowSurrogate(text.charAt(i));
            codePoints[i] = inside ? -1 : seen++;
        }
        codePoints[text.length()] = seen;
        List<Integer> offsets = new ArrayList<>();
        for (TokenSpan token : encoding) {
            offsets.add(codePoints[token.start()]);
            offsets.add(codePoints[token.end()]);
        }
        return offsets.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] ints(JsonNode list) {
        return list.valueStream().mapToInt(JsonNode::intValue).toArray();
    }

    private static String digest(String text) throws Exception {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
    }
}
