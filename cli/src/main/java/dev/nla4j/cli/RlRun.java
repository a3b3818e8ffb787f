package dev.nla4j.cli;

import dev.nla4j.data.Transcripts;
import dev.nla4j.distribute.Collective;
import dev.nla4j.format.InputException;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.teacher.GroundedChecker;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.ConfigException;
import dev.nla4j.train.config.RewardTerm;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.loop.TrainingLoop;
import dev.nla4j.train.rl.Critic;
import dev.nla4j.train.rl.HeldOutEvaluation;
import dev.nla4j.train.rl.Judge;
import dev.nla4j.train.rl.Policy;
import dev.nla4j.train.rl.Preflight;
import dev.nla4j.train.rl.RlData;
import dev.nla4j.train.rl.RlPair;
import dev.nla4j.train.rl.RlProduct;
import dev.nla4j.train.rl.RlStep;
import dev.nla4j.train.sft.Examples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Puts a run of joint learning together and shows how it goes.
final class RlRun {
    private static final Pattern PART_OF_A_HALF = Pattern.compile(".*\\.(safetensors|json|yaml)");

    private final RunConfig config;
    private final RlConfig rl;
    private final TrainRuns runs;

    RlRun(RunConfig config, TrainRuns runs) {
        this.config = config;
        this.rl = config.train().rl();
        this.runs = runs;
    }

    /// Trains, from the beginning or from where the run stopped.
    ///
    /// @param group the processes that do; the first one measures and writes
    void run(LanguageModel base, Collective group, boolean resume) throws IOException {
        Path folder = config.paths().rl();
        if (group.rank() == 0) {
            RunFolder.requireResume(folder, resume);
        }
        Path start = config.warmStart();
        PairFolder pair = PairFolder.in(start);
        requireAdapters(pair);
        requireNamed(config, OptionalInt.of(pair.layer()));
        // Before they are read: what is replaced in between is then refused when the run goes on, and not mixed.
        List<Path> files = files(pair);
        Optional<RunFolder.Info> info = group.rank() == 0 ? Optional.of(runs.info(files, rl.seed())) : Optional.empty();
        RlData data = data(base.config().vocabulary());
        requireContexts(data);
        Nla.Base stands = runs.standsOn(base);
        double rawvar;
        // Opening it checks both sidecars against tokenizer, template, weights and base.
        try (Nla first = Nla.open(pair, stands, config.dtype(), runs.progress())) {
            requireFits(data, first);
            rawvar = first.rawvar().orElseGet(data::rawvar);
        }
        try (Policy policy = new Policy(base, pair.verbalizer(), rl);
                Critic critic =
                        new Critic(base, pair.reconstructor(), rl.rollout().microBatch())) {
            Judge judge = new Judge(rl.reward(), rl.seed(), new GroundedChecker());
            try (RlStep step = new RlStep(rl, new RlStep.Parts(base, policy, critic, judge, data, rawvar), group)) {
                if (group.rank() > 0) {
                    new TrainingLoop(step)
                            .follow(RunFolder.newest(folder, rl.cadence().retention()));
                    return;
                }
                System.err.println("nla: preflight: "
                        + Preflight.check(critic, pair.reconstructor().folder().toString(), data.heldOut()));
                try (Nla.LoneReconstructor second =
                                Nla.openReconstructor(secondCritic(pair), stands, config.dtype(), runs.progress());
                        RunFolder run = RunFolder.open(
                                folder,
                                runs.part("train.rl"),
                                info.orElseThrow(),
                                rl.cadence().retention())) {
                    HeldOutEvaluation evaluation =
                            new HeldOutEvaluation(rl, data, rawvar, base, judge, second.reconstructor());
                    RlPair left = new RlPair(pair, policy, critic, data, rawvar);
                    RlProduct product = new RlProduct(
                            rl.start().adaptSteps(),
                            () -> {
                                HeldOutEvaluation.Result result = evaluation.of(policy, critic);
                                result.alarm().ifPresent(said -> System.err.println("nla: " + said));
                                return result;
                            },
                            () -> evaluation.samples(policy, critic),
                            left);
                    TrainRuns.train(run, step, product, config.paths().learned(), BestMeasured.PAIR);
                }
            }
        }
    }

    /// Everything that a half's numbers depend on; the data are there.
    private List<Path> files(PairFolder pair) throws IOException {
        Path ar = config.data().ar();
        TrainData.requireThere("data.ar", ar);
        TrainData.requireThere("data.rl", prompts());
        TrainData.requireThere("data.held-out", config.data().heldOut());
        Set<Path> files =
                new LinkedHashSet<>(List.of(prompts(), ar, config.data().heldOut()));
        config.data().transcripts().ifPresent(files::add);
        for (Path half :
                List.of(pair.verbalizer().folder(), pair.reconstructor().folder(), secondCritic(pair))) {
            try (Stream<Path> all = Files.list(half)) {
                all.filter(file -> PART_OF_A_HALF.matcher(file.toString()).matches())
                        .sorted()
                        .forEach(files::add);
            }
        }
        return List.copyOf(files);
    }

