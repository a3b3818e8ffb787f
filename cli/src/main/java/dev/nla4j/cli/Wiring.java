package dev.nla4j.cli;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.hub.HubSettings;
import dev.nla4j.hub.KnownModel;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.hub.ModelStore;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.nla.Stages;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.ProcessMemory;
import dev.nla4j.tensor.Threads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The one place where stores, models and pairs are put together.
final class Wiring {
    private static final String SHIPPED = "models/smollm2-135m-l20-rl";
    /// Loading this much takes a while and may crowd out other programs: it is announced.
    private static final long MUCH_MEMORY = 4_000_000_000L;

    static final String DEFAULT_MODEL = KnownModel.SMOLLM2_135M_INSTRUCT.name();

    private final ModelStore store = new ModelStore(HubSettings.from(System.getenv()));
    private final Progress progress = Terminal.current().progress();

    ModelStore store() {
        return store;
    }

    Progress progress() {
        return progress;
    }

    /// The model of that name, id or path, brought here when it is not yet.
    LocalModel find(String reference) {
        return store.pull(ModelRef.parse(reference), progress);
    }

    /// The model when it is here already; nothing is brought.
    Optional<LocalModel> here(String reference) {
        return store.find(ModelRef.parse(reference));
    }

    /// The configuration of a model, brought here when it is not yet.
    ModelConfig config(String reference) {
        return ModelLoader.config(find(reference).path());
    }

    /// What `estimate` says, where the model is here whose size it goes by: trying out brings none.
    String estimate(String reference, Supplier<String> estimate) {
        return here(reference).isPresent()
                ? estimate.get()
                : "estimate: none yet, as " + reference + " is not on this machine; bring it with: nla model pull "
                        + reference;
    }

    /// Loads a model whole; the caller closes it.
    LanguageModel load(String reference, DType dtype) {
        return load(find(reference), dtype);
    }

    private LanguageModel load(LocalModel model, DType dtype) {
        announce(MemoryPlan.of("model", ModelLoader.config(model.path()), dtype, ModelLoader.Extent.WHOLE), false);
        return loadPlanned(model, dtype);
    }

    /// Loads a whole model that gradients shall pass; the caller closes it.
    LanguageModel loadToLearn(String reference, DType dtype) {
        LocalModel model = find(reference);
        announce(MemoryPlan.toLearn(ModelLoader.config(model.path()), dtype), false);
        LanguageModel loaded = ModelLoader.loadToLearn(model.path(), dtype, ModelLoader.Extent.WHOLE, progress);
        Threads.useAllProcessors();
        return loaded;
    }

    private LanguageModel loadPlanned(LocalModel model, DType dtype) {
        LanguageModel loaded = ModelLoader.load(model.path(), dtype, ModelLoader.Extent.WHOLE, progress);
        Threads.useAllProcessors();
        return loaded;
    }

    /// Says what loading will take, when it is much or asked for, and refuses what can't fit.
    static void announce(MemoryPlan plan, boolean verbose) {
        plan.requireFits(ProcessMemory.ofThisMachine().available());
        if (verbose || plan.total() >= MUCH_MEMORY) {
            System.err.println("nla: memory: " + plan);
        }
    }

    /// A target and the pair that explains it, loaded.
    record Pair(LanguageModel target, Nla nla) implements AutoCloseable {
        @Override
        public void close() {
            nla.close();
            target.close();
        }
    }

    /// Opens a pair and its target; the caller closes both.
    Pair open(PairOptions options, DType dtype) {
        Phases.ofThisRun().end("command line");
        PairFolder folder = pairFolder(options);
        LocalModel base = target(folder, options.target);
        ModelConfig config = ModelLoader.config(base.path());
        folder.requireFits(config, base.path());
        announce(MemoryPlan.of(config, folder, dtype, false).withoutAdvice(), options.verbose);
        Phases.ofThisRun().end("store");
        return load(folder, base, options, dtype);
    }

    private Pair load(PairFolder folder, LocalModel base, PairOptions options, DType dtype) {
        LanguageModel target = loadPlanned(base, dtype);
        Phases.ofThisRun().end("model");
        try {
            // of a large file it takes long, and only adapters ask for it
            String hash = folder.needsBase() ? sha256(base) : null;
            Nla.Base standsOn = new Nla.Base(target, hash, options.allowOtherBase);
            Pair pair = new Pair(target, Nla.open(folder, standsOn, dtype, progress));
            Phases.ofThisRun().end("pair");
            return pair;
        } catch (RuntimeException e) {
            target.close();
            throw e;
        }
    }

