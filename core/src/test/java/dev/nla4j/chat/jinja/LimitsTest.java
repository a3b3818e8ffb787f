package dev.nla4j.chat.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Hostile templates end soon, with an error that says which limit they passed.
class LimitsTest {
    private static final LocalDateTime NOW = LocalDateTime.of(2026, 7, 26, 0, 0);

    /// As usual, but for a tenth of the steps: they are what takes time.
    private static final Limits LIMITS = new Limits(
            Limits.DEFAULT.steps() / 10,
            Limits.DEFAULT.outputChars(),
            Limits.DEFAULT.valueSize(),
            Limits.DEFAULT.depth(),
            Limits.DEFAULT.sourceChars());

    private static String render(String template) {
        return render(template, LIMITS);
    }

    private static String render(String template, Limits limits) {
        return JinjaTemplate.parse(template, "hostile", limits)
                .render(Map.of("long", "ab".repeat(500_000), "deep", deep(300)), NOW, 0)
                .text();
    }

    private static List<Object> deep(int levels) {
        return levels == 0 ? List.of() : List.of(deep(levels - 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ 'a' * 10**9 }}",
                "{{ 10**9 * 'a' }}",
                "{{ [1] * 10**9 }}",
                "{{ (1, 2) * 10**10 }}",
                "{{ 9 ** 9 ** 9 ** 9 ** 9 ** 9 }}",
                "{{ 2 ** 100000000 }}",
                "{{ 10 ** 10000 * 10 ** 10000 }}",
                "{% set ns = namespace(x=3) %}{% for i in range(100) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
                "{{ range(100001) }}",
                "{{ 'x'.ljust(10**9) }}",
                "{{ 'x'.zfill(10**9) }}",
                "{{ 'x'.center(2**62) }}",
                "{{ 'x' | center(10**9) }}",
                "{{ 'x\\ny' | indent(10**9) }}",
                "{{ ('x\\n' * 10000) | indent(10000) }}",
                "{{ '\\t'.expandtabs(10**9) }}",
                "{{ '%999999999d' % 1 }}",
                "{{ '%.999999999f' % 1.5 }}",
                "{{ '%*d' % (10**9, 1) }}",
                "{{ '{:999999999}'.format(1) }}",
                "{{ '{:.999999999f}'.format(1.5) }}",
                "{{ '{:{}}'.format(1, 10**9) }}",
                "{{ [1] | batch(10**9, 'x') | list }}",
                "{{ [1] | slice(10**9) | list }}",
                "{{ {} | tojson(indent=10**9) }}",
                "{{ [1] | tojson(indent=10**9) }}",
                "{{ long | replace('a', long) }}",
                "{{ long | replace('', long) }}",
                "{{ long.join(long) }}",
                "{{ long | join(long) }}",
                "{{ (long | list) * 100 }}",
                "{{ long ~ long ~ long ~ long ~ long ~ long ~ long ~ long ~ long }}",
                "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% for i in range(100000) %}{{ long }}{% endfor %}",
                "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
                "{% for i in range(100000) %}{% for j in [] %}{% else %}{{ long | length }}{% endfor %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
                        + "{{ ns.x | tojson }}",
                "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
                        + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
                "{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}"
                        + "{{ {ns.x: 1} }}",
                "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}"
                        + "{{ ns.x | pprint }}",
                "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}"
                        + "{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x < ns.y }}",
                "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro m(x) %}{{ x ~ m(x + 1) }}{% endmacro %}{{ m(0) }}",
                "{% macro m(caller=none) %}{% call m() %}{% endcall %}{{ caller }}{% endmacro %}{{ m() }}",
                "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
                "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
                "{% set ns = namespace(f=[1]) %}{% for i in range(9000) %}{% set ns.f = ns.f | map('string') %}{% endfor %}"
                        + "{{ ns.f | list }}",
                "{% for i in range(100000) %}{{ long.find('b' * 1000) }}{% endfor %}",
                "{{ ((long ~ 'x') * 7).find('ab' * 400000 ~ 'y') }}{% for i in range(9) %}{{ long * 7 }}{% endfor %}",
                "{{ ('(' * 100000 ~ 'a' ~ '(' * 100000 ~ ')' * 100000) | urlize * 100 }}",
                "{% for i in range(100000) %}{{ ('9' * 4000) | int }}{% endfor %}",
                "{% for i in range(100000) %}{{ 10**4000 }}{% endfor %}",
                "{% for i in range(1000) %}{{ long | wordwrap(1) }}{% endfor %}",
                "{{ range(100000) | map(attribute='.' * 1000000, default=0) | list }}",
                "{{ range(100) | sort(attribute=',' * 1000000) }}",
                "{% set ns = namespace(l=[]) %}{% for i in range(1000) %}{% set ns.l = ns.l + [(long * 7).partition('a')] %}"
                        + "{% endfor %}",
                "{% set d = dict.fromkeys(range(100000) | map('string')) %}{% for i in range(100000) %}"
                        + "{% set y = [] | map('x', **d) %}{% endfor %}",
                "{% set a = [0] * 2000000 %}{% set b = a * 1 %}{% for i in range(100000) %}{% if a == b %}{% endif %}"
                        + "{% endfor %}",
                "{% for i in range(1000) %}{{ long | urlize }}{% endfor %}",
                "{% for i in range(1000) %}{{ long | striptags }}{% endfor %}",
                "{% for i in range(1000) %}{{ long | title }}{% endfor %}",
                "{% for i in range(1000) %}{{ long[::-1] }}{% endfor %}",
                "{% for i in range(1000) %}{{ long | length }}{{ long is lower }}{{ long | tojson }}{% endfor %}",
            })
    void a_template_that_wants_too_much_fails_soon(String template) {
        long start = System.nanoTime();
        TemplateException e = catchThrowableOfType(TemplateException.class, () -> render(template));
        assertThat(e).isNotNull();
        assertThat(e.kind()).isEqualTo(TemplateException.Kind.LIMIT);
        assertThat(e.getMessage()).doesNotContain("\n").doesNotContain("stack");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }

    /// What such a template makes matters to nobody.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ 2**65000 in [0.5]*3000000 }}",
                "{{ 1 in [5e-324]*3000000 }}",
                "{{ '%.7999000f' % 0.1 }}",
                "{{ '{:.7999000f}'.format(0.1) }}",
                "{% for i in range(100000) %}{% for j in range(100000) %}{{ 5e-324.as_integer_ratio()[0] }}"
                        + "{% endfor %}{% endfor %}",
                "{% for i in range(100000) %}{% for j in range(100000) %}{{ strftime_now('%999999d') }}"
                        + "{% endfor %}{% endfor %}",
            })
    void numbers_of_many_digits_are_soon_done_with(String template) {
        long start = System.nanoTime();
        try {
            render(template, Limits.DEFAULT);
        } catch (TemplateException e) {
            assertThat(e.kind()).isEqualTo(TemplateException.Kind.LIMIT);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x + 1",
                "1 - x",
                "x / y",
                "x // 3",
                "x is odd",
                "x < x + 1",
                "x | round(-10000)",
                "5e-324 | round(3)",
                "'%.1f' % 5e-324",
            })
    void numbers_of_many_digits_cost_steps(String expression) {
        String template = "{% set x = 2**65000 %}{% set y = 3**30000 %}{% for i in range(2000) %}{% set z = "
                + expression + " %}{% endfor %}";
        Limits few = new Limits(600_000, 1000, 10_000, 1000, 1000);
        assertThatThrownBy(() -> render(template, few)).hasMessageContaining("600000 steps");
    }

    @Test
    void a_rendering_may_be_allowed_more_steps() {
        JinjaTemplate template =
                JinjaTemplate.parse("{% for i in range(99) %}x{% endfor %}", "t", new Limits(100, 100, 100, 100, 100));
        assertThat(template.render(Map.of(), NOW, 1000).text()).hasSize(99);
        assertThatThrownBy(() -> template.render(Map.of(), NOW, 50)).hasMessageContaining("150 steps");
    }

    @Test
    void all_steps_of_the_usual_limits_are_spent_in_seconds() {
        long start = System.nanoTime();
        assertThatThrownBy(() -> render(
                        "{% for i in range(100000) %}{% for j in range(100000) %}{{ '%s' % (i * j) }}{% endfor %}{% endfor %}",
                        Limits.DEFAULT))
                .isInstanceOf(TemplateException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void deep_source_is_refused_by_the_parser_and_not_by_the_stack() {
        String[] sources = {
            "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
            "{{ " + "[".repeat(100_000) + " }}",
            "{{ " + "{1:".repeat(100_000) + " }}",
            "{{ " + "not ".repeat(100_000) + "1 }}",
            "{{ " + "-".repeat(100_000) + "1 }}",
            "{{ 1" + "+1".repeat(100_000) + " }}",
            "{{ 1" + " or 1".repeat(100_000) + " }}",
            "{{ a" + ".a".repeat(100_000) + " }}",
            "{{ a" + "[0]".repeat(100_000) + " }}",
            "{{ a" + "()".repeat(100_000) + " }}",
            "{{ a" + "|e".repeat(100_000) + " }}",
            "{{ a" + "(a".repeat(100_000) + " }}",
            "{{ a" + "[a".repeat(100_000) + " }}",
            "{{ a" + " if a else a".repeat(50_000) + " }}",
            "{{ a" + " if a".repeat(100_000) + " }}",
            "{{ a is eq " + "a is eq ".repeat(100_000) + " }}",
            "{% if a %}".repeat(50_000),
            "{% for a in a %}".repeat(50_000),
            "{% set a %}".repeat(50_000),
            "{% macro a() %}".repeat(50_000),
            "{% filter e" + "|e".repeat(100_000) + " %}{% endfilter %}",
            "{% for " + "(a,".repeat(50_000) + " in a %}{% endfor %}",
        };
        for (String source : sources) {
            assertThatThrownBy(() -> JinjaTemplate.parse(source, "deep", Limits.DEFAULT))
                    .isInstanceOf(TemplateException.class)
                    .hasMessageNotContaining("stack");
        }
    }

    @Test
    void long_flat_templates_are_fine() {
        String elifs = "{% if missing %}x" + "{% elif missing %}x".repeat(5000) + "{% else %}end{% endif %}";
        assertThat(render(elifs)).isEqualTo("end");
        assertThat(render("{{ 'a'" + " ~ 'b'".repeat(5000) + " }}")).hasSize(5001);
        assertThat(render("{{ [" + "1,".repeat(5000) + "] | length }}")).isEqualTo("5000");
    }

    @Test
    void many_names_and_many_branches_are_parsed_in_proportion_to_the_source() {
        StringBuilder source = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            source.append("{% set n").append(i).append("=1 %}{% if n0 %}{% endif %}");
        }
        long start = System.nanoTime();
        assertThat(render(source.toString())).isEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void values_as_deep_as_json_may_be_are_fine() {
        assertThat(render("{{ deep }}")).isEqualTo("[".repeat(301) + "]".repeat(301));
    }

    /// In three quarters of what a thread usually has, for callers have frames as well.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}"
                        + "{{ ns.x | pprint }}",
                "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}"
                        + "{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x < ns.y }}",
                "{% macro m(x) %}{{ x ~ m(x + 1) }}{% endmacro %}{{ m(0) }}",
                "{% macro m(caller=none) %}{% call m() %}{% endcall %}{{ caller }}{% endmacro %}{{ m() }}",
                "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
            })
    void what_the_limit_on_nesting_allows_fits_the_stack(String template) throws InterruptedException {
        Object result = inThread(768, () -> render(template));
        assertThat(result)
                .isInstanceOfSatisfying(
                        TemplateException.class, e -> assertThat(e).hasMessageContaining("nesting deeper than 500"));
    }

    @Test
    void a_hundred_calls_in_one_another_fit_half_a_stack() throws InterruptedException {
        String template = "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% else %}end{% endif %}{% endmacro %}{{ m(100) }}"
                + "{{ " + "(".repeat(40) + "1" + ")".repeat(40) + " }}";
        assertThat(inThread(512, () -> render(template))).isEqualTo("end1");
    }

    @Test
    void a_stack_too_small_for_the_limits_is_an_error_of_the_template() throws InterruptedException {
        Limits deep = new Limits(10_000_000, 1000, 1000, 1_000_000, 1000);
        Object result = inThread(256, () -> render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", deep));
        assertThat(result)
                .isInstanceOfSatisfying(
                        TemplateException.class, e -> assertThat(e.kind()).isEqualTo(TemplateException.Kind.LIMIT));
    }

    /// What `work` gives or throws on a stack of so many KiB.
    private static Object inThread(int stack, Supplier<?> work) throws InterruptedException {
        AtomicReference<Object> result = new AtomicReference<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        result.set(work.get());
                    } catch (Throwable e) {
                        result.set(e);
                    }
                },
                "stack of " + stack + " KiB",
                stack * 1024L);
        thread.start();
        thread.join();
        return result.get();
    }

    @Test
    void each_limit_is_counted() {
        assertThat(limited("{{ 'abc' }}", new Limits(100, 2, 100, 100, 100))).contains("2 characters");
        assertThat(limited("{{ 'abc' ~ 'd' }}", new Limits(100, 100, 3, 100, 100)))
                .contains("3 characters");
        assertThat(limited("{{ [1,2] + [3] }}", new Limits(100, 100, 2, 100, 100)))
                .contains("2 items");
        assertThat(limited("{% for i in range(99) %}x{% endfor %}", new Limits(100, 100, 100, 100, 100)))
                .contains("100 steps");
        assertThat(limited("{{ ((1 + 2) + 3) + 4 }}", new Limits(100, 100, 100, 4, 100)))
                .contains("deeper than 4");
        assertThat(limited("{{ 1 }}", new Limits(100, 100, 100, 100, 6))).contains("at most 6");
        assertThatThrownBy(() -> new Limits(0, 1, 1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static String limited(String template, Limits limits) {
        TemplateException e = catchThrowableOfType(
                TemplateException.class,
                () -> JinjaTemplate.parse(template, "t", limits).render(Map.of(), NOW, 0));
        assertThat(e.kind()).isEqualTo(TemplateException.Kind.LIMIT);
        return e.getMessage();
    }

    @Test
    void variables_that_contain_themselves_are_refused() {
        Map<String, Object> cyclic = new HashMap<>();
        cyclic.put("self", cyclic);
        JinjaTemplate template = JinjaTemplate.parse("{{ x }}", "t", Limits.DEFAULT);
        assertThatThrownBy(() -> template.render(Map.of("x", cyclic), NOW, 0)).isInstanceOf(TemplateException.class);
    }
}
