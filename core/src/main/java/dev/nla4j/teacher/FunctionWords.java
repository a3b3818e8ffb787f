package dev.nla4j.teacher;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/// Words that carry grammar and no topic.
final class FunctionWords {
    /// English ones of four letters and more.
    private static final Set<String> WORDS = Set.of(("about above across after again against almost alone along already"
                    + " also although always among another anybody anyone anything around away back became because become"
                    + " been before began behind being below beneath beside besides between beyond both came can't cannot"
                    + " come could couldn't didn't does doesn't doing don't done down during each either else enough"
                    + " especially even ever every everybody everyone everything except first found from further gave"
                    + " give given goes going gone have haven't having hence here hers herself himself however i'll i've"
                    + " indeed inside instead into isn't it's itself just keep kept knew know known last least less like"
                    + " likely little long made make makes many maybe merely might mine more moreover most much must"
                    + " myself near nearly neither never nevertheless next nobody none nothing often once ones only onto"
                    + " other others otherwise ought ourselves over perhaps quite rather really said same says seem seemed"
                    + " seems seen several shall she's should shouldn't since some somebody someone something sometimes"
                    + " somewhat soon still such take taken than that that's their theirs them themselves then there"
                    + " there's therefore these they they're thing things this those though three through thus together"
                    + " told took toward towards under until unto upon used using usually very want wasn't well went were"
                    + " we're what whatever when whenever where whereas wherever whether which while whole whom whose will"
                    + " with within without won't would wouldn't yet you'll you're your yours yourself yourselves")
            .split(" "));

    /// Short ones that only contractions hold.
    private static final Set<String> CONTRACTED = Set.of("how", "why", "let", "who", "all", "one", "you", "our");
    private static final int LONGEST_CLITIC = 2;

    private FunctionWords() {}

    /// Whether a word of a context is one. A contraction is one when each of its parts is one or is too
    /// short to be anything else: `they'll`, `what's`, `qu'il`, but not `king's`.
    ///
    /// @param word in lower case
    /// @param language of the context; where it is not certain, words of all languages count
    static boolean contains(String word, Optional<Language> language) {
        String plain = word.replace('\u2019', '\'');
        if (isOne(plain, language) || plain.endsWith("n't")) {
            return true;
        }
        return plain.indexOf('\'') >= 0
                && Arrays.stream(plain.split("'"))
                        .allMatch(part ->
                                part.length() <= LONGEST_CLITIC || CONTRACTED.contains(part) || isOne(part, language));
    }

    private static boolean isOne(String word, Optional<Language> language) {
        return WORDS.contains(word)
                || Language.ENGLISH.isFunctionWord(word)
                || language.map(known -> known.isFunctionWord(word))
                        .orElseGet(() -> Arrays.stream(Language.values()).anyMatch(any -> any.isFunctionWord(word)));
    }
}
