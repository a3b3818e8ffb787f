package dev.nla4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.Prefix;
import dev.nla4j.model.TinyFolder;
import dev.nla4j.model.TinyModels;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The engine against the plain way: the whole text through the decoder for every single token.
class EngineDifferentialTest {
    private static final int[] SHARED = TinyModels.ids(3, 8);
    private static final int NEW = 12;

    private Scope scope;
    private int threads;

    @BeforeEach
    void open() {
        threads = Threads.inUse();
        scope = Scope.noGrad();
    }

    @AfterEach
    void close() {
        scope.close();
        Threads.use(threads);
    }

    static List<ModelConfig> configurations() {
        return List.of(TinyModels.llama(0, 4), TinyModels.llama(6, 6), TinyModels.llama(0, 0));
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void two_hundred_greedy_completions_equal_full_forward_passes_token_for_token(ModelConfig config) {
        Decoder decoder = TinyModels.decoder(config, 1);
        int[][] prompts =
                IntStream.range(0, 200).mapToObj(EngineDifferentialTest::prompt).toArray(int[][]::new);
        try (Prefix prefix = prefix(decoder)) {
            List<Completion> completions = run(decoder, requests(decoder, prefix, 200, 0));
            int differing = 0;
            for (int i = 0; i < prompts.length; i++) {
                differing += Arrays.equals(
                                plain(decoder, prompts[i]), completions.get(i).idArray())
                        ? 0
                        : 1;
            }
            assertThat(differing).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void a_shared_prefix_changes_nothing(double temperature) {
        Decoder decoder = TinyModels.decoder(TinyModels.llama(0, 4), 1);
        try (Prefix prefix = prefix(decoder)) {
            List<Completion> shared = run(decoder, requests(decoder, prefix, 40, temperature));
            List<Completion> whole = run(decoder, requests(decoder, null, 40, temperature));
            for (int i = 0; i < 40; i++) {
                assertThat(shared.get(i).ids()).isEqualTo(whole.get(i).ids());
                assertClose(shared.get(i), whole.get(i), 1e-4);
            }
        }
    }

    /// The last block's only query of a row meets the prefix in fp32, through the kernel.
    @ParameterizedTest
    @CsvSource({"8, 128", "4, 256"})
    void bits_in_bf16_do_not_follow_from_how_many_prompts_are_read_behind_a_long_prefix(
            int heads, int width, @TempDir Path folder) throws IOException {
        assumeTrue(MachineProbe.rowDifference(DType.BF16) == 0, "products whose rows depend on each other");
        Threads.useAllProcessors();
        int vocabulary = 1009;
        TinyFolder.write(folder, """
                {"model_type":"llama","vocab_size":%d,"hidden_size":64,"intermediate_size":96,"num_hidden_layers":1,
                "num_attention_heads":%d,"num_key_value_heads":1,"head_dim":%d,"max_position_embeddings":4096,
                "tie_word_embeddings":false}""".formatted(vocabulary, heads, width), "model.", 1);
        Random random = new Random(1);
        try (LanguageModel model = ModelLoader.load(folder, DType.BF16, ModelLoader.Extent.WHOLE, Progress.NONE);
                Prefix prefix = Prefix.of(
                        model.decoder(),
                        model.decoder().embed(Tensors.ids(new int[][] {
                            random.ints(2048, 0, vocabulary).toArray()
                        })),
                        1)) {
            Decoder decoder = model.decoder();
            List<Request> requests = IntStream.range(0, 256)
                    .mapToObj(i -> {
                        int[] ids = random.ints(2, 0, vocabulary).toArray();
                        Tensor own = decoder.embed(Tensors.ids(new int[][] {ids}));
                        return request(new Prompt(prefix, own.select(0, 0)), i, 1);
                    })
                    .toList();
            Engine engine = new Engine(decoder, DrawableIds.below(vocabulary));
            List<Completion> together = engine.generate(requests, (_, _) -> {});
            for (int from = 0; from < 256; from += 64) {
                assertThat(engine.generate(requests.subList(from, from + 64), (_, _) -> {}))
                        .isEqualTo(together.subList(from, from + 64));
            }
        }
    }

    @Test
    void samples_of_one_activation_share_its_reading_and_differ_in_what_they_draw() {
        Decoder decoder = TinyModels.decoder(TinyModels.llama(0, 4), 1);
        try (Prefix prefix = prefix(decoder)) {
            Prompt one = own(decoder, prefix, 5);
            List<Request> together =
                    IntStream.range(0, 8).mapToObj(i -> request(one, i, 1)).toList();
            List<Completion> shared = run(decoder, together);
            for (int i = 0; i < 8; i++) {
                Request alone = request(own(decoder, prefix, 5), i, 1);
                assertThat(run(decoder, List.of(alone)).get(0).ids())
                        .isEqualTo(shared.get(i).ids());
            }
            assertThat(shared.stream().map(Completion::ids).distinct().count()).isGreaterThan(4);
        }
    }

    /// Embeddings are asked for their length by every request and whenever they are read.
    @Test
    void a_prompt_that_several_requests_hold_is_read_once() {
        Decoder decoder = TinyModels.decoder(TinyModels.llama(0, 4), 1);
        try (Prefix prefix = prefix(decoder)) {
            Asked shared = new Asked(own(decoder, prefix, 5).own());
            Prompt one = new Prompt(prefix, shared);
            List<Request> together =
                    IntStream.range(0, 8).mapToObj(i -> request(one, i, 1)).toList();
            Asked each = new Asked(shared);
            List<Request> apart = IntStream.range(0, 8)
                    .mapToObj(i -> request(new Prompt(prefix, each), i, 1))
                    .toList();
            int before = each.times;
            shared.times = 0;
            run(decoder, together);
            run(decoder, apart);
            assertThat(each.times - before - shared.times).isEqualTo(7);
        }
    }

    /// Embeddings that know how often they were asked for their length.
    private static final class Asked extends Tensor {
        private int times;

        Asked(Tensor embeddings) {
            super(embeddings);
        }

        @Override
        public long size(long dimension) {
            times++;
            return super.size(dimension);
        }
    }

    /// One engine thread, two, and again: the same bits always. Prompts, rows, widths and ids are as many as it
    /// takes for products, attention, activations and draws to be shared out among threads.
    @Test
    void threads_and_repeats_change_no_bit() {
        ModelConfig config = TinyModels.ofHidden(TinyModels.ofVocabulary(TinyModels.llama(0, 4), 8192), 256);
        Decoder decoder = TinyModels.decoder(config, 1);
        try (Prefix prefix = prefix(decoder)) {
            List<Request> requests = IntStream.range(0, 256)
                    .mapToObj(i -> {
                        int[] ids = TinyModels.ids(100 + i, 40);
                        Tensor own = decoder.embed(Tensors.ids(new int[][] {ids}));
                        Prompt prompt = new Prompt(prefix, own.select(0, 0));
                        return new Request(prompt, 4, i, 1, 5, Set.of(), StopCondition.NEVER);
                    })
                    .toList();
            List<Completion> first = run(decoder, requests);
            Threads.use(1);
            assertThat(run(decoder, requests)).isEqualTo(first);
            Threads.use(2);
            assertThat(run(decoder, requests)).isEqualTo(first);
            assertThat(run(decoder, requests)).isEqualTo(first);
        }
    }

    /// More requests than rows: later ones come in beside rows that are further on.
    @Test
    void a_request_alone_in_a_batch_and_after_a_refill_draws_the_same() {
        Decoder decoder = TinyModels.decoder(TinyModels.llama(0, 4), 1);
        boolean invariant = MachineProbe.rowDifference(DType.FP32) == 0;
        try (Prefix prefix = prefix(decoder)) {
            List<Request> many = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                Prompt prompt = own(decoder, prefix, i);
                many.add(new Request(prompt, 4, i, 1, 3 + i % NEW, Set.of(), StopCondition.NEVER));
            }
            List<Completion> batch = run(decoder, many);
            for (int i : new int[] {0, 17, 255, 256, 270, 299}) {
                Completion alone = run(decoder, List.of(many.get(i))).get(0);
                if (invariant) {
                    assertThat(alone).isEqualTo(batch.get(i));
                } else {
                    assertThat(alone.ids()).isEqualTo(batch.get(i).ids());
                    assertClose(alone, batch.get(i), 1e-4);
                }
            }
        }
    }

    private static void assertClose(Completion a, Completion b, double tolerance) {
        for (int i = 0; i < a.ids().size(); i++) {
            assertThat((double) a.logProbabilities().get(i))
                    .isCloseTo((double) b.logProbabilities().get(i), within(tolerance));
        }
    }

    private static List<Completion> run(Decoder decoder, List<Request> requests) {
        DrawableIds all = DrawableIds.below(decoder.config().vocabulary());
        return new Engine(decoder, all).generate(requests, (_, _) -> {});
    }

    private static Prefix prefix(Decoder decoder) {
        return Prefix.of(
                decoder,
                decoder.embed(Tensors.ids(new int[][] {SHARED})),
                decoder.config().numLayers());
    }

    /// The shared ids and two to four of its own.
    private static int[] prompt(int number) {
        int[] own = TinyModels.ids(100 + number, 2 + number % 3);
        int[] whole = Arrays.copyOf(SHARED, SHARED.length + own.length);
        System.arraycopy(own, 0, whole, SHARED.length, own.length);
        return whole;
    }

    private static Prompt own(Decoder decoder, Prefix prefix, int number) {
        int[] whole = prompt(number);
        int from = prefix == null ? 0 : SHARED.length;
        Tensor embeddings = decoder.embed(Tensors.ids(new int[][] {Arrays.copyOfRange(whole, from, whole.length)}));
        return new Prompt(prefix, embeddings.select(0, 0));
    }

    private static Request request(Prompt prompt, int number, double temperature) {
        return new Request(prompt, 4, number, temperature, NEW, Set.of(), StopCondition.NEVER);
    }

    private static List<Request> requests(Decoder decoder, Prefix prefix, int count, double temperature) {
        return IntStream.range(0, count)
                .mapToObj(i -> request(own(decoder, prefix, i), i, temperature))
                .toList();
    }

    private static int[] plain(Decoder decoder, int[] prompt) {
        int[] ids = prompt;
        for (int i = 0; i < NEW; i++) {
            try (Scope _ = Scope.noGrad()) {
                Tensor residual = decoder.residual(decoder.embed(Tensors.ids(new int[][] {ids})), Context.none());
                float[] logits = Tensors.floats(decoder.logits(residual.select(1, ids.length - 1L)));
                int best = 0;
                for (int id = 1; id < logits.length; id++) {
                    best = logits[id] > logits[best] ? id : best;
                }
                ids = Arrays.copyOf(ids, ids.length + 1);
                ids[ids.length - 1] = best;
            }
        }
        return Arrays.copyOfRange(ids, prompt.length, ids.length);
    }
}
