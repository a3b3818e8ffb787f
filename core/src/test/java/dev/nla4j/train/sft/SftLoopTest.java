package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.AffineMap;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.Injection;
import dev.nla4j.eval.VarianceExplained;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.LowRankAdapter;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.GradClip;
import dev.nla4j.train.MetricsLog;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.TornRun;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.config.TrainConfig;
import dev.nla4j.train.loop.TrainingLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongPredicate;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/// Both roles on a tiny model: they learn, a run that was cut off ends with the same bits, what is left opens as a
/// pair.
class SftLoopTest {
    private static final RunFolder.Info INFO = new RunFolder.Info(Map.of(), Map.of(), Map.of(), Optional.empty());

    @TempDir
    Path folder;

    private static SftConfig config(String role, String... assignments) {
        ConfigTree tree = ConfigTree.empty();
        for (String assignment : assignments) {
            tree = tree.set("train.sft." + role + "." + assignment);
        }
        TrainConfig train = TrainConfig.read(tree.section());
        return role.equals("av") ? train.av() : train.ar();
    }

    private TrainingLoop.Result run(
            TinyTask tiny, String role, SftConfig config, String name, TrainingLoop.Listener listener)
            throws IOException {
        ObjectNode resolved = ConfigTree.empty().section().resolved();
        try (RunFolder run = RunFolder.open(
                        folder.resolve(name), resolved, INFO, config.cadence().retention());
                Task task = tiny.task(role, config);
                SftStep step = new SftStep(task, config)) {
            return new TrainingLoop(step)
                    .run(run, task, folder.resolve(name + "-pair").resolve(role), listener);
        }
    }

