package dev.nla4j.nla.lint;

import dev.nla4j.format.InputException;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Whether two tokenizers are one: every id's token, what they add around a text, and the ids of probe texts.
final class TokenizerComparison {
    private static final int SHOWN = 3;
    /// Converters to GGUF fill the vocabulary up to the embedding table's rows.
    private static final Pattern FILLER = Pattern.compile("\\[PAD\\d+]");
    private static final List<String> PROBES = List.of(
            "The capital of France is Paris, and 1234567 + 89 = 1234656.",
            "  two leading spaces,\ttabs\n\nand lines  ",
            "def f(x):\n    return {\"a\": [x, 'b']}  # comment",
            "naïve Überraschung 你好 مرحبا 🜚🙂",
            "<text>An explanation.</text> <summary>",
            "<concept>x</concept>\n<explanation>\nNext: \"the\", \"a\".\n</explanation>");

    private final Tokenizer first;
    private final Tokenizer second;
    private final String secondName;

    private TokenizerComparison(Tokenizer first, Tokenizer second, String secondName) {
        this.first = first;
        this.second = second;
        this.secondName = secondName;
    }

    /// How `first` differs; empty when it does not.
    ///
    /// @param more texts to try besides
    static List<String> differences(Tokenizer first, Tokenizer second, String secondName, List<String> more) {
        TokenizerComparison comparison = new TokenizerComparison(first, second, secondName);
        List<String> problems = new ArrayList<>();
        comparison.vocabulary(problems);
        comparison.specials(problems);
        List<String> texts = new ArrayList<>(PROBES);
        texts.addAll(more);
        comparison.texts(texts, problems);
        return problems;
    }

    private void vocabulary(List<String> problems) {
        int differing = 0;
        List<String> shown = new ArrayList<>();
        for (int id = 0; id <= Math.max(first.maxId(), second.maxId()); id++) {
            String ours = token(first, id);
            String theirs = token(second, id);
            if (!Objects.equals(spaced(ours), spaced(theirs)) && !isFiller(ours, theirs)) {
                differing++;
                if (shown.size() < SHOWN) {
                    shown.add(id + " is " + quoted(ours) + ", there " + quoted(theirs));
                }
            }
        }
        if (differing > 0) {
            problems.add(differing + " ids have another token than " + secondName + "'s: " + String.join("; ", shown));
        }
    }

    /// Converters to GGUF write the sign that stands for a space as a space, in tokens that were added.
    private static @Nullable String spaced(@Nullable String token) {
        return token == null ? null : token.replace('\u2581', ' ');
    }

    private static boolean isFiller(@Nullable String ours, @Nullable String theirs) {
        String only = ours == null ? theirs : theirs == null ? ours : null;
        return only != null && FILLER.matcher(only).matches();
    }

    private static @Nullable String token(Tokenizer tokenizer, int id) {
        if (id > tokenizer.maxId()) {
            return null;
        }
        try {
            return tokenizer.token(id);
        } catch (InputException e) {
            // An id left out: the vocabulary has a gap there.
            return null;
        }
    }

    private static String quoted(@Nullable String token) {
        return token == null ? "none" : "\"" + token + "\"";
    }

    private void specials(List<String> problems) {
        if (!first.specials().prefix().equals(second.specials().prefix())) {
            problems.add("it puts " + first.specials().prefix() + " before a text, " + secondName + " "
                    + second.specials().prefix());
        }
        if (!first.specials().suffix().equals(second.specials().suffix())) {
            problems.add("it puts " + first.specials().suffix() + " after a text, " + secondName + " "
                    + second.specials().suffix());
        }
    }

    private void texts(List<String> texts, List<String> problems) {
        int differing = 0;
        String example = "";
        for (String text : texts) {
            int[] ours = first.ids(text, false);
            int[] theirs = second.ids(text, false);
            if (!Arrays.equals(ours, theirs)) {
                int at = Arrays.mismatch(ours, theirs);
                example = differing == 0 ? "token " + at + " of \"" + text + "\"" : example;
                differing++;
            }
        }
        if (differing > 0) {
            problems.add(differing + " of " + texts.size() + " probe texts have other ids than with " + secondName
                    + "'s, first " + example);
        }
    }
}
