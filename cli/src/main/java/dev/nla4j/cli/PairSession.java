package dev.nla4j.cli;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.SpecialStrings;
import dev.nla4j.format.InputException;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.Stages;
import dev.nla4j.nla.TextTokens;
import dev.nla4j.tensor.ProcessMemory;
import dev.nla4j.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/// What an explaining command works with: the models of [Stages], and the target's tokenizer and chat template, which
/// are there all the time.
///
/// @param template the chat template, or what is wrong with it
/// @param owned closed with this: the loaded models, or the tokenizer alone
record PairSession(
        Stages stages, Tokenizer tokenizer, Supplier<ChatTemplate> template, AutoCloseable owned, boolean verbose)
        implements AutoCloseable {
    static PairSession together(Wiring.Pair pair, boolean verbose) {
        LanguageModel target = pair.target();
        try {
            return new PairSession(
                    new Stages.Together(target, pair.nla()), target.tokenizer(), target::chatTemplate, pair, verbose);
        } catch (RuntimeException e) {
            pair.close();
            throw e;
        }
    }

    static PairSession oneByOne(Stages stages, boolean verbose) {
        Path path = stages.targetPath();
        Tokenizer tokenizer = ModelLoader.tokenizer(path);
        return new PairSession(stages, tokenizer, () -> read(path), tokenizer, verbose);
    }

    private static ChatTemplate read(Path path) {
        return ModelLoader.chatTemplate(path)
                .orElseThrow(() -> new InputException(path + ": has no chat template, so it can't read conversations"));
    }

    ChatTemplate chatTemplate() {
        return template.get();
    }

    SpecialStrings templateSpecials() {
        return LanguageModel.templateSpecials(tokenizer);
    }

    /// As many tokens as the target's context holds; says so when there are more.
    ///
    /// @param what the text, as its reader knows it
    TextTokens fitting(String what, TextTokens tokens) {
        TextTokens used = tokens.truncated(stages.target().contextLength());
        if (used.size() < tokens.size()) {
            System.err.println("nla: " + what + " has " + tokens.size() + " tokens, the model's context is "
                    + used.size() + ": the first " + used.size() + " were used");
        }
        return used;
    }

    @Override
    public void close() {
        tellPeak(verbose);
        try {
            owned.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing " + owned + ": " + e.getMessage(), e);
        }
    }

    /// Says what the process has taken at most, when asked for and known.
    static void tellPeak(boolean verbose) {
        if (verbose) {
            ProcessMemory.ofThisMachine()
                    .peak()
                    .ifPresent(peak -> System.err.println(
                            String.format(Locale.ROOT, "nla: memory: at most %.2f GB were resident", peak / 1e9)));
        }
    }
}
