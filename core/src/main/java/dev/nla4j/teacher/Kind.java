package dev.nla4j.teacher;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Facts about a context that a rule can prove, besides its language. Their definitions are in [ContextFacts].
enum Kind {
    CODE("code", "source code", "program code", "programming"),
    LIST("list", "list item", "bullet list", "enumeration"),
    DIALOGUE("dialogue", "dialog", "conversation", "direct speech"),
    QUESTION("question"),
    OPEN_QUOTATION("open quotation", "quotation open", "open quote", "inside a quotation", "quotation"),
    HEADING("heading", "title", "headline"),
    NUMBER("number", "numeral", "digits"),
    SYSTEM_TURN("system turn", "system message", "system prompt"),
    USER_TURN("user turn", "user message", "user"),
    ASSISTANT_TURN("assistant turn", "assistant message", "assistant"),
    PAST_TENSE("past tense", "past"),
    PRESENT_TENSE("present tense", "present");

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> phrases;

    Kind(String... phrases) {
        this.phrases = List.of(phrases);
    }

    /// As explanations write it.
    String phrase() {
        return phrases.getFirst();
    }

    /// The fact that a phrase claims, whatever its case and article.
    static Optional<Kind> of(String phrase) {
        String bare =
                phrase.strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", " ").replaceFirst("^(?:an?|the) ", "");
        return Arrays.stream(values())
                .filter(kind -> kind.phrases.contains(bare))
                .findFirst();
    }
}
