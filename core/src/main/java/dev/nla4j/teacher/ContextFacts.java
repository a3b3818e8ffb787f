package dev.nla4j.teacher;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
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
    /// Longer contexts are judged by their end; rules about the present place need no more.
    private static final int LOOK_BACK = 600;
    private static final Pattern GLUED_ROLE = Pattern.compile("(?<=\\S)(?:system|user|assistant|model)$");
    private static final int TENSE_WORDS = 40;
    private static final int CODE_LINES = 8;
    private static final int LIST_LINES = 5;

    private static final Pattern LIST_ITEM =
            Pattern.compile("^\\s*([-*+\u2022]|\\(?\\d{1,3}[.)])\\s+.*[\\p{L}\\p{N}].*");
    private static final Pattern LIKE_ITEM = Pattern.compile("^\\s*(?:[-*+\u2022\u2013\u2014]|\\(?\\w{1,3}[.)]).*");
    private static final Pattern MARKED_HEADING = Pattern.compile("^#{1,6}\\s+\\S.*");
    private static final Pattern CHAPTER =
            Pattern.compile("^(?:CHAPTER|Chapter|PART|BOOK)\\s+[\\dIVXLC]+(?:[.:\u2013\u2014-].*)?$");
    private static final Pattern LIKE_HEADING = Pattern.compile("^\\s*(?:#|CHAPTER|Chapter|PART|BOOK).*");
    private static final Pattern CODE_END = Pattern.compile(".*(?:[;{}]|\\);?|=>|->)\\s*$");
    private static final Pattern CODE_START = Pattern.compile(
            "^\\s*(?:(?:def|class|import|from|return|fn|let|const|var|pub|use|impl|func|public|private|static|void|int"
                    + "|elif)\\b|#include|//|/\\*|\\$ |>>> |else:|for .*:$|if .*:$|while .*:$).*");
    /// A call has no space before its bracket, as a remark in a sentence has.
    private static final Pattern CODE_MARK =
            Pattern.compile("[={}\\[\\]<>;_]|//|::|[A-Za-z_]\\w*\\(|:\\s*$|\\(\\w+ [-+*/] \\w+\\)");
    /// Fences whose content is no code.
    private static final Pattern TEXT_FENCE =
            Pattern.compile("```(?:text|txt|plain|plaintext|markdown|md|output|console)");
    private static final Pattern SPOKEN = Pattern.compile(
            "\"[^\"\\n]*(?:\\s[^\"\\n]*[,.]|[!?\u2014-]|[.])\"|\u201c[^\u201d\\n]*(?:\\s[^\u201d\\n]*[,.]|[!?\u2014-]|[.])\u201d");
    private static final Pattern SENTENCE_END =
            Pattern.compile("[.!?](?=[\"'\u201d\u2019)]*(?:\\s|$))|[\u3002\uff01\uff1f]");
    /// A sentence goes on behind them: a remark in brackets, or a small letter.
    private static final Pattern GOES_ON = Pattern.compile("^\\?(?:\\)|\\s+\\p{Ll})");
    private static final Pattern QUOTE_MARK = Pattern.compile("[\"\u201c\u201d\u201e\u00ab\u00bb\u2018\u2039\u300c]");
    private static final Pattern LAST_NUMBER = Pattern.compile("(?<![\\p{L}\\p{N}_.,:/])\\d[\\d.,:/]*[.,%)]*$");
    private static final Set<String> PAST = Set.of("was", "were", "had", "did", "went", "came", "took", "said", "saw");
    private static final Set<String> PRESENT = Set.of("is", "are", "has", "does", "am", "says", "do");

    ContextFacts {
        words = List.copyOf(words);
        kinds = Set.copyOf(kinds);
        doubts = Set.copyOf(doubts);
    }

    static ContextFacts of(String context) {
        List<String> words = words(context);
        Optional<Language> language = Language.of(context, words);
        String end = context.substring(Math.max(0, context.length() - LOOK_BACK));
        String line = end.substring(end.lastIndexOf('\n') + 1);
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        boolean code = isCode(end);
        add(kinds, Kind.CODE, code);
        add(kinds, Kind.LIST, !code && endsInList(end));
        add(kinds, Kind.DIALOGUE, !code && isDialogue(end));
        add(kinds, Kind.QUESTION, !code && endsInQuestion(end));
        add(kinds, Kind.OPEN_QUOTATION, !code && isQuotationOpen(line));
        add(kinds, Kind.HEADING, !code && isHeading(end, line));
        add(kinds, Kind.NUMBER, endsInNumber(end));
        turn(context).ifPresent(kinds::add);
        Set<Kind> doubts = doubts(context, end, line);
        if (!code && language.equals(Optional.of(Language.ENGLISH))) {
            tense(words).ifPresent(kinds::add);
        }
        return new ContextFacts(words, language, kinds, doubts);
    }

    private static Set<Kind> doubts(String context, String end, String line) {
        Set<Kind> doubts = EnumSet.noneOf(Kind.class);
        boolean statement = end.lines()
                .anyMatch(text -> CODE_END.matcher(text).matches()
                        || CODE_START.matcher(text).matches()
                        || text.contains("```"));
        add(doubts, Kind.CODE, statement);
        add(doubts, Kind.LIST, LIKE_ITEM.matcher(line).matches());
        add(doubts, Kind.DIALOGUE, QUOTE_MARK.matcher(end).find() || end.contains("\u2014") || end.contains("\u2013"));
        add(doubts, Kind.QUESTION, end.contains("?") || end.contains("\uff1f"));
        add(doubts, Kind.OPEN_QUOTATION, QUOTE_MARK.matcher(end).find());
        add(doubts, Kind.HEADING, LIKE_HEADING.matcher(line).matches() || isCapitals(line));
        add(doubts, Kind.NUMBER, endsInDigit(end));
        for (Kind turn : List.of(Kind.SYSTEM_TURN, Kind.USER_TURN, Kind.ASSISTANT_TURN)) {
            add(doubts, turn, context.lines().anyMatch(text -> turnOf(text) != null));
        }
        return doubts;
    }

    /// Whether a claimed fact is wrong, right, or beyond the rules (empty). A tense is judged only where there is one.
    Optional<Boolean> holds(Kind kind) {
        boolean tense = kind == Kind.PAST_TENSE || kind == Kind.PRESENT_TENSE;
        if (tense && !kinds.contains(Kind.PAST_TENSE) && !kinds.contains(Kind.PRESENT_TENSE)) {
            return Optional.empty();
        }
        return doubts.contains(kind) && !kinds.contains(kind) ? Optional.empty() : Optional.of(kinds.contains(kind));
    }

    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
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
        boolean shaped =
                CODE_END.matcher(line).matches() || CODE_START.matcher(line).matches();
        return shaped && CODE_MARK.matcher(line).results().limit(2).count() == 2;
    }

    /// The line is an item, and one of the last lines before it another of the same kind.
    private static boolean endsInList(String end) {
        List<String> lines = end.lines().filter(line -> !line.isBlank()).toList();
        if (lines.isEmpty() || end.endsWith("\n")) {
            return false;
        }
        Matcher last = LIST_ITEM.matcher(lines.getLast());
        return last.matches()
                && lines.subList(Math.max(0, lines.size() - LIST_LINES), lines.size() - 1).stream()
                        .map(LIST_ITEM::matcher)
                        .anyMatch(item -> item.matches() && sort(item.group(1)) == sort(last.group(1)));
    }

    /// Numbers are one sort of mark, each bullet is its own.
    private static int sort(String mark) {
        return mark.length() > 1 ? 0 : mark.charAt(0);
    }

    private static boolean isDialogue(String end) {
        return SPOKEN.matcher(end).results().limit(2).count() == 2;
    }

    /// The last sentence that ended is a question.
    private static boolean endsInQuestion(String end) {
        Matcher matcher = SENTENCE_END.matcher(end);
        char last = 0;
        while (matcher.find()) {
            boolean goesOn =
                    GOES_ON.matcher(end).region(matcher.start(), end.length()).lookingAt();
            last = goesOn ? 0 : end.charAt(matcher.start());
        }
        return last == '?' || last == '\uff1f';
    }

    /// The last quotation mark of the line opens one that none has closed. Marks of some languages close what others
    /// open: there the line's first one tells, by what stands before and behind it.
    private static boolean isQuotationOpen(String line) {
        int last = -1;
        int straight = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            straight += c == '"' ? 1 : 0;
            last = "\"\u201c\u201d\u201e\u00ab\u00bb".indexOf(c) >= 0 ? i : last;
        }
        if (last < 0) {
            return false;
        }
        boolean opens =
                (last == 0 || Tail.isWhite(line.charAt(last - 1)) || "([\u2014".indexOf(line.charAt(last - 1)) >= 0)
                        && !(last + 1 < line.length() && Tail.isWhite(line.charAt(last + 1)));
        boolean german = line.indexOf('\u201e') >= 0;
        return switch (line.charAt(last)) {
            case '"' -> opens && straight % 2 == 1;
            case '\u201c' -> !german;
            case '\u201e' -> true;
            case '\u00ab', '\u00bb' -> opens;
            default -> false;
        };
    }

    private static boolean isHeading(String end, String line) {
        String before = end.substring(0, end.length() - line.length()).stripTrailing();
        String previous = before.substring(before.lastIndexOf('\n') + 1);
        boolean comment = previous.stripLeading().startsWith("#")
                || CODE_END.matcher(previous).matches()
                || previous.strip().matches("[\\w.-]+\\s*[:=].*");
        boolean capitals = isCapitals(line) && !isCapitals(previous) && !line.matches(".*[!?,;\"\u201c\u201d].*");
        return (MARKED_HEADING.matcher(line).matches() && !comment)
                || CHAPTER.matcher(line.strip()).matches()
                || capitals;
    }

    private static boolean isCapitals(String line) {
        String bare = line.strip();
        return bare.length() >= 6
                && bare.length() <= 80
                && bare.codePoints().filter(Character::isLetter).count() >= 5
                && bare.contains(" ")
                && bare.codePoints().filter(Character::isLetter).allMatch(Character::isUpperCase);
    }

    private static boolean endsInNumber(String end) {
        return LAST_NUMBER.matcher(end).find();
    }

    private static boolean endsInDigit(String end) {
        String bare = end.replaceAll("[.,%)]+$", "");
        return !bare.isEmpty() && Character.isDigit(bare.charAt(bare.length() - 1));
    }

    /// Whose turn a rendered conversation is at: templates write the role on a line of its own. Where a special token
    /// alone stands before it (Llama 3), it is glued to the end of what was said before, and an empty line follows.
    private static Optional<Kind> turn(String context) {
        Kind turn = null;
        int roles = 0;
        boolean doubt = false;
        String[] lines = context.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            Kind kind = turnOf(lines[i]);
            Matcher glued = GLUED_ROLE.matcher(lines[i]);
            if (kind == null && i + 1 < lines.length && lines[i + 1].isEmpty() && glued.find()) {
                // behind a letter it may be a word's own end
                boolean certain = !Character.isLetter(lines[i].codePointBefore(glued.start()));
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

    private static Optional<Kind> tense(List<String> words) {
        List<String> last = words.subList(Math.max(0, words.size() - TENSE_WORDS), words.size());
        long past = last.stream().filter(PAST::contains).count();
        long present = last.stream().filter(PRESENT::contains).count();
        if (past >= 2 && present == 0) {
            return Optional.of(Kind.PAST_TENSE);
        }
        return present >= 2 && past == 0 ? Optional.of(Kind.PRESENT_TENSE) : Optional.empty();
    }
}
