package dev.nla4j.chat.jinja;

/// The methods of strings that fill up to a width.
final class TextLayout {
    private TextLayout() {}

    static Value pad(String name, PyText self, Arguments arguments, Budget budget) {
        Arguments.Bound bound = arguments.bindPlaces(name, 1, 2);
        String fill = bound.get(1) == null ? " " : TextMethods.joining(self, bound.at(1), budget);
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw PyError.type("The fill character must be exactly one character long");
        }
        return pad(name, self, bound.index(0, 0), fill, budget);
    }

    static PyText pad(String name, PyText self, int width, String fill, Budget budget) {
        budget.read(self.chars().length());
        int missing = width - self.length();
        if (width < 0 || missing <= 0) {
            return self;
        }
        budget.chars((long) missing * fill.length() + self.chars().length());
        int left = switch (name) {
            case "ljust" -> 0;
            case "rjust" -> missing;
            default -> missing / 2 + (missing & width & 1);
        };
        return self.like(fill.repeat(left) + self.chars() + fill.repeat(missing - left));
    }

    static Value zeroFill(PyText self, Arguments arguments, Budget budget) {
        int width = arguments.bindPlaces("zfill", 1, 1).index(0, 0);
        String chars = self.chars();
        boolean signed = chars.startsWith("-") || chars.startsWith("+");
        PyText digits = self.like(signed ? chars.substring(1) : chars);
        PyText filled = pad("rjust", digits, signed ? Math.max(width, 1) - 1 : width, "0", budget);
        return signed ? self.like(chars.charAt(0) + filled.chars()) : filled;
    }

    static Value expandTabs(PyText self, Arguments arguments, Budget budget) {
        int size = Math.max(0, arguments.bind("expandtabs", 0, "tabsize").index(0, 8));
        StringBuilder out = new StringBuilder();
        int column = 0;
        for (int c : self.chars().codePoints().toArray()) {
            if (c == '\t') {
                int spaces = size == 0 ? 0 : size - column % size;
                budget.grown(out.length() + (long) spaces, spaces);
                out.repeat(' ', spaces);
                column += spaces;
            } else {
                out.appendCodePoint(c);
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
        }
        budget.chars(out.length());
        return self.like(out.toString());
    }
}
