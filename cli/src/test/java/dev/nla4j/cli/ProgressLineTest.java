package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.progress.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private long now;

    private Progress progress(boolean terminal) {
        return new ProgressLine(new LiveLine(new Terminal(80, false, terminal), err, () -> now));
    }

    private String written() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void a_terminal_sees_one_line_with_speed_and_time_left_that_goes_when_the_work_is_done() {
        Progress progress = progress(true);
        progress.report("load", 0, 100, "rows");
        now = 10_000_000_000L;
        progress.report("load", 25, 100, "rows");
        assertThat(written()).isEqualTo("\r\u001b[Kload: 25 of 100 rows (25 %), 2.5 rows/s, 30 s left");
        progress.report("load", 100, 100, "rows");
        assertThat(written()).endsWith(" left\r\u001b[K");
    }

    @Test
    void a_log_hears_nothing_of_short_work_and_once_a_minute_of_long_work() {
        Progress progress = progress(false);
        progress.report("load", 0, 2_000_000, "B");
        now = 30_000_000_000L;
        progress.report("load", 1_000_000, 2_000_000, "B");
        progress.report("load", 2_000_000, 2_000_000, "B");
        assertThat(written()).isEmpty();
        progress.report("load", 0, 2_000_000, "B");
        now += 70_000_000_000L;
        progress.report("load", 1_000_000, 2_000_000, "B");
        progress.report("load", 2_000_000, 2_000_000, "B");
        for (int i = 0; i < 10; i++) {
            progress.report("extract", i, 10, "documents");
            now += 25_000_000_000L;
        }
        progress.report("extract", 10, 10, "documents");
        assertThat(written().lines())
                .containsExactly(
                        "load: 1.0 MB of 2.0 MB (50 %), 14 kB/s, 1 min 10 s left",
                        "extract: 3 of 10 documents (30 %), 2 min 55 s left",
                        "extract: 6 of 10 documents (60 %), 1 min 40 s left",
                        "extract: 9 of 10 documents (90 %), 25 s left");
    }
}
