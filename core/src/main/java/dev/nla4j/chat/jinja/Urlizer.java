package dev.nla4j.chat.jinja;

import java.util.List;
import java.util.Set;

/// The `urlize` filter: addresses in a text become links. What an address is follows Jinja's expressions, matched by
/// hand in time proportional to the word.
final class Urlizer {
    private static final Set<String> BASIC_DOMAINS = Set.of("com", "net", "int", "edu", "gov", "org", "info", "mil");

    /// @param limit length of the shown address, negative for any
    /// @param attributes what follows `href` in a link
    record Style(int limit, String attributes, List<String> extraSchemes) {}

    private final Style style;
    private final Budget budget;

    Urlizer(Style style, Budget budget) {
        this.style = style;
        this.budget = budget;
    }

    String urlize(String escaped) {
        budget.read(escaped.length() * 4L);
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < escaped.length(); ) {
            int word = TextSearch.skip(escaped, at, true);
            out.append(escaped, at, word);
            at = TextSearch.skip(escaped, word, false);
            if (at > word) {
                out.append(linked(escaped.substring(word, at)));
            }
            budget.grown(out.length(), 0);
        }
        budget.chars(out.length());
        return out.toString();
    }

    private String linked(String word) {
        int start = headEnd(word);
        int end = tailStart(word, start);
        String middle = word.substring(start, end);
        String tail = word.substring(end);
        for (String[] pair : new String[][] {{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}}) {
            int open = TextSearch.count(middle, pair[0], budget);
            if (open <= TextSearch.count(middle, pair[1], budget)) {
                continue;
            }
            // as much of the tail as balances the word belongs to it
            int moves = Math.min(open, TextSearch.count(tail, pair[1], budget));
            int moved = 0;
            for (int i = 0; i < moves; i++) {
                moved = tail.indexOf(pair[1], moved) + pair[1].length();
            }
            middle += tail.substring(0, moved);
            tail = tail.substring(moved);
        }
        return word.substring(0, start) + link(middle) + tail;
    }

    private static int headEnd(String word) {
        int at = 0;
        while (at < word.length()) {
            if (word.charAt(at) == '(' || word.charAt(at) == '<') {
                at++;
            } else if (word.startsWith("&lt;", at)) {
                at += 4;
            } else {
                break;
            }
        }
        return at;
    }

    private static int tailStart(String word, int from) {
        int at = word.length();
        while (at > from) {
            if (")>.,\n".indexOf(word.charAt(at - 1)) >= 0) {
                at--;
            } else if (at - 4 >= from && word.startsWith("&gt;", at - 4)) {
                at -= 4;
            } else {
                break;
            }
        }
        return at;
    }

    private String link(String middle) {
        if (isAddress(middle)) {
            boolean hasScheme = middle.startsWith("https://") || middle.startsWith("http://");
            PyText whole = PyText.of(middle);
            String shown = style.limit() >= 0 && whole.length() > style.limit()
                    ? whole.slice(0, style.limit()).chars() + "..."
                    : middle;
            return "<a href=\"" + (hasScheme ? "" : "https://") + middle + "\"" + style.attributes() + ">" + shown
                    + "</a>";
        }
        if (middle.startsWith("mailto:") && isMail(middle.substring(7))) {
            return "<a href=\"" + middle + "\">" + middle.substring(7) + "</a>";
        }
        boolean mayBeMail =
                !middle.startsWith("www.") && !middle.startsWith("@") && middle.indexOf(':') < 0 && isMail(middle);
        if (mayBeMail) {
            return "<a href=\"mailto:" + middle + "\">" + middle + "</a>";
        }
        String linked = middle;
        for (String scheme : style.extraSchemes()) {
            budget.step();
            if (!linked.equals(scheme) && linked.startsWith(scheme)) {
                linked = "<a href=\"" + linked + "\"" + style.attributes() + ">" + linked + "</a>";
                budget.chars(linked.length());
            }
        }
        return linked;
    }

    /// `local@domain.name`.
    private static boolean isMail(String text) {
        int at = text.lastIndexOf('@');
        String domain = text.substring(at + 1);
        int dot = domain.lastIndexOf('.');
        return at > 0
                && dot > 0
                && Characters.isWord(domain.codePointAt(0))
                && domain.substring(0, dot).codePoints().allMatch(c -> Characters.isWord(c) || c == '.' || c == '-')
                && dot + 1 < domain.length()
                && domain.substring(dot + 1).codePoints().allMatch(Characters::isWord);
    }

    private static boolean isAddress(String text) {
        String lower = TextCase.lower(text);
        boolean hasScheme = lower.startsWith("http://") || lower.startsWith("https://");
        String rest = hasScheme ? lower.substring(lower.indexOf("//") + 2) : lower;
        int end = 0;
        while (end < rest.length() && "/?#".indexOf(rest.charAt(end)) < 0) {
            end++;
        }
        String host = withoutPort(rest.substring(0, end));
        if (hasScheme) {
            return isNamedHost(host) || isIpv4(host) || isIpv6(host);
        }
        return (host.startsWith("www.") && isNamedHost(host.substring(4))) || isBasicHost(host);
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        int digits = host.length() - colon - 1;
        boolean port = colon >= 0
                && digits >= 1
                && digits <= 5
                && host.substring(colon + 1).codePoints().allMatch(Characters::isDecimal);
        return port ? host.substring(0, colon) : host;
    }

    /// Labels and a top-level domain that looks like one.
    private static boolean isNamedHost(String host) {
        int dot = host.lastIndexOf('.');
        String top = host.substring(dot + 1);
        boolean plain = top.length() >= 2 && top.length() <= 63 && top.chars().allMatch(c -> c >= 'a' && c <= 'z');
        boolean encoded = top.startsWith("xn--")
                && top.length() >= 6
                && top.length() <= 63
                && top.substring(4).codePoints().allMatch(c -> Characters.isWord(c) || c == '%');
        return (plain || encoded) && (dot < 0 || areLabels(host.substring(0, dot), 1, Integer.MAX_VALUE));
    }

    private static boolean isBasicHost(String host) {
        int dot = host.lastIndexOf('.');
        return dot > 0 && BASIC_DOMAINS.contains(host.substring(dot + 1)) && areLabels(host.substring(0, dot), 2, 63);
    }

    private static boolean areLabels(String text, int shortest, int longest) {
        for (String label : text.split("\\.", -1)) {
            int length = label.codePointCount(0, label.length());
            if (length < shortest
                    || length > longest
                    || !label.codePoints().allMatch(c -> Characters.isWord(c) || c == '%' || c == '-')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isIpv4(String host) {
        String[] parts = host.split("\\.", -1);
        boolean all = parts.length == 4;
        for (String part : parts) {
            all &= !part.isEmpty() && part.length() <= 3 && part.codePoints().allMatch(Characters::isDecimal);
        }
        return all;
    }

    /// Two groups that end in a colon, then one to six that may.
    private static boolean isIpv6(String host) {
        if (!host.startsWith("[") || !host.endsWith("]")) {
            return false;
        }
        String[] groups = host.substring(1, host.length() - 1).split(":", -1);
        if (groups.length < 3) {
            return false;
        }
        int needed = 0;
        for (int i = 0; i < groups.length; i++) {
            int length = groups[i].length();
            boolean hex = groups[i].chars().allMatch(c -> c < 0x80 && Character.digit(c, 16) >= 0);
            if (!hex || (i < 2 && length > 4)) {
                return false;
            }
            boolean ends = i < groups.length - 1;
            needed += i < 2 ? 0 : Math.max(ends ? 1 : 0, (length + 3) / 4);
        }
        return needed <= 6;
    }
}
