package dev.nla4j.eval;

import dev.nla4j.tensor.Rng;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Says an explanation in other words, so that a code between both sides which no reader sees does not
/// survive.
///
/// Segments are what a line break, or a full stop before a space, divides. The last segment is the tail,
/// whose end the reconstructor reads at: it is never moved. A segment `Text: …` is the context's literal
/// last words, a quotation without marks: what follows it is the tail, whatever stops are in it, and stays
/// as it is where it is no longer than such words are; a longer text is reworded as any other. Where
/// quotations are removed, all from the first `Text: ` on goes. The words of a segment `About: …` stand in
/// the context: they get no synonyms, or true claims become false ones. Labels and facts do (`Concerning:
/// …`): what comes out is for the reconstructor, and no checker of claims knows them. A pure function of
/// text, seed and number.
///
/// @param shuffle whether segments before the tail change places
/// @param dropout chance that a segment before the tail is left out, 0 to below 1; one is always left if
/// there was one
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
    /// The marks that `GroundedText` reads tokens in.
    private static final Pattern QUOTED = Pattern.compile(
            "\"(?:[^\"\\\\\\n]|\\\\.)*+\"|“[^”\\n]*”" + "|(?<![\\p{L}\\p{N}])'[^\\n]{0,200}?'(?=\\s*(?:[,.;]|$))");
    private static final Pattern LITERAL_TAIL = Pattern.compile("(?:^|\\R|(?<=[.!?]) +)(?=Text: )");
    /// At most the 64 units of the longest tail, escapes as one each, and marks around them.
    private static final Pattern SHORT_TAIL =
            Pattern.compile("(?s)Text: +(?:\\\\u\\{\\p{XDigit}{1,6}\\}|\\\\.|.){0,66}+");
    private static final Pattern ABOUT = Pattern.compile("(?i)about\\s*:");
    /// Samplers draw from the same seeds and numbers.
    private static final long STREAM = 0x5061726170687261L;
    private static final Pattern WORD = Pattern.compile("\\p{L}+");
    private static final Map<String, String> SYNONYMS = Synonyms.PAIRS;

    /// What happens to words in quotation marks.
    public enum Quotes {
        /// Left as they are.
        KEPT,
        /// The words stay, the marks become single ones, and single ones curly.
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
        boolean hasLiteral = findLiteral(literal, whole);
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

    /// The first label behind which no more stands than a tail may have: a tail may have such a label in
    /// it.
    private boolean findLiteral(Matcher literal, String text) {
        boolean found = literal.find();
        while (found
                && quotes != Quotes.REMOVED
                && !SHORT_TAIL
                        .matcher(text)
                        .region(literal.end(), text.length())
                        .matches()) {
            found = literal.find();
        }
        return found;
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
        Matcher about = ABOUT.matcher(segment);
        int label = about.lookingAt() ? about.end() : 0;
        StringBuilder out = new StringBuilder(words(segment.substring(0, label), lower, synonyms, choices));
        double chance = label == 0 ? synonyms : 0;
        int at = label;
        for (MatchResult quoted : QUOTED.matcher(segment)
                .region(label, segment.length())
                .results()
                .toList()) {
            out.append(words(segment.substring(at, quoted.start()), lower, chance, choices));
            out.append(quotation(quoted.group()));
            at = quoted.end();
        }
        out.append(words(segment.substring(at), lower, chance, choices));
        return quotes == Quotes.REMOVED && at > label ? withoutLeftovers(out.toString()) : out.toString();
    }

    private String quotation(String quoted) {
        String inner = quoted.substring(1, quoted.length() - 1);
        return switch (quotes) {
            case KEPT -> quoted;
            case RESTYLED -> quoted.startsWith("'") ? "“" + inner + "”" : "'" + inner + "'";
            case REMOVED -> "";
        };
    }

    private static String words(String text, boolean lower, double chance, Choices choices) {
        String replaced = WORD.matcher(text).replaceAll(match -> {
            String word = match.group();
            String synonym = SYNONYMS.get(word.toLowerCase(Locale.ROOT));
            if (synonym == null || !choices.happens(chance)) {
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
            return Rng.uniform(seed ^ STREAM, number, asked++) < chance;
        }

        int below(int bound) {
            return (int) (Rng.uniform(seed ^ STREAM, number, asked++) * bound);
        }
    }
}
