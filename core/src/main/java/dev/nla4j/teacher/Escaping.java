package dev.nla4j.teacher;

/// How explanations write characters that would not survive in a line of stripped text: `\n`, `\r`, `\t`, `\s` (a
/// space where it would be lost), `\\`, `\"`, and a backslash with `u{hex}` for other control, format and separator
/// characters.
final class Escaping {
    private Escaping() {}

    /// `text` with spaces as they are, but for those at its ends.
    static String tail(String text) {
        StringBuilder out = new StringBuilder();
        int from = leadingSpaces(text);
        int to = text.length() - trailingSpaces(text, from);
        out.repeat("\\s", from);
        text.substring(from, to).codePoints().forEach(c -> append(out, c, false));
        out.repeat("\\s", text.length() - to);
        return out.toString();
    }

    /// `token` for use between double quotes: one leading space is left out, as it stands before most words; every
    /// other one is written `\s` when the token has nothing else.
    static String token(String token) {
        String bare = bare(token);
        boolean blank = bare.isBlank();
        StringBuilder out = new StringBuilder();
        bare.codePoints().forEach(c -> {
            if (c == ' ' && blank) {
                out.append("\\s");
            } else {
                append(out, c, true);
            }
        });
        return out.toString();
    }

    /// A token without the one space that stands before most words.
    static String bare(String token) {
        return token.length() > 1 && token.charAt(0) == ' ' && !token.isBlank() ? token.substring(1) : token;
    }

    /// The text that was escaped; what is no escape stands for itself.
    static String unescape(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '\\' || at == text.length()) {
                out.append(c);
                continue;
            }
            char kind = text.charAt(at++);
            switch (kind) {
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 's' -> out.append(' ');
                case '\\', '"' -> out.append(kind);
                case 'u' -> at = unescapeHex(text, at, out);
                default -> out.append(c).append(kind);
            }
        }
        return out.toString();
    }

    /// Reads `{hex}` behind a backslash and `u`; anything else stands for itself.
    private static int unescapeHex(String text, int at, StringBuilder out) {
        int close = at < text.length() && text.charAt(at) == '{' ? text.indexOf('}', at) : -1;
        boolean fits = close > at + 1 && close <= at + 7;
        for (int i = at + 1; fits && i < close; i++) {
            fits = Character.digit(text.charAt(i), 16) >= 0;
        }
        int point = fits ? Integer.parseInt(text.substring(at + 1, close), 16) : -1;
        if (!Character.isValidCodePoint(point)) {
            out.append("\\u");
            return at;
        }
        out.appendCodePoint(point);
        return close + 1;
    }

    private static void append(StringBuilder out, int c, boolean quoted) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\\' -> out.append("\\\\");
            case '"' -> out.append(quoted ? "\\\"" : "\"");
            default -> {
                if (isInvisible(c)) {
                    out.append("\\u{").append(Integer.toHexString(c)).append('}');
                } else {
                    out.appendCodePoint(c);
                }
            }
        }
    }

    private static boolean isInvisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> true;
            case Character.SPACE_SEPARATOR -> c != ' ';
            default -> false;
        };
    }

    private static int leadingSpaces(String text) {
        int count = 0;
        while (count < text.length() && text.charAt(count) == ' ') {
            count++;
        }
        return count;
    }

    private static int trailingSpaces(String text, int from) {
        int count = 0;
        while (text.length() - count > from && text.charAt(text.length() - count - 1) == ' ') {
            count++;
        }
        return count;
    }
}
