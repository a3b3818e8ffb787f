package dev.nla4j.teacher;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The tense that an English context is told in, where its last words prove one.
final class Tense {
    private static final int LAST_WORDS = 40;
    /// Shorter words in `-ed` are others: `need`.
    private static final int SHORTEST_PARTICIPLE = 5;
    private static final Set<String> PAST = Set.of("was", "were", "had", "did", "went", "came", "took", "said", "saw");
    private static final Set<String> PRESENT = Set.of("is", "are", "has", "does", "am", "says", "do");
    private static final Pattern PRESENT_CONTRACTION =
            Pattern.compile(".*'(?:re|m|ve|ll)|(?:it|he|she|that|what|there|who|here|where|how|let)'s"
                    + "|(?:do|does|is|are|ca|wo|have|has)n't");
    /// Pasts that are no participles, and how speech is told.
    private static final Set<String> SURE_PAST = Set.of(
            ("rose broke rode ate drank tore blew swam forgot wrote gave knew began spoke stood slept ran grew drew threw fell wore sang"
                            + " drove flew chose shook became sat cried replied asked answered added exclaimed returned observed"
                            + " inquired muttered whispered remarked shouted echoed growled laughed smiled nodded")
                    .split(" "));
    /// Pasts that are participles too, as those in `-ed` are.
    private static final Set<String> IRREGULAR = Set.of(
            ("won shot struck beat hit told thought felt left found made kept held heard brought lost met paid sent spent built bought caught"
                            + " taught led sold understood sought fought")
                    .split(" "));
    /// Between them such a form is a past and no participle: who does it, or what it is done to.
    private static final Set<String> SUBJECTS = Set.of("i", "he", "she", "it", "we", "they", "you", "who");
    private static final Set<String> OBJECTS =
            Set.of("the", "a", "an", "his", "her", "him", "it", "them", "my", "me", "their", "its", "us");
    /// Beside these a past is none: `I wish it were`, `he was to leave, and we will`, `who was there shall`.
    private static final Set<String> BENDS = Set.of("will", "wish", "wishes", "shall", "can", "may", "must", "cannot");
    private static final Set<String> BEFORE_MONTH =
            Set.of("in", "of", "on", "since", "until", "by", "last", "early", "late");
    private static final Set<String> BEFORE_INFINITIVE = Set.of("did", "could", "would", "had", "should", "might");
    private static final Set<String> DOERS = Set.of("he", "she", "it", "who");
    /// What one of them does now, as `finds`; `this`, `thus` and `less` are no such words.
    private static final Pattern PRESENT_FORM = Pattern.compile("\\p{L}{2,}[\\p{L}&&[^sui]]s");
    private static final Set<String> NO_PRESENT_FORMS =
            Set.of(("always perhaps sometimes besides afterwards towards backwards forwards upwards downwards upstairs"
                            + " downstairs overseas indoors outdoors")
                    .split(" "));
    private static final Set<String> BEFORE_LEGAL_SAID = Set.of("the", "this", "a");

    private Tense() {}

    /// @param words of the context, in order, in lower case
    static Optional<Kind> of(List<String> words) {
        List<String> last = words.subList(Math.max(0, words.size() - LAST_WORDS), words.size());
        long past = 0;
        long present = 0;
        boolean maybePast = false;
        boolean maybePresent = false;
        for (int i = 0; i < last.size(); i++) {
            String word = last.get(i).replace('\u2019', '\'');
            String before = i == 0 ? "" : last.get(i - 1);
            past += isPast(before, word) ? 1 : 0;
            present += isPresent(before, word) ? 1 : 0;
            maybePast |=
                    SURE_PAST.contains(word) || isPastForm(before, word, i + 1 < last.size() ? last.get(i + 1) : "");
            maybePresent |= isMaybePresent(i < 2 ? "" : last.get(i - 2), before, word);
        }
        if (past >= 2 && present == 0 && !maybePresent) {
            return Optional.of(Kind.PAST_TENSE);
        }
        return present >= 2 && past == 0 && !maybePast ? Optional.of(Kind.PRESENT_TENSE) : Optional.empty();
    }

    /// A tool is a `saw` too, and contracts have `the said house`.
    private static boolean isPast(String before, String word) {
        return switch (word) {
            case "saw" -> SUBJECTS.contains(before);
            case "said" -> !BEFORE_LEGAL_SAID.contains(before);
            default -> PAST.contains(word);
        };
    }

    /// A past is none behind `if` either: `if I were you`. May is a month too, and `did she have` is a past.
    private static boolean isMaybePresent(String first, String before, String word) {
        return (BENDS.contains(word) && !(word.equals("may") && BEFORE_MONTH.contains(before)))
                || (word.equals("if") && !before.equals("as"))
                || (word.equals("have") && SUBJECTS.contains(before) && !BEFORE_INFINITIVE.contains(first))
                || (DOERS.contains(before) && PRESENT_FORM.matcher(word).matches() && !NO_PRESENT_FORMS.contains(word))
                || PRESENT_CONTRACTION.matcher(word).matches();
    }

    private static boolean isPastForm(String before, String word, String after) {
        boolean regular = word.length() >= SHORTEST_PARTICIPLE && word.endsWith("ed");
        return (regular || IRREGULAR.contains(word)) && (SUBJECTS.contains(before) || OBJECTS.contains(after));
    }

    /// Times of day have `am`, and infinitives `do`.
    private static boolean isPresent(String before, String word) {
        return switch (word) {
            case "am" -> before.equals("i");
            case "do" -> SUBJECTS.contains(before);
            default -> PRESENT.contains(word);
        };
    }
}
