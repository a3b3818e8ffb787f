package dev.nla4j.chat.jinja;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/// Text of a template to tokens. White space around tags is taken away here: `trim_blocks` and `lstrip_blocks` are on,
/// as transformers has them, `-` and `+` say otherwise tag by tag.
final class Lexer {
    private static final List<String> OPERATORS = List.of(
            "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
            "=", ".", ":", "|", ",", ";");
    private static final Set<Character> TAG_KINDS = Set.of('{', '%', '#');

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    /// Whether what comes next begins a line (a tag before it may have taken the line break).
    private boolean lineStarting = true;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokenize(String source) {
        Lexer lexer =
                new Lexer(withoutLastLineBreak(source.replace("\r\n", "\n").replace('\r', '\n')));
        while (lexer.at < lexer.source.length()) {
            lexer.dataAndTag();
        }
        lexer.add(Token.Kind.END, "");
        return lexer.tokens;
    }

    private static String withoutLastLineBreak(String source) {
        return source.endsWith("\n") ? source.substring(0, source.length() - 1) : source;
    }

    private PyError failure(String problem) {
        return new PyError(PyError.Kind.RUNTIME, problem).at(line);
    }

    private void add(Token.Kind kind, String text) {
        tokens.add(new Token(line, kind, text, null));
    }

    /// Moves to `end`, counting lines.
    private void advance(int end) {
        for (; at < end; at++) {
            if (source.charAt(at) == '\n') {
                line++;
            }
        }
    }

    /// Text up to the next tag, and the tag.
    private void dataAndTag() {
        int tag = source.indexOf('{', at);
        while (tag >= 0 && !isTagKind(tag + 1)) {
            tag = source.indexOf('{', tag + 1);
        }
        if (tag < 0) {
            data(source.substring(at));
            at = source.length();
            return;
        }
        char kind = source.charAt(tag + 1);
        char sign = charAt(tag + 2);
        boolean signed = sign == '-' || sign == '+';
        data(stripped(source.substring(at, tag), signed ? sign : 0, kind != '{'));
        advance(tag);
        int behind = tag + (signed ? 3 : 2);
        int raw = kind == '%' ? rawBeginEnd(behind) : -1;
        if (raw >= 0) {
            advance(raw);
            lineStarting = source.charAt(raw - 1) == '\n';
            raw();
        } else {
            advance(behind);
            lineStarting = false;
            switch (kind) {
                case '#' -> comment();
                case '%' -> {
                    add(Token.Kind.BLOCK_BEGIN, "{%");
                    code(Token.Kind.BLOCK_END, "%}");
                }
                default -> {
                    add(Token.Kind.VARIABLE_BEGIN, "{{");
                    code(Token.Kind.VARIABLE_END, "}}");
                }
            }
        }
    }

    private boolean isTagKind(int place) {
        return TAG_KINDS.contains(charAt(place));
    }

