package dev.nla4j.chat.jinja;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// Text for addresses: UTF-8, all bytes but letters, digits and `_.-~` written as `%XX`.
final class PercentEncoding {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private PercentEncoding() {}

    /// @param query whether `/` is encoded too and a space is `+`
    static String encode(String text, boolean query, Budget budget) {
        budget.chars(3L * text.length());
        StringBuilder out = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (plain || "_.-~".indexOf(c) >= 0 || (c == '/' && !query)) {
                out.append(c);
            } else if (c == ' ' && query) {
                out.append('+');
            } else {
                out.append('%').append(HEX.toHexDigits(b));
            }
        }
        return out.toString();
    }
}
