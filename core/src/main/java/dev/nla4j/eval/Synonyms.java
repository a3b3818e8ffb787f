package dev.nla4j.eval;

import java.util.HashMap;
import java.util.Map;

/// Words that explanations use and what says the same: the labels of segments, words of their facts, and common words.
/// Each pair holds both ways.
final class Synonyms {
    private static final String WORDS = """
            next following
            about concerning
            kind sort
            text passage
            sentence phrase
            ending close
            english anglophone
            dialogue conversation
            list enumeration
            code program
            heading title
            question query
            number figure
            past bygone
            speaker talker
            quotation citation
            open unclosed
            begins starts
            likely probable
            big large
            small little
            quick fast
            begin start
            end finish
            show reveal
            get obtain
            help aid
            house home
            road street
            people persons
            child kid
            woman lady
            man gentleman
            work labour
            money cash
            story tale
            war conflict
            country nation
            church chapel
            school academy
            doctor physician
            law statute
            president leader
            company firm
            city town
            important significant
            old aged
            new recent
            happy glad
            sad unhappy
            near close-by
            often frequently
            also too
            perhaps maybe
            """;

    static final Map<String, String> PAIRS = pairs();

    private Synonyms() {}

    private static Map<String, String> pairs() {
        Map<String, String> pairs = new HashMap<>();
        WORDS.lines().map(line -> line.split(" ", 2)).forEach(pair -> {
            pairs.put(pair[0], pair[1]);
            pairs.put(pair[1], pair[0]);
        });
        return Map.copyOf(pairs);
    }
}
