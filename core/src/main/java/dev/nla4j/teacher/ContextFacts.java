package dev.nla4j.teacher;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What rules can prove of a context. Each rule looks at the visible text alone and is quiet when in doubt, so that a
/// fact that is written holds and one that is claimed can be judged.
///
/// @param words of the context, in order, in lower case
record ContextFacts(List<String> words, Optional<Language> language, Set<Kind> kinds) {
    /// Letters with apostrophes and hyphens between them.
    static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}]+(?:['\u2019-][\\p{L}\\p{M}]+)*+");
    /// Longer contexts are judged by their end; rules about the present place need no more.
    private static final int LOOK_BACK = 600;
    private static final int TENSE_WORDS = 40;
    private static final int CODE_LINES = 8;

    private static final Pattern LIST_ITEM = Pattern.compile("^\\s*(?:[-*+\u2022\u2013]|\\(?\\d{1,3}[.)])\\s+\\S.*");
    private static final Pattern MARKED_HEADING = Pattern.compile("^#{1,6}\\s+\\S.*");
    private static final Pattern CHAPTER = Pattern.compile("^(?:CHAPTER|Chapter|PART|BOOK)\\s+[\\dIVXLC]+\\b.*");
    private static final Pattern CODE_END = Pattern.compile(".*(?:[;{}]|\\);?|=>|->)\\s*$");
    private static final Pattern CODE_START = Pattern.compile(
            "^\\s*(?:def|class|import|from|return|fn|let|const|var|pub|use|impl|func|public|private|static|void|int"
                    + "|#include|//|/\\*|\\$ |>>> |elif|else:|for .*:$|if .*:$|while .*:$).*");
    private static final Pattern CODE_MARK = Pattern.compile("[=(){}\\[\\]<>;:_]|//|::");
    private static final Pattern SPOKEN =
            Pattern.compile("(?:\"[^\"\\n]{2,}[,.!?\u2014-]\"|\u201c[^\u201d\\n]{2,}\u201d)");
    private static final Pattern SENTENCE_END =
            Pattern.compile("[.!?\u3002\uff01\uff1f](?=[\"'\u201d\u2019)]*(?:\\s|$))");
    private static final Set<String> PAST = Set.of("was", "were", "had", "did", "went", "came", "took", "said", "saw");
    private static final Set<String> PRESENT = Set.of("is", "are", "has", "does", "am", "says", "do");

    ContextFacts {
        words = List.copyOf(words);
        kinds = Set.copyOf(kinds);
    }

    static ContextFacts of(String context) {
        List<String> words = words(context);
        Optional<Language> language = Language.of(context, words);
        String end = context.substring(Math.max(0, context.length() - LOOK_BACK));
        String line = end.substring(end.lastIndexOf('\n') + 1);
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        boolean code = isCode(end);
        add(kinds, Kind.CODE, code);
        add(kinds, Kind.LIST, !code && LIST_ITEM.matcher(line).matches());
        add(kinds, Kind.DIALOGUE, !code && isDialogue(end));
        add(kinds, Kind.QUESTION, !code && endsInQuestion(end));
        add(kinds, Kind.OPEN_QUOTATION, !code && isQuotationOpen(line));
        add(kinds, Kind.HEADING, !code && isHeading(line));
        add(kinds, Kind.NUMBER, endsInNumber(end));
        turn(context).ifPresent(kinds::add);
        if (!code && language.equals(Optional.of(Language.ENGLISH))) {
            tense(words).ifPresent(kinds::add);
        }
        return new ContextFacts(words, language, kinds);
    }

    /// Whether a claimed fact is wrong, right, or beyond the rules (empty). A tense is judged only where there is one.
    Optional<Boolean> holds(Kind kind) {
        boolean tense = kind == Kind.PAST_TENSE || kind == Kind.PRESENT_TENSE;
        if (tense && !kinds.contains(Kind.PAST_TENSE) && !kinds.contains(Kind.PRESENT_TENSE)) {
            return Optional.empty();
        }
        return Optional.of(kinds.contains(kind));
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
            return end.lines().anyMatch(line -> line.strip().matches("```\\w+"));
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

    private static boolean isDialogue(String end) {
        return SPOKEN.matcher(end).results().limit(2).count() == 2;
    }

    /// The last sentence that ended is a question.
    private static boolean endsInQuestion(String end) {
        Matcher matcher = SENTENCE_END.matcher(end);
        char last = 0;
        while (matcher.find()) {
            last = end.charAt(matcher.start());
        }
        return last == '?' || last == '\uff1f';
    }

    /// The last quotation mark of the line opens one: a mark before which there is white space or nothing.
    private static boolean isQuotationOpen(String line) {
        for (int i = line.length() - 1; i >= 0; i--) {
            char c = line.charAt(i);
            if (c == '\u201c' || c == '\u00ab') {
                return true;
            }
            if (c == '\u201d' || c == '\u00bb') {
                return false;
            }
            if (c == '"') {
                boolean opens =
                        i == 0 || Tail.isWhite(line.charAt(i - 1)) || "([\u2014".indexOf(line.charAt(i - 1)) >= 0;
                boolean closes = i + 1 < line.length() && Tail.isWhite(line.charAt(i + 1));
                return opens && !closes;
            }
        }
        return false;
    }

    private static boolean isHeading(String line) {
        String bare = line.strip();
        boolean capitals = bare.length() >= 6
                && bare.length() <= 80
                && bare.codePoints().filter(Character::isLetter).count() >= 5
                && bare.contains(" ")
                && bare.codePoints().filter(Character::isLetter).allMatch(Character::isUpperCase);
        return MARKED_HEADING.matcher(line).matches() || CHAPTER.matcher(bare).matches() || capitals;
    }

    private static boolean endsInNumber(String end) {
        int at = end.length();
        while (at > 0 && ".,%)".indexOf(end.charAt(at - 1)) >= 0) {
            at--;
        }
        return at > 0 && Character.isDigit(end.charAt(at - 1));
    }

    /// Whose turn a rendered conversation is at: templates write the role on a line of its own.
    private static Optional<Kind> turn(String context) {
        Kind turn = null;
        int roles = 0;
        for (String line : context.split("\n", -1)) {
            Kind kind = switch (line.strip()) {
                case "system" -> Kind.SYSTEM_TURN;
                case "user" -> Kind.USER_TURN;
                case "assistant", "model" -> Kind.ASSISTANT_TURN;
                default -> null;
            };
            if (kind != null) {
                turn = kind;
                roles++;
            }
        }
        return roles >= 2 || (roles == 1 && context.strip().startsWith("user\n"))
                ? Optional.ofNullable(turn)
                : Optional.empty();
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
