package dev.nla4j.teacher;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What rules can prove of a context. Each rule looks at the visible text alone and is quiet when in doubt, so that a
/// fact that is written holds and one that is claimed can be judged.
///
/// @param words of the context, in order, in lower case
/// @param kinds what is proved
/// @param doubts what looks like it might be so and is not proved: neither right nor wrong when it is claimed
record ContextFacts(List<String> words, Optional<Language> language, Set<Kind> kinds, Set<Kind> doubts) {
    /// Letters with apostrophes and hyphens between them.
    static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}]+(?:['\u2019-][\\p{L}\\p{M}]+)*+");
    /// One that no digit stands at: `base` of `base64` is no word of a text.
    private static final Pattern WHOLE_WORD =
            Pattern.compile("(?<![\\p{L}\\p{M}\\p{N}])[\\p{L}\\p{M}]++(?:['\u2019-][\\p{L}\\p{M}]++)*+(?!\\p{N})");
    /// Longer contexts are judged by their end; rules about the present place need no more.
    private static final int LOOK_BACK = 600;
    private static final Pattern BARE_WORD = Pattern.compile("[\\p{Ll}\\p{N}_-]*+");
    private static final Pattern GLUED_ROLE = Pattern.compile("(?<=\\S)(?:system|user|assistant|model)$");
    private static final int CODE_LINES = 8;
    private static final Set<Kind> TENSES = Set.of(Kind.PAST_TENSE, Kind.PRESENT_TENSE);
    /// Shorter words of a title may be small: `with` has a capital as often as not, `of` seldom.
    private static final int SHORTEST_OF_TITLE = 5;

    private static final Pattern CODE_END = Pattern.compile(".*(?:[;{}]|=>|->)\\s*$");
    private static final Pattern CODE_START = Pattern.compile(
            "^\\s*(?:(?:def|class|import|from|return|fn|let|const|var|pub|use|impl|func|public|private|static|void|int"
                    + "|elif)\\b|#include|//|/\\*|\\$ |>>> |else:|for .*:$|if .*:$|while .*:$).*");
    /// A call that is all of a line, or what a name of more than the letter of a formula is set to.
    private static final Pattern CODE_CALL =
            Pattern.compile("^\\s*(?:[\\w.]{2,}+ = )?[\\w.:]++\\([^()]*+(?:\\([^()]*+\\)[^()]*+)*+\\)\\s*$");
    /// A call has no space before its bracket, as a remark in a sentence has. What ends a line counts once.
    private static final Pattern CODE_MARK = Pattern.compile(
            "[={}\\[\\]<>]|;\\s*$|(?<=\\w)_(?=\\w)|//|::|[A-Za-z_]\\w*\\(|:\\s*$|\\(\\w+ [-+*/] \\w+\\)");
    /// Conditions and clauses have semicolons behind them, and names with brackets in them.
    private static final Pattern ITEM = Pattern.compile("^\\s*\\(?(?:\\d{1,3}|[a-z]|[ivx]+)[.)]\\s.*");
    /// Sets and what logs append close what their line opened. Fields of headers have semicolons between
    /// them, as statements seldom have. Headers have a name at their front, and logs a time.
    private static final Pattern NO_STATEMENT = Pattern.compile("(?s)\\s*+[^{\\s][^{]*+\\{(?!.*;\\s*\\}).*\\}\\s*"
            + "|[^{}()]*;[^{}()]*;[^{}()]*"
            + "|[A-Z][\\w-]*+:\\s.*"
            + "|\\W?\\d{4}[-/]\\d\\d[-/]\\d\\d.*"
            + "|.{0,20}(?<!\\d)\\d{1,2}:\\d\\d:\\d\\d(?!\\d).*");
    private static final Pattern LATEX = Pattern.compile("\\\\[a-zA-Z]+\\{");
    private static final Pattern LINK = Pattern.compile("\\[[^\\[\\]]*+\\]\\([^()]*+\\)");
    /// What forms leave to be filled in: `[Name of Company]`, `[___]`. Programs have lists and messages there.
    private static final Pattern BLANK =
            Pattern.compile("(?<![\\w)\\]])\\[(?:[\\p{Lu}_\u25cf]|\\p{L}+ )[\\p{L}\\p{N}_\u25cf .,'\u2019&/-]*+\\]");
    /// A message, a section of settings, or what is said of a member before it.
    private static final Pattern PROGRAMMED = Pattern.compile(
            "\\s*\\[[^\\[\\]]*+\\]\\s*" + "(?:;?\\s*|(?:public|private|protected|internal|static)\\b.*)");
    private static final Pattern QUERY =
            Pattern.compile("^\\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|WHERE|FROM|JOIN)\\b.*");
    /// Words of programs, and a name with its value.
    private static final Pattern LIKE_CODE = Pattern.compile(
            "^\\s*(?:(?:end|do|then|fi|done|begin|where|module|require|puts)\\s*$|[\\w.-]+:\\s+\\S+\\s*$).*");
    /// Fences whose content is no code.
    private static final Pattern TEXT_FENCE =
            Pattern.compile("```(?:text|txt|plain|plaintext|markdown|md|output|console)");
    /// A quotation of somebody who speaks stands behind a sign or begins a line; titles and words that are
    /// talked about stand behind words.
    private static final Pattern SPOKEN = Pattern.compile(
            "(?m)(?:^[ \\t]*+|(?<=[,;:.!?\"\u201d\u2019)]\\s{1,3}|\u2014|--))(?:"
                    + "\"(?:[^\"\\s]++(?:(?<=[.!?\u2014]|--)|[^\\S\\n][^\"\\n]*+(?<=[,.!?\u2014]|--)))\""
                    + "|\u201c(?:[^\u201d\\s]++(?:(?<=[.!?\u2014]|--)|[^\\S\\n][^\u201d\\n]*+(?<=[,.!?\u2014]|--)))\u201d)");
    private static final Pattern SMALL = Pattern.compile("\\P{L}*+\\p{Ll}");
    /// Titles of works that are cited end in a comma, as what is said does.
    private static final Pattern CITED =
            Pattern.compile("(?m)^\\s*\\[\\d{1,3}]\\s|\\b(?:[Vv]ol|[Pp]p|Proc|Trans|[Ee]ds?)\\.");
    /// A name with its value, or the next of a row's fields.
    private static final Pattern QUOTED_DATA = Pattern.compile("\"(?:\\s*:|,\\s*\")");
    /// Feet and inches have the mark behind a number. One right before a number may be theirs.
    private static final Pattern MEASURE = Pattern.compile("(?:\\d\\s*\"\\s*|\"\\d[^\"]*)$");
    private static final Pattern SENTENCE_END =
            Pattern.compile("[.!?\u2026\u061f](?=[\"'\u201d\u2019)\u00bb\u201c\u203a\\]*_]*+(?:[\\s\u00a0\u202f\\[]|$))"
                    + "|[\u3002\uff01\uff1f\u0964\u06d4]");
    /// A sentence goes on behind them: brackets, a dash, a small letter, or what stands in programs.
    private static final Pattern GOES_ON = Pattern.compile(
            "^\\?(?:\\)|\\s+\\p{Ll}|[^\\S\\n]+[(\\[\u2013\u2014-]|\\s*[=:|&.,]|\\s+\\d+\\s*:)|^\uff1f[\u300d\u300f\u201d\u2019]+\\p{L}");
    /// What stands before a mark that asks nothing: a move of chess, or where a query has a value.
    private static final Pattern NO_QUESTION =
            Pattern.compile("(?:(?<![\\p{L}\\p{N}])(?:[KQRBN]?[a-h]?[1-8]?x?[a-h][1-8](?:=[QRBN])?|O-O(?:-O)?)[+#]?"
                    + "|[=(,]\\s*)\\z");
    /// An address up to where its query begins.
    private static final Pattern ADDRESS = Pattern.compile("[\\w.]/\\S*\\?\\z");
    private static final Pattern QUOTE_MARK = Pattern.compile(
            "[\"\u201c\u201d\u201e\u00ab\u00bb\u2018\u201a\u2039\u300a-\u300f]|(?<![\\p{L}\\p{N}])'(?=\\p{L})");
    /// Who speaks, or a hyphen, before what is said.
    private static final Pattern LIKE_SPEECH =
            Pattern.compile("(?m)^[ \\t]*+(?:-\\s|\\p{L}[\\p{L}\\p{N} ._-]{0,24}:)|[\u2013\u2014]");
    private static final Pattern LAST_NUMBER =
            Pattern.compile("(?<![\\p{L}\\p{N}_.,:/]|\\p{L}-)\\d[\\d.,:/]*+[.,%)]*+\\z");

    ContextFacts {
        words = List.copyOf(words);
        kinds = Set.copyOf(kinds);
        doubts = Set.copyOf(doubts);
    }

    static ContextFacts of(String context) {
        List<String> words = words(WHOLE_WORD, context);
        String end = context.substring(Math.max(0, context.length() - LOOK_BACK));
        String line = end.substring(end.lastIndexOf('\n') + 1);
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        boolean code = isCode(end);
        boolean besideCode = code || end.lines().anyMatch(ContextFacts::looksProgrammed);
        Optional<Language> language = Language.of(context, words, besideCode);
        add(kinds, Kind.CODE, code);
        add(kinds, Kind.LIST, !besideCode && Listing.isAtEnd(end, language.equals(Optional.of(Language.ENGLISH))));
        add(kinds, Kind.DIALOGUE, !code && isDialogue(end));
        add(kinds, Kind.QUESTION, !besideCode && endsInQuestion(end));
        add(kinds, Kind.OPEN_QUOTATION, !code && isQuotationOpen(line));
        add(kinds, Kind.HEADING, !code && Heading.isAtEnd(end, line));
        add(kinds, Kind.NUMBER, endsInNumber(end));
        turn(context).ifPresent(kinds::add);
        Set<Kind> doubts = doubts(context, end, line);
        Optional<Kind> tense =
                !code && language.equals(Optional.of(Language.ENGLISH)) ? Tense.of(words) : Optional.empty();
        tense.ifPresentOrElse(kinds::add, () -> doubts.addAll(TENSES));
        return new ContextFacts(words, language, kinds, doubts);
    }

    private static Set<Kind> doubts(String context, String end, String line) {
        Set<Kind> doubts = EnumSet.noneOf(Kind.class);
        add(doubts, Kind.CODE, end.lines().anyMatch(ContextFacts::mayBeCode));
        add(doubts, Kind.LIST, Listing.mayBeAtEnd(end));
        boolean turns = context.lines().anyMatch(text -> turnOf(text) != null);
        boolean quoted = QUOTE_MARK.matcher(end).find();
        add(doubts, Kind.DIALOGUE, quoted || turns || LIKE_SPEECH.matcher(end).find());
        add(doubts, Kind.QUESTION, end.codePoints().anyMatch(c -> "?\uff1f\u061f\u00bf\u037e".indexOf(c) >= 0));
        add(doubts, Kind.OPEN_QUOTATION, quoted);
        add(doubts, Kind.HEADING, Heading.mayBeAtEnd(end, line));
        add(doubts, Kind.NUMBER, endsInDigit(end));
        for (Kind turn : List.of(Kind.SYSTEM_TURN, Kind.USER_TURN, Kind.ASSISTANT_TURN)) {
            add(doubts, turn, turns);
        }
        return doubts;
    }

    /// Built like a statement, or with signs that prose has seldom.
    private static boolean mayBeCode(String line) {
        return line.contains("```")
                || isShaped(line)
                || marks(line) >= 2
                || QUERY.matcher(line).matches()
                || LIKE_CODE.matcher(line).matches();
    }

    /// Whether a claimed fact is wrong, right, or beyond the rules (empty). A tense is judged only where there is one.
    Optional<Boolean> holds(Kind kind) {
        boolean proved = kinds.contains(kind);
        return proved || !doubts.contains(kind) ? Optional.of(proved) : Optional.empty();
    }

    static List<String> words(String text) {
        return words(WORD, text);
    }

    private static List<String> words(Pattern word, String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = word.matcher(text);
        while (matcher.find()) {
            words.add(matcher.group().toLowerCase(Locale.ROOT));
        }
        return words;
    }

    private static void add(Set<Kind> kinds, Kind kind, boolean holds) {
        if (holds) {
            kinds.add(kind);
        }
    }

    /// Inside a fence, or half of the last lines, two at least, are built like statements.
    private static boolean isCode(String end) {
        long fences = end.lines().filter(line -> line.strip().startsWith("```")).count();
        if (fences == 1) {
            return end.lines()
                    .map(String::strip)
                    .anyMatch(line ->
                            line.matches("```\\w+") && !TEXT_FENCE.matcher(line).matches());
        }
        List<String> lines = end.lines().filter(line -> !line.isBlank()).toList();
        List<String> last = lines.subList(Math.max(0, lines.size() - CODE_LINES), lines.size());
        long statements = last.stream().filter(ContextFacts::isStatement).count();
        return statements >= 2 && 2 * statements >= last.size();
    }

    private static boolean isStatement(String line) {
        return mayBeStatement(line) && !NO_STATEMENT.matcher(line).matches();
    }

    /// By a wider rule: beside what may be a program, languages and questions are not believed as soon.
    private static boolean mayBeStatement(String line) {
        return isShaped(line) && marks(line) >= 2 && !ITEM.matcher(line).matches();
    }

    static boolean isShaped(String line) {
        return (CODE_END.matcher(line).matches() && !LATEX.matcher(line).find())
                || CODE_START.matcher(line).matches()
                || CODE_CALL.matcher(line).matches();
    }

    private static boolean looksProgrammed(String line) {
        return mayBeStatement(line) || QUERY.matcher(line).matches();
    }

    /// Two at most are counted.
    private static long marks(String line) {
        String plain = LINK.matcher(line).replaceAll(" ");
        boolean program =
                PROGRAMMED.matcher(line).matches() || CODE_START.matcher(line).matches();
        String filled = program ? plain : BLANK.matcher(plain).replaceAll(" ");
        return CODE_MARK.matcher(filled).results().limit(2).count();
    }

    /// Who speaks begins with a capital; what is spoken of, or goes on, need not.
    private static boolean isDialogue(String end) {
        List<String> said = SPOKEN.matcher(end)
                .results()
                .map(MatchResult::group)
                .filter(quoted -> !isTitle(quoted))
                .toList();
        return said.size() >= 2
                && said.stream().anyMatch(quoted -> !SMALL.matcher(quoted).lookingAt())
                && !QUOTED_DATA.matcher(end).find()
                && !CITED.matcher(end).find();
    }

    /// Several words with capitals but for short ones inside, as songs and films are called.
    private static boolean isTitle(String quoted) {
        List<String> words =
                WORD.matcher(quoted).results().map(MatchResult::group).toList();
        boolean parts = quoted.strip().matches(".+,.*\\w.*");
        return words.size() >= 2
                && !parts
                && isCapital(words.getFirst().equals("I") ? words.get(1) : words.getFirst())
                && isCapital(words.getLast())
                && words.stream().allMatch(word -> word.length() < SHORTEST_OF_TITLE || isCapital(word));
    }

    private static boolean isCapital(String word) {
        return !word.equals("I") && Character.isUpperCase(word.codePointAt(0));
    }

    /// The last sentence that ended is a question.
    private static boolean endsInQuestion(String end) {
        Matcher matcher = SENTENCE_END.matcher(end);
        char last = 0;
        while (matcher.find()) {
            boolean goesOn =
                    GOES_ON.matcher(end).region(matcher.start(), end.length()).lookingAt();
            boolean asks =
                    !NO_QUESTION.matcher(end.substring(0, matcher.start())).find();
            last = goesOn || !asks ? 0 : end.charAt(matcher.start());
        }
        return "?\uff1f\u061f".indexOf(last) >= 0 && !ADDRESS.matcher(end).find();
    }

    /// The last quotation mark of the line opens one that none has closed. Marks of some languages close what others
    /// open: there the line's first one tells, by what stands before and behind it.
    private static boolean isQuotationOpen(String line) {
        int last = -1;
        int straight = 0;
        int guillemet = -1;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            straight += c == '"' ? 1 : 0;
            last = "\"\u201c\u201d\u201e\u00ab\u00bb".indexOf(c) >= 0 ? i : last;
            guillemet = guillemet < 0 && "\u00ab\u00bb".indexOf(c) >= 0 ? i : guillemet;
        }
        if (last < 0) {
            return false;
        }
        char mark = line.charAt(last);
        return switch (mark) {
            case '"' ->
                straight % 2 == 1 && opens(line, last) && !MEASURE.matcher(line).find();
            case '\u201c' -> line.indexOf('\u201e') < 0 && opens(line, last);
            case '\u201e' -> true;
            case '\u00ab', '\u00bb' -> mark == line.charAt(guillemet) && last + 1 < line.length() && opens(line, last);
            default -> false;
        };
    }

    /// Whether a quotation begins at a mark: a word is right behind it, and none right before it. At the
    /// end of the text only a space before it tells.
    private static boolean opens(String line, int at) {
        boolean apart = at == 0 || Tail.isWhite(line.charAt(at - 1)) || "([".indexOf(line.charAt(at - 1)) >= 0;
        if (at + 1 == line.length()) {
            return apart;
        }
        char behind = line.charAt(at + 1);
        return (apart || line.charAt(at - 1) == '\u2014')
                && (Character.isLetterOrDigit(behind) || "\u00bf\u00a1'\u2018\u2019\u2026$".indexOf(behind) >= 0);
    }

    private static boolean endsInNumber(String end) {
        return LAST_NUMBER.matcher(end).find();
    }

    private static boolean endsInDigit(String end) {
        String bare = end.replaceAll("[.,%)\u20ac\u00b0\\s]++\\z", "");
        return !bare.isEmpty() && Character.isDigit(bare.charAt(bare.length() - 1));
    }

    /// Whose turn a rendered conversation is at: templates write the role on a line of its own. Where a
    /// special token alone stands before it (Llama 3), it is glued to the end of what was said before, and
    /// an empty line follows. A conversation begins with the system's or the user's turn; other texts may
    /// have such words on lines of their own, among them columns of bare words.
    private static Optional<Kind> turn(String context) {
        String first =
                context.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
        boolean column =
                context.lines().allMatch(line -> BARE_WORD.matcher(line.strip()).matches());
        if (column || (turnOf(first) != Kind.SYSTEM_TURN && turnOf(first) != Kind.USER_TURN)) {
            return Optional.empty();
        }
        Kind turn = null;
        int roles = 0;
        boolean doubt = false;
        String[] lines = context.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            Kind kind = turnOf(lines[i]);
            Matcher glued = GLUED_ROLE.matcher(lines[i]);
            if (kind == null && i + 1 < lines.length && lines[i + 1].isEmpty() && glued.find()) {
                // behind a letter or a hyphen it may be a word's own end
                int before = lines[i].codePointBefore(glued.start());
                boolean certain = !Character.isLetter(before) && "-_/".indexOf(before) < 0;
                kind = certain ? turnOf(glued.group()) : null;
                doubt = !certain;
            }
            if (kind != null) {
                turn = kind;
                roles++;
                doubt = false;
            }
        }
        if (doubt) {
            return Optional.empty();
        }
        return roles >= 2 || (roles == 1 && context.strip().startsWith("user\n"))
                ? Optional.ofNullable(turn)
                : Optional.empty();
    }

    private static @Nullable Kind turnOf(String line) {
        return switch (line.strip()) {
            case "system" -> Kind.SYSTEM_TURN;
            case "user" -> Kind.USER_TURN;
            case "assistant", "model" -> Kind.ASSISTANT_TURN;
            default -> null;
        };
    }
}
