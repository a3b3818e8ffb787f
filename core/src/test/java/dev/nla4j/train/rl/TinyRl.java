package dev.nla4j.train.rl;

import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.distribute.Collective;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.progress.Progress;
import dev.nla4j.teacher.GroundedChecker;
import dev.nla4j.tensor.DType;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.config.TrainConfig;
import dev.nla4j.train.loop.TrainingLoop;
import dev.nla4j.train.sft.Examples;
import dev.nla4j.train.sft.SftStep;
import dev.nla4j.train.sft.Task;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A tiny pair that has learned a little by supervised fine-tuning, and everything that a joint run of it needs.
public final class TinyRl {
    public static final RunFolder.Info INFO = new RunFolder.Info(Map.of(), Map.of(), Map.of(), Optional.empty());

    private TinyRl() {}

    public static TrainConfig config(String... assignments) {
        ConfigTree tree = ConfigTree.empty();
        List<String> small = List.of(
                "rl.prompts-per-step=4",
                "rl.group-size=4",
                "rl.max-new-tokens=36",
                "rl.micro-batch=6",
                "rl.eval-rows=8",
                "rl.adapt-ar-steps=2",
                "sft.av.batch=8",
                "sft.ar.batch=8",
                "sft.av.rank=8",
                "sft.ar.rank=8",
                "sft.av.lr=0.01",
                "sft.ar.lr=0.01",
                "sft.av.eval-every=0",
                "sft.ar.eval-every=0");
        for (String assignment : small) {
            tree = tree.set("train." + assignment);
        }
        for (String assignment : assignments) {
            tree = tree.set("train." + assignment);
        }
        return TrainConfig.read(tree.section());
    }

    /// Rows of the task, each file of documents of its own.
    public static RlData data(TinyTask tiny) {
        return new RlData(
                tiny.examples(Stage.AR_SFT, "rl", 64, 4),
                tiny.examples(Stage.AR_SFT, "ar", 32, 3),
                tiny.examples(Stage.BASE, "held", 16, 2),
                Map.of());
    }

    /// Leaves a pair in `folder`.
    public static void warmStart(TinyTask tiny, Path folder, int avSteps, int arSteps) throws IOException {
        TrainConfig config = config("sft.av.steps=" + avSteps, "sft.ar.steps=" + arSteps);
        Examples heldOut = tiny.examples(Stage.BASE, "held", 16, 2);
        Files.createDirectories(folder);
        for (String role : List.of("av", "ar")) {
            SftConfig sft = role.equals("av") ? config.av() : config.ar();
            try (RunFolder run = RunFolder.open(
                            folder.resolveSibling("sft-" + role),
                            ConfigTree.empty().section().resolved(),
                            INFO,
                            sft.cadence().retention());
                    Task task = tiny.task(role, sft, heldOut);
                    SftStep step = new SftStep(task, sft)) {
                new TrainingLoop(step).run(run, task, folder.resolve(role), (done, values) -> {});
            }
        }
    }

    /// What a run works on.
    public record Run(
            RlConfig config, RlData data, PairFolder pair, Nla second, Policy policy, Critic critic, RlStep step)
            implements AutoCloseable {
        public static Run of(TinyTask tiny, Path pairFolder, RlConfig config, Collective group) {
            return of(tiny, pairFolder, config, group, TinyRl.data(tiny));
        }

        public static Run of(TinyTask tiny, Path pairFolder, RlConfig config, Collective group, RlData data) {
            LanguageModel base = tiny.model();
            PairFolder pair = PairFolder.in(pairFolder);
            Nla second = Nla.open(pairFolder, new Nla.Base(base, null, false), DType.FP32, Progress.NONE);
            Policy policy = new Policy(base, pair.verbalizer(), config);
            Critic critic =
                    new Critic(base, pair.reconstructor(), config.rollout().microBatch());
            Judge judge = new Judge(config.reward(), config.seed(), new GroundedChecker());
            RlStep step = new RlStep(config, new RlStep.Parts(base, policy, critic, judge, data, data.rawvar()), group);
            return new Run(config, data, pair, second, policy, critic, step);
        }

        public HeldOutEvaluation evaluation(TinyTask tiny) {
            Judge judge = new Judge(config.reward(), config.seed(), new GroundedChecker());
            return new HeldOutEvaluation(config, data, data.rawvar(), tiny.model(), judge, second.reconstructor());
        }

        public TrainingLoop.Result loop(TinyTask tiny, Path folder, TrainingLoop.Listener listener) throws IOException {
            HeldOutEvaluation evaluation = evaluation(tiny);
            try (RunFolder run = RunFolder.open(
                    folder,
                    ConfigTree.empty().section().resolved(),
                    INFO,
                    config.cadence().retention())) {
                return loop(run, folder.resolveSibling(folder.getFileName() + "-pair"), evaluation, listener);
            }
        }

        public TrainingLoop.Result loop(
                RunFolder run, Path export, HeldOutEvaluation evaluation, TrainingLoop.Listener listener)
                throws IOException {
            RlPair left = new RlPair(pair, policy, critic, data, data.rawvar());
            RlProduct product = new RlProduct(
                    config.start().adaptSteps(),
                    () -> evaluation.of(policy, critic),
                    () -> evaluation.samples(policy, critic),
                    left);
            return new TrainingLoop(step).run(run, product, export, listener);
        }

        @Override
        public void close() {
            step.close();
            policy.close();
            critic.close();
            second.close();
        }
    }
}
