package dev.nla4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.TokenMeta;
import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.SpecialStrings;
import dev.nla4j.format.InputException;
import dev.nla4j.tokenizer.SpecialTokens;
import dev.nla4j.tokenizer.TokenSpan;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PromptTokensTest {
    private static final int SPACED = 1000;

    /// A token a character; a space belongs to the character behind it, and a text begins as if behind a space.
    private static final class Spaced implements Tokenizer {
        private final boolean prefixes;

        Spaced(boolean prefixes) {
            this.prefixes = prefixes;
        }

        @Override
        public int[] ids(String text, boolean addSpecials) {
            List<Integer> ids = new ArrayList<>();
            String read = prefixes ? " " + text : text;
            for (int i = 0; i < read.length(); i++) {
                boolean spaced = read.charAt(i) == ' ' && i + 1 < read.length() && prefixes;
                char c = spaced ? read.charAt(++i) : read.charAt(i);
                // Signs of East Asia are two tokens here, as bytes would be.
                int id = c + (spaced ? 100 * SPACED : 0);
                ids.add(id);
                if (c >= 0x3200 && c <= 0x33ff) {
                    ids.add(id);
                }
            }
            return ids.stream().mapToInt(Integer::intValue).toArray();
        }

        @Override
        public List<TokenSpan> encode(String text, boolean addSpecials) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String decode(int[] ids, boolean skipSpecials) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String token(int id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public OptionalInt id(String token) {
            return OptionalInt.empty();
        }

        @Override
        public int vocabularySize() {
            return 1 << 20;
        }

        @Override
        public int maxId() {
            return 1 << 20;
        }

        @Override
        public int[] idsWithoutUse() {
            return new int[0];
        }

        @Override
        public int maxBaseId() {
            return 1 << 20;
        }

        @Override
        public SpecialTokens specials() {
            return new SpecialTokens(Map.of(), Set.of(), Set.of(), List.of(), List.of());
        }

        @Override
        public void close() {}
    }

    private static PromptTokens tokens(boolean prefixes, String template) {
        return new PromptTokens(new Spaced(prefixes), ChatTemplate.parse(template, "t"), SpecialStrings.NONE);
    }

    /// Tokenizers of Llama 2's kind know a sign by itself as the one behind a space.
    @Test
    void a_message_is_chosen_that_the_tokenizer_can_find_its_character_in() {
        PromptTokens plain = tokens(false, "{{ messages[0].content }}.");
        PromptTokens spaced = tokens(true, "{{ messages[0].content }}.");
        String message = DataBuild.Prompts.actor(spaced, null);
        assertThat(DataBuild.Prompts.actor(plain, null)).contains("<concept>{injection_char}</concept>");
        assertThat(message).contains("<concept> {injection_char}</concept>");
        TokenMeta block = spaced.block(message, null, null);
        assertThat(block.injectionTokenId()).isEqualTo('§' + 100 * SPACED);
        assertThatThrownBy(() -> spaced.block(DataBuild.Prompts.actor(plain, null), null, null))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--actor-template");
    }

    /// A template that writes the date: the prompt is the same one tomorrow.
    @Test
    void prompts_are_of_no_day() {
        PromptTokens dated = tokens(false, "{{ strftime_now('%d') }}{{ messages[0].content }}{{ strftime_now('%d') }}");
        TokenMeta block = dated.block("{injection_char}", null, "§");
        assertThat(List.of(block.injectionLeftNeighborId(), block.injectionRightNeighborId()))
                .containsExactly((int) '1', (int) '0');
    }
}
