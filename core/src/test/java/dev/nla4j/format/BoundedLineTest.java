package dev.nla4j.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BoundedLineTest {
    private static final Path FILE = Path.of("f.jsonl");

    @Test
    void lines_end_as_they_do_elsewhere() throws IOException {
        Reader in = new StringReader("a\r\n\nb\rc\n\r\nlast");
        for (String line : new String[] {"a", "", "b\rc", "", "last", null}) {
            assertThat(BoundedLine.read(in, FILE, 1, 10)).isEqualTo(line);
        }
    }

    @Test
    void a_line_without_an_end_is_refused_before_it_is_read_whole() throws IOException {
        Reader endless = new Reader() {
            @Override
            public int read(char[] into, int from, int count) {
                java.util.Arrays.fill(into, from, from + count, 'x');
                return count;
            }

            @Override
            public void close() {}
        };
        assertThatThrownBy(() -> BoundedLine.read(endless, FILE, 3, 100))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("line 3: is longer than 100 characters");
        assertThat(BoundedLine.read(new StringReader("x".repeat(100)), FILE, 1, 100))
                .hasSize(100);
    }
}
