package dev.nla4j.chat.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDateTime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against what Python 3.11 makes of the patterns with the GNU C library 2.36.
class StrftimeTest {
    private static final LocalDateTime TIME = LocalDateTime.of(2026, 7, 9, 14, 5, 9, 123_456_000);

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "%10d;`0000000009`",
                "%-10d;`         9`",
                "%_10d;`         9`",
                "%0_10d;`         9`",
                "%-_5d;`    9`",
                "%_-5d;`    9`",
                "%5a;`  Thu`",
                "%05a;`00Thu`",
                "%^5a;`  THU`",
                "%#a;`THU`",
                "%^_5b;`  JUL`",
                "%#B;`JULY`",
                "%#5p;`   pm`",
                "%^p;`PM`",
                "%^P;`pm`",
                "%10p;`        PM`",
                "%Ed;`%Ed`",
                "%Od;`09`",
                "%EY;`2026`",
                "%OY;`%OY`",
                "%Ea;`%Ea`",
                "%Ob;`Jul`",
                "%Eb;`%Eb`",
                "%EOd;`%EOd`",
                "%O5d;`%O5d`",
                "%5Od;`00009`",
                "%5Ed;` %5Ed`",
                "%^Ed;`%^ED`",
                "%Ec;`Thu Jul  9 14:05:09 2026`",
                "%Ex;`07/09/26`",
                "%EX;`14:05:09`",
                "%Ox;`%Ox`",
                "%ED;`%ED`",
                "%OH;`14`",
                "%EH;`%EH`",
                "%ER;`14:05`",
                "%Er;`02:05:09 PM`",
                "%En;`\n`",
                "%5C;`00020`",
                "%20F;`          2026-07-09`",
                "%020F;`00000000002026-07-09`",
                "%^c;`THU JUL  9 14:05:09 2026`",
                "%10Y;`0000002026`",
                "%-10Y;`      2026`",
                "%05%;`0000%`",
                "%5n;`    \n`",
                "%10j;`0000000190`",
                "%12s;`  1783605909`",
                "%012s;`001783605909`",
                "%5u;`00004`",
                "%10e;`         9`",
                "%010e;`0000000009`",
                "%05k;`00014`",
                "%_5l;`    2`",
                "%3y;`026`",
                "%10D;`  07/09/26`",
                "%10Z;`          `",
                "%10z;``",
                "%f;`123456`",
                "%10f;`      %10f`",
                "%-f;`%-f`",
                "%Q;`%Q`",
                "%5Q;`  %5Q`",
                "%-5Q;` %-5Q`",
                "%E;`%E`",
                "%5;`   %5`",
                "%-;`%-`",
                "%+5d;`%+5d`",
                "%3%%d;`  %09`",
            })
    void flags_widths_and_modifiers_are_those_of_the_c_library(String pattern, String shown) {
        assertThat(format(pattern)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"%1024d,1024", "%2000d,2000", "%5000d,0", "%999999999999d,0"})
    void what_is_too_long_for_pythons_buffer_is_nothing(String pattern, int length) {
        assertThat(format(pattern)).hasSize(length);
    }

    private static String format(String pattern) {
        return Strftime.format(pattern, TIME, new Budget(Limits.DEFAULT, 0));
    }
}
