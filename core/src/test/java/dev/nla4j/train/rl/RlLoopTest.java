package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.Vectors;
import dev.nla4j.distribute.Collective;
import dev.nla4j.distribute.GlooCollective;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.TornRun;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.loop.TrainingLoop;
import dev.nla4j.train.sft.Example;
import dev.nla4j.train.sft.Examples;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Joint learning of a tiny pair that has learned a little: rewards rise, a run that was cut off ends with the same
/// bits, what is left opens as a pair.
class RlLoopTest {
    @TempDir
    Path folder;

    @Test
    void a_reward_for_short_texts_makes_texts_shorter_by_both_methods_and_the_best_pair_is_left() throws IOException {
        RlConfig config = TinyRl.config(
                        "rl.steps=18",
                        "rl.reward.error=0.01",
                        "rl.reward.reworded=0.01",
                        "rl.reward.token-cost=0.1",
                        "rl.av.lr=0.01",
                        "rl.group-size=8",
                        "rl.eval-every=10")
                .rl();
        List<Map<String, Double>> steps = new ArrayList<>();
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 150, 20);
            TrainingLoop.Result result;
            try (TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone())) {
                result = run.loop(tiny, folder.resolve("rl"), (step, values) -> steps.add(values));
            }
            assertThat(steps).hasSize(20);
            assertThat(mean(steps.subList(16, 20), "reward")).isGreaterThan(mean(steps.subList(0, 4), "reward") + 0.3);
            assertThat(mean(steps.subList(16, 20), "length")).isLessThan(mean(steps.subList(0, 4), "length") - 3);
            Map<String, Double> last = steps.getLast();
            assertThat(steps.get(1)).doesNotContainKeys("kl", "loss").containsKey("eval/fve");
            assertThat(steps.get(2).get("kl")).isCloseTo(0, within(1e-5));
            assertThat(last.get("kl")).isGreaterThan(0.01);
            // What wrote the texts is what learns from them, after updates too: no prompt of older weights is kept.
            // (Ids that no token has, 35 of 1,536 here, are never drawn, but have their share of the probability.)
            for (Map<String, Double> values : steps.subList(2, 20)) {
                assertThat(values.get("ratio")).isBetween(0.96, 1.0001);
                assertThat(values.get("mismatch")).isLessThan(1e-3);
            }
            assertThat(last)
                    .containsKeys("entropy", "flat_groups", "reworded_error", "seconds/av", "eval/fve_low")
                    .containsKeys("eval/fve_second_critic", "eval/fve_gold", "eval/fve_empty", "eval/truth_base");
            assertThat(result.bestQuality().orElseThrow()).isGreaterThanOrEqualTo(last.get("eval/fve"));
            requireOpens(tiny, config, result);
            requireShorterByTheBest(tiny);
        }
    }

    /// From the same start: of eight texts the one that costs least is the shortest.
    private void requireShorterByTheBest(TinyTask tiny) {
        RlConfig config = TinyRl.config(
                        "rl.method=best-of-n",
                        "rl.adapt-ar-steps=0",
                        "rl.reward.error=0.01",
                        "rl.reward.token-cost=0.1",
                        "rl.av.lr=0.01",
                        "rl.group-size=8")
                .rl();
        List<Map<String, Double>> steps = new ArrayList<>();
        try (TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone())) {
            for (int step = 0; step < 10; step++) {
                steps.add(run.step().update(step));
            }
        }
        assertThat(mean(steps.subList(7, 10), "length")).isLessThan(mean(steps.subList(0, 3), "length") - 3);
    }

    /// The exported pair is the one that was measured.
    private void requireOpens(TinyTask tiny, RlConfig config, TrainingLoop.Result result) {
        Path left = folder.resolve("rl-pair");
        Nla.Base base = new Nla.Base(tiny.model(), null, false);
        try (Nla nla = Nla.open(left, base, DType.FP32, Progress.NONE);
                TinyRl.Run again = TinyRl.Run.of(tiny, left, config, Collective.alone())) {
            assertThat(nla.verbalizer().meta().stage()).isEqualTo("rl");
            double fve =
                    again.evaluation(tiny).of(again.policy(), again.critic()).fve();
            assertThat(fve).isCloseTo(result.bestQuality().orElseThrow(), within(1e-5));
        }
    }

    @Test
    void best_of_n_learns_from_the_best_text_of_each_group_alone() throws IOException {
        RlConfig config = TinyRl.config("rl.method=best-of-n", "rl.adapt-ar-steps=0", "rl.kl.weight=0")
                .rl();
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 20, 20);
            try (TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone())) {
                Map<String, Double> values = run.step().update(0);
                assertThat(values.get("lessons")).isEqualTo(4);
                // cross entropy of four texts over the budget of four texts: as a random model's entropy, or less
                assertThat(values.get("loss")).isBetween(1.0, 1.5 * values.get("entropy"));
                assertThat(values.get("kl")).isCloseTo(0, within(1e-5));
                assertThat(values.get("grad_norm")).isGreaterThan(0.01);
            }
        }
    }

    /// One of two whose reconstructor gives no numbers, each in a thread of its own like a process: the other
    /// may not learn either.
    @Test
    void a_step_whose_errors_are_no_numbers_is_skipped_by_all_and_too_many_end_the_run() throws Exception {
        RlConfig config =
                TinyRl.config("rl.adapt-ar-steps=0", "rl.reward.reworded=0.25").rl();
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 5, 5);
        }
        CountDownLatch done = new CountDownLatch(2);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<?>> both = new ArrayList<>();
            for (int rank = 0; rank < 2; rank++) {
                int own = rank;
                both.add(threads.submit(() -> {
                    skips(config, own, done);
                    return null;
                }));
            }
            for (Future<?> one : both) {
                one.get(2, TimeUnit.MINUTES);
            }
        }
    }

    private void skips(RlConfig config, int rank, CountDownLatch done) throws Exception {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model" + rank));
                Collective group =
                        GlooCollective.join(rank, 2, folder.resolve("meeting"), "127.0.0.1", Duration.ofMinutes(1));
                TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, group)) {
            if (rank == 1) {
                try (Scope _ = Scope.noGrad()) {
                    run.critic().head().fill_(new Scalar(Double.NaN));
                }
            }
            double before = size(run);
            for (int step = 0; step < 5; step++) {
                assertThat(run.step().update(step)).containsEntry("skipped", step + 1.0);
            }
            assertThat(size(run)).isEqualTo(before);
            assertThatThrownBy(() -> run.step().update(5))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("after 5 skipped steps in a row");
            // who leaves first may break off the sum that the other still waits for
            done.countDown();
            done.await(20, TimeUnit.SECONDS);
        }
    }

    /// Of all parameters but those that were made no numbers.
    private static double size(TinyRl.Run run) {
        try (Scope _ = Scope.noGrad()) {
            return Stream.of(run.policy().parameters(), run.critic().parameters())
                    .flatMap(List::stream)
                    .mapToDouble(parameter -> parameter.tensor().abs().sum().item_double())
                    .filter(Double::isFinite)
                    .sum();
        }
    }

    @Test
    void a_pair_that_is_written_because_the_best_ones_folder_is_gone_has_no_best_figure() throws IOException {
        RlConfig config = TinyRl.config("rl.steps=1", "rl.adapt-ar-steps=1", "rl.eval-every=1")
                .rl();
        Path left = folder.resolve("rl-pair");
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 5, 5);
            TrainingLoop.Result result = run(tiny, config, "rl", (step, values) -> {
                if (step == config.allSteps() && Files.exists(left)) {
                    rename(left);
                }
            });
            assertThat(left).isDirectory();
            assertThat(result.bestQuality()).isEmpty();
        }
    }

    /// What is measured is given: the highest figures are those from before the halves meet.
    @Test
    void what_is_measured_before_the_halves_meet_is_neither_exported_nor_kept_as_the_best() throws IOException {
        RlConfig config = TinyRl.config(
                        "rl.steps=4", "rl.adapt-ar-steps=3", "rl.eval-every=2", "rl.save-every=1", "rl.samples-every=0")
                .rl();
        Path left = folder.resolve("left");
        List<Double> fves = new ArrayList<>(List.of(0.9, 0.8, 0.1, 0.3, 0.2, 0.25));
        List<Long> exported = new ArrayList<>();
        TrainingLoop.Result result = measuring(config, fves, left, (step, values) -> {
            if (Files.exists(left)) {
                exported.add(step);
            }
        });
        // measured before the first step, after 2, 3 (when the halves meet), 4, 6 and 7
        assertThat(fves).isEmpty();
        assertThat(exported).startsWith(3L);
        assertThat(result.bestQuality()).hasValue(0.3);
        Map<String, Double> kept = new java.util.TreeMap<>();
        try (Stream<Path> folders = Files.list(folder.resolve("run/checkpoints"))) {
            for (Path one : folders.toList()) {
                kept.put(
                        one.getFileName().toString(),
                        Json.read(one.resolve("manifest.json"), 1 << 20)
                                .path("quality")
                                .asDouble(Double.NaN));
            }
        }
        assertThat(kept).isEqualTo(Map.of("step-4", 0.3, "step-6", 0.2, "step-7", 0.25));
    }

    /// A run whose held-out FVE is said to be these, one after the other; it goes on where there is one.
    private TrainingLoop.Result measuring(RlConfig config, List<Double> fves, Path left, TrainingLoop.Listener listener)
            throws IOException {
        Path model = folder.resolve("model");
        boolean isThere = Files.exists(model);
        try (TinyTask tiny = isThere ? TinyTask.at(model) : TinyTask.in(model)) {
            if (!isThere) {
                TinyRl.warmStart(tiny, folder.resolve("pair"), 1, 1);
            }
            try (TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone());
                    RunFolder kept = RunFolder.open(
                            folder.resolve("run"),
                            ConfigTree.empty().section().resolved(),
                            TinyRl.INFO,
                            config.cadence().retention())) {
                RlProduct product = new RlProduct(
                        config.start().adaptSteps(),
                        () -> new HeldOutEvaluation.Result(
                                fves.removeFirst(), Map.of("eval/fve", 0.0), "", Optional.empty()),
                        () -> "",
                        new RlPair(run.pair(), run.policy(), run.critic(), run.data(), 1));
                return new TrainingLoop(run.step()).run(kept, product, left, listener);
            }
        }
    }

    @Test
    void a_measurement_that_is_no_number_is_not_the_best_and_stops_nothing() throws IOException {
        RlConfig config = TinyRl.config(
                        "rl.steps=2", "rl.adapt-ar-steps=0", "rl.eval-every=1", "rl.save-every=1", "rl.samples-every=0")
                .rl();
        List<Double> fves = new ArrayList<>(List.of(0.1, Double.NaN, Double.NaN));
        TrainingLoop.Result result = measuring(config, fves, folder.resolve("left"), (step, values) -> {});
        assertThat(result.steps()).isEqualTo(2);
        assertThat(result.bestQuality()).hasValue(0.1);
    }

    @Test
    void what_was_best_before_a_run_was_cut_off_stays_the_best_of_it() throws IOException {
        RlConfig config = TinyRl.config(
                        "rl.steps=2", "rl.adapt-ar-steps=0", "rl.eval-every=1", "rl.save-every=1", "rl.samples-every=0")
                .rl();
        List<Double> fves = new ArrayList<>(List.of(0.1, 0.9, 0.3));
        Path left = folder.resolve("left");
        assertThatThrownBy(() -> measuring(config, fves, left, TornRun.diesAfter(1)))
                .isInstanceOf(TornRun.Killed.class);
        byte[] exported = Files.readAllBytes(left.resolve("ar/value_head.safetensors"));
        TrainingLoop.Result result = measuring(config, fves, left, (step, values) -> {});
        assertThat(fves).isEmpty();
        assertThat(result.steps()).isEqualTo(2);
        assertThat(result.bestQuality()).hasValue(0.9);
        assertThat(left.resolve("ar/value_head.safetensors")).hasBinaryContent(exported);
    }

    @Test
    void samples_are_shown_without_a_measurement_of_everything() throws IOException {
        RlConfig config = TinyRl.config(
                        "rl.steps=2", "rl.adapt-ar-steps=0", "rl.eval-every=0", "rl.save-every=2", "rl.samples-every=1")
                .rl();
        // There is none to be had.
        measuring(config, new ArrayList<>(), folder.resolve("left"), (step, values) -> {});
        assertThat(folder.resolve("run/samples")).isNotEmptyDirectory();
    }

    private static void rename(Path left) {
        try {
            Files.move(left, left.resolveSibling("elsewhere"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double mean(List<Map<String, Double>> steps, String name) {
        return steps.stream().mapToDouble(values -> values.get(name)).average().orElseThrow();
    }

    @Test
    void twenty_steps_are_ten_a_death_and_ten_more_to_the_bit() throws IOException {
        RlConfig config = TinyRl.config("rl.steps=18", "rl.save-every=10", "rl.eval-every=5", "rl.reward.truth=0.2")
                .rl();
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 60, 30);
            run(tiny, config, "straight", (step, values) -> {});
            assertThatThrownBy(() -> run(tiny, config, "torn", TornRun.diesAfter(13)))
                    .isInstanceOf(TornRun.Killed.class);
            assertThat(run(tiny, config, "torn", (step, values) -> {}).steps()).isEqualTo(20);
        }
        TornRun.assertSameHalves(folder.resolve("torn"), folder.resolve("straight"), 20);
        TornRun.assertSame(
                folder.resolve("torn-pair"),
                folder.resolve("straight-pair"),
                "av/adapter_model.safetensors",
                "ar/value_head.safetensors");
        assertThat(TornRun.curve(folder.resolve("torn")))
                .isEqualTo(TornRun.curve(folder.resolve("straight")))
                .hasSize(21);
    }

    private TrainingLoop.Result run(TinyTask tiny, RlConfig config, String name, TrainingLoop.Listener listener)
            throws IOException {
        try (TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone())) {
            return run.loop(tiny, folder.resolve(name), listener);
        }
    }

    @Test
    void a_reconstructor_that_does_not_read_its_text_is_refused_with_numbers() throws IOException {
        RlConfig config = TinyRl.config().rl();
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 1, 60);
            try (TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone())) {
                Examples rows = run.data().heldOut();
                Preflight.Report report = Preflight.check(run.critic(), "pair", rows);
                assertThat(report.real())
                        .isLessThan(report.shuffled())
                        .isLessThan(report.empty().orElseThrow());
                try (Scope _ = Scope.noGrad()) {
                    run.critic().head().zero_();
                }
                assertThatThrownBy(() -> Preflight.check(run.critic(), "deaf", rows))
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("deaf: this reconstructor does not read its text: error 2.000 with");
            }
        }
    }

    /// Of two rows, one lies where its text says and one between what both texts say: on average their own
    /// texts are better than the controls, but two such rows prove nothing.
    @Test
    void a_reconstructor_whose_gain_is_within_its_error_is_refused() throws IOException {
        List<String> texts = List.of("a river", "war and peace");
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 1, 1);
            RlConfig config = TinyRl.config().rl();
            try (TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone())) {
                float[][] read = run.second().reconstructor().reconstruct(texts);
                float[] between = new float[TinyTask.DIM];
                for (int i = 0; i < between.length; i++) {
                    double first = read[0][i] / Vectors.norm(read[0]);
                    double second = read[1][i] / Vectors.norm(read[1]);
                    between[i] = (float) (first + 1.1 * second);
                }
                List<float[]> activations = List.of(read[0], between);
                assertThat(sum(run.critic().errors(texts, activations)))
                        .isLessThan(sum(run.critic().errors(texts.reversed(), activations)))
                        .isLessThan(sum(run.critic().errors("", activations)));
                List<Example> rows = IntStream.range(0, 2)
                        .mapToObj(i -> new Example(
                                activations.get(i), texts.get(i), "", new Example.Source("held" + i, "", 0)))
                        .toList();
                Examples two = new Examples(
                        Path.of("two.parquet"), run.data().heldOut().meta(), rows);
                assertThatThrownBy(() -> Preflight.check(run.critic(), "lucky", two))
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("lucky: this reconstructor does not read its text: error ")
                        .hasMessageContaining("by more than 2.0 standard errors");
            }
        }
    }

    private static double sum(double[] errors) {
        return Arrays.stream(errors).sum();
    }

    /// Texts of mixed lengths go through sorted, in batches of bounded size, with a head in common: each as it is
    /// alone.
    @Test
    void a_text_among_many_is_read_as_it_is_alone_and_errors_do_not_depend_on_the_micro_batch() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 2, 2);
            RlConfig small = TinyRl.config("rl.micro-batch=3").rl();
            RlConfig large =
                    TinyRl.config("rl.micro-batch=64", "rl.prompts-per-step=16").rl();
            List<String> texts = IntStream.range(0, 300)
                    .mapToObj(i -> "word ".repeat(1 + i * 7 % 23) + i)
                    .toList();
            List<float[]> activations = IntStream.range(0, 300)
                    .mapToObj(i -> tiny.examples(Stage.BASE, "held", 16, 2)
                            .rows()
                            .get(i % 16)
                            .activation())
                    .toList();
            try (TinyRl.Run few = TinyRl.Run.of(tiny, folder.resolve("pair"), small, Collective.alone());
                    TinyRl.Run many = TinyRl.Run.of(tiny, folder.resolve("pair"), large, Collective.alone())) {
                Reconstructor reconstructor = few.second().reconstructor();
                float[][] together = reconstructor.reconstruct(texts);
                for (int i = 0; i < 300; i += 13) {
                    assertThat(reconstructor.reconstruct(List.of(texts.get(i)))[0])
                            .containsExactly(together[i], within(1e-5f));
                }
                double[] errors = few.critic().accumulate(texts, activations, 300);
                assertThat(errors).containsExactly(many.critic().accumulate(texts, activations, 300), within(1e-5));
                assertThat(errors).containsExactly(few.critic().errors(texts, activations), within(1e-5));
            }
        }
    }

    @Test
    void gold_pairs_are_a_part_of_what_the_reconstructor_learns_from() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            TinyRl.warmStart(tiny, folder.resolve("pair"), 2, 2);
            double[] losses = new double[2];
            for (int i = 0; i < 2; i++) {
                RlConfig config = TinyRl.config("rl.gold-fraction=" + i * 0.5, "rl.adapt-ar-steps=1")
                        .rl();
                try (TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone())) {
                    Map<String, Double> values = run.step().update(0);
                    losses[i] = values.get("ar_loss");
                    if (i == 0) {
                        assertThat(losses[0]).isCloseTo(values.get("error"), within(1e-6));
                    }
                }
            }
            assertThat(losses[1]).isNotCloseTo(losses[0], within(1e-4));
        }
    }
}
