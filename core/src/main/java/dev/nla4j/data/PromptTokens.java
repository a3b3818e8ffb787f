package dev.nla4j.data;

import dev.nla4j.activation.Injection;
import dev.nla4j.activation.TokenMeta;
import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.SpecialStrings;
import dev.nla4j.format.InputException;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PromptTemplate;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.tokenizer.SpecialTokens;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds the token ids that a data set's sidecar fixes, with the live tokenizer and chat template.
///
/// @param specials as the template may name them
public record PromptTokens(Tokenizer tokenizer, ChatTemplate template, SpecialStrings specials) {
    /// Enclosed letters and compatibility signs of East Asia, where the reference looks: one character, almost never
    /// in a text.
    private static final int FIRST_CANDIDATE = 0x3200;
    private static final int LAST_CANDIDATE = 0x33FF;
    /// Where small vocabularies have signs that are one token; the first is the shipped pair's.
    private static final String OTHER_CANDIDATES = "§¤¶¦¬µ±°®©¡¿†‡•◊∂∆∑√∞≈≠≤≥";

    /// The sidecar's block.
    ///
    /// @param marker the injection character, or null to choose one
    /// @param critic the reconstructor's template; null when the stage has none
    /// @throws InputException when the templates can't be used with this tokenizer
    public TokenMeta block(String actor, @Nullable String critic, @Nullable String marker) {
        requireOnce(actor, NlaMeta.INJECTION, "actor template");
        String chosen = marker == null ? choose(actor) : marker;
        if (chosen.codePointCount(0, chosen.length()) != 1) {
            throw new InputException("injection character \"" + chosen + "\": must be one character");
        }
        int id = singleToken(chosen);
        if (id < 0) {
            throw new InputException("injection character \"" + chosen + "\": is not one token of this tokenizer but "
                    + tokenizer.ids(chosen, false).length);
        }
        int[] prompt = prompt(actor, chosen);
        int place = place(prompt, id);
        if (place < 0) {
            throw new InputException("injection character \"" + chosen
                    + "\": must stand in the prompt once and not at its edge, it has "
                    + Injection.places(prompt, id).length
                    + " places; take another one or surround it in the template");
        }
        return new TokenMeta(chosen, id, prompt[place - 1], prompt[place + 1], critic == null ? null : suffix(critic));
    }

    /// Whether [#block] would take a verbalizer's template.
    boolean isUsable(String actor, @Nullable String marker) {
        try {
            block(actor, null, marker);
            return true;
        } catch (InputException e) {
            return false;
        }
    }

    /// The first candidate that is one token and stays one in the prompt.
    private String choose(String actor) {
        List<String> candidates = java.util.stream.Stream.concat(
                        java.util.stream.IntStream.rangeClosed(FIRST_CANDIDATE, LAST_CANDIDATE)
                                .mapToObj(Character::toString),
                        OTHER_CANDIDATES.codePoints().mapToObj(Character::toString))
                .toList();
        for (String candidate : candidates) {
            int id = singleToken(candidate);
            if (id >= 0 && place(prompt(actor, candidate), id) >= 0) {
                return candidate;
            }
        }
        throw new InputException(
                "this tokenizer has none of the usual injection characters as one token that it also is"
                        + " inside of the prompt; name one with --injection-char, or write the message otherwise"
                        + " (--actor-template; a space before the character may help)");
    }

    /// The id of a text that is one known token; -1 for any other.
    private int singleToken(String text) {
        int[] ids = tokenizer.ids(text, false);
        SpecialTokens.Special unknown = tokenizer.specials().unk();
        boolean usable = ids.length == 1 && (unknown == null || ids[0] != unknown.id());
        return usable ? ids[0] : -1;
    }

    private int[] prompt(String actor, String marker) {
        String message = PromptTemplate.of(actor, NlaMeta.INJECTION).fill(marker);
        return tokenizer.ids(template.asked(message, specials), false);
    }

    /// Where an id stands, when it stands there only and has neighbours; -1 otherwise.
    private static int place(int[] ids, int id) {
        int[] places = Injection.places(ids, id);
        boolean usable = places.length == 1 && places[0] > 0 && places[0] + 1 < ids.length;
        return usable ? places[0] : -1;
    }

    /// The tokens that every reconstructor prompt ends in, without the first one, which may merge with the
    /// explanation's last character; null when the prompt ends with the explanation itself.
    private @Nullable List<Integer> suffix(String critic) {
        requireOnce(critic, NlaMeta.EXPLANATION, "critic template");
        String tail = PromptTemplate.of(critic, NlaMeta.EXPLANATION).after();
        if (tail.isEmpty()) {
            return null;
        }
        int[] ids = tokenizer.ids(tail, false);
        if (ids.length < 2) {
            throw new InputException("critic template: what follows " + NlaMeta.EXPLANATION + " is " + ids.length
                    + " token; two are needed, as the first may merge with the explanation, or none");
        }
        return Arrays.stream(ids).skip(1).boxed().toList();
    }

    /// Whether a reconstructor's prompt ends in the suffix.
    boolean endsIn(String prompt, List<Integer> suffix) {
        int[] ids = tokenizer.ids(prompt, false);
        int from = ids.length - suffix.size();
        return from >= 0
                && Arrays.stream(ids, from, ids.length).boxed().toList().equals(suffix);
    }

    /// Refuses a tokenizer and a template of which no reconstructor could be made: it reads at a prompt's end, which
    /// must be the template's.
    public void requireReadable(String critic) {
        List<Integer> added = tokenizer.specials().suffix();
        if (!added.isEmpty()) {
            throw new InputException(
                    "this tokenizer adds " + added + " after a text, and a reconstructor would read that"
                            + " token instead of its prompt's end; take it out of post_processor in tokenizer.json");
        }
        List<Integer> suffix = suffix(critic);
        if (suffix != null
                && !endsIn(PromptTemplate.of(critic, NlaMeta.EXPLANATION).fill(Reconstructor.PROBE), suffix)) {
            throw new InputException("critic template: this tokenizer makes its end otherwise behind a text: \""
                    + critic + "\"; begin what follows " + NlaMeta.EXPLANATION + " with a line or a sign of its own");
        }
    }

    private static void requireOnce(String template, String place, String what) {
        PromptTemplate read = PromptTemplate.of(template, place);
        if (read.places() != 1) {
            throw new InputException(what + ": must hold " + place + " exactly once: \"" + template + "\"");
        }
        if (!read.isPortable()) {
            throw new InputException(what + ": has a brace of its own: \"" + template
                    + "\"; write it doubled, {{ or }}, as the public trainer fills templates by Python's format");
        }
    }
}