    @ParameterizedTest
    @CsvSource({"av, 4, false", "ar, 4, false", "av, 0, true", "ar, 0, false"})
    void twenty_steps_are_ten_a_death_and_ten_more_to_the_bit(String role, int rank, boolean map) throws IOException {
        SftConfig config = config(
                role,
                "steps=20",
                "batch=8",
                "micro-batch=3",
                "save-every=10",
                "eval-every=5",
                "samples-every=0",
                "rank=" + rank,
                role.equals("av") ? "affine-injection=" + map : "segment-dropout=0.3",
                "segment-shuffle=" + role.equals("ar"));
        Files.createDirectories(folder.resolve("straight-pair"));
        Files.createDirectories(folder.resolve("torn-pair"));
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            run(tiny, role, config, "straight", (step, values) -> {});
            assertThatThrownBy(() -> run(tiny, role, config, "torn", TornRun.diesAfter(13)))
                    .isInstanceOf(TornRun.Killed.class);
            TrainingLoop.Result rest = run(tiny, role, config, "torn", (step, values) -> {});
            assertThat(rest.steps()).isEqualTo(20);
        }
        String last = "checkpoints/step-20/" + role;
        TornRun.assertSame(
                folder.resolve("torn"), folder.resolve("straight"), last + ".safetensors", last + "-adamw.safetensors");
        String left = role + "/" + (rank == 0 ? "model.safetensors" : "adapter_model.safetensors");
        TornRun.assertSame(folder.resolve("torn-pair"), folder.resolve("straight-pair"), left);
        if (map) {
            TornRun.assertSame(folder.resolve("torn-pair/av"), folder.resolve("straight-pair/av"), AffineMap.FILE);
        }
        assertThat(losses("torn")).isEqualTo(losses("straight")).hasSize(20);
    }

    @Test
    void a_half_that_is_written_because_the_best_ones_folder_is_gone_has_no_best_figure() throws IOException {
        Path left = Files.createDirectories(folder.resolve("ar-pair")).resolve("ar");
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            SftConfig config = config("ar", "steps=2", "batch=4", "micro-batch=4", "eval-every=1", "rank=4");
            TrainingLoop.Result result = run(tiny, "ar", config, "ar", (step, values) -> {
                if (step == 2) {
                    rename(left);
                }
            });
            assertThat(left).isDirectory();
            assertThat(result.bestQuality()).isEmpty();
        }
    }

    private static void rename(Path left) {
        try {
            Files.move(left, left.resolveSibling("elsewhere"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Double> losses(String run) throws IOException {
        return MetricsLog.read(folder.resolve(run).resolve("metrics.jsonl")).stream()
                .skip(1) // before the first update
                .map(line -> Objects.requireNonNull(line.values().get("loss")))
                .toList();
    }

    /// At alpha 64 the rate is at the edge: whether the activation is used after 200 steps is then luck.
    @ParameterizedTest
    @CsvSource({"8, 0.01", "0, 0.003"})
    void both_roles_learn_and_what_they_leave_opens_as_a_pair(int rank, double rate) throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            String[] common = {"steps=60", "batch=8", "micro-batch=8", "eval-every=60", "rank=" + rank, "lr=" + rate};
            SftConfig longer = config(
                    "av",
                    "steps=200",
                    "batch=8",
                    "micro-batch=8",
                    "eval-every=200",
                    "rank=" + rank,
                    "alpha=16",
                    "lr=" + rate);
            Files.createDirectories(folder.resolve("av-pair"));
            Files.createDirectories(folder.resolve("ar-pair"));
            run(tiny, "av", longer, "av", (step, values) -> {});
            run(tiny, "ar", config("ar", common), "ar", (step, values) -> {});
            Map<String, Double> av = last("av");
            assertThat(first("av").get("eval/loss")).isGreaterThan(2 * av.get("eval/loss"));
            assertThat(av.get("eval/gap")).isGreaterThan(0.1);
            Map<String, Double> ar = last("ar");
            assertThat(ar.get("fve")).isGreaterThan(first("ar").get("fve")).isGreaterThan(0.5);
            assertThat(ar.get("fve")).isGreaterThan(ar.get("fve_shuffled")).isGreaterThan(ar.get("fve_mean_vector"));
            Files.move(folder.resolve("ar-pair/ar"), folder.resolve("av-pair/ar"));
            Examples heldOut = tiny.examples(Stage.BASE, "held", 8, 2);
            Nla.Base base = new Nla.Base(tiny.model(), null, false);
            try (Nla nla = Nla.open(folder.resolve("av-pair"), base, DType.FP32, Progress.NONE)) {
                List<float[]> read = List.of(nla.reconstructor()
                        .reconstruct(heldOut.rows().stream()
                                .map(Example::explanation)
                                .toList()));
                double fve = VarianceExplained.of(
                                tiny.examples(Stage.AR_SFT, "ar", 32, 3).activations())
                        .fve(VarianceExplained.errors(read, heldOut.activations()));
                assertThat(fve).isCloseTo(ar.get("fve"), within(1e-5));
                assertThat(nla.rawvar()).isPresent();
            }
        }
    }

    private Map<String, Double> first(String run) throws IOException {
        return MetricsLog.read(folder.resolve(run).resolve("metrics.jsonl"))
                .getFirst()
                .values();
    }

    private Map<String, Double> last(String run) throws IOException {
        return MetricsLog.read(folder.resolve(run).resolve("metrics.jsonl"))
                .getLast()
                .values();
    }

    @Test
    void patience_ends_a_run_that_gets_no_better() throws IOException {
        Files.createDirectories(folder.resolve("run-pair"));
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            SftConfig config = config(
                    "ar", "steps=50", "batch=4", "micro-batch=4", "eval-every=1", "patience=2", "lr=1", "rank=2");
            TrainingLoop.Result result = run(tiny, "ar", config, "run", (step, values) -> {});
            assertThat(result.stoppedEarly()).isTrue();
            assertThat(result.steps()).isLessThan(50);
            assertThat(folder.resolve("run-pair/ar/adapter_model.safetensors")).exists();
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void full_weights_read_again_give_what_was_measured_in_training_to_the_bit(DType dtype) throws IOException {
        String[] few = {"steps=6", "batch=8", "micro-batch=4", "eval-every=6", "rank=0", "lr=0.003"};
        Files.createDirectories(folder.resolve("run-av-pair"));
        Files.createDirectories(folder.resolve("run-ar-pair"));
        TinyTask.in(folder.resolve("model")).close();
        try (TinyTask tiny = TinyTask.at(folder.resolve("model"), dtype)) {
            run(tiny, "av", config("av", few), "run-av", (step, values) -> {});
            run(tiny, "ar", config("ar", few), "run-ar", (step, values) -> {});
        }
        assertThat(last("run-av").get("eval/loss")).isLessThan(first("run-av").get("eval/loss") - 0.1);
        try (TinyTask again = TinyTask.at(folder.resolve("run-av-pair/av"), dtype);
                Task task = again.task("av", config("av", few))) {
            Map<String, Double> read = task.evaluate().values();
            assertThat(read.get("eval/loss")).isEqualTo(last("run-av").get("eval/loss"));
            assertThat(read.get("eval/loss_shuffled")).isEqualTo(last("run-av").get("eval/loss_shuffled"));
        }
        try (TinyTask tiny = TinyTask.at(folder.resolve("model"), dtype);
                Nla.LoneReconstructor read =
                        Nla.openReconstructor(folder.resolve("run-ar-pair/ar"), null, dtype, Progress.NONE)) {
            Examples heldOut = tiny.examples(Stage.BASE, "held", 8, 2);
            List<float[]> vectors = List.of(read.reconstructor()
                    .reconstruct(
                            heldOut.rows().stream().map(Example::explanation).toList()));
            double fve = VarianceExplained.of(
                            tiny.examples(Stage.AR_SFT, "ar", 32, 3).activations())
                    .fve(VarianceExplained.errors(vectors, heldOut.activations()));
            // What is packed to be read with sums in another order than what learned, or rounds to bf16 at another
            // place.
            double off = !Matrix.packs(dtype) ? 0 : dtype.arithmetic() == ScalarType.Float ? 1e-5 : 1e-4;
            assertThat(fve).isCloseTo(last("run-ar").get("fve"), within(off));
        }
    }

    @Test
    void a_learned_map_is_injected_by_the_half_that_was_left_and_by_no_reader_without_one() throws IOException {
        SftConfig config = config(
                "av",
                "steps=30",
                "batch=8",
                "micro-batch=4",
                "eval-every=30",
                "rank=4",
                "lr=0.01",
                "affine-injection=true");
        Path half = folder.resolve("run-pair/av");
        Files.createDirectories(half.resolveSibling("."));
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            run(tiny, "av", config, "run", (step, values) -> {});
            double measured = last("run").get("eval/loss");
            assertThat(measured).isLessThan(first("run").get("eval/loss") - 0.1);
            Nla.Base base = new Nla.Base(tiny.model(), null, false);
            try (LowRankAdapter adapter =
                    PeftAdapter.read(half).load(tiny.model().config(), DType.FP32)) {
                Decoder decoder = tiny.model().decoder().with(adapter);
                Nla.withVerbalizer(PairFolder.verbalizer(half), base, DType.FP32, Progress.NONE, read -> {
                    Injection with = read.injection();
                    Injection bare = new Injection(with.marker(), with.left(), with.right(), with.scale());
                    assertThat(crossEntropy(tiny, decoder, new PromptedAnswers(read.promptIds(), with)))
                            .isCloseTo(measured, within(1e-5));
                    assertThat(crossEntropy(tiny, decoder, new PromptedAnswers(read.promptIds(), bare)))
                            .as("without the map")
                            .isNotCloseTo(measured, within(1e-3));
                    return read;
                });
            }
            assertThat(NlaMeta.tree(half.resolve(NlaMeta.FILE))
                            .path("extraction")
                            .path("injection_scale")
                            .isNull())
                    .as("what readers without a map look for")
                    .isTrue();
            Files.move(half.resolve(AffineMap.FILE), half.resolve("elsewhere"));
            assertThatThrownBy(() -> Nla.withVerbalizer(
                            PairFolder.verbalizer(half), base, DType.FP32, Progress.NONE, read -> read))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining(AffineMap.FILE)
                    .hasMessageContaining("is missing");
            Files.move(half.resolve("elsewhere"), half.resolve(AffineMap.FILE));
            String sidecar = Files.readString(half.resolve(NlaMeta.FILE));
            Files.writeString(
                    half.resolve(NlaMeta.FILE),
                    sidecar.replaceAll("(?m)^.*injection_scale: null.*\n", "")
                            .replace(NlaMeta.AFFINE_SCALE, "injection_scale"));
            assertThatThrownBy(() -> Nla.withVerbalizer(
                            PairFolder.verbalizer(half), base, DType.FP32, Progress.NONE, read -> read))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining(NlaMeta.AFFINE_SCALE)
                    .hasMessageContaining("is missing");
        }
    }

    /// Of the held-out rows, nats a token, each response ended as the task ends it.
    private static double crossEntropy(TinyTask tiny, Decoder decoder, PromptedAnswers prompted) {
        int end = tiny.model().stopIds().stream().min(Integer::compare).orElseThrow();
        List<PromptedAnswers.Answer> answers = new ArrayList<>();
        for (Example row : tiny.examples(Stage.BASE, "held", 8, 2).rows()) {
            int[] text = tiny.model().tokenizer().ids(row.response(), false);
            int[] ids = Arrays.copyOf(text, text.length + 1);
            ids[text.length] = end;
            answers.add(new PromptedAnswers.Answer(row.activation(), ids));
        }
        try (Scope _ = Scope.noGrad()) {
            return prompted.loss(decoder, answers).item_double() / PromptedAnswers.count(answers);
        }
    }

    @Test
    void rows_of_the_same_documents_are_refused() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            Examples data = tiny.examples(Stage.AV_SFT, "same", 8, 1);
            Examples heldOut = tiny.examples(Stage.BASE, "same", 8, 2);
            assertThatThrownBy(() ->
                            new VerbalizerTask(tiny.model(), TinyTask.BASE, data, heldOut, config("av", "rank=2")))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("other documents");
        }
    }

    @Test
    void a_reconstructor_learns_from_the_verbalizers_texts_and_from_segments_in_another_order() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            Examples data = tiny.examples(Stage.AR_SFT, "ar", 8, 1);
            Examples heldOut = tiny.examples(Stage.BASE, "held", 8, 2);
            OwnSamples own = new OwnSamples(Map.of(0, "Blue. Old. Far away. Text: x"), Map.of(0, "a", 3, "b", 7, "c"));
            int[] first = {0};
            try (Task gold = new ReconstructorTask(
                            tiny.model(), TinyTask.BASE, data, heldOut, OwnSamples.NONE, config("ar", "rank=2"));
                    Task mixed = new ReconstructorTask(
                            tiny.model(), TinyTask.BASE, data, heldOut, own, config("ar", "rank=2"));
                    Task shuffled = new ReconstructorTask(
                            tiny.model(),
                            TinyTask.BASE,
                            data,
                            heldOut,
                            own,
                            config("ar", "rank=2", "segment-shuffle=true", "segment-dropout=0.5"))) {
                assertThat(mixed.length(0)).isGreaterThan(gold.length(0));
                assertThat(mixed.length(1)).isEqualTo(gold.length(1));
                assertThat(loss(mixed, first, 0)).isNotEqualTo(loss(gold, first, 0));
                assertThat(loss(mixed, first, 1)).isEqualTo(loss(mixed, first, 0));
                assertThat(List.of(0, 1, 2, 3, 4, 5))
                        .anyMatch(step -> loss(shuffled, first, step) != loss(mixed, first, step));
                assertThat(gold.evaluate().values()).doesNotContainKey("fve_own_samples");
                assertThat(mixed.evaluate().values()).containsKey("fve_own_samples");
            }
        }
    }

    /// A single segment can neither be left out nor change its place.
    @Test
    void the_verbalizers_texts_are_what_segments_are_left_out_of() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            Examples data = tiny.examples(Stage.AR_SFT, "ar", 8, 1);
            Examples heldOut = tiny.examples(Stage.BASE, "held", 8, 2);
            OwnSamples own = new OwnSamples(Map.of(0, "Text: x"), Map.of());
            String[] mixed = {"rank=2", "segment-dropout=0.5", "segment-shuffle=true"};
            int[] first = {0};
            try (Task gold = new ReconstructorTask(
                            tiny.model(), TinyTask.BASE, data, heldOut, OwnSamples.NONE, config("ar", mixed));
                    Task whole = new ReconstructorTask(
                            tiny.model(), TinyTask.BASE, data, heldOut, own, config("ar", "rank=2"));
                    Task parts = new ReconstructorTask(
                            tiny.model(), TinyTask.BASE, data, heldOut, own, config("ar", mixed))) {
                for (int step = 0; step < 4; step++) {
                    assertThat(loss(parts, first, step))
                            .isEqualTo(loss(whole, first, step))
                            .isNotCloseTo(loss(gold, first, step), within(1e-3));
                }
            }
        }
    }

    private static double loss(Task task, int[] rows, long step) {
        try (Scope _ = Scope.open()) {
            return task.loss(rows, step).detach().item_double();
        }
    }

    /// Activations that are no numbers make loss and gradient none. Those that are too long for fp32 leave
    /// the loss one, and its gradient not.
    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, 1e25f})
    void an_update_that_is_no_number_changes_nothing_and_the_sixth_in_a_row_ends_the_run(float factor)
            throws IOException {
        SftConfig config = config("ar", "steps=20", "batch=4", "micro-batch=4", "eval-every=0", "rank=2");
        // Five in a row and a good one, then no more good ones.
        LongPredicate breaks = step -> (step >= 2 && step < 7) || step >= 8;
        List<List<float[]>> leaves = new ArrayList<>();
        List<Double> skipped = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        ObjectNode resolved = ConfigTree.empty().section().resolved();
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"));
                RunFolder run = RunFolder.open(
                        folder.resolve("run"), resolved, INFO, config.cadence().retention())) {
            Examples rows = tiny.examples(Stage.AR_SFT, "ar", 8, 1);
            List<float[]> kept = rows.activations().stream().map(float[]::clone).toList();
            try (Task task = tiny.task("ar", config, rows, tiny.examples(Stage.BASE, "held", 8, 2));
                    SftStep learning = new SftStep(task, config)) {
                TrainingLoop loop = new TrainingLoop(learning);
                leaves.add(numbers(task));
                assertThatThrownBy(() -> loop.run(run, task, folder.resolve("half"), (step, values) -> {
                            leaves.add(numbers(task));
                            skipped.add(values.get("skipped"));
                            losses.add(values.get("loss"));
                            scale(rows.activations(), kept, breaks.test(step) ? factor : 1);
                        }))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("step 13")
                        .hasMessageContaining("after 5 skipped steps in a row");
                leaves.add(numbers(task));
            }
        }
        assertThat(skipped).containsExactly(0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0);
        for (int step = 0; step < 14; step++) {
            boolean same = true;
            for (int i = 0; i < leaves.get(step).size(); i++) {
                same &= Arrays.equals(
                        leaves.get(step).get(i), leaves.get(step + 1).get(i));
            }
            assertThat(same).as("update " + step + " changes nothing").isEqualTo(breaks.test(step));
        }
        assertThat(losses.get(2).isNaN()).isEqualTo(Float.isNaN(factor));
    }

    @ParameterizedTest
    @ValueSource(strings = {"av", "ar"})
    void the_gradient_is_cut_to_the_clip_and_logged_as_it_was(String role) throws IOException {
        SftConfig config = config(role, "batch=4", "micro-batch=4", "rank=2", "clip=1.0e-3");
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"));
                Task task = tiny.task(role, config);
                SftStep step = new SftStep(task, config)) {
            assertThat(step.update(0).get("grad_norm")).isGreaterThan(5e-3);
            assertThat(GradClip.norm(task.parameters())).isCloseTo(1e-3, within(1e-6));
        }
    }

    private static void scale(List<float[]> rows, List<float[]> kept, float factor) {
        for (int row = 0; row < kept.size(); row++) {
            for (int i = 0; i < kept.get(row).length; i++) {
                rows.get(row)[i] = kept.get(row)[i] * factor;
            }
        }
    }

    private static List<float[]> numbers(Task task) {
        try (Scope _ = Scope.noGrad()) {
            return task.parameters().stream()
                    .map(parameter -> Tensors.floats(parameter.tensor()))
                    .toList();
        }
    }

    @Test
    void the_logged_loss_is_nats_a_token_of_the_whole_batch_however_it_is_cut() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            List<Double> logged = new ArrayList<>();
            for (int microBatch : new int[] {3, 8, 32}) {
                String[] all = {"steps=1", "batch=32", "eval-every=0", "rank=2", "micro-batch=" + microBatch};
                Files.createDirectories(folder.resolve("run" + microBatch + "-pair"));
                run(
                        tiny,
                        "av",
                        config("av", all),
                        "run" + microBatch,
                        (step, values) -> logged.add(values.get("loss")));
            }
            // A fresh adapter adds nothing: before its first update the half is the base.
            double expected = Nla.withVerbalizer(
                    PairFolder.verbalizer(folder.resolve("run3-pair/av")),
                    new Nla.Base(tiny.model(), null, false),
                    DType.FP32,
                    Progress.NONE,
                    read -> wholeRows(tiny, read.promptIds(), read.injection()));
            assertThat(logged).hasSize(3).allSatisfy(loss -> assertThat(loss).isCloseTo(expected, within(1e-5)));
        }
    }

    /// Cross entropy of all training rows under the base, nats a token: each row as one text, by the
    /// library's function.
    private static double wholeRows(TinyTask tiny, int[] prompt, Injection injection) {
        int end = tiny.model().stopIds().stream().min(Integer::compare).orElseThrow();
        Decoder decoder = tiny.model().decoder();
        double sum = 0;
        int tokens = 0;
        for (Example row : tiny.examples(Stage.AV_SFT, "av", 32, 1).rows()) {
            int[] text = tiny.model().tokenizer().ids(row.response(), false);
            int[] ids = Arrays.copyOf(text, text.length + 1);
            ids[text.length] = end;
            try (Scope _ = Scope.noGrad()) {
                Tensor before = decoder.embed(Tensors.ids(new int[][] {prompt})).select(0, 0);
                Tensor rows = injection.inject(before, prompt, new float[][] {row.activation()});
                Tensor whole = Tensors.cat(1, rows, decoder.embed(Tensors.ids(new int[][] {text})));
                Tensor residual = decoder.residual(whole, Context.none()).select(0, 0);
                Tensor logits = decoder.logits(residual.narrow(0, prompt.length - 1, ids.length));
                float[] log = Tensors.floats(torch.log_softmax(logits, 1));
                int vocabulary = log.length / ids.length;
                for (int i = 0; i < ids.length; i++) {
                    sum -= log[i * vocabulary + ids[i]];
                }
            }
            tokens += ids.length;
        }
        return sum / tokens;
    }
}
