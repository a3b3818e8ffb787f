package dev.nla4j.tokenizer;

import java.util.List;
import java.util.OptionalInt;

/// Turns text into the ids a model was trained on, and ids back into text. Safe for use by many threads at once.
///
/// Special tokens written in the text (`<|im_end|>`) always become the one id they stand for. The empty text is
/// valid. A lone surrogate in a text is read as U+FFFD. Texts over [#LONGEST_TEXT] are refused with an
/// `InputException`.
public interface Tokenizer extends AutoCloseable {
    /// The most UTF-16 units a text may have: the pre-tokenizers' regular expressions give up on runs of ten
    /// million spaces.
    int LONGEST_TEXT = 1 << 22;

    /// The tokens of `text` with their places in it.
    ///
    /// @param addSpecials whether to add what the tokenizer adds by itself, [SpecialTokens#prefix] and
    ///     [SpecialTokens#suffix]
    List<TokenSpan> encode(String text, boolean addSpecials);

    /// The ids of [#encode] alone, in about half the time.
    int[] ids(String text, boolean addSpecials);

    /// The text of `ids`; bytes that are no UTF-8 become U+FFFD.
    ///
    /// @param skipSpecials whether to leave out [SpecialTokens#ids]
    String decode(int[] ids, boolean skipSpecials);

    /// A token as the vocabulary spells it, for instance `Ġworld`.
    String token(int id);

    /// The id of a token as the vocabulary spells it, when there is one.
    OptionalInt id(String token);

    /// How many ids have a token, added ones included.
    int vocabularySize();

    /// The largest id; it may be over `vocabularySize() - 1` when ids are left out.
    int maxId();

    /// Ids up to [#maxId] that no token has, or a token that the vocabulary calls unused; ascending, mostly
    /// none.
    int[] idsWithoutUse();

    /// The largest id that is not an added token's, -1 when there is none.
    int maxBaseId();

    /// What is special about this tokenizer's ids.
    SpecialTokens specials();

    /// Frees the native memory; waits for calls that are inside. Closing twice is allowed.
    @Override
    void close();
}
