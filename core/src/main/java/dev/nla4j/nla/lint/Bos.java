package dev.nla4j.nla.lint;

import dev.nla4j.model.Family;
import dev.nla4j.tokenizer.SpecialTokens;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Whether prompts begin with one begin-of-sequence token where the model wants one. A model trained with
/// it reads a text without it as noise: Gemma's FVE falls from 0.77 to 0.31.
final class Bos {
    /// Spellings that serve for nothing else; `<|im_start|>` and the like open every message of a conversation.
    private static final List<String> SPELLINGS = List.of(
            "<bos>",
            "<|begin_of_text|>",
            "<s>",
            "<|startoftext|>",
            "<|begin_of_sentence|>",
            "<｜begin▁of▁sentence｜>",
            "[BOS]");
    private static final Set<Family> WANTING =
            Set.of(Family.LLAMA, Family.MISTRAL, Family.GEMMA, Family.GEMMA2, Family.GEMMA3);
    /// Their conversations may begin with a token of that name, and their plain texts do not.
    private static final Set<Family> NEVER = Set.of(Family.QWEN2, Family.QWEN3, Family.PHI3);

    private final Half half;
    private final Tokenizer tokenizer;
    private final int id;
    private final boolean dedicated;

    private Bos(Half half, Tokenizer tokenizer, int id) {
        this.half = half;
        this.tokenizer = tokenizer;
        this.id = id;
        this.dedicated = SPELLINGS.contains(tokenizer.token(id));
    }

    static Outcome check(Half half) {
        Tokenizer tokenizer = half.live().tokenizer().need("a tokenizer");
        OptionalInt id = id(tokenizer);
        if (id.isEmpty()) {
            return Outcome.ok("the tokenizer has no begin-of-sequence token");
        }
        return new Bos(half, tokenizer, id.getAsInt()).judge();
    }

    private static OptionalInt id(Tokenizer tokenizer) {
        SpecialTokens.Special bos = tokenizer.specials().bos();
        if (bos != null) {
            return OptionalInt.of(bos.id());
        }
        return SPELLINGS.stream()
                .map(tokenizer::id)
                .filter(OptionalInt::isPresent)
                .findFirst()
                .orElse(OptionalInt.empty());
    }

    private Outcome judge() {
        int[] ids = half.isVerbalizer() ? Prompts.verbalizer(half) : Prompts.reconstructor(half, Prompts.PROBE);
        String token = "\"" + tokenizer.token(id) + "\" (" + id + ")";
        boolean starts = ids.length > 0 && ids[0] == id;
        long count = Arrays.stream(ids).filter(i -> i == id).count();
        if ((starts && ids.length > 1 && ids[1] == id) || (dedicated && count > 1)) {
            return Outcome.fail(
                    token + " stands " + count + " times in the prompt",
                    half.isVerbalizer()
                            ? "the chat template writes it; take it out of the AV's template"
                            : "the tokenizer adds it; take it out of the AR's template");
        }
        Optional<String> why = why();
        if (why.isPresent() && !starts) {
            return Outcome.fail(
                    "the prompt does not begin with " + token + ", though " + why.get(),
                    half.isVerbalizer()
                            ? "the chat template must write it (bos_token in tokenizer_config.json)"
                            : "let the tokenizer add it (post_processor in tokenizer.json)");
        }
        if (why.isPresent()
                && !half.isVerbalizer()
                && !half.adapter()
                && !TokenizerConfig.flag(half, "add_bos_token", true)) {
            return Outcome.fail(
                    "add_bos_token is false in tokenizer_config.json, though " + why.get(),
                    "set add_bos_token to true: other programs obey it");
        }
        return Outcome.ok(why.isPresent() ? token + " once, at the start" : "this model's prompts begin without one");
    }

    /// Why the model wants one; empty when it does not.
    private Optional<String> why() {
        Optional<Family> family = half.family();
        if (tokenizer.specials().addsBos()) {
            return Optional.of("the tokenizer adds it to plain texts");
        }
        if (family.filter(NEVER::contains).isPresent()) {
            return Optional.empty();
        }
        if (dedicated && family.filter(WANTING::contains).isPresent()) {
            return Optional.of("models of the family " + family.get().modelType() + " are trained with it");
        }
        if (TokenizerConfig.flag(half, "add_bos_token", false) && !half.adapter()) {
            return Optional.of("tokenizer_config.json says add_bos_token");
        }
        Attempt<int[]> chat = Attempt.of(() -> Prompts.chat(half, Prompts.PROBE));
        boolean opens = chat.optional()
                .filter(ids -> ids.length > 0
                        && ids[0] == id
                        && Arrays.stream(ids).filter(i -> i == id).count() == 1)
                .isPresent();
        return dedicated && opens ? Optional.of("its conversations begin with it") : Optional.empty();
    }
}
