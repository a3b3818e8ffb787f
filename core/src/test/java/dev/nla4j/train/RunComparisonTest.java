package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import dev.nla4j.train.RunComparison.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunComparisonTest {
    private static MetricsLog.Line line(long step, String name, double value) {
        return new MetricsLog.Line(step, Map.of(name, value));
    }

    private static long count(String page, String part) {
        return Pattern.compile(Pattern.quote(part)).matcher(page).results().count();
    }

    @Test
    void each_metric_has_a_chart_and_each_run_a_curve() {
        Run a = new Run("a", List.of(line(1, "loss", 2), line(2, "loss", 1), line(2, "fve", 0.5)));
        Run b = new Run("b", List.of(line(1, "loss", 3), line(3, "loss", 2)));
        String page = RunComparison.html(List.of(a, b));
        assertThat(count(page, "<svg")).isEqualTo(2);
        assertThat(count(page, "<polyline")).isEqualTo(3);
        // steps 1 to 3 over 8 to 512, values 1 to 3 over 150 to 20
        assertThat(page).contains("points=\"8.0,85.0 260.0,150.0\"").contains("points=\"8.0,20.0 512.0,85.0\"");
        assertThat(page).contains("step 3").contains("<td>loss</td><td>1.0000</td><td>2.0000</td>");
    }

    @Test
    void the_page_loads_nothing_and_escapes_every_name() {
        String hostile = "<script>alert('x')</script>&\"\u0007";
        String page = RunComparison.html(List.of(new Run(hostile, List.of(line(1, hostile, 1)))));
        assertThat(page)
                .doesNotContain("<script", "http://", "https://", "url(", "src=", "\u0007")
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;")
                .contains("default-src 'none'");
    }

    @Test
    void curves_break_where_a_value_is_no_number() {
        Run run = new Run(
                "r", List.of(line(1, "x", 1), line(2, "x", Double.NaN), line(3, "x", 2), line(4, "y", Double.NaN)));
        String page = RunComparison.html(List.of(run));
        assertThat(count(page, "<polyline")).isEqualTo(2);
        assertThat(page).contains("no finite value").doesNotContain("NaN,").contains("<td>NaN</td>");
    }

    @Test
    void long_curves_are_thinned_and_keep_their_last_point() {
        List<MetricsLog.Line> lines = new ArrayList<>();
        for (int step = 0; step < 10_001; step++) {
            lines.add(line(step, "x", step));
        }
        String page = RunComparison.html(List.of(new Run("r", lines)));
        assertThat(page.length()).isLessThan(40_000);
        assertThat(page).contains("512.0,20.0\"");
    }

    @Test
    void a_table_has_a_column_for_each_measurement_and_nothing_of_the_steps_between() {
        List<MetricsLog.Line> lines = List.of(
                new MetricsLog.Line(0, Map.of("eval/fve", 0.25)),
                new MetricsLog.Line(1, Map.of("loss", 2.0, "fve", 0.75)),
                new MetricsLog.Line(2, Map.of("loss", 1.0, "fve", 0.75, "eval/fve", 0.5, "eval/t\u001bruth", 0.125)));
        assertThat(MeasuredTable.of(new Run("r", lines))).isEqualTo("""
                | step | 0 | 2 |
                | --- | ---: | ---: |
                | eval/fve | 0.250 | 0.500 |
                | eval/t\\u001bruth |  | 0.125 |
                """);
        MetricsLog.Line reconstructor = new MetricsLog.Line(8, Map.of("fve", 0.5, "rawvar", 1.0, "loss", 1.0));
        assertThat(MeasuredTable.of(new Run("r", List.of(reconstructor))))
                .contains("| fve | 0.500 |")
                .doesNotContain("loss");
        assertThat(MeasuredTable.of(new Run("r", lines.subList(1, 2)))).isEmpty();
    }

    @Test
    void a_folder_without_metrics_is_no_run(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> Run.read(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is no run's folder");
        Files.writeString(folder.resolve("metrics.jsonl"), "{\"step\":1,\"loss\":2}\n");
        assertThat(Run.read(folder).lines()).containsExactly(line(1, "loss", 2));
        assertThatThrownBy(() -> RunComparison.html(List.of())).hasMessageContaining("runs: must be 1 to 8");
    }
}
