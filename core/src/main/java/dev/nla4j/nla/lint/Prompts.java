package dev.nla4j.nla.lint;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PromptTemplate;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.nla.Role;
import dev.nla4j.tokenizer.Tokenizer;

/// The prompts of both halves as opening a pair makes them, without its refusals.
final class Prompts {
    /// See [Reconstructor#PROBE].
    static final String PROBE = Reconstructor.PROBE;

    private Prompts() {}

    /// Ids of a conversation of one user message, with the beginning of the answer.
    static int[] chat(Half half, String message) {
        Tokenizer tokenizer = half.live().tokenizer().need("a tokenizer");
        half.live().chat().need("a chat template");
        return tokenizer.ids(Attempt.of(() -> rendered(half, message)).need("a chat template that renders"), false);
    }

    /// The text of that conversation.
    static String rendered(Half half, String message) {
        Tokenizer tokenizer = half.live().tokenizer().need("a tokenizer");
        ChatTemplate chat = half.live().chat().need("a chat template");
        return chat.asked(message, LanguageModel.templateSpecials(tokenizer));
    }

    /// The verbalizer's prompt, marker included.
    static int[] verbalizer(Half half) {
        PromptTemplate template = PromptTemplate.of(template(half, Role.VERBALIZER), NlaMeta.INJECTION);
        return chat(half, template.fill(marker(half).text()));
    }

    /// The reconstructor's prompt for a text.
    static int[] reconstructor(Half half, String explanation) {
        PromptTemplate template = PromptTemplate.of(template(half, Role.RECONSTRUCTOR), NlaMeta.EXPLANATION);
        return half.live().tokenizer().need("a tokenizer").ids(template.fill(explanation), true);
    }

    /// A template that must be there.
    static String template(Half half, Role role) {
        String name = "prompt_templates." + role.label();
        return half.meta()
                .template(role)
                .need(name)
                .orElseThrow(() -> new Unmet("needs " + name + ", which is missing"));
    }

    /// The marker that must be there.
    static NlaMeta.Marker marker(Half half) {
        return half.meta()
                .marker()
                .need("tokens.injection_char and its id")
                .orElseThrow(() -> new Unmet("needs tokens.injection_char, which is missing"));
    }
}
