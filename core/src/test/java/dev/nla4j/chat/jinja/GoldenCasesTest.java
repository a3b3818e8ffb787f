package dev.nla4j.chat.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Small templates against what Python's Jinja2 made of them; `src/test/resources/chat/README.md` says how.
class GoldenCasesTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 7, 26, 14, 5, 9, 123_456_000);

    @ParameterizedTest
    @CsvSource({"snippets.json,880", "random-expressions.json,700", "random-statements.json,400"})
    void every_template_renders_or_fails_as_in_python(String file, int atLeast) throws IOException {
        JsonNode fixture = Json.mapper().readTree(text(file));
        Map<String, Object> variables = map(fixture.get("variables"));
        List<String> differing = new ArrayList<>();
        for (JsonNode golden : fixture.get("cases")) {
            String template = golden.get("template").stringValue();
            String expected = golden.has("output")
                    ? golden.get("output").stringValue() + spans(golden)
                    : "error " + golden.get("error").stringValue() + message(golden);
            String actual = outcome(template, variables);
            if (!actual.equals(expected)) {
                differing.add(template + "\n  expected " + expected + "\n  but was  " + actual);
            }
        }
        assertThat(fixture.get("cases").size()).isGreaterThanOrEqualTo(atLeast);
        assertThat(differing).isEmpty();
    }

    private static String spans(JsonNode golden) {
        return golden.has("spans") ? " " + golden.get("spans") : "";
    }

    private static String message(JsonNode golden) {
        return golden.has("message") ? ": " + golden.get("message").stringValue() : "";
    }

    /// What comes of `template`: its text and spans, or the kind of its error with, if it is the template's own, the
    /// message.
    private static String outcome(String template, Map<String, Object> variables) {
        try {
            Rendering rendering =
                    JinjaTemplate.parse(template, "case", Limits.DEFAULT).render(variables, NOW, 0);
            List<String> spans = rendering.generations().stream()
                    .map(span -> "[" + span.start() + "," + span.end() + "]")
                    .toList();
            return rendering.text() + (spans.isEmpty() ? "" : " [" + String.join(",", spans) + "]");
        } catch (TemplateException e) {
            boolean own = e.kind() == TemplateException.Kind.RAISED;
            String kind = switch (e.kind()) {
                case SYNTAX -> "syntax";
                case RUNTIME -> "runtime";
                case RAISED -> "raised";
                case LIMIT -> "limit";
            };
            return "error " + kind + (own ? ": " + e.getMessage() : "");
        }
    }

    private static Map<String, Object> map(JsonNode object) {
        Map<String, Object> map = new LinkedHashMap<>();
        object.properties().forEach(entry -> map.put(entry.getKey(), plain(entry.getValue())));
        return map;
    }

    private static Object plain(JsonNode node) {
        if (node.isObject()) {
            return map(node);
        }
        if (node.isArray()) {
            List<Object> items = new ArrayList<>();
            node.forEach(item -> items.add(plain(item)));
            return items;
        }
        if (node.isNumber()) {
            return node.numberValue();
        }
        return node.isNull() ? null : node.isBoolean() ? (Object) node.booleanValue() : node.stringValue();
    }

    private static String text(String file) throws IOException {
        try (InputStream in = GoldenCasesTest.class.getResourceAsStream("/chat/" + file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
