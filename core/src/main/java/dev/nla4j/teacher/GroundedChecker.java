package dev.nla4j.teacher;

import dev.nla4j.teacher.GroundedText.Piece;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Judges explanations in the grounded format, and what can be judged of any other text.
///
/// - `Next`: supported when the target gives the token a probability of 0.02 or more, or it is among its
///   six most probable
/// - `About`: supported when the words stand in the context, one behind the other; what stands in every
///   text says nothing
/// - `Kind`: by the rules that the teacher uses
/// - `Text`: a claim for each word, judged by the word at the same distance from the context's end
/// - everything else: supported when it quotes words of the context, two at least that don't stand in every
///   text, else beyond judgement
public final class GroundedChecker implements ClaimChecker {
    private static final int TOP = 6;
    /// Of a quotation that says something.
    private static final int FEWEST_WORDS = 2;
    /// Of what is said in a script without spaces: one sign stands everywhere.
    private static final int FEWEST_SIGNS = 2;
    /// Of what is said in other scripts than the Latin one, or with letters that English lacks.
    private static final int FEWEST_LETTERS = 3;
    private static final Pattern NO_SPACES = Pattern.compile(
            "[\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsThai}\\p{IsLao}\\p{IsKhmer}\\p{IsMyanmar}\\p{M}\u30fc]++");
    private static final Pattern QUOTATION = Pattern.compile("[\"\u201c]([^\"\u201c\u201d]{2,})[\"\u201d]");

    @Override
    public CheckedClaims check(String explanation, Evidence evidence) {
        ContextFacts facts = ContextFacts.of(evidence.context());
        Set<String> said = new HashSet<>();
        List<Claim> claims = new ArrayList<>();
        for (Piece piece : GroundedText.parse(explanation)) {
            String text = piece.in(explanation);
            switch (piece.segment()) {
                case NEXT -> claims.add(next(said, piece, text, evidence));
                case ABOUT -> claims.add(about(said, piece, text, facts, evidence.context()));
                case KIND -> claims.add(kind(said, piece, text, facts));
                case TEXT -> addWords(claims, piece, text, evidence.context());
                case PROSE -> claims.add(prose(said, piece, text, facts, evidence.context()));
            }
        }
        return new CheckedClaims(claims);
    }

    private record Judgement(Verdict verdict, String evidence) {
        static Judgement of(boolean holds, String evidence) {
            return new Judgement(holds ? Verdict.SUPPORTED : Verdict.UNSUPPORTED, evidence);
        }

        static Judgement none(String evidence) {
            return new Judgement(Verdict.UNVERIFIABLE, evidence);
        }
    }

    private static Claim once(Set<String> said, Piece piece, String text, String meaning, Judgement judgement) {
        boolean repeated = !said.add(piece.segment() + ":" + meaning);
        return new Claim(
                piece.segment(), piece.start(), piece.end(), text, judgement.verdict(), repeated, judgement.evidence());
    }

    private static Claim next(Set<String> said, Piece piece, String text, Evidence evidence) {
        String written = Escaping.unescape(Quotations.unmarked(text));
        // What is written may be a token that begins with spaces, or have the one that is left out.
        String token = likely(written, evidence).isPresent() ? written : Escaping.bare(written);
        return once(said, piece, text, token, next(token, evidence));
    }

    private static Judgement next(String token, Evidence evidence) {
        if (evidence.next().isEmpty()) {
            return Judgement.none("the target's predictions are not known");
        }
        if (token.isEmpty()) {
            return Judgement.of(false, "names no token");
        }
        return likely(token, evidence)
                .orElseGet(() -> Judgement.of(false, "not among the target's likely next tokens"));
    }

    /// A part of a character is no token that can be named.
    private static Optional<Judgement> likely(String token, Evidence evidence) {
        for (int i = 0; i < evidence.next().size(); i++) {
            NextToken next = evidence.next().get(i);
            if (Escaping.bare(next.text()).equals(token)
                    && token.indexOf('\ufffd') < 0
                    && (i < TOP || next.probability() >= GroundedTeacher.LEAST_PROBABILITY)) {
                return Optional.of(Judgement.of(
                        true, String.format(Locale.ROOT, "rank %d, probability %.2f", i + 1, next.probability())));
            }
        }
        return Optional.empty();
    }

    private static Claim about(Set<String> said, Piece piece, String text, ContextFacts facts, String context) {
        String phrase = plain(text);
        List<String> words = topics(phrase, facts);
        boolean noSpaces = NO_SPACES.matcher(phrase).matches();
        if (words.isEmpty() || phrase.codePointCount(0, phrase.length()) < fewest(phrase, noSpaces)) {
            return once(said, piece, text, phrase, Judgement.none("says nothing about a text"));
        }
        boolean there = stands(phrase, plain(context), noSpaces);
        Judgement judgement = Judgement.of(there, there ? "in the context" : "not in the context");
        return ofWords(said, piece, text, words, judgement);
    }

    /// The words that don't stand in every text, each once.
    private static List<String> topics(String phrase, ContextFacts facts) {
        return ContextFacts.words(phrase).stream()
                .filter(word -> !FunctionWords.contains(word, facts.language()))
                .distinct()
                .toList();
    }

    private static int fewest(String phrase, boolean noSpaces) {
        if (noSpaces) {
            return FEWEST_SIGNS;
        }
        return phrase.chars().allMatch(c -> c < 128) ? GroundedTeacher.SHORTEST_WORD : FEWEST_LETTERS;
    }

