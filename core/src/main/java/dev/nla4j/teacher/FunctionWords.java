package dev.nla4j.teacher;

import java.util.Set;

/// English words of four letters and more that carry grammar and no topic.
final class FunctionWords {
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

    private FunctionWords() {}

    static boolean contains(String word) {
        return WORDS.contains(word.replace('\u2019', '\''));
    }
}
