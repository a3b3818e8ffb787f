package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.generate.Completion;
import dev.nla4j.generate.Engine;
import dev.nla4j.generate.Prompt;
import dev.nla4j.generate.Request;
import dev.nla4j.generate.StopCondition;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.LowRankAdapter;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.model.Prefix;
import dev.nla4j.nla.Explainer;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.MachineProbe;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tensor.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// The engine on the default model, its shipped verbalizer and real activations, against the plain way: each whole text
/// through the decoder, nothing shared, nothing cached. A greedy text is the plain one when at every place the id that
/// was written is the largest logit of the plain pass over what stands before it.
class EngineOnModelTest {
    private static final int TOKENS = 64;
    private static final int FIRST_POSITION = 20;
    private static final long SEED = 5;
    private static final int MORE_THAN_ROWS = 280;

    private int threads;

    @BeforeEach
    void open() {
        threads = Threads.inUse();
        Threads.useAllProcessors();
    }

    @AfterEach
    void close() {
        Threads.use(threads);
    }

    /// @param differing greedy texts with an id that is not the plain pass's best
    /// @param firstDifference earliest place of such an id, -1 when there is none
    /// @param widestTie by how much the plain pass's logit of its best is above that of the id that was written,
    ///     where a greedy text first differs; 0 when none does
    /// @param widest difference of the log-probability of an id
    private record Agreement(int texts, int differing, int firstDifference, double widestTie, double widest) {}

    @Test
    @Tag("model")
    void greedy_texts_in_fp32_are_the_plain_ones_and_log_probabilities_those_of_a_scoring_pass() throws IOException {
        Agreement agreement = compare(DType.FP32, 0, Integer.getInteger("nla.engine.activations", 8));
        System.out.println("fp32, greedy: " + agreement);
        assertThat(agreement.differing()).isZero();
        assertThat(agreement.widest()).isLessThan(1e-3);
    }

    /// Nothing to hold greedy bf16 to but itself: rounding decides between logits that are nearly equal. Texts must
    /// differ at such a place only, and log-probabilities must be within what bf16 can tell apart. Most texts must
    /// agree, where there are enough of them to tell: of a few, chance decides.
    @Test
    @Tag("soak")
    void texts_in_bf16_differ_only_where_ids_are_nearly_equal() throws IOException {
        for (double temperature : new double[] {0, 1}) {
            Agreement agreement = compare(DType.BF16, temperature, Integer.getInteger("nla.engine.activations", 8));
            System.out.println("bf16, temperature " + temperature + ": " + agreement);
            assertThat(agreement.widest()).isLessThan(0.5);
            assertThat(agreement.widestTie()).isLessThan(0.5);
            if (temperature == 0 && agreement.texts() >= 100) {
                assertThat(agreement.differing()).isLessThan(agreement.texts() / 2);
            }
        }
    }

    /// Alone, among a few, among more than there are rows (so that some are let in later), and on one thread: the same
    /// ids and the same log-probabilities to the bit, wherever the probe finds the library's products to allow it.
    @Test
    @Tag("model")
    void a_result_in_bf16_depends_on_its_own_request_only() throws IOException {
        LocalModel model = DefaultModel.required();
        assumeTrue(MachineProbe.rowDifference(DType.BF16) == 0, "products whose rows depend on each other");
        Path pair = DefaultModel.shippedPair();
        try (LanguageModel target =
                        ModelLoader.load(model.path(), DType.BF16, ModelLoader.Extent.WHOLE, Progress.NONE);
                LowRankAdapter adapter = PeftAdapter.read(pair.resolve("av")).load(target.config(), DType.BF16);
                Verbalizer verbalizer =
                        new Verbalizer(target, target.decoder().with(adapter), NlaMeta.read(pair.resolve("av")))) {
            List<Verbalizer.Task> tasks = tasks(3, target.config().dim());
            List<Completion> together = written(verbalizer, tasks);
            try (Threads.Limit _ = Threads.one()) {
                assertThat(written(verbalizer, tasks)).as("one thread").isEqualTo(together);
            }
            for (int few : new int[] {1, 3, 40}) {
                for (int from : new int[] {0, 100, MORE_THAN_ROWS - few}) {
                    assertThat(written(verbalizer, tasks.subList(from, from + few)))
                            .as("%d from %d on", few, from)
                            .isEqualTo(together.subList(from, from + few));
                }
            }
        }
    }

