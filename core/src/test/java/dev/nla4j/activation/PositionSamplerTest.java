package dev.nla4j.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.PositionSampler.Position;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class PositionSamplerTest {
    @Test
    void positions_and_their_order_are_the_references() throws Exception {
        for (JsonNode expected : PythonRandomTest.golden().get("positions")) {
            TokenizedText text = text(expected.get("length").intValue(), 0, 0);
            expected.get("special").forEach(i -> text.special()[i.intValue()] = true);
            var sampler = new PositionSampler(
                    expected.get("seed").longValue(),
                    expected.get("min_position").intValue(),
                    PositionsPerDocument.of(expected.get("per_doc").intValue()));
            List<Position> chosen = sampler.choose(expected.get("doc").asString(), cut(text, null, 4096));
            assertThat(chosen.stream().map(position -> (long) position.index()))
                    .isEqualTo(PythonRandomTest.longs(expected.get("picked")));
        }
    }

    @Test
    void all_takes_every_candidate_in_the_order_of_the_text() {
        TokenizedText text = text(200, 0, 0);
        text.special()[70] = true;
        var sampler = new PositionSampler(1, 20, PositionsPerDocument.ALL);
        assertThat(sampler.choose("d", cut(text, new Windowing(96, 96), 0)))
                .hasSize(2 * 76 - 1)
                .isSortedAccordingTo(
                        (a, b) -> a.window() == b.window() ? a.index() - b.index() : a.window() - b.window())
                .doesNotContain(new Position(0, 70))
                .contains(new Position(0, 20), new Position(0, 95), new Position(1, 95));
    }

    @Test
    void a_document_gives_its_number_over_all_its_windows() {
        TokenizedText text = text(1000, 1, 0);
        var sampler = new PositionSampler(42, 20, PositionsPerDocument.of(10));
        List<Position> chosen = sampler.choose("d", cut(text, new Windowing(96, 48), 0));
        assertThat(chosen).hasSize(10).doesNotHaveDuplicates();
        assertThat(chosen.stream().map(Position::window).distinct().count()).isGreaterThan(3);
        assertThat(chosen).allMatch(position -> position.index() >= 20);
    }

    @Test
    void windows_cover_every_token_and_begin_with_the_tokenizers_prefix() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            int prefix = random.nextInt(3);
            int suffix = random.nextInt(2);
            TokenizedText text = text(prefix + suffix + random.nextInt(300), prefix, suffix);
            int window = 1 + random.nextInt(100);
            List<TokenWindow> windows = cut(text, new Windowing(window, 1 + random.nextInt(window)), 0);
            var seen = new HashSet<Integer>();
            for (TokenWindow one : windows) {
                assertThat(Arrays.copyOf(one.ids(), prefix)).isEqualTo(Arrays.copyOf(text.ids(), prefix));
                assertThat(one.ids().length).isBetween(prefix + 1, prefix + window);
                Arrays.stream(one.ids()).skip(prefix).forEach(seen::add);
            }
            int own = text.ids().length - prefix - suffix;
            assertThat(seen).hasSize(own).doesNotContain(-1);
        }
    }

    @Test
    void a_stride_beyond_the_window_leaves_gaps_and_the_last_window_may_be_short() {
        List<TokenWindow> windows = cut(text(25, 0, 0), new Windowing(4, 10), 0);
        assertThat(windows.stream().map(TokenWindow::ids))
                .containsExactly(new int[] {0, 1, 2, 3}, new int[] {10, 11, 12, 13}, new int[] {20, 21, 22, 23});
        assertThat(cut(text(10, 0, 0), new Windowing(6, 4), 0).stream().map(w -> w.ids().length))
                .containsExactly(6, 6);
    }

    @Test
    void without_windows_a_document_is_cut_to_its_beginning_and_keeps_its_end_token() {
        TokenizedText text = text(12, 1, 1);
        assertThat(cut(text, null, 5).getFirst().ids()).containsExactly(-1, 1, 2, 3, -2);
        assertThat(cut(text, null, 5).getFirst().special()).containsExactly(true, false, false, false, true);
        assertThat(cut(text, null, 12).getFirst().ids()).isEqualTo(text.ids());
    }

    @Test
    void numbers_out_of_range_are_refused() {
        assertThatThrownBy(() -> PositionsPerDocument.parse("0")).hasMessageContaining("was 0");
        assertThatThrownBy(() -> PositionsPerDocument.parse("many")).hasMessageContaining("was 'many'");
        assertThatThrownBy(() -> new Windowing(0, 1)).hasMessageContaining("window");
        assertThatThrownBy(() -> new PositionSampler(1, -1, PositionsPerDocument.ALL))
                .hasMessageContaining("was -1");
    }

    private static List<TokenWindow> cut(TokenizedText text, @Nullable Windowing windowing, int maxLength) {
        return TokenWindow.cut(text, windowing, maxLength);
    }

    /// Token i has id i; the tokenizer's own ones have -1 and -2.
    private static TokenizedText text(int length, int prefix, int suffix) {
        int[] ids = IntStream.range(0, length)
                .map(i -> i < prefix ? -1 : i >= length - suffix ? -2 : i)
                .toArray();
        boolean[] special = new boolean[length];
        IntStream.range(0, length).forEach(i -> special[i] = ids[i] < 0);
        return new TokenizedText(ids, special, prefix, suffix);
    }
}
