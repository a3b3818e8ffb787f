package dev.nla4j.train;

import dev.nla4j.ChildJvm;
import dev.nla4j.distribute.Collective;
import dev.nla4j.distribute.GlooCollective;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.config.TrainConfig;
import dev.nla4j.train.loop.TrainingLoop;
import dev.nla4j.train.sft.SftStep;
import dev.nla4j.train.sft.Task;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// Twenty steps of supervised training in a process of its own: to be killed in the middle of a save, or as one of two
/// that share the work.
final class SftChild {
    static final int STEPS = 20;
    static final int EVAL_EVERY = 10;
    private static final RunFolder.Info INFO = new RunFolder.Info(Map.of(), Map.of(), Map.of(), Optional.empty());

    private SftChild() {}

    /// Arguments: role, model's folder, run's folder; then `kill` and a stage of the second save at which to wait for
    /// the end, or a rank of two and the file to meet at.
    public static void main(String[] args) throws IOException {
        Path run = Path.of(args[2]);
        if (args[3].equals("kill")) {
            int[] saves = {0};
            train(args[0], Path.of(args[1]), run, Collective.alone(), stage -> {
                saves[0] += stage.equals("state.json") ? 1 : 0;
                int second = saves[0] + (stage.equals("state.json") ? 0 : 1);
                if (second == 2 && stage.equals(args[4])) {
                    ChildJvm.awaitDeath();
                }
            });
            return;
        }
        try (Collective two = GlooCollective.join(
                Integer.parseInt(args[3]), 2, Path.of(args[4]), "127.0.0.1", Duration.ofMinutes(4))) {
            train(args[0], Path.of(args[1]), run, two, stage -> {});
        }
    }

    /// Trains from the newest checkpoint to the end.
    static void train(
            String role, Path model, Path folder, Collective collective, java.util.function.Consumer<String> stages)
            throws IOException {
        SftConfig config = config(role);
        ObjectNode resolved = ConfigTree.empty().section().resolved();
        try (TinyTask tiny = TinyTask.at(model);
                Task task = tiny.task(role, config);
                SftStep step = new SftStep(task, config, collective)) {
            TrainingLoop loop = new TrainingLoop(step);
            if (collective.rank() > 0) {
                loop.follow(Optional.empty());
                return;
            }
            Path pair = folder.resolveSibling(folder.getFileName() + "-pair");
            Files.createDirectories(pair);
            try (RunFolder run =
                    RunFolder.open(folder, resolved, INFO, config.cadence().retention(), stages)) {
                loop.run(run, task, pair.resolve(role), (done, values) -> {});
            }
        }
    }

    private static SftConfig config(String role) {
        ConfigTree tree = ConfigTree.empty();
        for (String assignment : List.of(
                "steps=" + STEPS,
                "batch=8",
                "micro-batch=4",
                "save-every=5",
                "eval-every=" + EVAL_EVERY,
                "samples-every=0",
                "rank=4")) {
            tree = tree.set("train.sft." + role + "." + assignment);
        }
        TrainConfig train = TrainConfig.read(tree.section());
        return role.equals("av") ? train.av() : train.ar();
    }
}
