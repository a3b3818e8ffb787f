package dev.nla4j.chat.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JinjaTemplateTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 7, 26, 14, 5, 9);

    private static String render(String template, Map<String, ?> variables) {
        return JinjaTemplate.parse(template, "chat", Limits.DEFAULT)
                .render(variables, NOW, 0)
                .text();
    }

    /// Expected: what Python makes of them.
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "ΟΔΟΣ ΟΔΟΣ; Οδος Οδος; Οδος οδος; οδος οδος",
                "ΣΑΣ; Σας; Σας; σας",
                "aΣb; Aσb; Aσb; AσB",
                "ΑΣΣ; Ασς; Ασς; ασς",
                "İΣ; İς; İς; i̇ς",
                "ΣΣ σς; Σς Σς; Σς σς; σς ΣΣ",
                "aΣ-b; Aς-B; Aς-b; Aς-B",
                "aΣ1; Aς1; Aς1; Aς1",
                "aΣ.b; Aσ.B; Aσ.b; Aσ.B",
                "aΣ²b; Aς²B; Aς²b; Aς²B",
                "a.Σ; A.Σ; A.ς; A.ς",
                "ʰΣ; ʰσ; ʰσ; ʰσ",
                "ªΣ; ªς; ªς; ªς",
                "aΣ\u0301; Aς\u0301; Aς\u0301; Aς\u0301",
            })
    void a_sigma_at_a_words_end_is_a_final_one(String text, String title, String capitalized, String swapped) {
        String template = "{{ s.title() }};{{ s | capitalize }};{{ s.swapcase() }}";
        assertThat(render(template, Map.of("s", text))).isEqualTo(title + ";" + capitalized + ";" + swapped);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "2**1024 > 1e308; True",
                "-(2**2000) < -1e308; True",
                "2**53 + 1 == 2.0**53; False",
                "2**53 + 1 > 2.0**53; True",
                "2**1023 == 2.0**1023; True",
                "2**1023 - 1 < 2.0**1023; True",
                "3 < 3.5 and 4 > 3.5 and 3 == 3.0; True",
                "1e300 | int == 10**300; False",
                "-2.5 | int; -2",
                "(-5e-324).as_integer_ratio()[1] == 2**1074; True",
                "(-0.375).as_integer_ratio(); (-3, 8)",
                "6.0.as_integer_ratio(); (6, 1)",
                "'%.1080f' % 0.1 == '%.1074f' % 0.1 ~ '000000'; True",
                "'%.0f %.3f' % (2.5, 1.0005); 2 1.000",
            })
    void numbers_are_compared_and_written_exactly(String expression, String shown) {
        assertThat(render("{{ " + expression + " }}", Map.of())).isEqualTo(shown);
    }

    private static TemplateException failure(String template) {
        return catchThrowableOfType(TemplateException.class, () -> render(template, Map.of("s", "text", "n", 1)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{{ s|shout }}; SYNTAX; No filter named 'shout'",
                "{% if s %}{{ s|shout }}{% endif %}; RUNTIME; No filter named 'shout'",
                "{{ s is shouted }}; SYNTAX; No test named 'shouted'",
                "{{ ['a']|map('shout')|list }}; RUNTIME; No filter named 'shout'",
                "{{ ['a']|select('shouted')|list }}; RUNTIME; No test named 'shouted'",
                "{{ shout() }}; RUNTIME; 'shout' is undefined",
                "{{ s.shout() }}; RUNTIME; 'str object' has no attribute 'shout'",
                "{{ missing.name }}; RUNTIME; 'missing' is undefined",
                "{{ n.a.b }}; RUNTIME; 'int object' has no attribute 'a'",
                "{% shout %}; SYNTAX; unknown tag 'shout'",
                "{% include 'x' %}; SYNTAX; 'include' is not supported",
                "{% extends 'x' %}; SYNTAX; 'extends' is not supported",
                "{% block x %}{% endblock %}; SYNTAX; 'block' is not supported",
                "{% import 'x' as y %}; SYNTAX; 'import' is not supported",
                "{{ [1]|random }}; RUNTIME; reproducible",
                "{{ lipsum() }}; RUNTIME; reproducible",
                "{{ s.encode() }}; RUNTIME; 'encode' is not supported",
                "{{ [].append(1) }}; RUNTIME; access to attribute 'append' of 'list' object is unsafe",
                "{{ {}.update({}) }}; RUNTIME; access to attribute 'update' of 'dict' object is unsafe",
                "{{ s.__class__.__mro__ }}; RUNTIME; access to attribute '__class__' of 'str' object is unsafe",
                "{{ '{0.__class__.x}'.format(s) }}; RUNTIME; '__class__'",
                "{% set s.x = 1 %}; RUNTIME; non-namespace object",
            })
    void what_a_template_must_not_or_can_not_use_is_named(String template, String kind, String named) {
        TemplateException e = failure(template);
        assertThat(e.kind().name()).isEqualTo(kind);
        assertThat(e).hasMessageStartingWith("template chat, line 1: ").hasMessageContaining(named);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "a~b~{{ 1/0 }}; 3",
                "{# a~b #}~{{ s.x.y }}; 3",
                "{% if s %}~~{{ ~ s.x.y }}~{% endif %}; 4",
                "{% raw %}~~{% endraw %}~{{ 1/0 }}; 4",
                "{% macro m() %}~{{ 1/0 }}~{% endmacro %}~~{{ m() }}; 2",
                "{{ [1,~2]|map('nope')~|list }}; 3",
                "~~{% for %}; 3",
                "a~{{ 'x~y' ~'z }}; 4",
                "~{% if s %}; 2",
            })
    void an_error_tells_the_line(String template, int line) {
        TemplateException e = failure(template.replace('~', '\n'));
        assertThat(e.line()).isEqualTo(line);
        assertThat(e.getMessage()).contains("line " + line + ":").doesNotContain("\n");
    }

    @Test
    void a_templates_own_error_is_its_words_alone_on_one_line() {
        assertThat(failure("\n{{ raise_exception('No system role, please') }}"))
                .hasMessage("No system role, please")
                .satisfies(e -> assertThat(e.kind()).isEqualTo(TemplateException.Kind.RAISED))
                .satisfies(e -> assertThat(e.line()).isEqualTo(2));
        assertThat(failure("{{ raise_exception('two\nlines') }}")).hasMessage("two\\u000alines");
        assertThat(failure("{{ raise_exception('a\u202eb') }}")).hasMessage("a\\u202eb");
        assertThat(failure("{{ raise_exception('é' * 5000) }}")).hasMessage("é".repeat(4000));
        assertThat(failure("{{ raise_exception('x' * 1000) }}")).hasMessage("x".repeat(1000));
    }

    @Test
    void java_values_become_those_of_templates() {
        List<Object> list = new ArrayList<>(List.of((byte) 1, (short) 2, 3, 4L, BigInteger.TEN.pow(30)));
        list.add(null);
        list.addAll(List.of(1.5f, 2.5, new BigDecimal("0.1"), true, "s", Map.of("k", List.of())));
        assertThat(render("{{ x }}", Map.of("x", list)))
                .isEqualTo("[1, 2, 3, 4, 1000000000000000000000000000000, None, 1.5, 2.5, 0.1, True, 's', {'k': []}]");
    }

    @Test
    void a_java_object_is_no_value() {
        assertThat(catchThrowableOfType(
                        TemplateException.class, () -> render("{{ x }}", Map.of("x", new StringBuilder()))))
                .hasMessageContaining("java.lang.StringBuilder");
        assertThat(catchThrowableOfType(
                        TemplateException.class, () -> render("{{ x }}", Map.of("x", Map.of(1, "one")))))
                .hasMessageContaining("must be strings");
    }

    @Test
    void a_variable_goes_before_a_global_of_its_name() {
        assertThat(render("{{ range }}", Map.of("range", "mine"))).isEqualTo("mine");
    }

    @Test
    void generation_spans_are_places_in_the_text() {
        Rendering rendering = JinjaTemplate.parse(
                        "{% for m in l %}<{{ m }}>{% generation %}🎉{{ m }}{% endgeneration %}\n{% endfor %}",
                        "chat", Limits.DEFAULT)
                .render(Map.of("l", List.of("é", "b")), NOW, 0);
        assertThat(rendering.generations().stream().map(span -> rendering.text().substring(span.start(), span.end())))
                .containsExactly("🎉é", "🎉b");
    }

    @Test
    void one_template_renders_in_many_threads_at_once() throws Exception {
        JinjaTemplate template = JinjaTemplate.parse(
                "{% set ns = namespace(t=0) %}{% macro m(x) %}{{ x * 2 }}{% endmacro %}"
                        + "{% for i in range(n) %}{% set ns.t = ns.t + m(i)|int %}{% endfor %}{{ ns.t }}",
                "chat", Limits.DEFAULT);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<String>> results = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                int n = i;
                results.add(threads.submit(
                        () -> template.render(Map.of("n", n), NOW, 0).text()));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(results.get(i).get()).isEqualTo(String.valueOf(i * (i - 1)));
            }
        }
    }

    @Test
    void powers_of_minus_two_are_bounded_like_others() {
        assertThat(render("{{ (-2) ** 3 }} {{ (-1) ** 5 }} {{ (-4) ** 2 }} {{ 0 ** 0 }}", Map.of()))
                .isEqualTo("-8 -1 16 1");
        for (String exponent : List.of("2147483647", "2000000000")) {
            assertThatThrownBy(() -> render("{{ (-2) ** " + exponent + " }}", Map.of()))
                    .isInstanceOf(TemplateException.class);
        }
    }

    /// Python sorts by orders that contradict themselves without a word.
    @Test
    void maps_whose_keys_have_no_order_are_printed() {
        Random random = new Random(3);
        for (int round = 0; round < 50; round++) {
            StringBuilder map = new StringBuilder("{{ {");
            for (int i = 0; i < 80; i++) {
                map.append(random.nextInt(3) == 0 ? "('nan' | float)" : "" + random.nextInt(1000))
                        .append(": 1, ");
            }
            assertThat(render(map + "} | pprint }}", Map.of())).startsWith("{").contains("nan: 1");
        }
    }
}
