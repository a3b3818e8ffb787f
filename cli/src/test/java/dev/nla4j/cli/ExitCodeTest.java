package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ExitCodeTest {
    private static String said(Throwable error) {
        StringWriter err = new StringWriter();
        assertThat(ExitCode.report(error, false, new PrintWriter(err))).isEqualTo(ExitCode.OUT_OF_MEMORY);
        return err.toString();
    }

    @Test
    void javas_own_memory_is_told_from_the_machines() {
        assertThat(said(new OutOfMemoryError("Java heap space")))
                .contains("out of memory: Java heap space; give Java more (NLA_JAVA_OPTS=-Xmx8g ./nla ...)");
        assertThat(said(new OutOfMemoryError("Physical memory usage is too high")))
                .doesNotContain("NLA_JAVA_OPTS");
    }
}
