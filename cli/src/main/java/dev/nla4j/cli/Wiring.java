package dev.nla4j.cli;

import dev.nla4j.format.InputException;
import dev.nla4j.hub.HubSettings;
import dev.nla4j.hub.KnownModel;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.hub.ModelStore;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Threads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The one place where stores, models and pairs are put together.
final class Wiring {
    private static final String SHIPPED = "models/smollm2-135m-l20";
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

    /// Loads a model whole; the caller closes it.
    LanguageModel load(String reference, DType dtype) {
        return load(find(reference), dtype);
    }

    private LanguageModel load(LocalModel model, DType dtype) {
        LanguageModel loaded = ModelLoader.load(model.path(), dtype, ModelLoader.Extent.WHOLE, progress);
        Threads.useAllProcessors();
        return loaded;
    }

    /// A target and the pair that explains it.
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
        Path folder = pairFolder(options.nla);
        LocalModel base = find(targetReference(folder, options.target));
        Phases.ofThisRun().end("store");
        LanguageModel target = load(base, dtype);
        Phases.ofThisRun().end("model");
        try {
            String sha256 = base.sha256(progress).orElse(null);
            Nla.Base standsOn = new Nla.Base(target, sha256, options.allowOtherBase);
            Pair pair = new Pair(target, Nla.open(folder, standsOn, dtype, progress));
            Phases.ofThisRun().end("pair");
            return pair;
        } catch (RuntimeException e) {
            target.close();
            throw e;
        }
    }

    /// Where the pair lies that comes with this program.
    static Path shippedPair() {
        return Path.of(System.getProperty("nla.root", ".")).resolve(SHIPPED);
    }

    private Path pairFolder(@Nullable String reference) {
        if (reference != null) {
            return find(reference).path();
        }
        Path shipped = shippedPair();
        if (!Files.isDirectory(shipped)) {
            throw new InputException(
                    shipped + ": the pair that comes with this program is not there; name one with --nla");
        }
        return shipped;
    }

    /// The flag's target, else the known model with the bytes that the sidecar names, else the sidecar's base.
    private static String targetReference(Path folder, @Nullable String flag) {
        if (flag != null) {
            return flag;
        }
        NlaMeta meta = NlaMeta.read(Nla.Halves.in(folder).verbalizer());
        Optional<String> known = meta.baseFile()
                .flatMap(file -> KnownModel.ALL.stream()
                        .filter(model -> model.sha256().equals(file.sha256()))
                        .map(KnownModel::name)
                        .findFirst());
        return known.or(meta::baseCheckpoint)
                .orElseThrow(() -> new InputException(
                        meta.file() + ": names no base_checkpoint; say which model it explains with --target"));
    }
}