    /// Prepares a pair and its target for explaining: all loaded, or each when its turn comes. The caller closes it.
    PairSession session(PairOptions options, DType dtype) {
        PairFolder folder = pairFolder(options);
        LocalModel base = target(folder, options.target);
        ModelConfig target = ModelLoader.config(base.path());
        folder.requireFits(target, base.path());
        boolean shareOneModel =
                folder.verbalizer().isAdapter() && folder.reconstructor().isAdapter();
        if (options.lowMemory && shareOneModel) {
            System.err.println(
                    "nla: target, AV and AR share one copy of the weights: --low-memory has nothing to save");
        }
        boolean oneByOne = options.lowMemory && !shareOneModel;
        announce(MemoryPlan.of(target, folder, dtype, oneByOne), options.verbose);
        if (!oneByOne) {
            return PairSession.together(load(folder, base, options, dtype), options.verbose);
        }
        Threads.useAllProcessors();
        String hash = folder.needsBase() ? sha256(base) : null;
        Stages stages = new Stages.OneByOne(target, base.path(), hash, options.allowOtherBase, folder, dtype, progress);
        return PairSession.oneByOne(stages, options.verbose);
    }

    /// Lends a pair's reconstructor. Where it has weights of its own, neither target nor verbalizer are loaded.
    <R> R withReconstructor(PairOptions options, DType dtype, Function<Reconstructor, R> work) {
        PairFolder folder = pairFolder(options);
        if (!folder.reconstructor().isAdapter()) {
            announce(MemoryPlan.reconstructor(null, folder, dtype), options.verbose);
            Threads.useAllProcessors();
            return Nla.withReconstructor(folder, null, dtype, progress, reconstructor -> {
                R result = work.apply(reconstructor);
                PairSession.tellPeak(options.verbose);
                return result;
            });
        }
        LocalModel found = target(folder, options.target);
        ModelConfig config = ModelLoader.config(found.path());
        folder.requireFits(config, found.path());
        announce(MemoryPlan.reconstructor(config, folder, dtype), options.verbose);
        Threads.useAllProcessors();
        try (LanguageModel model = ModelLoader.load(found.path(), dtype, ModelLoader.Extent.TRUNK, progress)) {
            Nla.Base base = new Nla.Base(model, sha256(found), options.allowOtherBase);
            R result = Nla.withReconstructor(folder, base, dtype, progress, work);
            PairSession.tellPeak(options.verbose);
            return result;
        }
    }

    private @Nullable String sha256(LocalModel model) {
        return model.sha256(progress).orElse(null);
    }

    /// Where the pair lies that comes with this program.
    static Path shippedPair() {
        return Path.of(System.getProperty("nla.root", ".")).resolve(SHIPPED);
    }

    /// The pair that the options name, brought here when it is not yet.
    PairFolder pairFolder(PairOptions options) {
        if (options.nla == null) {
            if (options.nlaAr != null) {
                throw new IllegalArgumentException("--nla-ar names one half; name the verbalizer with --nla");
            }
            Path shipped = shippedPair();
            if (!Files.isDirectory(shipped)) {
                throw new InputException(
                        shipped + ": the pair that comes with this program is not there; name one with --nla");
            }
            return PairFolder.in(shipped);
        }
        Path named = find(options.nla).path();
        return options.nlaAr == null
                ? PairFolder.in(named)
                : PairFolder.of(named, find(options.nlaAr).path());
    }

    /// The flag's target, else the known model with the bytes that a sidecar names, else the base that a sidecar or an
    /// adapter names; brought here when it is not yet.
    LocalModel target(PairFolder pair, @Nullable String flag) {
        if (flag != null) {
            return find(flag);
        }
        List<PairFolder.Half> halves = List.of(pair.verbalizer(), pair.reconstructor());
        Optional<KnownModel> known = halves.stream()
                .flatMap(half -> half.meta().baseFile().stream())
                .flatMap(file ->
                        KnownModel.ALL.stream().filter(model -> model.sha256().equals(file.sha256())))
                .findFirst();
        if (known.isPresent()) {
            return find(known.get().name());
        }
        PairFolder.Half half = halves.stream()
                .filter(one -> one.base().isPresent())
                .findFirst()
                .orElseThrow(() -> new InputException(pair.verbalizer().meta().file()
                        + ": names no base_checkpoint; say which model it explains with --target"));
        String base = half.base().orElseThrow();
        if (!mayBeFound(base)) {
            throw new InputException(half.meta().file() + ": its base is " + FormatException.printable(base)
                    + ", which is not on this machine; say which model it explains with --target");
        }
        return find(base);
    }

    /// Whether a base is the name of a model, or a path that is here. Others trained on machines of their own.
    private static boolean mayBeFound(String base) {
        try {
            return !(ModelRef.parse(base) instanceof ModelRef.LocalPath local) || Files.exists(local.path());
        } catch (InputException _) {
            return false;
        }
    }
}
