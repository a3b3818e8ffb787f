package dev.nla4j.nla;

import dev.nla4j.activation.AffineMap;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.LowRankAdapter;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// A pair: a folder with `av/` and `ar/`, each either an adapter over the target's own weights or a model of its
/// own. Adapters share the target's one copy of the weights.
public final class Nla implements AutoCloseable {
    public static final String VALUE_HEAD = "value_head.safetensors";

    private final Path folder;
    private final Verbalizer verbalizer;
    private final Reconstructor reconstructor;
    private final List<AutoCloseable> owned;

    private Nla(Path folder, Verbalizer verbalizer, Reconstructor reconstructor, List<AutoCloseable> owned) {
        this.folder = folder;
        this.verbalizer = verbalizer;
        this.reconstructor = reconstructor;
        this.owned = owned;
    }

    /// What a pair's adapters stand on.
    ///
    /// @param model stays the caller's
    /// @param sha256 of the one file it was loaded from, null when it is not one file
    /// @param allowOther whether a base with another hash than the sidecar's is taken
    public record Base(LanguageModel model, @Nullable String sha256, boolean allowOther) {}

    /// Opens a pair; the caller closes it.
    ///
    /// @param base what adapters stand on; null when there is none at hand (then both halves must have full
    ///     weights)
    public static Nla open(Path folder, @Nullable Base base, DType dtype, Progress progress) {
        return open(PairFolder.in(folder), base, dtype, progress);
    }

    /// As above, for halves that may lie in two places.
    public static Nla open(PairFolder pair, @Nullable Base base, DType dtype, Progress progress) {
        List<AutoCloseable> owned = new ArrayList<>();
        try {
            Verbalizer verbalizer = openVerbalizer(pair.verbalizer(), base, dtype, progress, owned);
            Reconstructor reconstructor = openReconstructor(pair.reconstructor(), base, dtype, progress, owned);
            return new Nla(pair.folder(), verbalizer, reconstructor, owned);
        } catch (RuntimeException e) {
            closeAfter(e, owned);
            throw e;
        }
    }

    /// Opens a reconstructor without its verbalizer; the caller closes it.
    ///
    /// @param folder of the half
    /// @param base as for [#open]
    public static LoneReconstructor openReconstructor(
            Path folder, @Nullable Base base, DType dtype, Progress progress) {
        List<AutoCloseable> owned = new ArrayList<>();
        try {
            return new LoneReconstructor(
                    openReconstructor(PairFolder.reconstructor(folder), base, dtype, progress, owned), owned);
        } catch (RuntimeException e) {
            closeAfter(e, owned);
            throw e;
        }
    }

    /// A reconstructor and what must be closed with it.
    public record LoneReconstructor(Reconstructor reconstructor, List<AutoCloseable> owned) implements AutoCloseable {
        @Override
        public void close() {
            closeAll(owned);
        }
    }

    /// Loads the verbalizer alone, lends it to `work` and frees it.
    ///
    /// @param base as for [#open]
    public static <R> R withVerbalizer(
            PairFolder pair, @Nullable Base base, DType dtype, Progress progress, Function<Verbalizer, R> work) {
        return withVerbalizer(pair.verbalizer(), base, dtype, progress, work);
    }

    /// As above, of a half alone.
    public static <R> R withVerbalizer(
            PairFolder.Half half, @Nullable Base base, DType dtype, Progress progress, Function<Verbalizer, R> work) {
        List<AutoCloseable> owned = new ArrayList<>();
        try {
            return work.apply(openVerbalizer(half, base, dtype, progress, owned));
        } finally {
            closeAll(owned);
        }
    }

    /// Loads the reconstructor alone, lends it to `work` and frees it.
    ///
    /// @param base as for [#open]
    public static <R> R withReconstructor(
            PairFolder pair, @Nullable Base base, DType dtype, Progress progress, Function<Reconstructor, R> work) {
        List<AutoCloseable> owned = new ArrayList<>();
        try {
            return work.apply(openReconstructor(pair.reconstructor(), base, dtype, progress, owned));
        } finally {
            closeAll(owned);
        }
    }

    private static Verbalizer openVerbalizer(
            PairFolder.Half half, @Nullable Base base, DType dtype, Progress progress, List<AutoCloseable> owned) {
        NlaMeta meta = half.meta();
        Path folder = half.folder();
        AffineMap map = AffineMap.isIn(folder) || meta.affineInjection()
                ? own(owned, AffineMap.read(folder, meta.dim()))
                : null;
        if (PeftAdapter.isIn(folder)) {
            LanguageModel model = baseFor(meta, base);
            return own(owned, new Verbalizer(model, adapted(folder, model, dtype, owned), meta, map));
        }
        LanguageModel model = own(owned, ModelLoader.load(folder, dtype, ModelLoader.Extent.WHOLE, progress));
        return own(owned, new Verbalizer(model, model.decoder(), meta, map));
    }

