package dev.nla4j.train;

import dev.nla4j.ChildJvm;
import dev.nla4j.distribute.Collective;
import dev.nla4j.distribute.GlooCollective;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.loop.TrainingLoop;
import dev.nla4j.train.rl.HeldOutEvaluation;
import dev.nla4j.train.rl.TinyRl;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Joint learning in a process of its own: one that stops in the midst of a save, to be killed there, or one of
/// several.
final class RlChild {
    private RlChild() {}

    /// Arguments: `save FOLDER STAGE`, or `share` or `together`, then `FOLDER RANK SIZE`; the folder holds a model and
    /// a
    /// pair.
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[1]);
        if (args[0].equals("save")) {
            save(folder, args[2]);
        } else {
            int rank = Integer.parseInt(args[2]);
            try (Collective group = GlooCollective.join(
                    rank, Integer.parseInt(args[3]), folder.resolve("meeting"), "127.0.0.1", Duration.ofSeconds(100))) {
                if (args[0].equals("share")) {
                    share(folder, group, "rank" + rank).forEach(System.out::println);
                } else {
                    System.out.println(together(folder, group, "together"));
                }
            }
        }
    }

    static RlConfig saving() {
        return TinyRl.config("rl.steps=18", "rl.save-every=5", "rl.eval-every=10", "rl.reward.truth=0.2")
                .rl();
    }

    /// Waits for its end at a stage of the third save.
    private static void save(Path folder, String stage) throws IOException {
        int[] seen = {0};
        run(folder, "torn", name -> {
            if (name.equals(stage) && ++seen[0] == 3) {
                ChildJvm.awaitDeath();
            }
        });
    }

    /// A run, from its newest checkpoint.
    static void run(Path folder, String name, Consumer<String> stages) throws IOException {
        RlConfig config = saving();
        try (TinyTask tiny = TinyTask.in(Files.createTempDirectory(folder, "model"));
                TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, Collective.alone());
                RunFolder kept = RunFolder.open(
                        folder.resolve(name),
                        ConfigTree.empty().section().resolved(),
                        TinyRl.INFO,
                        config.cadence().retention(),
                        stages)) {
            HeldOutEvaluation evaluation = run.evaluation(tiny);
            run.loop(kept, folder.resolve(name + "-pair"), evaluation, (step, values) -> {});
        }
    }

    /// A whole run of this and other processes; the first one measures and writes.
    ///
    /// @return updates done
    static long together(Path folder, Collective group, String name) throws IOException {
        RlConfig config = TinyRl.config(
                        "rl.prompts-per-step=5",
                        "rl.steps=4",
                        "rl.adapt-ar-steps=1",
                        "rl.eval-every=2",
                        "rl.save-every=2")
                .rl();
        try (TinyTask tiny = TinyTask.in(Files.createTempDirectory(folder, "model"));
                TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, group)) {
            return group.rank() == 0
                    ? run.loop(tiny, folder.resolve(name), (step, values) -> {}).steps()
                    : new TrainingLoop(run.step()).follow(Optional.empty());
        }
    }

    /// One step of this process's share: what it logged but times, then the gradients' sums, clipped, a line each.
    static List<String> share(Path folder, Collective group, String name) throws IOException {
        RlConfig config =
                TinyRl.config("rl.prompts-per-step=5", "rl.adapt-ar-steps=0").rl();
        List<String> lines = new ArrayList<>();
        try (TinyTask tiny = TinyTask.in(folder.resolve("model-" + name));
                TinyRl.Run run = TinyRl.Run.of(tiny, folder.resolve("pair"), config, group);
                Scope _ = Scope.open()) {
            for (Map.Entry<String, Double> value : run.step().update(0).entrySet()) {
                if (!value.getKey().startsWith("seconds/") && !value.getKey().startsWith("tokens_per")) {
                    lines.add(value.getKey() + " " + value.getValue());
                }
            }
            List<Parameter> all = new ArrayList<>(run.policy().parameters());
            all.addAll(run.critic().parameters());
            for (Parameter parameter : all) {
                StringBuilder line = new StringBuilder("gradient");
                for (float number : Tensors.floats(parameter.gradient())) {
                    line.append(' ').append(number);
                }
                lines.add(line.toString());
            }
        }
        return lines;
    }
}
