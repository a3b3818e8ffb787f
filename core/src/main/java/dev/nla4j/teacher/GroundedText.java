package dev.nla4j.teacher;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The parts of a grounded explanation: `Next: "a", "b". About: x, y. Kind: k, l. Text: the literal tail`. Parts
/// without anything in them are left out; the tail stands last, so that a reconstructor whose prompt ends there reads
/// the words the target read last.
///
/// @param next tokens as they are written between quotes, escaped
/// @param text the escaped tail; empty when there is none
record GroundedText(List<String> next, List<String> about, List<String> kinds, String text) {
    /// Begins a sentence or, as the teacher writes it, stands behind a quotation: prose may speak of
    /// `the authors' text: a report`.
    private static final Pattern LABEL = Pattern.compile("(?:(?:^|\n|(?<=[.!?])\\s)\\s*(?i:(Next|About|Kind|Text))"
            + "|(?<=[\"\u201d]|[\\p{L}\\p{N}]')\\s+(Next|About|Kind|Text))\\s*:");

    GroundedText {
        next = List.copyOf(next);
        about = List.copyOf(about);
        kinds = List.copyOf(kinds);
    }

    String write() {
        List<String> parts = new ArrayList<>();
        if (!next.isEmpty()) {
            parts.add("Next: " + next.stream().map(token -> '"' + token + '"').collect(Collectors.joining(", ")) + ".");
        }
        if (!about.isEmpty()) {
            parts.add("About: " + String.join(", ", about) + ".");
        }
        if (!kinds.isEmpty()) {
            parts.add("Kind: " + String.join(", ", kinds) + ".");
        }
        if (!text.isEmpty()) {
            parts.add("Text: " + text);
        }
        return String.join(" ", parts);
    }

    /// A piece of an explanation with its place in it.
    record Piece(Claim.Segment segment, int start, int end) {
        String in(String explanation) {
            return explanation.substring(start, end);
        }
    }

    /// The pieces that make claims, in their order: tokens (with quotes), words, kinds, the whole tail, and the
    /// sentences of everything else. Nothing that a model writes is an error.
    static List<Piece> parse(String explanation) {
        List<Piece> pieces = new ArrayList<>();
        Matcher label = LABEL.matcher(explanation);
        Claim.Segment segment = Claim.Segment.PROSE;
        int start = 0;
        while (segment != Claim.Segment.TEXT && label.find()) {
            if (segment == Claim.Segment.NEXT && isInsideQuotes(explanation, start, label.start())) {
                continue;
            }
            addPieces(pieces, explanation, segment, start, label.start());
            String name = label.group(1) == null ? label.group(2) : label.group(1);
            segment = Claim.Segment.valueOf(name.toUpperCase(Locale.ROOT));
            start = label.end();
        }
        addPieces(pieces, explanation, segment, start, explanation.length());
        return pieces;
    }

    private static boolean isInsideQuotes(String explanation, int start, int at) {
        Matcher quoted = Quotations.MARKED.matcher(explanation).region(start, explanation.length());
        while (quoted.find() && quoted.start() < at) {
            if (quoted.end() > at) {
                return true;
            }
        }
        return false;
    }

    private static void addPieces(List<Piece> pieces, String all, Claim.Segment segment, int start, int end) {
        switch (segment) {
            case NEXT -> addTokens(pieces, all, start, end);
            case ABOUT, KIND -> addItems(pieces, all, segment, start, end, ",;.");
            case PROSE -> addItems(pieces, all, segment, start, end, ".!?\n");
            case TEXT -> add(pieces, all, segment, start, end);
        }
    }

    private static void addTokens(List<Piece> pieces, String all, int start, int end) {
        Matcher quoted = Quotations.MARKED.matcher(all).region(start, end);
        int before = pieces.size();
        while (quoted.find()) {
            pieces.add(new Piece(Claim.Segment.NEXT, quoted.start(), quoted.end()));
        }
        if (pieces.size() == before) {
            addItems(pieces, all, Claim.Segment.NEXT, start, end, ",;.");
        }
    }

    private static void addItems(
            List<Piece> pieces, String all, Claim.Segment segment, int start, int end, String separators) {
        int from = start;
        for (int at = start; at <= end; at++) {
            if (at == end || separators.indexOf(all.charAt(at)) >= 0) {
                add(pieces, all, segment, from, at);
                from = at + 1;
            }
        }
    }

    private static void add(List<Piece> pieces, String all, Claim.Segment segment, int start, int end) {
        int from = start;
        int to = end;
        while (from < to && Tail.isWhite(all.charAt(from))) {
            from++;
        }
        while (to > from && Tail.isWhite(all.charAt(to - 1))) {
            to--;
        }
        if (from < to) {
            pieces.add(new Piece(segment, from, to));
        }
    }
}