    /// Where the probe finds that rows of a product depend on each other, less is promised: the same bits again
    /// and on one thread; beside others log-probabilities within 1e-4, up to where rounding decides between two
    /// ids. Such a place is printed with both, and with their logits in a plain pass over what stands before.
    @ParameterizedTest
    @EnumSource(DType.class)
    @Tag("model")
    void a_result_depends_on_its_own_request_only_up_to_what_the_products_allow(DType dtype) throws IOException {
        LocalModel model = DefaultModel.required();
        boolean exact = MachineProbe.rowDifference(dtype) == 0;
        assumeFalse(exact && dtype == DType.BF16, "held to the bit by another test");
        Path pair = DefaultModel.shippedPair();
        try (LanguageModel target = ModelLoader.load(model.path(), dtype, ModelLoader.Extent.WHOLE, Progress.NONE);
                LowRankAdapter adapter = PeftAdapter.read(pair.resolve("av")).load(target.config(), dtype);
                Verbalizer verbalizer =
                        new Verbalizer(target, target.decoder().with(adapter), NlaMeta.read(pair.resolve("av")))) {
            List<Verbalizer.Task> tasks = tasks(6, target.config().dim());
            List<Completion> together = written(verbalizer, tasks, 4);
            try (Threads.Limit _ = Threads.one()) {
                assertThat(written(verbalizer, tasks, 4))
                        .as("again, on one thread")
                        .isEqualTo(together);
            }
            int flips = 0;
            for (int few : new int[] {1, 3, 40}) {
                for (int from : new int[] {0, 100, MORE_THAN_ROWS - few}) {
                    List<Completion> apart = written(verbalizer, tasks.subList(from, from + few), 4);
                    for (int i = 0; i < few; i++) {
                        Completion beside = together.get(from + i);
                        int flip = flip(beside, apart.get(i), exact ? 0 : 1e-4);
                        if (flip >= 0) {
                            Decoder decoder = target.decoder().with(adapter);
                            print(decoder, verbalizer, tasks.get(from + i), flip, beside, apart.get(i));
                            flips++;
                        }
                    }
                }
            }
            // 132 texts of 4 tokens: rounding decides once in thousands.
            assertThat(flips).as("ids that rounding decided").isLessThanOrEqualTo(exact ? 0 : 2);
        }
    }

    /// @return the first token that differs, -1 when none does
    private static int flip(Completion together, Completion apart, double tolerance) {
        for (int i = 0; i < Math.min(together.ids().size(), apart.ids().size()); i++) {
            double one = together.logProbabilities().get(i);
            double other = apart.logProbabilities().get(i);
            if (!together.ids().get(i).equals(apart.ids().get(i))) {
                return i;
            }
            assertThat(other).as("token %d", i).isCloseTo(one, within(tolerance));
        }
        assertThat(apart.ids()).as("all of a text").hasSameSizeAs(together.ids());
        return -1;
    }

    private static void print(
            Decoder decoder,
            Verbalizer verbalizer,
            Verbalizer.Task task,
            int at,
            Completion together,
            Completion apart) {
        try (Scope _ = Scope.noGrad()) {
            int[] ids = Arrays.copyOf(together.idArray(), at + 1);
            Tensor logits = logits(decoder, verbalizer, task.activation(), ids).select(0, at);
            System.out.printf(
                    "token %d: %d (logit %.6f) beside others, %d (%.6f) apart%n",
                    at,
                    ids[at],
                    logits.select(0, ids[at]).item_float(),
                    apart.ids().get(at),
                    logits.select(0, apart.ids().get(at)).item_float());
        }
    }

    /// Of each id, in a plain pass over what stands before it.
    ///
    /// @return `[T, V]`; the open scope owns it
    private static Tensor logits(Decoder decoder, Verbalizer verbalizer, float[] activation, int[] ids) {
        float[][] own = {activation};
        Tensor prompt = verbalizer.prompts(own); // [1, P, D]
        Tensor text = decoder.embed(Tensors.ids(new int[][] {ids}));
        Tensor residual = decoder.residual(Tensors.cat(1, prompt, text), Context.none());
        return decoder.logits(residual.select(0, 0).narrow(0, prompt.size(1) - 1, ids.length));
    }

