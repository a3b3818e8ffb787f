package dev.nla4j.teacher;

import dev.nla4j.teacher.GroundedText.Piece;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Judges explanations in the grounded format, and what can be judged of any other text.
///
/// - `Next`: supported when the target gives the token a probability of 0.02 or more, or it is among its six most
///   probable
/// - `About`: supported when the word stands in the context
/// - `Kind`: by the rules that the teacher uses
/// - `Text`: a claim for each word, judged by the word at the same distance from the context's end
/// - everything else: supported when it quotes the context, else beyond judgement
public final class GroundedChecker implements ClaimChecker {
    private static final int TOP = 6;
    /// Of a word of a quotation that says something.
    private static final int FEWEST_LETTERS = 4;
    private static final Pattern QUOTATION = Pattern.compile("[\"\u201c]([^\"\u201c\u201d]{2,})[\"\u201d]");

    @Override
    public CheckedClaims check(String explanation, Evidence evidence) {
        ContextFacts facts = ContextFacts.of(evidence.context());
        Set<String> said = new HashSet<>();
        List<Claim> claims = new ArrayList<>();
        for (Piece piece : GroundedText.parse(explanation)) {
            String text = piece.in(explanation);
            switch (piece.segment()) {
                case NEXT -> claims.add(once(said, piece, text, bareToken(text), next(bareToken(text), evidence)));
                case ABOUT -> {
                    String word = text.toLowerCase(Locale.ROOT);
                    claims.add(once(said, piece, text, word, about(word, facts)));
                }
                case KIND -> claims.add(kind(said, piece, text, facts));
                case TEXT -> addWords(claims, piece, text, evidence.context());
                case PROSE -> claims.add(once(said, piece, text, text, prose(text, evidence.context())));
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

    private static String bareToken(String text) {
        return Escaping.bare(Escaping.unescape(GroundedText.unquoted(text)));
    }

    private static Judgement next(String token, Evidence evidence) {
        if (evidence.next().isEmpty()) {
            return Judgement.none("the target's predictions are not known");
        }
        if (token.isEmpty()) {
            return Judgement.of(false, "names no token");
        }
        for (int i = 0; i < evidence.next().size(); i++) {
            NextToken next = evidence.next().get(i);
            if (Escaping.bare(next.text()).equals(token)
                    && (i < TOP || next.probability() >= GroundedTeacher.LEAST_PROBABILITY)) {
                return Judgement.of(
                        true, String.format(Locale.ROOT, "rank %d, probability %.2f", i + 1, next.probability()));
            }
        }
        return Judgement.of(false, "not among the target's likely next tokens");
    }

    private static Judgement about(String word, ContextFacts facts) {
        List<String> words = ContextFacts.words(word);
        if (words.isEmpty()) {
            return Judgement.none("not a word");
        }
        // Nothing but its words, or it names something else: `market7`.
        boolean whole = word.replaceAll("\\s+", " ").strip().equals(String.join(" ", words));
        boolean there = whole && Collections.indexOfSubList(facts.words(), words) >= 0;
        return Judgement.of(there, there ? "in the context" : "not in the context");
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
        List<String> real = Tail.words(context);
        for (int i = 0; i < words.size(); i++) {
            Piece word = words.get(i);
            String written = text.substring(word.start() - piece.start(), word.end() - piece.start());
            int at = real.size() - (words.size() - i);
            String there = at < 0 ? "" : real.get(at);
            String plain = Escaping.unescape(written);
            // A tail begins inside of a word that is longer than it.
            boolean cut = i == 0 && plain.length() >= Tail.MOST_UNITS - 1 && there.endsWith(plain);
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

    private static Judgement prose(String text, String context) {
        Matcher quotation = QUOTATION.matcher(text);
        boolean quotes = false;
        while (quotation.find()) {
            // A letter or a sign stands everywhere.
            quotes |= ContextFacts.words(quotation.group(1)).stream().anyMatch(word -> word.length() >= FEWEST_LETTERS);
            if (!context.contains(quotation.group(1).strip())) {
                return Judgement.none("quotes what is not in the context: a prediction perhaps");
            }
        }
        return quotes ? Judgement.of(true, "quotes the context") : Judgement.none("no rule knows this");
    }
}