    /// The activations that are written about.
    private Path prompts() {
        Path beside = RunConfig.Data.in(config.folder()).rl().orElseThrow();
        return config.data()
                .rl()
                .orElse(Files.exists(beside) ? beside : config.data().ar());
    }

    /// Refuses named halves that joint learning can't go on with, before hours of work or a model's loading. Those of
    /// the run's own pair are left to the run, as training makes them first.
    ///
    /// @param layer of the activations, where it is known already
    static void requireNamed(RunConfig config, OptionalInt layer) {
        RlConfig rl = config.train().rl();
        named(config, rl.start().warmStart())
                .ifPresent(folder -> require("train.rl.warm-start", () -> {
                    requireKept(config, folder);
                    PairFolder pair = PairFolder.in(folder);
                    requireAdapters(pair);
                    requireLayer(folder, pair.layer(), layer);
                }));
        named(config, rl.learners().heldOutCritic())
                .ifPresent(folder -> require("train.rl.held-out-critic", () -> {
                    requireKept(config, folder);
                    requireLayer(folder, PairFolder.reconstructor(folder).layer(), layer);
                }));
    }

    /// Refuses what the run would write its own pair over: it could not go on without it.
    private static void requireKept(RunConfig config, Path folder) {
        if (isIn(folder, config.paths().learned())) {
            throw new InputException(folder + ": is where this run leaves its pair; copy it elsewhere, or name another"
                    + " folder for the run (--set folder=DIR)");
        }
    }

    private static boolean isIn(Path folder, Path other) {
        return folder.toAbsolutePath()
                .normalize()
                .startsWith(other.toAbsolutePath().normalize());
    }

    /// Whether joint learning begins with the pair that supervised training leaves in the run's folder.
    static boolean isOwnPair(RunConfig config) {
        return named(config, config.train().rl().start().warmStart()).isEmpty();
    }

    private static Optional<Path> named(RunConfig config, Optional<String> folder) {
        return folder.map(Path::of).filter(path -> !isIn(path, config.paths().pair()));
    }

    private static void require(String key, Runnable check) {
        try {
            check.run();
        } catch (InputException e) {
            throw new InputException(key + ": " + e.getMessage(), e);
        }
    }

    private static void requireLayer(Path folder, int itsLayer, OptionalInt layer) {
        if (layer.isPresent() && itsLayer != layer.getAsInt()) {
            throw new InputException(folder + ": is for activations after block " + itsLayer
                    + ", this run's are after block " + layer.getAsInt());
        }
    }

    private Path secondCritic(PairFolder pair) {
        return rl.learners()
                .heldOutCritic()
                .map(Path::of)
                .orElse(pair.reconstructor().folder());
    }

    private RlData data(int vocabulary) {
        Path ar = config.data().ar();
        Path prompts = prompts();
        Examples gold = Examples.read(ar);
        TrainData.tellOtherTarget(gold, config);
        Examples heldOut = Examples.read(config.data().heldOut());
        TrainData.requireUnseen(heldOut, config);
        return new RlData(
                prompts.equals(ar) ? gold : Examples.read(prompts),
                gold,
                heldOut,
                config.data()
                        .transcripts()
                        .map(file -> Transcripts.tokens(file, vocabulary))
                        .orElse(Map.of()));
    }

    private void requireContexts(RlData data) {
        if (rl.reward().uses(RewardTerm.TRUTH)
                && data.prompts().rows().stream().anyMatch(row -> row.context().isEmpty())) {
            throw new ConfigException(
                    "train.rl.reward.truth: must be 0: " + data.prompts().file()
                            + " does not keep the texts that claims are checked with; build it without --drop-text");
        }
    }

    private static void requireFits(RlData data, Nla pair) {
        int dim = data.prompts().meta().extraction().dModel();
        int layer = data.prompts().meta().extraction().layerIndex();
        if (dim != pair.reconstructor().meta().dim() || layer != pair.layer()) {
            throw new InputException(data.prompts().file() + ": has activations of width " + dim + " after block "
                    + layer + ", the pair in " + pair.folder() + " is for width "
                    + pair.reconstructor().meta().dim() + " after block " + pair.layer());
        }
    }

    private static void requireAdapters(PairFolder pair) {
        for (PairFolder.Half half : List.of(pair.verbalizer(), pair.reconstructor())) {
            if (!half.isAdapter()) {
                throw new InputException(half.folder()
                        + ": has full weights; joint learning trains adapters over the target's own weights");
            }
            if (half.meta().affineInjection()) {
                throw new InputException(half.folder() + ": injects through a learned map (affine-injection); joint"
                        + " learning goes on with halves that have none");
            }
        }
    }
}
