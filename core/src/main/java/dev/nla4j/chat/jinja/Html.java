package dev.nla4j.chat.jinja;

/// Escaping for HTML.
final class Html {
    private Html() {}

    /// `value` as markup: as it is when it is markup already, else printed and escaped.
    static PyText escape(Value value, Budget budget) {
        if (value instanceof PyText text && text.isMarkup()) {
            return text;
        }
        return PyText.markup(escape(Printer.str(value, budget), budget));
    }

    static String escape(String text, Budget budget) {
        StringBuilder out = new StringBuilder(text.length());
        budget.read(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '\'' -> out.append("&#39;");
                case '"' -> out.append("&#34;");
                default -> out.append(c);
            }
        }
        budget.chars(out.length());
        return out.toString();
    }

    /// `text` without tags and comments, white space collapsed, entities replaced.
    static String stripTags(String text, Budget budget) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (true) {
            int start = TextSearch.indexOf(text, "<", at, budget);
            if (start < 0) {
                break;
            }
            boolean comment = text.startsWith("<!--", start);
            int end = comment
                    ? TextSearch.indexOf(text, "-->", start + 4, budget)
                    : TextSearch.indexOf(text, ">", start, budget);
            if (end < 0) {
                break;
            }
            out.append(text, at, start);
            at = end + (comment ? 3 : 1);
        }
        out.append(text, at, text.length());
        return HtmlEntities.unescape(String.join(" ", TextSearch.words(out.toString(), -1, budget)), budget);
    }
}
