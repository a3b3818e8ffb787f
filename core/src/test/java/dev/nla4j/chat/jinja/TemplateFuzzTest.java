package dev.nla4j.chat.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;

/// Runs over its inputs folder in every build; how to search for more: `docs/design/chat-templates.md`.
class TemplateFuzzTest {
    private static final Limits LIMITS = new Limits(300_000, 100_000, 100_000, 300, 100_000);
    private static final Duration LONGEST = Duration.ofSeconds(10);
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
        long start = System.nanoTime();
        try {
            Rendering rendering = JinjaTemplate.parse(new String(bytes, StandardCharsets.UTF_8), "fuzzed", LIMITS)
                    .render(VARIABLES, LocalDateTime.of(2026, 7, 26, 0, 0));
            assertThat(rendering.text().length()).isLessThanOrEqualTo(LIMITS.outputChars());
            rendering
                    .generations()
                    .forEach(span -> assertThat(span.end())
                            .isBetween(span.start(), rendering.text().length()));
        } catch (TemplateException e) {
            assertThat(e.getMessage()).isNotNull().doesNotContain("\n", "\r");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONGEST);
    }
}