    /// Prompts from a few tokens to hundreds, and rows that are short beside rows that are long: each the bits it has
    /// alone.
    @Test
    @Tag("model")
    void a_result_in_bf16_does_not_depend_on_how_long_other_prompts_are() throws IOException {
        LocalModel model = DefaultModel.required();
        assumeTrue(MachineProbe.rowDifference(DType.BF16) == 0, "products whose rows depend on each other");
        try (LanguageModel target =
                        ModelLoader.load(model.path(), DType.BF16, ModelLoader.Extent.WHOLE, Progress.NONE);
                Scope _ = Scope.noGrad()) {
            Engine engine = new Engine(target.decoder(), target.drawableIds());
            List<Request> requests = new ArrayList<>();
            Random random = new Random(4);
            for (int length :
                    new int[] {3, 17, 17, 40, 63, 64, 65, 100, 200, 300, 390, 420, 450, 500, 700, 1100, 1500}) {
                int[] ids =
                        random.ints(length, 10, target.drawableIds().limit()).toArray();
                Prompt prompt = Prompt.of(target.decoder(), ids);
                requests.add(new Request(prompt, SEED, length, 1, 12, Set.of(), StopCondition.NEVER));
            }
            List<Completion> together = engine.generate(requests, (_, _) -> {});
            for (int i = 0; i < requests.size(); i++) {
                assertThat(engine.generate(List.of(requests.get(i)), (_, _) -> {}))
                        .as("a prompt of %d tokens", requests.get(i).prompt().length())
                        .containsExactly(together.get(i));
            }
        }
    }

    /// A prefix of thousands of tokens, and an adapter of a rank below the library's own blocks.
    @ParameterizedTest
    @ValueSource(ints = {20, 60, 100})
    @Tag("model")
    void a_result_in_bf16_behind_a_long_prefix_does_not_depend_on_how_many_are_written(int own) throws IOException {
        LocalModel model = DefaultModel.required();
        assumeTrue(MachineProbe.rowDifference(DType.BF16) == 0, "products whose rows depend on each other");
        try (LanguageModel target =
                        ModelLoader.load(model.path(), DType.BF16, ModelLoader.Extent.WHOLE, Progress.NONE);
                LowRankAdapter adapter = LowRankAdapter.random(target.config(), 8, 1, DType.BF16);
                Scope _ = Scope.noGrad()) {
            Decoder decoder = target.decoder().with(adapter);
            Random random = new Random(own);
            int[] before = random.ints(2600, 10, target.drawableIds().limit()).toArray();
            try (Prefix prefix = Prefix.of(
                    decoder,
                    decoder.embed(Tensors.ids(new int[][] {before})),
                    decoder.config().numLayers())) {
                Engine engine = new Engine(decoder, target.drawableIds());
                List<Request> requests = IntStream.range(0, 40)
                        .mapToObj(i -> {
                            int[] ids = random.ints(
                                            own, 10, target.drawableIds().limit())
                                    .toArray();
                            Prompt prompt = new Prompt(
                                    prefix,
                                    decoder.embed(Tensors.ids(new int[][] {ids}))
                                            .select(0, 0));
                            return new Request(prompt, SEED, i, 1, 3, Set.of(), StopCondition.NEVER);
                        })
                        .toList();
                List<Completion> together = engine.generate(requests, (_, _) -> {});
                for (int from : new int[] {0, 7, 39}) {
                    assertThat(engine.generate(requests.subList(from, from + 1), (_, _) -> {}))
                            .containsExactly(together.get(from));
                }
                assertThat(engine.generate(requests.subList(10, 18), (_, _) -> {}))
                        .isEqualTo(together.subList(10, 18));
            }
        }
    }

    private static List<Completion> written(Verbalizer verbalizer, List<Verbalizer.Task> tasks) {
        return written(verbalizer, tasks, 20);
    }

    private static List<Completion> written(Verbalizer verbalizer, List<Verbalizer.Task> tasks, int tokens) {
        return verbalizer.complete(tasks, new Verbalizer.Options(1, SEED, tokens), _ -> {});
    }

    /// More than are written at once, so that some are let in later.
    private static List<Verbalizer.Task> tasks(long seed, int dim) {
        Random random = new Random(seed);
        return IntStream.range(0, MORE_THAN_ROWS)
                .mapToObj(i -> new Verbalizer.Task(gaussian(random, dim), i))
                .toList();
    }

