package dev.nla4j.eval;

import dev.nla4j.teacher.Quotations;
import dev.nla4j.tensor.Rng;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Says an explanation in other words, so that a code between both sides which no reader sees does not
/// survive. Outside of quotations invisible signs are taken out, and white space of any kind and length is
/// one space.
///
/// Segments are what a line break, or a full stop before a space, divides. The last segment is the tail,
/// whose end the reconstructor reads at: it is never moved. A segment `Text: …` is the context's literal
/// last words, a quotation without marks: what follows it is the tail, whatever stops are in it, and stays
/// as it is where it is no longer than such words are; a longer text is reworded as any other. Where
/// quotations are removed, all from the first `Text: ` on goes. The words of a segment `About: …` stand in
/// the context: they get no synonyms, or true claims become false ones. Labels and facts do (`Concerning:
/// …`): what comes out is for the reconstructor, and no checker of claims knows them. Names and compounds
/// get none either: `New York` is not recent. A pure function of text, seed and number.
///
/// @param shuffle whether segments before the tail change places
/// @param items whether items of `About` and `Kind` change places, and none of these and of `Next` stands
/// twice; the order of `Next` is kept, as it says what is likelier
/// @param dropout chance that a segment before the tail is left out, 0 to below 1; one is always left if
/// there was one
/// @param synonyms chance that a word with a synonym is replaced, 0 to 1; never inside quotes
/// @param lowerCase chance that a segment's words outside quotes are put in small letters, 0 to 1
/// @param quotes what happens to quoted words
public record Paraphrase(
        boolean shuffle, boolean items, double dropout, double synonyms, double lowerCase, Quotes quotes) {
    /// What a reward uses: all of it, quoted words kept in quotation marks of one kind.
    public static final Paraphrase REWARD = new Paraphrase(true, true, 0.15, 0.5, 0.25, Quotes.RESTYLED);
    /// For the report: reworded with every quotation as it is.
    public static final Paraphrase QUOTES_KEPT = new Paraphrase(true, true, 0, 1, 0.25, Quotes.KEPT);
    /// For the report: reworded, quotations cut out.
    public static final Paraphrase QUOTES_REMOVED = new Paraphrase(true, true, 0, 1, 0.25, Quotes.REMOVED);

    private static final String QUOTED = Quotations.MARKED.pattern();
    /// Signs that nothing is drawn for.
    private static final String INVISIBLE =
            "\\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\\x{e0100}-\\x{e01ef}";
    private static final String BEHIND_STOP = "(?<=[.!?])[" + INVISIBLE + "]*+[\\s\\p{Z}]+";
    private static final Pattern SEGMENTS = Pattern.compile("\\R+|" + BEHIND_STOP);
    /// White space and invisible signs that stand together, outside of quotations.
    private static final Pattern UNSEEN = Pattern.compile(QUOTED + "|[\\s\\p{Z}\\p{Cc}" + INVISIBLE + "]++");
    private static final Pattern ALL_INVISIBLE = Pattern.compile("[" + INVISIBLE + "]++");
    /// A label, what it names, and what ends the sentence.
    private static final Pattern LISTING = Pattern.compile("(?i)(next|about|kind)\\s*:\\s*(.*?)([.!?]*)");
    /// Up to a comma that is in no quotation and no number.
    private static final Pattern ITEM = Pattern.compile("(?:" + QUOTED + "|[^,;\"'“]++|(?<=\\d),(?=\\d)|[\"'“])++");
    /// A quotation may end what stands before it, too.
    private static final Pattern LITERAL_TAIL =
            Pattern.compile("(?:^|\\R|" + BEHIND_STOP + "|(?<=[\"”]|[\\p{L}\\p{N}]')[\\s\\p{Z}]+)(?=Text: )");
    /// At most the 64 units of the longest tail, escapes as one each, and marks around them.
    private static final Pattern SHORT_TAIL =
            Pattern.compile("(?s)Text: +(?:\\\\u\\{\\p{XDigit}{1,6}\\}|\\\\.|.){0,66}+");
    private static final Pattern ABOUT = Pattern.compile("(?i)about\\s*:");
    /// Samplers draw from the same seeds and numbers.
    private static final long STREAM = 0x5061726170687261L;
    private static final Pattern WORD = Pattern.compile(QUOTED + "|\\p{L}++");
    private static final String JOINTS = "-\u2010\u2011'\u2019";
    /// Another word with a capital, as the next of a name has.
    private static final Pattern NEXT_CAPITAL = Pattern.compile("\\s+\\p{Lu}");
    private static final List<String> MARKS = List.of("\"\"", "''", "“”");
    private static final Map<String, String> SYNONYMS = Synonyms.PAIRS;

    /// What happens to words in quotation marks.
    public enum Quotes {
        /// Left as they are.
        KEPT,
        /// The words stay, in marks of one kind, whichever theirs were.
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
        String marks = quotes == Quotes.RESTYLED ? MARKS.get(choices.below(MARKS.size())) : "";
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
            reworded.add(reword(segment, marks, choices, false));
        }
        if (!hasLiteral) {
            reworded.add(reword(tail, marks, choices, true));
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
            mix(kept, choices);
        }
        return kept;
    }

    private static void mix(List<String> some, Choices choices) {
        for (int i = some.size() - 1; i > 0; i--) {
            Collections.swap(some, i, choices.below(i + 1));
        }
    }

    private String reword(String segment, String marks, Choices choices, boolean isTail) {
        boolean lower = !isTail && choices.happens(lowerCase);
        String seen = seen(segment);
        String text = items ? listed(seen, choices) : seen;
        Matcher about = ABOUT.matcher(text);
        int label = about.lookingAt() ? about.end() : 0;
        String out = WORD.matcher(text).replaceAll(part -> {
            if (isQuotation(part)) {
                return Matcher.quoteReplacement(quotation(part.group(), marks));
            }
            double chance = part.start() >= label && label > 0 ? 0 : synonyms;
            String word = word(text, part, chance, choices);
            return lower ? word.toLowerCase(Locale.ROOT) : word;
        });
        boolean cut =
                quotes == Quotes.REMOVED && Quotations.MARKED.matcher(text).find();
        return cut ? withoutLeftovers(out) : out;
    }

    private static boolean isQuotation(MatchResult part) {
        return "\"'“".indexOf(part.group().charAt(0)) >= 0;
    }

    /// What a reader sees of a segment.
    private static String seen(String segment) {
        return UNSEEN.matcher(segment)
                .replaceAll(part -> {
                    String text = part.group();
                    if (isQuotation(part)) {
                        return Matcher.quoteReplacement(text);
                    }
                    return ALL_INVISIBLE.matcher(text).matches() ? "" : " ";
                })
                .strip();
    }

    /// The items of a list each once, in any order where it says nothing.
    private static String listed(String text, Choices choices) {
        Matcher listing = LISTING.matcher(text);
        if (!listing.matches()) {
            return text;
        }
        boolean ranked = listing.group(1).equalsIgnoreCase("next");
        Map<String, String> items = new LinkedHashMap<>();
        for (MatchResult item : ITEM.matcher(listing.group(2)).results().toList()) {
            String bare = item.group().strip();
            String meaning = Quotations.unmarked(bare);
            items.putIfAbsent(ranked ? meaning : meaning.toLowerCase(Locale.ROOT), bare);
        }
        items.remove("");
        List<String> order = new ArrayList<>(items.values());
        if (!ranked) {
            mix(order, choices);
        }
        return listing.group(1) + ": " + String.join(", ", order) + listing.group(3);
    }

    private String quotation(String quoted, String marks) {
        return switch (quotes) {
            case KEPT -> quoted;
            case RESTYLED -> marks.charAt(0) + Quotations.unmarked(quoted) + marks.charAt(1);
            case REMOVED -> "";
        };
    }

    private static String word(String text, MatchResult part, double chance, Choices choices) {
        String word = part.group();
        String synonym = SYNONYMS.get(word.toLowerCase(Locale.ROOT));
        if (synonym == null || isOfName(text, part) || !choices.happens(chance)) {
            return word;
        }
        return Character.isUpperCase(word.codePointAt(0))
                ? synonym.substring(0, 1).toUpperCase(Locale.ROOT) + synonym.substring(1)
                : synonym;
    }

    /// Whether a word is joined to another, or has a capital that no sentence or label gives it, or that
    /// the next word has too.
    private static boolean isOfName(String text, MatchResult part) {
        String before = text.substring(0, part.start());
        String behind = text.substring(part.end());
        if (endsInJoint(before) || (!behind.isEmpty() && JOINTS.indexOf(behind.charAt(0)) >= 0)) {
            return true;
        }
        String visible = before.stripTrailing();
        boolean begins = visible.isEmpty() || visible.endsWith(":");
        return Character.isUpperCase(part.group().codePointAt(0))
                && !(begins && !NEXT_CAPITAL.matcher(behind).lookingAt());
    }

    private static boolean endsInJoint(String text) {
        return !text.isEmpty() && JOINTS.indexOf(text.charAt(text.length() - 1)) >= 0;
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
