package dev.nla4j.chat.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.SourceExercise;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;

/// A template takes at most five seconds, its parsing at most twice the file and a constant, its rendering what the
/// limits allow. Runs over its inputs folder in every build; how to search for more: `docs/design/chat-templates.md`.
class TemplateFuzzTest {
    private static final Limits LIMITS = new Limits(300_000, 100_000, 100_000, 300, 100_000);
    /// What rendering may allocate: each of the limits' 300,000 steps makes small objects, the output is copied a few
    /// times.
    private static final long RENDERING = 128 << 20;
    private static final Map<String, Object> VARIABLES = Map.of(
            "messages",
            List.of(
                    Map.of("role", "system", "content", "Be <terse>."),
                    Map.of("role", "user", "content", List.of(Map.of("type", "text", "text", "2+2? 🎉"))),
                    Map.of("role", "assistant", "content", "<think>\nhm\n</think>\n\n4", "tool_calls", List.of())),
            "add_generation_prompt",
            true,
            "bos_token",
            "<s>",
            "n",
            12345.678,
            "l",
            List.of(3, 1, 2));

    @FuzzTest
    void a_template_of_any_bytes_renders_or_says_why_not(byte[] bytes) {
        String source = new String(bytes, StandardCharsets.UTF_8);
        SourceExercise.settings(bytes.length, () -> parse(source));
        SourceExercise.settings(bytes.length, RENDERING, () -> render(source));
    }

    private static void parse(String source) {
        try {
            SourceExercise.use(JinjaTemplate.parse(source, "fuzzed", LIMITS).hashCode());
        } catch (TemplateException e) {
            assertThat(e.getMessage()).isNotNull().doesNotContain("\n", "\r");
        }
    }

    private static void render(String source) {
        try {
            Rendering rendering = JinjaTemplate.parse(source, "fuzzed", LIMITS)
                    .render(VARIABLES, LocalDateTime.of(2026, 7, 26, 0, 0), 0);
            assertThat(rendering.text().length()).isLessThanOrEqualTo(LIMITS.outputChars());
            rendering
                    .generations()
                    .forEach(span -> assertThat(span.end())
                            .isBetween(span.start(), rendering.text().length()));
        } catch (TemplateException e) {
            assertThat(e.getMessage()).isNotNull().doesNotContain("\n", "\r");
        }
    }
}
