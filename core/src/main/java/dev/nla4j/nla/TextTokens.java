package dev.nla4j.nla;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.format.InputException;
import dev.nla4j.tokenizer.SpecialTokens;
import dev.nla4j.tokenizer.TokenSpan;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A text as the target reads it: its tokens, and for a conversation which message each belongs to.
///
/// @param text that was tokenised: the raw text, or the rendered conversation
/// @param messages for each message the place of its content in `text`, in order; empty for raw text
public record TextTokens(String text, List<TokenSpan> tokens, List<MessageSpan> messages) {
    private static final String SPACE = "▁";

    public TextTokens {
        tokens = List.copyOf(tokens);
        messages = List.copyOf(messages);
    }

    /// Where a message's content stands in the rendered text.
    public record MessageSpan(int index, String role, int start, int end) {}

    /// Raw text, with what the tokenizer adds by its own rule.
    public static TextTokens ofText(Tokenizer tokenizer, String text) {
        return new TextTokens(text, tokenizer.encode(text, true), List.of());
    }

    /// A conversation through its template; the template writes the special tokens, so the tokenizer adds none, except
    /// a begin-of-sequence token that the model wants and the template left out.
    public static TextTokens ofConversation(Tokenizer tokenizer, ChatTemplate template, RenderOptions options) {
        if (options.messages().isEmpty()) {
            throw new InputException("the conversation is empty: it needs one message at least");
        }
        String text = template.render(options);
        return new TextTokens(text, ofRendered(tokenizer, text).tokens(), MessagePlaces.in(text, template, options));
    }

    /// What a template made of a conversation already; which message a token belongs to is not told.
    public static TextTokens ofRendered(Tokenizer tokenizer, String text) {
        SpecialTokens.Special bos = tokenizer.specials().bos();
        List<TokenSpan> tokens = new ArrayList<>(tokenizer.encode(text, false));
        if (bos != null && tokenizer.specials().addsBos() && !text.startsWith(bos.token())) {
            // alone: an end of sequence that the tokenizer adds to texts would end a conversation that goes on
            tokens.addFirst(new TokenSpan(bos.id(), bos.token(), 0, 0, true));
        }
        return new TextTokens(text, tokens, List.of());
    }

    /// How many tokens.
    public int size() {
        return tokens.size();
    }

    /// Their ids.
    public int[] ids() {
        return tokens.stream().mapToInt(TokenSpan::tokenId).toArray();
    }

    /// The first `length` tokens.
    public TextTokens truncated(int length) {
        return tokens.size() <= length ? this : new TextTokens(text, tokens.subList(0, length), messages);
    }

    /// A token as the text has it; one that is not in the text as the vocabulary spells it.
    public String token(int position) {
        TokenSpan token = tokens.get(position);
        return token.start() < token.end() ? text.substring(token.start(), token.end()) : token.token();
    }

    /// The message whose content a token belongs to; null in raw text and in what the template writes.
    public @Nullable MessageSpan message(int position) {
        TokenSpan token = tokens.get(position);
        return messages.stream()
                .filter(m -> token.start() < m.end() && token.end() > m.start())
                .findFirst()
                .orElse(null);
    }

    /// Which of the tokens that share one character's bytes this one is, and how many they are.
    public record Fragment(int index, int count) {}

    /// A token's place among those that hold one character together; usually the only one.
    public Fragment fragment(int position) {
        int[] same = IntStream.range(0, size())
                .filter(i -> sharesCharacter(tokens.get(i), tokens.get(position)) && !isAddedSpace(i))
                .toArray();
        return same.length == 0 || isAddedSpace(position)
                ? new Fragment(0, 1)
                : new Fragment(Arrays.binarySearch(same, position), same.length);
    }

    /// SentencePiece's space before a text has the place of the character after it, of which it holds
    /// nothing.
    private boolean isAddedSpace(int position) {
        TokenSpan token = tokens.get(position);
        return token.token().equals(SPACE)
                && !text.substring(token.start(), token.end()).strip().isEmpty()
                && !text.startsWith(SPACE, token.start());
    }

    private static boolean sharesCharacter(TokenSpan a, TokenSpan b) {
        return a.start() == b.start() && a.end() == b.end() && a.start() < a.end();
    }
}
