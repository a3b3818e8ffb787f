package dev.nla4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.gguf.GgufFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SentencePieceGgufTest {
    private static final Path FILE = Path.of("model.gguf");
    private static final GgufVocabulary.Specials UNSAID = new GgufVocabulary.Specials(Map.of(), List.of(), null, null);

    /// Bytes are 3 to 258; letters and their joins follow.
    private static final List<String> PIECES = List.of("▁", "a", "b", "c", "ab", "bc", "abc", "▁a", "<|user|>");

    @Test
    void ids_that_the_file_leaves_out_are_sentencepieces_own_and_a_sequence_begins_with_one() {
        try (Tokenizer tokenizer = open(vocabulary(scores(), null, false))) {
            assertThat(tokenizer.specials().bos()).isEqualTo(new SpecialTokens.Special(1, "<s>"));
            assertThat(tokenizer.specials().eos()).isEqualTo(new SpecialTokens.Special(2, "</s>"));
            assertThat(tokenizer.specials().unk()).isEqualTo(new SpecialTokens.Special(0, "<unk>"));
            assertThat(tokenizer.specials().addsBos()).isTrue();
        }
    }

    @Test
    void the_highest_score_is_merged_first() {
        // "▁a" before "ab": the b stays alone
        List<Float> prefixFirst = scores();
        prefixFirst.set(id("▁a"), 5f);
        prefixFirst.set(id("ab"), 4f);
        try (Tokenizer tokenizer = open(vocabulary(prefixFirst, null, false))) {
            assertThat(tokens(tokenizer, "ab")).containsExactly("▁a", "b");
        }
        List<Float> pairFirst = scores();
        pairFirst.set(id("▁a"), 4f);
        pairFirst.set(id("ab"), 5f);
        try (Tokenizer tokenizer = open(vocabulary(pairFirst, null, false))) {
            assertThat(tokens(tokenizer, "ab")).containsExactly("▁", "ab");
        }
    }

    /// Converters of `tokenizer.json` write one score for all tokens, whose ids are in the order of merging.
    @Test
    void where_all_scores_are_one_the_smallest_id_is_merged_first() {
        List<String> pieces = List.of("a", "b", "c", "d", "ab", "cd", "abc");
        List<Float> equal = Collections.nCopies(3 + 256 + pieces.size(), -1000f);
        try (Tokenizer tokenizer = open(vocabulary(pieces, equal, false, false))) {
            assertThat(tokens(tokenizer, "abcd")).containsExactly("ab", "cd");
        }
    }

    @Test
    void ids_that_the_vocabulary_does_not_have_are_absent() {
        GgufVocabulary sound = vocabulary(scores(), null, false);
        int none = sound.tokens().size();
        GgufVocabulary.Specials beyond = new GgufVocabulary.Specials(
                Map.of("bos_token", none, "eos_token", none, "pad_token", none, "unk_token", none),
                List.of(none, id("c")),
                null,
                null);
        GgufVocabulary vocabulary = new GgufVocabulary(
                "llama", null, sound.tokens(), sound.types(), List.of(), sound.scores(), beyond, null, false);
        try (Tokenizer tokenizer = open(vocabulary)) {
            assertThat(tokenizer.specials().bos()).isEqualTo(new SpecialTokens.Special(1, "<s>"));
            assertThat(tokenizer.specials().unk()).isEqualTo(new SpecialTokens.Special(0, "<unk>"));
            assertThat(tokenizer.specials().pad()).isNull();
            assertThat(tokenizer.specials().stops()).containsExactlyInAnyOrder(2, id("c"));
        }
    }

    @Test
    void a_space_goes_before_the_text_unless_the_file_says_no() {
        try (Tokenizer tokenizer = open(vocabulary(scores(), false, false))) {
            assertThat(tokens(tokenizer, "c c")).containsExactly("c", "▁", "c");
            assertThat(tokenizer.decode(tokenizer.ids(" c", false), false)).isEqualTo(" c");
        }
        try (Tokenizer tokenizer = open(vocabulary(scores(), null, false))) {
            assertThat(tokens(tokenizer, "c c")).containsExactly("▁", "c", "▁", "c");
            assertThat(tokenizer.decode(tokenizer.ids("c c", false), false)).isEqualTo("c c");
        }
    }

    @Test
    void a_character_without_token_becomes_its_bytes() {
        try (Tokenizer tokenizer = open(vocabulary(scores(), false, false))) {
            assertThat(tokenizer.encode("c😀", false))
                    .containsExactly(
                            new TokenSpan(id("c"), "c", 0, 1, false),
                            new TokenSpan(3 + 0xF0, "<0xF0>", 1, 3, false),
                            new TokenSpan(3 + 0x9F, "<0x9F>", 1, 3, false),
                            new TokenSpan(3 + 0x98, "<0x98>", 1, 3, false),
                            new TokenSpan(3 + 0x80, "<0x80>", 1, 3, false));
            assertThat(tokenizer.decode(tokenizer.ids("c😀", false), false)).isEqualTo("c😀");
        }
    }

    @Test
    void phi3s_special_tokens_swallow_the_line_end_after_them() {
        try (Tokenizer tokenizer = open(vocabulary(scores(), false, true))) {
            assertThat(tokens(tokenizer, "<|user|>\n c")).containsExactly("<|user|>", "c");
            assertThat(tokens(tokenizer, "<s>\nc")).containsExactly("<s>", "<0x0A>", "c");
        }
        try (Tokenizer tokenizer = open(vocabulary(scores(), false, false))) {
            assertThat(tokens(tokenizer, "<|user|>\nc")).containsExactly("<|user|>", "<0x0A>", "c");
        }
    }

    @Test
    void a_vocabulary_without_scores_is_refused() {
        assertThatThrownBy(() -> open(vocabulary(List.of(), null, false)))
                .isInstanceOf(FormatException.class)
                .hasMessage("model.gguf: tokenizer.ggml.scores: has 0 entries for 268 tokens");
    }

    @Test
    void a_token_of_a_length_that_no_vocabulary_has_is_refused() {
        GgufVocabulary sound = vocabulary(scores(), null, false);
        List<String> tokens = new ArrayList<>(sound.tokens());
        tokens.set(id("abc"), "x".repeat(513));
        GgufVocabulary overlong = new GgufVocabulary(
                "llama", null, tokens, sound.types(), List.of(), sound.scores(), UNSAID, null, false);
        assertThatThrownBy(() -> open(overlong))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("has 513 characters; at most 512");
    }

    @Test
    void merges_of_the_committed_vocabularies_have_tokens_on_both_sides() {
        for (String name : List.of("sentencepiece-llama", "sentencepiece-gemma")) {
            try (GgufFile file = GgufFile.open(Fixtures.path(name + ".gguf"))) {
                GgufVocabulary vocabulary = GgufVocabulary.of(file.metadata());
                List<SentencePieceMerges.Merge> merges = SentencePieceMerges.of(vocabulary, FILE);
                assertThat(merges).hasSizeGreaterThan(500).allSatisfy(merge -> {
                    assertThat(vocabulary.tokens().get(merge.leftId())).isEqualTo(merge.left());
                    assertThat(vocabulary.tokens().get(merge.rightId())).isEqualTo(merge.right());
                });
                assertThat(merges.stream().map(SentencePieceMerges.Merge::score))
                        .isSortedAccordingTo(Collections.reverseOrder());
            }
        }
    }

    private static Tokenizer open(GgufVocabulary vocabulary) {
        return Tokenizers.fromGguf(vocabulary, FILE);
    }

    private static List<String> tokens(Tokenizer tokenizer, String text) {
        return tokenizer.encode(text, false).stream().map(TokenSpan::token).toList();
    }

    private static int id(String piece) {
        return 3 + 256 + PIECES.indexOf(piece);
    }

    private static List<Float> scores() {
        List<Float> scores = new ArrayList<>(Collections.nCopies(3 + 256 + PIECES.size(), 0f));
        for (String piece : PIECES) {
            scores.set(id(piece), (float) -id(piece));
        }
        return scores;
    }

    private static GgufVocabulary vocabulary(List<Float> scores, Boolean addSpacePrefix, boolean strips) {
        return vocabulary(PIECES, scores, addSpacePrefix, strips);
    }

    private static GgufVocabulary vocabulary(
            List<String> pieces, List<Float> scores, Boolean addSpacePrefix, boolean strips) {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Integer> types =
                new ArrayList<>(List.of(GgufVocabulary.UNKNOWN, GgufVocabulary.CONTROL, GgufVocabulary.CONTROL));
        for (int b = 0; b < 256; b++) {
            tokens.add(String.format("<0x%02X>", b));
            types.add(GgufVocabulary.BYTE);
        }
        for (String piece : pieces) {
            tokens.add(piece);
            types.add(piece.startsWith("<") ? GgufVocabulary.CONTROL : GgufVocabulary.NORMAL);
        }
        return new GgufVocabulary("llama", null, tokens, types, List.of(), scores, UNSAID, addSpacePrefix, strips);
    }
}
