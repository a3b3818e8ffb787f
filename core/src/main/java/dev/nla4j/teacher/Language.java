package dev.nla4j.teacher;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

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
    RUSSIAN(words("и в не что он на это как был было или если она с его к но по из у за так же от все я")),
    GREEK(words("και το τα τη την του της των τους τις οι στο στη στην για με από που θα"
            + " να δεν είναι ήταν μια ένα ως")),
    HEBREW(words("של את על לא זה הוא היא אני עם כי גם או אבל יש")),
    ARABIC(words("في من على إلى التي الذي هذا هذه أن كان عن ما لم")),
    HINDI(words("है हैं था थे थी")),
    THAI(Set.of()),
    CHINESE(Set.of()),
    JAPANESE(Set.of()),
    KOREAN(Set.of());

    /// Function words that a context must have before they are believed, and by how much they must win.
    private static final int FEWEST_WORDS = 4;
    /// How many of them must be different ones: `1 plus 1 plus` is not French.
    private static final int FEWEST_DIFFERENT = 3;
    /// Keywords of programs are function words too, but few different ones.
    private static final int FEWEST_DIFFERENT_BESIDE_CODE = 8;
    /// Their share of all words; texts have twice as many.
    private static final double LEAST_SHARE = 0.2;
    private static final double MARGIN = 1.5;
    /// The share of a context's letters that a script must have.
    private static final double MOST_LETTERS = 0.6;
    /// Letters of a script that say something: `10 Ω` is not Greek.
    private static final int FEWEST_LETTERS = 8;
    /// The share of kana in Japanese; texts have twice as much, and Chinese has one in a shop's name.
    private static final double LEAST_KANA = 0.2;

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

    /// Whether a word is one of the function words that this language is told by.
    ///
    /// @param word in lower case
    boolean isToldBy(String word) {
        return functionWords.contains(word);
    }

    /// The language of a context, when its script or its function words leave no doubt.
    ///
    /// @param words of the context in lower case
    /// @param besideCode whether some of it may be a program
    static Optional<Language> of(String context, List<String> words, boolean besideCode) {
        Map<Character.UnicodeScript, Integer> letters = new EnumMap<>(Character.UnicodeScript.class);
        context.codePoints()
                .filter(Character::isLetter)
                .forEach(c -> letters.merge(Character.UnicodeScript.of(c), 1, Integer::sum));
        int all = letters.values().stream().mapToInt(Integer::intValue).sum();
        if (all >= FEWEST_LETTERS
                && letters.containsKey(Character.UnicodeScript.HIRAGANA)
                && share(letters, all, "HIRAGANA", "KATAKANA") >= LEAST_KANA
                && share(letters, all, "HIRAGANA", "KATAKANA", "HAN") >= MOST_LETTERS) {
            return Optional.of(JAPANESE);
        }
        for (Map.Entry<Character.UnicodeScript, Integer> script : letters.entrySet()) {
            if (script.getValue() >= MOST_LETTERS * all && script.getValue() >= FEWEST_LETTERS) {
                return ofScript(script.getKey(), context, words, besideCode);
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

    private static Optional<Language> ofScript(
            Character.UnicodeScript script, String context, List<String> words, boolean besideCode) {
        return switch (script) {
            case LATIN -> ofFunctionWords(words, besideCode ? FEWEST_DIFFERENT_BESIDE_CODE : FEWEST_DIFFERENT);
            // Other languages use these scripts too; only the letters or words of one of them prove it.
            case CYRILLIC ->
                Optional.of(RUSSIAN)
                        .filter(_ -> RUSSIAN_LETTERS.matcher(context).find()
                                && !OTHER_CYRILLIC.matcher(context).find()
                                && holds(words, RUSSIAN.functionWords, 2));
            case GREEK -> Optional.of(GREEK).filter(_ -> holds(words, GREEK.functionWords, 1));
            case HEBREW ->
                Optional.of(HEBREW)
                        .filter(_ -> !holds(words, YIDDISH_WORDS, 1) && holds(words, HEBREW.functionWords, 1));
            case ARABIC ->
                Optional.of(ARABIC)
                        .filter(_ -> !OTHER_ARABIC.matcher(context).find()
                                && !holds(words, PERSIAN_WORDS, 1)
                                && holds(words, ARABIC.functionWords, 1));
            case DEVANAGARI ->
                Optional.of(HINDI)
                        .filter(_ -> holds(words, HINDI.functionWords, 1) && !holds(words, OTHER_DEVANAGARI, 1));
            case THAI -> Optional.of(THAI);
            case HAN ->
                Optional.of(CHINESE).filter(_ -> CHINESE_SIGNS.matcher(context).find());
            case HANGUL -> Optional.of(KOREAN);
            default -> Optional.empty();
        };
    }

    /// Those that only their function words tell from each other.
    private static final List<Language> LATIN = List.of(ENGLISH, FRENCH, GERMAN, SPANISH, ITALIAN, PORTUGUESE, DUTCH);
    private static final Pattern RUSSIAN_LETTERS = Pattern.compile("[ыэЫЭ]");
    private static final Pattern OTHER_CYRILLIC = Pattern.compile("[іїєґўјљњћђџќѓѕөүңәғқұһҗҥӕІЇЄҐЎЈЉЊЋЂЏӨҮҢӘҒҚҰҺҖҤӔ]");
    private static final Set<String> YIDDISH_WORDS = words("איז און די דער דאָס נישט האָט מיט פון אַ");
    private static final Pattern OTHER_ARABIC = Pattern.compile("[پچژگکیےٹڈڑںھہۀە]");
    /// Persian is typed with Arabic letters too.
    private static final Set<String> PERSIAN_WORDS = words("را است مي از با");
    private static final Set<String> OTHER_DEVANAGARI = words("आहे आणि आहेत छ छन् छन हो र ला चा ची होते मा भने");
    /// Signs that Chinese is not written without for long, and Japanese is not written with.
    private static final Pattern CHINESE_SIGNS = Pattern.compile("[这這们們吗嗎么麼她你您说对为时过还让从给关问现发实经开长]");

    private static boolean holds(List<String> words, Set<String> some, int fewest) {
        return words.stream().filter(some::contains).distinct().count() >= fewest;
    }

    /// Languages in the same script that are not named, but are no reason to name another one.
    private static final List<Set<String>> RIVALS = List.of(
            words("og i at det er en til på med for han ikke den som var jeg de af et har blev der"),
            words("och i att det som en på är av för med den inte han var jag till ett om har"),
            words("en van wat op sy te vir met hy aan dat ek was sal nie is die het ons by"),
            words("ja on ei se että hän oli mutta kun niin en joka ovat minä tai he ole sen"),
            words("a az és hogy nem is egy volt meg de ez csak már mint ha van ezt el be ki"),
            words("w i na z nie się do to że jest o jak po co ale od za tym go a"),
            words("a se v na je že s z do to i o k ve jako pro by ale jsem si"),
            words("i u je da se na za su od što s ne kao to iz o bio ali sam"),
            words("și de a în la cu nu că o pe un din să mai se care este pentru ce au"),
            words("de la i el que a en un per les amb no els una és del al es seva més"),
            words("de a o que e en un unha os da do non para con as no na por se máis"),
            words("yang dan di itu dengan untuk tidak ini dari dalam akan pada adalah ke saya ada"),
            words("ve bir bu da de için ile çok ne o gibi daha var ama mi ki"),
            words("et in est non ad ut cum sed qui quod si ex per ab hoc quae de a"));

    private static Optional<Language> ofFunctionWords(List<String> words, int fewestDifferent) {
        Language best = null;
        long most = 0;
        long second = 0;
        for (Language language : LATIN) {
            long count = count(words, language.functionWords);
            if (count > most) {
                second = most;
                most = count;
                best = language;
            } else if (count > second) {
                second = count;
            }
        }
        if (best == null || most < FEWEST_WORDS || most < MARGIN * second || most < LEAST_SHARE * words.size()) {
            return Optional.empty();
        }
        long reached = most;
        boolean rivalled = RIVALS.stream().anyMatch(rival -> count(words, rival) >= reached);
        return !rivalled && holds(words, best.functionWords, fewestDifferent) ? Optional.of(best) : Optional.empty();
    }

    private static long count(List<String> words, Set<String> some) {
        return words.stream().filter(some::contains).count();
    }
}
