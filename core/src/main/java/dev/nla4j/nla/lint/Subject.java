package dev.nla4j.nla.lint;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.format.InputException;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.tokenizer.Tokenizer;
import java.nio.file.Path;

/// What is read of a model without its weights.
record Subject(
        String name, Path path, Attempt<ModelConfig> config, Attempt<Tokenizer> tokenizer, Attempt<ChatTemplate> chat)
        implements AutoCloseable {
    /// @param name for messages
    static Subject open(String name, Path path) {
        return new Subject(
                name,
                path,
                Attempt.of(() -> ModelLoader.config(path)),
                Attempt.of(() -> ModelLoader.tokenizer(path)),
                Attempt.of(() -> ModelLoader.chatTemplate(path)
                        .orElseThrow(() -> new InputException(path + ": has no chat template"))));
    }

    /// A model that nobody named.
    static Subject missing(String why) {
        return new Subject("", Path.of(""), Attempt.failed(why), Attempt.failed(why), Attempt.failed(why));
    }

    boolean isMissing() {
        return name.isEmpty();
    }

    @Override
    public void close() {
        tokenizer.optional().ifPresent(Tokenizer::close);
    }
}