    private static float[] gaussian(Random random, int dim) {
        float[] vector = new float[dim];
        for (int i = 0; i < dim; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private static Agreement compare(DType dtype, double temperature, int count) throws IOException {
        LocalModel model = DefaultModel.required();
        Path pair = DefaultModel.shippedPair();
        try (LanguageModel target = ModelLoader.load(model.path(), dtype, ModelLoader.Extent.WHOLE, Progress.NONE);
                Nla nla = Nla.open(
                        pair,
                        new Nla.Base(target, model.sha256(Progress.NONE).orElseThrow(), false),
                        dtype,
                        Progress.NONE);
                LowRankAdapter adapter = PeftAdapter.read(pair.resolve("av")).load(target.config(), dtype);
                Verbalizer verbalizer =
                        new Verbalizer(target, target.decoder().with(adapter), NlaMeta.read(pair.resolve("av")))) {
            float[][] activations = activations(target, nla, count);
            List<Verbalizer.Task> tasks = IntStream.range(0, count)
                    .mapToObj(i -> new Verbalizer.Task(activations[i], i))
                    .toList();
            List<Completion> written =
                    verbalizer.complete(tasks, new Verbalizer.Options(temperature, SEED, TOKENS), _ -> {});
            return agreement(
                    target, target.decoder().with(adapter), verbalizer, activations, written, temperature == 0);
        }
    }

    /// Of tokens spread over the documents that come with the program.
    private static float[][] activations(LanguageModel target, Nla nla, int count) throws IOException {
        List<int[]> rows = new ArrayList<>();
        List<int[]> positions = new ArrayList<>();
        int found = 0;
        JsonMapper json = new JsonMapper();
        for (int step = 7; found < count; step--) {
            assertThat(step).as("enough tokens").isPositive();
            for (String line : Files.readAllLines(DefaultModel.root().resolve("configs/tiny/documents.jsonl"))) {
                int[] ids =
                        target.tokenizer().ids(json.readTree(line).path("text").asString(), true);
                if (found < count && ids.length > FIRST_POSITION + step) {
                    rows.add(ids);
                    positions.add(new int[] {FIRST_POSITION + step});
                    found++;
                }
            }
        }
        return new Explainer(target, nla, OptionalDouble.empty()).activations(rows, positions);
    }

    private static Agreement agreement(
            LanguageModel target,
            Decoder decoder,
            Verbalizer verbalizer,
            float[][] activations,
            List<Completion> written,
            boolean greedy) {
        int differing = 0;
        int first = -1;
        double widestTie = 0;
        double widest = 0;
        for (int row = 0; row < written.size(); row++) {
            int[] ids = written.get(row).idArray();
            try (Scope _ = Scope.noGrad()) {
                Tensor logits = logits(decoder, verbalizer, activations[row], ids)
                        .narrow(1, 0, target.drawableIds().limit()); // [T, V]
                float[] best = Tensors.floats(
                        torch.argmax(logits, new LongOptional(1), false).to(torch.ScalarType.Float));
                Tensor chosen = Tensors.longs(IntStream.of(ids).asLongStream().toArray(), ids.length, 1);
                float[] logProbabilities = Tensors.floats(
                        torch.log_softmax(logits, 1).gather(1, chosen).reshape(-1));
                int place = 0;
                while (place < ids.length && best[place] == ids[place]) {
                    place++;
                }
                if (greedy && place < ids.length) {
                    Tensor at = logits.select(0, place);
                    System.out.printf(
                            "text %d, token %d: %d was written (logit %.4f), the plain pass has %.0f (%.4f)%n",
                            row,
                            place,
                            ids[place],
                            at.select(0, ids[place]).item_float(),
                            best[place],
                            at.select(0, (long) best[place]).item_float());
                    widestTie = Math.max(
                            widestTie,
                            at.select(0, (long) best[place]).item_float()
                                    - at.select(0, ids[place]).item_float());
                    differing++;
                    first = first < 0 ? place : Math.min(first, place);
                }
                for (int i = 0; i < ids.length; i++) {
                    widest = Math.max(
                            widest,
                            Math.abs(logProbabilities[i]
                                    - written.get(row).logProbabilities().get(i)));
                }
            }
        }
        return new Agreement(written.size(), differing, first, widestTie, widest);
    }
}
