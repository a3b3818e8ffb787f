package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nla4j.model.LowRankAdapter.Pair;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecoderTest {
    private static final int TOKENS = 24;

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.noGrad();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    static Stream<ModelConfig> configurations() {
        return Stream.of(
                TinyModels.llama(0, 0),
                TinyModels.llama(3, 3),
                TinyModels.llama(5, 0, 1, 0),
                TinyModels.everything(0, 7),
                TinyModels.llama(0, 4).withRoundedFrequencies());
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void steps_over_a_cache_equal_the_whole_text_at_once(ModelConfig config) {
        Decoder decoder = TinyModels.decoder(config, 1);
        Tensor embeddings = embed(decoder, TinyModels.ids(2, TOKENS), TinyModels.ids(3, TOKENS));
        Tensor whole = decoder.residual(embeddings, Context.none());
        List<Tensor> parts = new ArrayList<>();
        try (KeyValues past = new KeyValues(decoder, 2, TOKENS)) {
            int at = 0;
            for (int step : new int[] {6, 1, 1, 5, 1, 3, 1, 1, 4, 1}) {
                assertThat(past.length()).isEqualTo(at);
                parts.add(decoder.residual(embeddings.narrow(1, at, step), past));
                at += step;
            }
            assertThat(at).isEqualTo(TOKENS);
        }
        assertClose(Tensors.cat(1, parts.toArray(Tensor[]::new)), whole);
    }

    /// A row's own tokens are read in pieces of 256, which are joined like a prefix.
    @ParameterizedTest
    @ValueSource(ints = {0, 300})
    void steps_far_into_a_text_equal_the_whole_text_at_once(int window) {
        ModelConfig config = TinyModels.llama(window);
        Decoder decoder = TinyModels.decoder(config, 1);
        int length = 603;
        Tensor embeddings = embed(decoder, TinyModels.ids(2, length), TinyModels.ids(3, length));
        Tensor whole = decoder.residual(embeddings, Context.none());
        try (Prefix prefix = Prefix.of(decoder, embeddings.narrow(0, 0, 1).narrow(1, 0, 5), config.numLayers());
                KeyValues past = new KeyValues(decoder, 2, length);
                KeyValues behind = new KeyValues(decoder, 1, length, prefix)) {
            decoder.residual(embeddings.narrow(1, 0, 600), past);
            begin(decoder, behind, prefix, embeddings.narrow(0, 0, 1).narrow(1, 5, 595));
            for (int at = 600; at < length; at++) {
                assertClose(decoder.residual(embeddings.narrow(1, at, 1), past), whole.narrow(1, at, 1));
                assertClose(
                        decoder.residual(embeddings.narrow(0, 0, 1).narrow(1, at, 1), behind),
                        whole.narrow(0, 0, 1).narrow(1, at, 1));
            }
        }
    }

    @Test
    void a_full_cache_refuses_another_token() {
        ModelConfig config = TinyModels.llama(0);
        Decoder decoder = TinyModels.decoder(config, 1);
        Tensor embeddings = embed(decoder, TinyModels.ids(2, 33));
        try (KeyValues past = new KeyValues(decoder, 1, 32)) {
            assertThatIllegalStateException().isThrownBy(() -> decoder.residual(embeddings, past));
        }
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void rows_padded_on_the_right_equal_the_rows_alone(ModelConfig config) {
        Decoder decoder = TinyModels.decoder(config, 4);
        int[][] rows = {TinyModels.ids(5, 24), TinyModels.ids(6, 13), TinyModels.ids(7, 1)};
        int[][] padded = Stream.of(rows).map(row -> Arrays.copyOf(row, 24)).toArray(int[][]::new);
        Tensor batch = decoder.residual(embed(decoder, padded), Context.none());
        for (int i = 0; i < rows.length; i++) {
            Tensor alone = decoder.residual(embed(decoder, rows[i]), Context.none());
            assertClose(batch.narrow(0, i, 1).narrow(1, 0, rows[i].length), alone);
        }
    }

    @Test
    void a_window_of_w_sees_the_token_itself_and_w_minus_one_before_it() {
        Decoder decoder = TinyModels.decoder(TinyModels.llama(3), 8);
        int[] ids = TinyModels.ids(9, 10);
        float[] before = Tensors.floats(
                decoder.residual(embed(decoder, ids), Context.none()).select(1, 9));
        int[] inside = ids.clone();
        inside[7] = (inside[7] + 1) % TinyModels.VOCABULARY;
        int[] outside = ids.clone();
        outside[6] = (outside[6] + 1) % TinyModels.VOCABULARY;
        assertThat(Tensors.floats(decoder.residual(embed(decoder, outside), Context.none())
                        .select(1, 9)))
                .isEqualTo(before);
        assertThat(Tensors.floats(
                        decoder.residual(embed(decoder, inside), Context.none()).select(1, 9)))
                .isNotEqualTo(before);
    }

    @Test
    void stopping_at_a_depth_gives_what_the_tap_of_the_whole_run_saw_there() {
        ModelConfig config = TinyModels.llama(0, 4, 0, 4);
        Decoder decoder = TinyModels.decoder(config, 10);
        Tensor embeddings = embed(decoder, TinyModels.ids(11, 9));
        List<float[]> seen = new ArrayList<>();
        decoder.residual(embeddings, 4, Context.none(), (depth, residual) -> {
            assertThat(depth).isEqualTo(seen.size());
            seen.add(Tensors.floats(residual));
        });
        assertThat(seen).hasSize(5);
        for (int depth = 0; depth <= 4; depth++) {
            int[] deepest = {-1};
            Tensor stopped = decoder.residual(embeddings, depth, Context.none(), (d, residual) -> deepest[0] = d);
            assertThat(Tensors.floats(stopped)).isEqualTo(seen.get(depth));
            assertThat(deepest[0]).isEqualTo(depth);
        }
        assertThat(seen.get(0)).isEqualTo(Tensors.floats(embeddings));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> decoder.residual(embeddings, 5, Context.none(), (depth, residual) -> {}))
                .withMessageContaining("0 to 4");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 100, 1000, 1500})
    void attention_in_slices_equals_attention_at_once(long mostScores) {
        attentionInSlices(TinyModels.llama(0).heads(), mostScores);
        // Scores that are capped go through plain products.
        attentionInSlices(new ModelConfig.Heads(4, 2, 8, 0.35, 5, false, false, false), mostScores);
    }

    private static void attentionInSlices(ModelConfig.Heads heads, long mostScores) {
        Random random = new Random(12);
        for (int rows : new int[] {1, 2}) {
            Tensor query = TinyModels.normal(random, rows, 20, 4, 8);
            SoftmaxAttention.Tokens own = new SoftmaxAttention.Tokens(
                    TinyModels.normal(random, rows, 2, 23, 8), TinyModels.normal(random, rows, 2, 23, 8));
            SoftmaxAttention.Tokens before = new SoftmaxAttention.Tokens(
                    TinyModels.normal(random, 1, 2, 6, 8), TinyModels.normal(random, 1, 2, 6, 8));
            for (SoftmaxAttention.Tokens shared : Arrays.asList(null, before)) {
                for (int window : new int[] {0, 5}) {
                    Masks masks = new Masks(new int[] {3}, shared == null ? 0 : 6);
                    Tensor once = SoftmaxAttention.attend(
                            query, own, shared, heads, masks, window, ScalarType.Float, false, Long.MAX_VALUE);
                    assertClose(
                            SoftmaxAttention.attend(
                                    query, own, shared, heads, masks, window, ScalarType.Float, false, mostScores),
                            once);
                }
            }
        }
    }

    /// Masks of all slices of a long text together would be the memory that slices save.
    @Test
    void slices_masks_are_kept_up_to_a_bound_and_then_take_each_others_places() {
        try (Scope _ = Scope.noGrad();
                Masks masks = new Masks(new int[] {0}, 6, 64)) { // two of 4 x 8
            Tensor first = Objects.requireNonNull(masks.own(ScalarType.Float, 0, 4, 8, 0, 1, 1));
            assertThat(masks.own(ScalarType.Float, 0, 4, 8, 0, 1, 1)).isSameAs(first);
            Tensor windowed = Objects.requireNonNull(masks.own(ScalarType.Float, 0, 4, 8, 3, 1, 1));
            Tensor shared = Objects.requireNonNull(masks.prefix(ScalarType.Float, 0, 4, 3, 1));
            assertThat(first.isNull()).isFalse();
            Tensor second = Objects.requireNonNull(masks.own(ScalarType.Float, 2, 4, 8, 0, 1, 1));
            assertThat(masks.own(ScalarType.Float, 0, 4, 8, 0, 1, 1)).isSameAs(first);
            masks.own(ScalarType.Float, 3, 4, 8, 0, 1, 1);
            assertThat(first.isNull()).isTrue();
            assertThat(second.isNull()).isFalse();
            assertThat(windowed.isNull()).isFalse();
            assertThat(shared.isNull()).isFalse();
        }
    }

    /// What few and many queries in bf16 read, with tokens shared and without, windows and rows of unequal length,
    /// against the same in fp32. bf16 keeps 8 bits: of numbers up to 4, an average is off by 0.01 to 0.02.
    @ParameterizedTest
    @CsvSource({
        "1, 0, 0",
        "1, 9, 0",
        "1, 9, 5",
        "20, 9, 0",
        "100, 0, 0",
        "100, 9, 0",
        "100, 9, 12",
        "100, 0, 12",
        "200, 9, 0",
        "403, 0, 30"
    })
    void attention_in_bf16_is_that_in_fp32(int tokens, int before, int window) {
        Random random = new Random(12);
        ModelConfig.Heads heads = TinyModels.llama(0).heads();
        int[] starts = {3, 7};
        Tensor query = TinyModels.normal(random, 2, tokens, 4, 8);
        SoftmaxAttention.Tokens own = new SoftmaxAttention.Tokens(
                TinyModels.normal(random, 2, 2, tokens + 9, 8), TinyModels.normal(random, 2, 2, tokens + 9, 8));
        SoftmaxAttention.Tokens shared = before == 0
                ? null
                : new SoftmaxAttention.Tokens(
                        TinyModels.normal(random, 1, 2, before, 8), TinyModels.normal(random, 1, 2, before, 8));
        Tensor expected = SoftmaxAttention.attend(
                query, own, shared, heads, new Masks(starts, before), window, ScalarType.Float, false);
        Tensor narrow = SoftmaxAttention.attend(
                query.to(ScalarType.BFloat16),
                own.to(ScalarType.BFloat16),
                shared == null ? null : shared.to(ScalarType.BFloat16),
                heads,
                new Masks(starts, before),
                window,
                ScalarType.BFloat16,
                false);
        assertThat(narrow.scalar_type().intern()).isEqualTo(ScalarType.BFloat16);
        assertThat(narrow.to(ScalarType.Float).sub(expected).abs().max().item_double())
                .isLessThan(0.02);
    }

    /// The blocked kernel with its parts joined, and the plain products with one softmax, each against the whole
    /// text.
    @ParameterizedTest
    @MethodSource("configurations")
    void rows_after_a_shared_prefix_equal_the_whole_texts(ModelConfig config) {
        Decoder decoder = TinyModels.decoder(config, 1);
        int[] shared = TinyModels.ids(2, 9);
        int[][] wholes = new int[4][];
        for (int i = 0; i < wholes.length; i++) {
            wholes[i] = Arrays.copyOf(shared, 16);
            System.arraycopy(TinyModels.ids(20 + i, 7), 0, wholes[i], 9, 7);
        }
        Tensor whole = embed(decoder, wholes); // [4, 16, D]
        Tensor expected = decoder.residual(whole, Context.none()).narrow(1, 9, 7);
        try (Prefix prefix = Prefix.of(decoder, whole.narrow(0, 0, 1).narrow(1, 0, 9), config.numLayers())) {
            Tensor own = whole.narrow(1, 9, 7);
            assertClose(decoder.residual(own, new Context.Start(prefix, null)), expected);
            Tensor recorded = own.detach().set_requires_grad(true);
            try (AutoGradMode _ = new AutoGradMode(true)) {
                assertClose(
                        decoder.residual(recorded, new Context.Start(prefix, null))
                                .detach(),
                        expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void rows_of_different_lengths_grow_side_by_side_come_and_go(ModelConfig config) {
        Decoder decoder = TinyModels.decoder(config, 1);
        int[] shared = TinyModels.ids(2, 6);
        int[][] wholes = new int[3][];
        for (int i = 0; i < wholes.length; i++) {
            wholes[i] = Arrays.copyOf(shared, 20);
            System.arraycopy(TinyModels.ids(30 + i, 14), 0, wholes[i], 6, 14);
        }
        Tensor whole = embed(decoder, wholes); // [3, 20, D]
        Tensor expected = decoder.residual(whole, Context.none());
        try (Prefix prefix = Prefix.of(decoder, whole.narrow(0, 0, 1).narrow(1, 0, 6), config.numLayers());
                KeyValues rows = new KeyValues(decoder, 3, 14, prefix)) {
            begin(decoder, rows, prefix, whole.narrow(0, 0, 1).narrow(1, 6, 3));
            begin(decoder, rows, prefix, whole.narrow(0, 1, 1).narrow(1, 6, 5));
            step(decoder, rows, whole, expected, new int[] {0, 1}, new int[] {9, 11});
            begin(decoder, rows, prefix, whole.narrow(0, 2, 1).narrow(1, 6, 4));
            step(decoder, rows, whole, expected, new int[] {0, 1, 2}, new int[] {10, 12, 10});
            rows.remove(0); // the last row takes its place
            assertThat(rows.count()).isEqualTo(2);
            step(decoder, rows, whole, expected, new int[] {2, 1}, new int[] {11, 13});
            rows.narrow(1, 1); // one row alone, the other waits
            step(decoder, rows, whole, expected, new int[] {1}, new int[] {14});
            rows.narrow(0, 2);
            step(decoder, rows, whole, expected, new int[] {2, 1}, new int[] {12, 15});
        }
    }

    /// Prefixes that are copied in front of each row's tokens, and some that are not; rows grow over the room that
    /// they began with, one leaves and another comes. On average steps are as far from the whole text at once as
    /// rounding to bf16 puts that from fp32, and no further; a token that is not seen shows.
    @ParameterizedTest
    @CsvSource({"5, 0", "64, 0", "65, 0", "130, 0", "40, 30", "90, 30"})
    void steps_in_bf16_behind_a_prefix_follow_the_whole_text(int before, int window) {
        ModelConfig config = TinyModels.llama(window, 0);
        Decoder decoder = TinyModels.decoderInBf16(config, 1);
        int[][] wholes = new int[3][];
        for (int i = 0; i < wholes.length; i++) {
            wholes[i] = Arrays.copyOf(TinyModels.ids(2, before), before + 60);
            System.arraycopy(TinyModels.ids(30 + i, 60), 0, wholes[i], before, 60);
        }
        Tensor whole = embed(decoder, wholes); // [3, T, D]
        Tensor atOnce = decoder.residual(whole, Context.none());
        Decoder exact = TinyModels.decoder(config, 1);
        Tensor exactly = exact.residual(embed(exact, wholes), Context.none());
        List<Double> off = new ArrayList<>();
        List<Double> rounding = new ArrayList<>();
        try (Prefix prefix = Prefix.of(decoder, whole.narrow(0, 0, 1).narrow(1, 0, before), config.numLayers());
                KeyValues rows = new KeyValues(decoder, 2, 60, prefix)) {
            int[] texts = {0, 1};
            int[] next = {before + 3, before + 9};
            for (int i = 0; i < texts.length; i++) {
                begin(decoder, rows, prefix, own(whole, texts[i], before, next[i]));
            }
            for (int steps = 0; steps < 50; steps++) {
                if (steps == 40) {
                    rows.remove(0); // the last row takes its place
                    texts = new int[] {1, 2};
                    next = new int[] {next[1], before + 4};
                    begin(decoder, rows, prefix, own(whole, 2, before, next[1]));
                }
                Tensor got = decoder.residual(
                        Tensors.cat(
                                0,
                                own(whole, texts[0], next[0], next[0] + 1),
                                own(whole, texts[1], next[1], next[1] + 1)),
                        rows); // [2, 1, D]
                for (int i = 0; i < texts.length; i++) {
                    Tensor wanted = own(atOnce, texts[i], next[i], next[i] + 1);
                    off.add(distance(got.narrow(0, i, 1), wanted));
                    rounding.add(distance(wanted, own(exactly, texts[i], next[i], next[i] + 1)));
                    next[i]++;
                }
            }
        }
        assertThat(mean(off)).isLessThan(mean(rounding));
    }

    /// Of heads whose products the library would round otherwise beside other rows, had they no masks or sums of other
    /// lengths; behind prefixes that are copied in front of each row's tokens, and one that is not.
    @ParameterizedTest
    @CsvSource({"32, 0", "32, 20", "32, 100", "64, 20", "64, 100", "128, 0", "128, 20", "128, 100"})
    void bits_of_steps_in_bf16_do_not_follow_from_other_rows(int width, int before) {
        assumeThat(DType.BF16.arithmetic()).isEqualTo(ScalarType.BFloat16);
        assumeThat(MachineProbe.rowDifference(DType.BF16)).isZero();
        Decoder decoder = TinyModels.decoderInBf16(TinyModels.wideHeads(width), 1);
        int[] shared = TinyModels.ids(2, before);
        int[][] wholes = new int[4][];
        for (int i = 0; i < wholes.length; i++) {
            wholes[i] = Arrays.copyOf(shared, before + 250);
            System.arraycopy(TinyModels.ids(30 + i, 250), 0, wholes[i], before, 250);
        }
        Tensor whole = embed(decoder, wholes); // [4, T, D]
        Prefix prefix =
                before == 0 ? null : Prefix.of(decoder, whole.narrow(0, 0, 1).narrow(1, 0, before), 2);
        int[] own = {7, 3, 180, 40}; // tokens that the texts have before their first step
        Tensor alone = stepsOfFirst(decoder, prefix, whole, before, own, 0);
        for (int[] texts : new int[][] {{0, 1}, {0, 2}, {0, 1, 2}, {0, 1, 3, 2}}) {
            assertThat(torch.equal(stepsOfFirst(decoder, prefix, whole, before, own, texts), alone))
                    .as("beside %s", Arrays.toString(texts))
                    .isTrue();
        }
        if (prefix != null) {
            prefix.close();
        }
    }

    /// 40 steps of a number of texts, the last of which leaves after half of them.
    ///
    /// @return `[40, 1, D]`, those of the first text
    private static Tensor stepsOfFirst(
            Decoder decoder, @Nullable Prefix prefix, Tensor whole, int before, int[] own, int... texts) {
        List<Tensor> first = new ArrayList<>();
        try (KeyValues rows = new KeyValues(decoder, texts.length, 240, prefix)) {
            for (int text : texts) {
                begin(decoder, rows, prefix, own(whole, text, before, before + own[text]));
            }
            int live = texts.length;
            for (int step = 0; step < 40; step++) {
                if (step == 20 && live > 1) {
                    rows.remove(--live);
                }
                List<Tensor> next = new ArrayList<>();
                for (int i = 0; i < live; i++) {
                    int at = before + own[texts[i]] + step;
                    next.add(own(whole, texts[i], at, at + 1));
                }
                first.add(decoder.residual(Tensors.cat(0, next.toArray(Tensor[]::new)), rows)
                        .narrow(0, 0, 1)
                        .squeeze(0));
            }
        }
        return Tensors.cat(0, first.toArray(Tensor[]::new));
    }

    /// Rows that are short move together again, and apart once more.
    @Test
    void a_row_goes_on_as_before_when_a_long_one_leaves() {
        ModelConfig config = TinyModels.llama(0, 5);
        Decoder decoder = TinyModels.decoder(config, 1);
        int[][] texts = {TinyModels.ids(2, 120), TinyModels.ids(3, 120), TinyModels.ids(4, 120)};
        Tensor whole = embed(decoder, texts);
        Tensor expected = decoder.residual(whole, Context.none());
        try (KeyValues rows = new KeyValues(decoder, 3, 120, null)) {
            begin(decoder, rows, null, own(whole, 0, 0, 110));
            begin(decoder, rows, null, own(whole, 1, 0, 5));
            begin(decoder, rows, null, own(whole, 2, 0, 7));
            step(decoder, rows, whole, expected, new int[] {0, 1, 2}, new int[] {110, 5, 7});
            rows.remove(0); // the last row takes its place
            for (int i = 0; i < 40; i++) {
                step(decoder, rows, whole, expected, new int[] {2, 1}, new int[] {8 + i, 6 + i});
            }
        }
    }

    /// `[1, to - from, D]` of text i.
    private static Tensor own(Tensor texts, int i, int from, int to) {
        return texts.narrow(0, i, 1).narrow(1, from, (long) to - from);
    }

    private static double distance(Tensor found, Tensor wanted) {
        return found.sub(wanted).norm().item_double() / wanted.norm().item_double();
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /// One row more, which begins with `own` `[1, T, D]`.
    private static void begin(Decoder decoder, KeyValues rows, @Nullable Prefix prefix, Tensor own) {
        try (Prefix begun = Prefix.empty()) {
            decoder.residual(own, new Context.Start(prefix, begun));
            rows.admit(begun, new int[] {0});
        }
    }

    /// One token more for each row: row i is text `texts[i]`, its next token stands at `positions[i]`.
    private static void step(
            Decoder decoder, KeyValues rows, Tensor whole, Tensor expected, int[] texts, int[] positions) {
        List<Tensor> next = new ArrayList<>();
        List<Tensor> wanted = new ArrayList<>();
        for (int i = 0; i < texts.length; i++) {
            next.add(whole.narrow(0, texts[i], 1).narrow(1, positions[i], 1));
            wanted.add(expected.narrow(0, texts[i], 1).narrow(1, positions[i], 1));
        }
        Tensor got = decoder.residual(Tensors.cat(0, next.toArray(Tensor[]::new)), rows);
        assertClose(got, Tensors.cat(0, wanted.toArray(Tensor[]::new)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void an_adapter_equals_weights_with_its_product_added(boolean everything) {
        ModelConfig config = everything ? TinyModels.everything(0, 5) : TinyModels.llama(0, 5);
        Weights plain = TinyModels.weights(config, 13);
        List<Map<Part, Pair>> layers = new ArrayList<>();
        layers.add(pairs(
                config,
                new Random(14),
                Part.QUERY,
                Part.KEY,
                Part.VALUE,
                Part.ATTENTION_OUTPUT,
                Part.GATE,
                Part.UP,
                Part.DOWN));
        // Not all of a fused product adapted: the others' rows must stay.
        layers.add(pairs(config, new Random(15), Part.VALUE, Part.GATE));
        Decoder base = new Decoder(config, plain);
        Tensor embeddings = embed(base, TinyModels.ids(16, 11), TinyModels.ids(17, 11));
        float[] before = Tensors.floats(base.residual(embeddings, Context.none()));
        try (LowRankAdapter adapter = LowRankAdapter.of(config, layers, DType.FP32)) {
            Tensor adapted = base.with(adapter).residual(embeddings, Context.none());
            Tensor merged = new Decoder(config, merged(config, plain, layers)).residual(embeddings, Context.none());
            assertClose(adapted, merged);
            assertThat(largestDifference(Tensors.floats(adapted), before)).isGreaterThan(0.1);
        }
        assertThat(Tensors.floats(base.residual(embeddings, Context.none()))).isEqualTo(before);
    }

    private static Map<Part, Pair> pairs(ModelConfig config, Random random, Part... parts) {
        Map<Part, Pair> pairs = new EnumMap<>(Part.class);
        for (Part part : parts) {
            int rank = 1 + random.nextInt(5);
            pairs.put(
                    part,
                    new Pair(
                            TinyModels.normal(random, rank, LowRankAdapter.inputColumns(config, part)),
                            TinyModels.normal(
                                    random, LowRankAdapter.outputRows(config).get(part), rank),
                            0.5 + random.nextDouble()));
        }
        return pairs;
    }

    private static Weights merged(ModelConfig config, Weights plain, List<Map<Part, Pair>> layers) {
        List<Weights.Block> blocks = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            Weights.Block block = plain.blocks().get(i);
            Map<Part, Pair> pairs = layers.get(i);
            blocks.add(new Weights.Block(
                    block.inputNorm(),
                    merged(config, block.queryKeyValue(), pairs, Part.QUERY, Part.KEY, Part.VALUE),
                    block.queryNorm(),
                    block.keyNorm(),
                    merged(config, block.output(), pairs, Part.ATTENTION_OUTPUT),
                    block.postAttentionNorm(),
                    block.feedForwardNorm(),
                    merged(config, block.gateUp(), pairs, Part.GATE, Part.UP),
                    merged(config, block.down(), pairs, Part.DOWN),
                    block.postFeedForwardNorm()));
        }
        return new Weights(DType.FP32, plain.embedding(), blocks, plain.finalNorm(), plain.head(), false);
    }

    private static Linear merged(ModelConfig config, Linear linear, Map<Part, Pair> pairs, Part... parts) {
        Tensor weight = linear.matrix().tensor().clone();
        long row = 0;
        for (Part part : parts) {
            int rows = LowRankAdapter.outputRows(config).get(part);
            Pair pair = pairs.get(part);
            if (pair != null) {
                weight.narrow(0, row, rows).add_(Tensors.times(torch.matmul(pair.b(), pair.a()), pair.scale()));
            }
            row += rows;
        }
        return new Linear(weight, linear.bias());
    }

    private static Tensor embed(Decoder decoder, int[]... rows) {
        return decoder.embed(Tensors.ids(rows));
    }

    private static void assertClose(Tensor ours, Tensor expected) {
        float[] wanted = Tensors.floats(expected);
        double largest = 0;
        for (float value : wanted) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largestDifference(Tensors.floats(ours), wanted)).isLessThanOrEqualTo(1e-5 * largest);
    }

    private static double largestDifference(float[] a, float[] b) {
        assertThat(a).hasSameSizeAs(b);
        double worst = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = Math.abs((double) a[i] - b[i]);
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        }
        return worst;
    }
}