    private char charAt(int place) {
        return place < source.length() ? source.charAt(place) : 0;
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            add(Token.Kind.DATA, text);
        }
    }

    /// Data before a tag without the white space that the tag's sign, or `lstrip_blocks`, takes away.
    private String stripped(String text, char sign, boolean block) {
        if (sign == '-') {
            return text.substring(0, TextSearch.lastNonSpace(text, text.length()));
        }
        if (sign == '+' || !block) {
            return text;
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        boolean blank = TextSearch.skip(text, lineStart, true) == text.length();
        return blank && (lineStart > 0 || lineStarting) ? text.substring(0, lineStart) : text;
    }

    /// End of a `raw` tag whose inside begins at `inside`, or -1 when it is another tag.
    private int rawBeginEnd(int inside) {
        int name = TextSearch.skip(source, inside, true);
        if (!source.startsWith("raw", name)) {
            return -1;
        }
        int end = TextSearch.skip(source, name + 3, true);
        if (source.startsWith("-%}", end)) {
            return TextSearch.skip(source, end + 3, true);
        }
        return source.startsWith("%}", end) ? end + 2 : -1;
    }

    private void raw() {
        for (int tag = source.indexOf("{%", at); tag >= 0; tag = source.indexOf("{%", tag + 1)) {
            char sign = charAt(tag + 2);
            boolean signed = sign == '-' || sign == '+';
            int name = TextSearch.skip(source, tag + (signed ? 3 : 2), true);
            int end = source.startsWith("endraw", name) ? blockEnd(TextSearch.skip(source, name + 6, true)) : -1;
            if (end >= 0) {
                data(stripped(source.substring(at, tag), signed ? sign : 0, true));
                advance(end);
                lineStarting = source.charAt(end - 1) == '\n';
                return;
            }
        }
        throw failure("Missing end of raw directive");
    }

    /// End of a block's closing delimiter at `place` with what it takes away, or -1 when there is none.
    private int blockEnd(int place) {
        return closing(place, "%}", true);
    }

    private int closing(int place, String delimiter, boolean trims) {
        if (source.startsWith("-" + delimiter, place)) {
            return TextSearch.skip(source, place + 3, true);
        }
        if (trims && source.startsWith("+" + delimiter, place)) {
            return place + 3;
        }
        if (source.startsWith(delimiter, place)) {
            return trims && charAt(place + 2) == '\n' ? place + 3 : place + 2;
        }
        return -1;
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw failure("Missing end of comment tag");
        }
        char sign = end > at ? source.charAt(end - 1) : 0;
        int start = sign == '-' || sign == '+' ? end - 1 : end;
        int behind = closing(start, "#}", true);
        advance(behind);
        lineStarting = source.charAt(behind - 1) == '\n';
    }

    /// Tokens of an expression or statement up to `delimiter`.
    private void code(Token.Kind endKind, String delimiter) {
        Deque<String> open = new ArrayDeque<>();
        while (at < source.length()) {
            int end = open.isEmpty() ? closing(at, delimiter, endKind == Token.Kind.BLOCK_END) : -1;
            if (end >= 0) {
                add(endKind, delimiter);
                advance(end);
                lineStarting = source.charAt(end - 1) == '\n';
                return;
            }
            token(open);
        }
    }

    private void token(Deque<String> open) {
        int c = source.codePointAt(at);
        if (Characters.isSpace(c)) {
            advance(TextSearch.skip(source, at, true));
        } else if (c >= '0' && c <= '9') {
            number();
        } else if (c == '\'' || c == '"') {
            string((char) c);
        } else if (Characters.isWord(c) || Characters.isNamePart(c)) {
            name();
        } else {
            operator(open);
        }
    }

    private void name() {
        int end = at;
        while (end < source.length()
                && (Characters.isWord(source.codePointAt(end)) || Characters.isNamePart(source.codePointAt(end)))) {
            end = source.offsetByCodePoints(end, 1);
        }
        String name = source.substring(at, end);
        if (!Characters.isIdentifier(name)) {
            throw failure("Invalid character in identifier");
        }
        add(Token.Kind.NAME, name);
        at = end;
    }

    private void operator(Deque<String> open) {
        String operator = OPERATORS.stream()
                .filter(candidate -> source.startsWith(candidate, at))
                .findFirst()
                .orElseThrow(
                        () -> failure("unexpected char " + Printer.quoted(Character.toString(source.codePointAt(at)))));
        switch (operator) {
            case "{" -> open.push("}");
            case "(" -> open.push(")");
            case "[" -> open.push("]");
            case "}", ")", "]" -> {
                String expected = open.poll();
                if (!operator.equals(expected)) {
                    throw failure("unexpected '" + operator + "'"
                            + (expected == null ? "" : ", expected '" + expected + "'"));
                }
            }
            default -> {}
        }
        add(Token.Kind.OPERATOR, operator);
        at += operator.length();
    }

    private void string(char quote) {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw failure("unexpected char " + Printer.quoted(String.valueOf(quote)));
        }
        String text = new Escapes(source.substring(at + 1, end)).decode(this::failure);
        add(Token.Kind.STRING, text);
        advance(end + 1);
    }

    private void number() {
        int end = realEnd();
        boolean real = end > 0;
        end = real ? end : integerEnd();
        String digits = source.substring(at, end).replace("_", "");
        if (digits.length() > Numbers.MOST_DIGITS) {
            throw failure("a number of more than " + Numbers.MOST_DIGITS + " digits");
        }
        Value value = real ? new PyFloat(Double.parseDouble(digits)) : new PyInt(integer(digits));
        tokens.add(new Token(line, real ? Token.Kind.FLOAT : Token.Kind.INTEGER, digits, value));
        at = end;
    }

    private static BigInteger integer(String digits) {
        int base = switch (digits.length() > 1 ? Character.toLowerCase(digits.charAt(1)) : '0') {
            case 'x' -> 16;
            case 'o' -> 8;
            case 'b' -> 2;
            default -> 10;
        };
        return new BigInteger(base == 10 ? digits : digits.substring(2), base);
    }

    /// End of a float at this place, or 0.
    private int realEnd() {
        if (at > 0 && source.charAt(at - 1) == '.') {
            return 0;
        }
        int integral = digitsEnd(at);
        int end = integral;
        boolean fraction = charAt(end) == '.' && digitsEnd(end + 1) > end + 1;
        if (fraction) {
            end = digitsEnd(end + 1);
        }
        if (Character.toLowerCase(charAt(end)) == 'e') {
            int sign = charAt(end + 1) == '+' || charAt(end + 1) == '-' ? 1 : 0;
            int exponent = digitsEnd(end + 1 + sign);
            if (exponent > end + 1 + sign) {
                return exponent;
            }
        }
        return fraction ? end : 0;
    }

    /// End of digits with single underscores between them.
    private int digitsEnd(int start) {
        return digitsEnd(start, 10, false);
    }

    private int digitsEnd(int start, int base, boolean underscoreFirst) {
        int end = start;
        while (isDigit(end, base)
                || (charAt(end) == '_' && (underscoreFirst || end > start) && isDigit(end + 1, base))) {
            end += charAt(end) == '_' ? 2 : 1;
        }
        return end;
    }

    private boolean isDigit(int place, int base) {
        char c = charAt(place);
        return c < 0x80 && Character.digit(c, base) >= 0;
    }

    private int integerEnd() {
        if (source.charAt(at) != '0') {
            return digitsEnd(at);
        }
        int base = switch (Character.toLowerCase(charAt(at + 1))) {
            case 'x' -> 16;
            case 'o' -> 8;
            case 'b' -> 2;
            default -> 10;
        };
        if (base != 10) {
            int end = digitsEnd(at + 2, base, true);
            return end > at + 2 ? end : at + 1;
        }
        int end = at + 1;
        while (charAt(end) == '0' || (charAt(end) == '_' && charAt(end + 1) == '0')) {
            end += charAt(end) == '_' ? 2 : 1;
        }
        return end;
    }
}
