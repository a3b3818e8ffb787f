package dev.nla4j.eval;

import dev.nla4j.tensor.Rng;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Says an explanation in other words, so that a code between both sides which no reader sees does not survive.
///
/// Segments are what a line break, or a full stop before a space, divides. The last segment is the tail, whose end the
/// reconstructor reads at: it is never moved. From a segment `Text: …` on everything is the tail, whatever stops are in
/// it: a quotation without marks, the context's literal last words. It stays as it is, or goes as a whole where
/// quotations are removed. A pure function of text, seed and number.
///
/// @param shuffle whether segments before the tail change places
/// @param dropout chance that a segment before the tail is left out, 0 to below 1; one is always left if there was one
/// @param synonyms chance that a word with a synonym is replaced, 0 to 1; never inside quotes
/// @param lowerCase chance that a segment's words outside quotes are put in small letters, 0 to 1
/// @param quotes what happens to quoted words
public record Paraphrase(boolean shuffle, double dropout, double synonyms, double lowerCase, Quotes quotes) {
    /// What a reward uses: all of it, quoted words kept in quotation marks of another kind.
    public static final Paraphrase REWARD = new Paraphrase(true, 0.15, 0.5, 0.25, Quotes.RESTYLED);
    /// For the report: reworded with every quotation as it is.
    public static final Paraphrase QUOTES_KEPT = new Paraphrase(true, 0, 1, 0.25, Quotes.KEPT);
    /// For the report: reworded, quotations cut out.
    public static final Paraphrase QUOTES_REMOVED = new Paraphrase(true, 0, 1, 0.25, Quotes.REMOVED);

    private static final Pattern SEGMENTS = Pattern.compile("\\R+|(?<=[.!?]) +");
    private static final Pattern QUOTED = Pattern.compile("\"(?:[^\"\\\\\\n]|\\\\.)*+\"|“[^”\\n]*”");
    private static final Pattern LITERAL_TAIL = Pattern.compile("(?:^|\\R|(?<=[.!?]) +)(?=Text: )");
    private static final Pattern WORD = Pattern.compile("\\p{L}+");
    private static final Map<String, String> SYNONYMS = Synonyms.PAIRS;

    /// What happens to words in quotation marks.
    public enum Quotes {
        /// Left as they are.
        KEPT,
        /// The words stay, the marks become single ones.
        RESTYLED,
        /// Marks and words are cut out, with the separators that would be left over.
        REMOVED
    }

    public Paraphrase {
        requireShare("dropout", dropout);
        requireShare("synonyms", synonyms);
        requireShare("lower-case", lowerCase);
        if (dropout == 1) {
            throw new IllegalArgumentException("dropout: must be below 1, was 1");
        }
    }

    private static void requireShare(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + ": must be 0 to 1, was " + value);
        }
    }

    /// The text in other words.
    ///
    /// @param number of the text among those of one seed, so that each gets choices of its own
    public String of(String text, long seed, long number) {
        Choices choices = new Choices(seed, number);
        String whole = text.strip();
        Matcher literal = LITERAL_TAIL.matcher(whole);
        boolean hasLiteral = literal.find();
        List<String> segments = segments(hasLiteral ? whole.substring(0, literal.start()) : whole);
        if (segments.isEmpty() && !hasLiteral) {
            return "";
        }
        String tail = hasLiteral ? whole.substring(literal.end()) : segments.removeLast();
        List<String> reworded = new ArrayList<>();
        for (String segment : ordered(segments, choices)) {
            reworded.add(reword(segment, choices, false));
        }
        if (!hasLiteral) {
            reworded.add(reword(tail, choices, true));
        } else if (quotes != Quotes.REMOVED) {
            reworded.add(tail);
        }
        reworded.removeIf(String::isBlank);
        return String.join(separator(text), reworded);
    }

    private static List<String> segments(String text) {
        List<String> segments = new ArrayList<>();
        for (String segment : SEGMENTS.split(text.strip(), -1)) {
            if (!segment.isBlank()) {
                segments.add(segment.strip());
            }
        }
        return segments;
    }

    /// Segments stand as the text had them: on lines of their own, or one after the other.
    private static String separator(String text) {
        return text.contains("\n\n") ? "\n\n" : text.contains("\n") ? "\n" : " ";
    }

    private List<String> ordered(List<String> segments, Choices choices) {
        List<String> kept = new ArrayList<>();
        for (String segment : segments) {
            if (!choices.happens(dropout)) {
                kept.add(segment);
            }
        }
        if (kept.isEmpty() && !segments.isEmpty()) {
            kept.add(segments.get(choices.below(segments.size())));
        }
        if (shuffle) {
            for (int i = kept.size() - 1; i > 0; i--) {
                java.util.Collections.swap(kept, i, choices.below(i + 1));
            }
        }
        return kept;
    }

    private String reword(String segment, Choices choices, boolean isTail) {
        boolean lower = !isTail && choices.happens(lowerCase);
        StringBuilder out = new StringBuilder();
        int at = 0;
        for (MatchResult quoted : QUOTED.matcher(segment).results().toList()) {
            out.append(words(segment.substring(at, quoted.start()), lower, choices));
            out.append(quotation(quoted.group()));
            at = quoted.end();
        }
        out.append(words(segment.substring(at), lower && at < segment.length(), choices));
        return quotes == Quotes.REMOVED && at > 0 ? withoutLeftovers(out.toString()) : out.toString();
    }

    private String quotation(String quoted) {
        String inner = quoted.substring(1, quoted.length() - 1);
        return switch (quotes) {
            case KEPT -> quoted;
            case RESTYLED -> "'" + inner + "'";
            case REMOVED -> "";
        };
    }

    private String words(String text, boolean lower, Choices choices) {
        String replaced = WORD.matcher(text).replaceAll(match -> {
            String word = match.group();
            String synonym = SYNONYMS.get(word.toLowerCase(Locale.ROOT));
            if (synonym == null || !choices.happens(synonyms)) {
                return word;
            }
            return Character.isUpperCase(word.codePointAt(0))
                    ? synonym.substring(0, 1).toUpperCase(Locale.ROOT) + synonym.substring(1)
                    : synonym;
        });
        return lower ? replaced.toLowerCase(Locale.ROOT) : replaced;
    }

    /// `Next: , , .` says nothing any more.
    private static String withoutLeftovers(String text) {
        String clean = text.replaceAll("(\\s*,)+\\s*(?=[,.!?]|$)", "")
                .replaceAll(":(\\s*,)+\\s*", ": ")
                .replaceAll("\\s+", " ")
                .replaceAll(" (?=[.,!?])", "")
                .strip();
        return clean.matches("[\\p{L} ]*:[ .,!?]*") || !clean.matches("(?s).*\\p{L}.*") ? "" : clean;
    }

    /// Choices in the order they are asked for.
    private static final class Choices {
        private final long seed;
        private final long number;
        private long asked;

        Choices(long seed, long number) {
            this.seed = seed;
            this.number = number;
        }

        boolean happens(double chance) {
            return Rng.uniform(seed, number, asked++) < chance;
        }

        int below(int bound) {
            return (int) (Rng.uniform(seed, number, asked++) * bound);
        }
    }
}
