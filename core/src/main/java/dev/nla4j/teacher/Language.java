package dev.nla4j.teacher;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Languages that a rule can tell: by their script where it is theirs alone, by their function words otherwise.
enum Language {
    ENGLISH(words("the of and to in a is that it was for with as his he on be at by this had not but from or have they"
            + " which you were her she there been their we")),
    FRENCH(words("le la les des et est dans que qui une un pour du pas ce il elle sur au avec sont nous vous je ne se"
            + " plus cette aux ses mais")),
    GERMAN(words("der die das und ist in den von zu mit nicht ein eine auf dem sich des im auch es als für an war sie"
            + " werden wird er wir ich aus bei")),
    SPANISH(words("el la los las de que y en un una es por con no para su se del al lo como más pero sus le ya este"
            + " fue ha sí porque")),
    ITALIAN(words("il la di che e è un una per in con non del della si le dei sono da al gli nel alla anche come più"
            + " questo ma era delle")),
    PORTUGUESE(words("o a os as de que e em um uma do da para com não no na por se mais dos das como ao foi ele sua"
            + " ou ser são")),
    DUTCH(words("de het een en van in is dat op te zijn voor met niet die aan er om ook als bij maar dan hij nog naar"
            + " uit door wordt")),
    RUSSIAN(Set.of()),
    GREEK(Set.of()),
    HEBREW(Set.of()),
    ARABIC(Set.of()),
    HINDI(Set.of()),
    THAI(Set.of()),
    CHINESE(Set.of()),
    JAPANESE(Set.of()),
    KOREAN(Set.of());

    /// Function words that a context must have before they are believed, and by how much they must win.
    private static final int FEWEST_WORDS = 4;
    private static final double MARGIN = 1.5;
    /// The share of a context's letters that a script must have.
    private static final double MOST_LETTERS = 0.6;

    @SuppressWarnings("ImmutableEnumChecker") // made by Set.of
    private final Set<String> functionWords;

    Language(Set<String> functionWords) {
        this.functionWords = functionWords;
    }

    private static Set<String> words(String text) {
        return Set.of(text.split(" "));
    }

    /// As explanations write it.
    String phrase() {
        return name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
    }

    /// The language of a context, when its script or its function words leave no doubt.
    ///
    /// @param words of the context in lower case
    static Optional<Language> of(String context, List<String> words) {
        Map<Character.UnicodeScript, Integer> letters = new EnumMap<>(Character.UnicodeScript.class);
        context.codePoints()
                .filter(Character::isLetter)
                .forEach(c -> letters.merge(Character.UnicodeScript.of(c), 1, Integer::sum));
        int all = letters.values().stream().mapToInt(Integer::intValue).sum();
        if (all == 0) {
            return Optional.empty();
        }
        if (letters.containsKey(Character.UnicodeScript.HIRAGANA)
                && share(letters, all, "HIRAGANA", "KATAKANA", "HAN") >= MOST_LETTERS) {
            return Optional.of(JAPANESE);
        }
        for (Map.Entry<Character.UnicodeScript, Integer> script : letters.entrySet()) {
            if (script.getValue() >= MOST_LETTERS * all) {
                return ofScript(script.getKey(), words);
            }
        }
        return Optional.empty();
    }

    private static double share(Map<Character.UnicodeScript, Integer> letters, int all, String... scripts) {
        return Arrays.stream(scripts)
                        .mapToInt(name -> letters.getOrDefault(Character.UnicodeScript.valueOf(name), 0))
                        .sum()
                / (double) all;
    }

    private static Optional<Language> ofScript(Character.UnicodeScript script, List<String> words) {
        return switch (script) {
            case LATIN -> ofFunctionWords(words);
            // Other languages use these scripts too; only the letters of one of them prove it.
            case CYRILLIC -> Optional.of(RUSSIAN).filter(_ -> hasRussianWords(words));
            case GREEK -> Optional.of(GREEK);
            case HEBREW -> Optional.of(HEBREW);
            case ARABIC -> Optional.of(ARABIC).filter(_ -> words.stream().anyMatch(ARABIC_WORDS::contains));
            case DEVANAGARI -> Optional.of(HINDI).filter(_ -> words.stream().anyMatch(HINDI_WORDS::contains));
            case THAI -> Optional.of(THAI);
            case HAN -> Optional.of(CHINESE);
            case HANGUL -> Optional.of(KOREAN);
            default -> Optional.empty();
        };
    }

    private static final Set<String> RUSSIAN_WORDS = Set.of("и", "в", "не", "что", "он", "на", "это", "как", "был");
    private static final Set<String> RUSSIAN_ONLY = Set.of("что", "это", "был", "было", "как", "или", "если");
    private static final Set<String> ARABIC_WORDS = Set.of("في", "من", "على", "إلى", "التي", "الذي", "هذا", "أن");
    private static final Set<String> HINDI_WORDS = Set.of("है", "हैं", "और", "में", "के", "का", "की", "से");

    private static boolean hasRussianWords(List<String> words) {
        return words.stream().anyMatch(RUSSIAN_ONLY::contains)
                && words.stream().filter(RUSSIAN_WORDS::contains).count() >= 2;
    }

    private static Optional<Language> ofFunctionWords(List<String> words) {
        Language best = null;
        long most = 0;
        long second = 0;
        for (Language language : values()) {
            long count = words.stream().filter(language.functionWords::contains).count();
            if (count > most) {
                second = most;
                most = count;
                best = language;
            } else if (count > second) {
                second = count;
            }
        }
        return best != null && most >= FEWEST_WORDS && most >= MARGIN * second ? Optional.of(best) : Optional.empty();
    }
}
