package dev.nla4j.teacher;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import dev.nla4j.nla.ExplanationText;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Writes only what it can prove, without asking anybody: the target's own next tokens, content words of the context,
/// facts that a rule proves, and the context's literal end.
///
/// Words are never written twice and rare ones never: a verbalizer that is taught names invents them.
public final class GroundedTeacher implements Teacher {
    /// Least probability of a next token that is named.
    static final double LEAST_PROBABILITY = 0.02;
    private static final int MOST_NEXT = 4;
    private static final int MOST_ABOUT = 3;
    static final int SHORTEST_WORD = 4;
    /// A word counts less for each word between it and the end: what was said last matters most.
    private static final double FADE = 0.98;

    private final DocumentFrequencies frequencies;

    /// @param frequencies of the words in the corpus that the snippets come from
    public GroundedTeacher(DocumentFrequencies frequencies) {
        this.frequencies = frequencies;
    }

    @Override
    public List<Lesson> explain(List<Snippet> snippets) {
        return snippets.stream().map(snippet -> explain(snippet.evidence())).toList();
    }

    /// The lesson of one context.
    Lesson explain(Evidence evidence) {
        String context = evidence.context();
        if (context.isBlank()) {
            return new Lesson.Declined("the context is blank");
        }
        if (context.endsWith("\ufffd")) {
            return new Lesson.Declined("the context ends inside of a character");
        }
        String tail = Tail.of(context);
        ContextFacts facts = ContextFacts.of(context);
        String text = new GroundedText(next(evidence.next()), about(facts), kinds(facts), Escaping.tail(tail)).write();
        // A closing tag in the literal tail would end the explanation for every reader.
        return ExplanationText.holdsTag(text)
                ? new Lesson.Declined("the context holds the explanation's own tags")
                : new Lesson.Explained(text);
    }

    private static List<String> next(List<NextToken> tokens) {
        Set<String> next = new LinkedHashSet<>();
        for (NextToken token : tokens) {
            boolean writable = !token.text().isEmpty() && token.text().indexOf('\ufffd') < 0;
            if (next.size() < MOST_NEXT && token.probability() >= LEAST_PROBABILITY && writable) {
                next.add(Escaping.token(token.text()));
            }
        }
        return List.copyOf(next);
    }

    private List<String> about(ContextFacts facts) {
        List<String> words = facts.words();
        Map<String, Double> weights = new HashMap<>();
        Map<String, Integer> last = new HashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            String composed = Normalizer.normalize(word, Normalizer.Form.NFC);
            if (composed.codePointCount(0, composed.length()) >= SHORTEST_WORD
                    && !FunctionWords.contains(word, facts.language())
                    && frequencies.isUsable(word)) {
                weights.merge(word, Math.pow(FADE, words.size() - 1 - i), Double::sum);
                last.put(word, i);
            }
        }
        return weights.keySet().stream()
                .sorted(Comparator.comparingDouble((String word) -> -weights.getOrDefault(word, 0.0))
                        .thenComparing(word -> -last.getOrDefault(word, 0)))
                .limit(MOST_ABOUT)
                .toList();
    }

    private static List<String> kinds(ContextFacts facts) {
        List<String> kinds = new ArrayList<>();
        facts.language().ifPresent(language -> kinds.add(language.phrase()));
        facts.kinds().stream().sorted().forEach(kind -> kinds.add(kind.phrase()));
        return kinds;
    }

    @Override
    public String identity() {
        return "grounded 5, " + frequencies.identity();
    }

    @Override
    public Optional<ApiSummaries> summaries() {
        return Optional.empty();
    }
}