    private static Reconstructor openReconstructor(
            PairFolder.Half half, @Nullable Base base, DType dtype, Progress progress, List<AutoCloseable> owned) {
        NlaMeta meta = half.meta();
        Path folder = half.folder();
        Tensor head = own(owned, valueHead(folder.resolve(VALUE_HEAD), meta.dim()));
        if (PeftAdapter.isIn(folder)) {
            LanguageModel model = baseFor(meta, base);
            return new Reconstructor(adapted(folder, model, dtype, owned), model.tokenizer(), meta, head);
        }
        LanguageModel model = own(owned, ModelLoader.load(folder, dtype, ModelLoader.Extent.TRUNK, progress));
        return new Reconstructor(model.decoder(), model.tokenizer(), meta, head);
    }

    private static Decoder adapted(Path folder, LanguageModel base, DType dtype, List<AutoCloseable> owned) {
        LowRankAdapter adapter = own(owned, PeftAdapter.read(folder).load(base.config(), dtype));
        return base.decoder().with(adapter);
    }

    private static LanguageModel baseFor(NlaMeta meta, @Nullable Base base) {
        if (base == null) {
            throw new InputException(meta.file().getParent() + ": is an adapter over "
                    + meta.baseCheckpoint().orElse("a base its sidecar does not name")
                    + "; say where that is with --target");
        }
        requireBase(meta, base.model().path(), base.sha256(), base.allowOther());
        return base.model();
    }

    /// Refuses another base than the sidecar's.
    static void requireBase(NlaMeta meta, Path base, @Nullable String sha256, boolean allowOther) {
        Optional<String> wanted = meta.baseFile().map(NlaMeta.BaseFile::sha256);
        if (wanted.isPresent() && !allowOther && !wanted.get().equals(sha256)) {
            throw new FormatException(
                    meta.file(),
                    -1,
                    "base_file.sha256",
                    "is " + wanted.get() + ", the model at hand (" + base + ") has "
                            + (sha256 == null ? "no single file" : sha256)
                            + "; --allow-other-base takes it all the same");
        }
    }

    /// A reconstructor's matrix, `[D, D]` fp32; the caller closes it.
    public static Tensor valueHead(Path file, int dim) {
        if (!Files.exists(file)) {
            throw new FormatException(
                    file, -1, "weight", "is missing: without its head a reconstructor reconstructs nothing");
        }
        try (TensorSource source = SafetensorsFile.open(file);
                Scope scope = Scope.noGrad()) {
            var stored = source.tensor("weight");
            requireNothingElse(file, source);
            if (!stored.shape().equals(List.of((long) dim, (long) dim))) {
                throw new FormatException(
                        file, stored.offset(), "weight", "must be [" + dim + ", " + dim + "], is " + stored.shape());
            }
            Tensor head = Tensors.empty(DType.FP32, dim, dim);
            source.readF32("weight", Tensors.memory(head));
            return scope.release(head);
        }
    }

    /// A bias or a second matrix that nobody applies would make other numbers than were trained, and
    /// nothing would say so.
    private static void requireNothingElse(Path file, TensorSource source) {
        for (String name : new TreeSet<>(source.names())) {
            if (!name.equals("weight")) {
                throw new FormatException(
                        file,
                        source.tensor(name).offset(),
                        name,
                        "stands beside \"weight\" and is not applied: a value head is one matrix without a bias; save it"
                                + " as that");
            }
        }
    }

    private static <T extends AutoCloseable> T own(List<AutoCloseable> owned, T resource) {
        owned.add(resource);
        return resource;
    }

    public Path folder() {
        return folder;
    }

    public Verbalizer verbalizer() {
        return verbalizer;
    }

    public Reconstructor reconstructor() {
        return reconstructor;
    }

    /// K: activations are the target's residual stream after this block.
    public int layer() {
        return reconstructor.layer();
    }

    /// FVE denominator of the pair's training split, when its sidecar has one.
    public OptionalDouble rawvar() {
        return reconstructor.meta().rawvar();
    }

    @Override
    public void close() {
        closeAll(owned);
    }

    /// Closes what was opened before a failure, which is what the caller wants to hear of.
    private static void closeAfter(RuntimeException failure, List<AutoCloseable> owned) {
        try {
            closeAll(owned);
        } catch (IllegalStateException e) {
            failure.addSuppressed(e);
        }
    }

    /// Closes all, the last opened first; one that fails keeps none of the others open.
    private static void closeAll(List<AutoCloseable> owned) {
        IllegalStateException failure = null;
        for (AutoCloseable resource : owned.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                IllegalStateException here =
                        new IllegalStateException("closing " + resource + ": " + e.getMessage(), e);
                if (failure == null) {
                    failure = here;
                } else {
                    failure.addSuppressed(here);
                }
            }
        }
        owned.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