    /// Words that were said one by one say nothing new together, nor the reverse.
    private static Claim ofWords(Set<String> said, Piece piece, String text, List<String> words, Judgement judgement) {
        boolean isNew = false;
        for (String word : words) {
            isNew |= said.add(piece.segment() + ":" + word);
        }
        return new Claim(
                piece.segment(), piece.start(), piece.end(), text, judgement.verdict(), !isNew, judgement.evidence());
    }

    /// In small letters, composed, with one kind of apostrophe and of space.
    private static String plain(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC)
                .replace('\u2019', '\'')
                .toLowerCase(Locale.ROOT)
                .replaceAll("[\\s\u00a0]++", " ")
                .strip();
    }

    /// Whether a text has a phrase and no word goes on at its ends, where words have ends.
    private static boolean stands(String phrase, String text, boolean anywhere) {
        for (int at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
            int end = at + phrase.length();
            if (anywhere || (!isWithin(text, at) && !isWithin(text, end))) {
                return true;
            }
        }
        return false;
    }

    /// Whether a place divides a word.
    private static boolean isWithin(String text, int at) {
        return at > 0 && at < text.length() && isOfWord(text.codePointBefore(at)) && isOfWord(text.codePointAt(at));
    }

    private static boolean isOfWord(int c) {
        int type = Character.getType(c);
        return Character.isLetterOrDigit(c)
                || type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK;
    }

    private static Claim kind(Set<String> said, Piece piece, String text, ContextFacts facts) {
        Optional<Kind> kind = Kind.of(text);
        if (kind.isPresent()) {
            Judgement judgement = facts.holds(kind.get())
                    .map(holds -> Judgement.of(holds, holds ? "the context shows it" : "the context shows otherwise"))
                    .orElseGet(() -> Judgement.none("the context does not show it"));
            return once(said, piece, text, kind.get().name(), judgement);
        }
        for (Language language : Language.values()) {
            if (language.phrase().equalsIgnoreCase(text)) {
                Judgement judgement = facts.language()
                        .map(found -> Judgement.of(found == language, "the context is " + found.phrase()))
                        .orElseGet(() -> Judgement.none("the context's language is not certain"));
                return once(said, piece, text, language.name(), judgement);
            }
        }
        return once(said, piece, text, text.toLowerCase(Locale.ROOT), Judgement.none("no rule knows this"));
    }

    /// A claim for each word of the tail, compared from the end.
    private static void addWords(List<Claim> claims, Piece piece, String text, String context) {
        List<Piece> words = tailWords(piece, text);
        List<String> real = Tail.words(Tail.whole(context));
        boolean isLongest = Escaping.unescape(text).length() >= Tail.MOST_UNITS - 1;
        for (int i = 0; i < words.size(); i++) {
            Piece word = words.get(i);
            String written = text.substring(word.start() - piece.start(), word.end() - piece.start());
            int at = real.size() - (words.size() - i);
            String there = at < 0 ? "" : real.get(at);
            String plain = Escaping.unescape(written);
            // A tail that is as long as they get may begin inside of a word.
            boolean cut = i == 0 && isLongest && there.endsWith(plain);
            boolean holds = there.equals(plain) || there.equals(written) || cut;
            Judgement judgement = Judgement.of(holds, "the context has \"" + there + "\" there");
            claims.add(new Claim(
                    piece.segment(),
                    word.start(),
                    word.end(),
                    written,
                    judgement.verdict(),
                    false,
                    judgement.evidence()));
        }
    }

    /// The words of an escaped tail: what is white space once it is unescaped separates them, and is a word of its own
    /// at the end.
    private static List<Piece> tailWords(Piece piece, String text) {
        Matcher matcher = TAIL_PART.matcher(text);
        List<Piece> words = new ArrayList<>();
        int start = -1;
        int whiteFrom = -1;
        while (matcher.find()) {
            boolean white = isWhite(matcher.group());
            if (white && start >= 0) {
                words.add(new Piece(piece.segment(), piece.start() + start, piece.start() + matcher.start()));
                start = -1;
            }
            if (white && whiteFrom < 0) {
                whiteFrom = matcher.start();
            } else if (!white) {
                whiteFrom = -1;
                start = start < 0 ? matcher.start() : start;
            }
        }
        int from = start >= 0 ? start : whiteFrom;
        if (from >= 0) {
            words.add(new Piece(piece.segment(), piece.start() + from, piece.end()));
        }
        return words;
    }

    private static final Pattern TAIL_PART = Pattern.compile("\\\\u\\{[0-9a-fA-F]+\\}|\\\\.|.", Pattern.DOTALL);

    private static boolean isWhite(String part) {
        String plain = Escaping.unescape(part);
        return plain.length() == 1 && Tail.isWhite(plain.charAt(0));
    }

    private static Claim prose(Set<String> said, Piece piece, String text, ContextFacts facts, String context) {
        Matcher quotation = QUOTATION.matcher(text);
        List<String> words = new ArrayList<>();
        while (quotation.find()) {
            String quoted = quotation.group(1).strip();
            boolean noSpaces = NO_SPACES.matcher(quoted).matches();
            if (!stands(quoted, context, noSpaces)) {
                return once(
                        said,
                        piece,
                        text,
                        text,
                        Judgement.none("quotes what is not in the context: a prediction perhaps"));
            }
            List<String> topics = topics(quoted, facts);
            // One word stands in many texts, whatever is said about it.
            if (noSpaces ? quoted.length() >= FEWEST_WORDS * FEWEST_SIGNS : topics.size() >= FEWEST_WORDS) {
                words.addAll(topics);
            }
        }
        return words.isEmpty()
                ? once(said, piece, text, text, Judgement.none("no rule knows this"))
                : ofWords(said, piece, text, words, Judgement.of(true, "quotes the context"));
    }
}
