package dev.nla4j.hub;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.HeldLock;
import dev.nla4j.format.InputException;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The store's housekeeping: what is there, whether it is sound, and how it goes.
record Shelf(StoreLayout layout) {
    /// Where a loader finds the model: its file when it is one GGUF file, else its folder.
    static Path path(StoreLayout layout, String ref, Manifest manifest) {
        Path folder = layout.model(ref);
        StoredFile first = manifest.files().getFirst();
        return manifest.files().size() == 1 && first.name().endsWith(".gguf") ? first.under(folder) : folder;
    }

    Inventory list() {
        List<LocalModel> models = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Path file : in(layout.manifests(), ".json")) {
            try {
                Manifest manifest = Manifest.read(file);
                if (file.equals(layout.manifest(manifest.ref()))) {
                    models.add(new LocalModel(manifest.ref(), path(layout, manifest.ref(), manifest), manifest));
                } else {
                    problems.add(file + ": ref: names another model than the file");
                }
            } catch (FormatException e) {
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        models.sort((a, b) -> a.ref().compareToIgnoreCase(b.ref()));
        long unfinished = in(layout.partials(), ".part").stream()
                .mapToLong(file -> file.toFile().length())
                .sum();
        return new Inventory(models, problems, unfinished);
    }

    List<FileCheck> verify(String ref, Progress progress) throws InterruptedException {
        List<FileCheck> checks = new ArrayList<>();
        for (StoredFile stored : manifest(ref).files()) {
            checks.add(check(stored, stored.under(layout.model(ref)), progress));
        }
        return checks;
    }

    private static FileCheck check(StoredFile stored, Path path, Progress progress) throws InterruptedException {
        if (!Files.exists(path)) {
            return new FileCheck(stored.name(), FileCheck.State.MISSING, stored.sha256(), "");
        }
        try {
            if (Files.size(path) != stored.size()) {
                return new FileCheck(stored.name(), FileCheck.State.WRONG_SIZE, stored.sha256(), "");
            }
            String found = Checksum.sha256(path, progress);
            FileCheck.State state = found.equals(stored.sha256()) ? FileCheck.State.GOOD : FileCheck.State.WRONG_BYTES;
            return new FileCheck(stored.name(), state, stored.sha256(), found);
        } catch (IOException e) {
            return new FileCheck(stored.name(), FileCheck.State.UNREADABLE, stored.sha256(), "");
        }
    }

    private Manifest manifest(String ref) {
        Path file = layout.manifest(ref);
        if (!Files.exists(file)) {
            throw new InputException(ref + " is not in the store " + layout.root() + "; `nla model pull " + ref
                    + "` brings it, `nla model ls` lists what is there");
        }
        return Manifest.read(file);
    }

    /// Removes a model: first its manifest, so that it never exists in part, then its files, then blobs without owner.
    long remove(String ref) throws IOException {
        Path file = layout.manifest(ref);
        try (HeldLock _ = unlessPulled(ref)) {
            boolean begun = Files.exists(layout.model(ref), LinkOption.NOFOLLOW_LINKS);
            List<StoredFile> files =
                    begun || Files.exists(file) ? readable(file) : manifest(ref).files();
            Files.deleteIfExists(file);
            Trees.delete(layout.root(), layout.model(ref));
            return freeBlobs(files);
        }
    }

    private HeldLock unlessPulled(String ref) throws IOException {
        return HeldLock.tryHold(layout.modelLock(ref))
                .orElseThrow(
                        () -> new HubException(ref + " is being pulled by another process; try again when it is done"));
    }

    /// The files of a manifest; none when it is broken, which must not keep a model from being removed.
    private static List<StoredFile> readable(Path manifest) {
        try {
            return Files.exists(manifest) ? Manifest.read(manifest).files() : List.of();
        } catch (FormatException e) {
            return List.of();
        }
    }

    /// Deletes blobs that no manifest names. A model's own files are links or copies of their own: whatever goes wrong
    /// here, no model loses bytes.
    private long freeBlobs(List<StoredFile> removed) throws IOException {
        Set<String> used = usedBlobs();
        long freed = 0;
        for (StoredFile file : removed) {
            if (!used.contains(file.sha256()) && Files.deleteIfExists(layout.blob(file.sha256()))) {
                freed += file.size();
            }
        }
        return freed;
    }

    private Set<String> usedBlobs() {
        Set<String> used = new HashSet<>();
        for (LocalModel model : list().models()) {
            model.manifest().ifPresent(manifest -> manifest.files().forEach(file -> used.add(file.sha256())));
        }
        return used;
    }

    /// Removes partials, temporary folders, model folders without manifest and blobs without owner, except those that
    /// some process works on right now.
    long removeUnfinished() throws IOException {
        long freed = 0;
        for (Path model : in(layout.models(), "")) {
            String key = String.valueOf(model.getFileName());
            Path manifest = layout.manifests().resolve(key + ".json");
            if (!Files.exists(manifest)) {
                // its files are links to blobs, which are counted below; a pull may have ended just now
                unlessLocked(
                        layout.locks().resolve("model-" + key + ".lock"),
                        () -> Files.exists(manifest) ? 0 : deleteTree(model));
            }
        }
        for (Path work : in(layout.partials(), "")) {
            String name = String.valueOf(work.getFileName());
            if (name.endsWith(".part")) {
                String digest = name.substring(0, name.length() - ".part".length());
                freed += unlessLocked(layout.locks().resolve("file-" + digest + ".lock"), () -> deleteFile(work));
            } else {
                freed += unlessLocked(layout.locks().resolve(name + ".lock"), () -> deleteTree(work));
            }
        }
        Set<String> used = usedBlobs();
        for (Path blob : in(layout.blobs(), "")) {
            String name = String.valueOf(blob.getFileName());
            if (!used.contains(name.replace("sha256-", ""))) {
                freed += unlessLocked(layout.locks().resolve("file-" + name + ".lock"), () -> deleteFile(blob));
            }
        }
        return freed;
    }

    /// Deletes something and tells how many bytes it had.
    @FunctionalInterface
    private interface Deletion {
        long run() throws IOException;
    }

    private static long unlessLocked(Path lock, Deletion deletion) throws IOException {
        Optional<HeldLock> held = HeldLock.tryHold(lock);
        if (held.isEmpty()) {
            return 0;
        }
        try (HeldLock _ = held.get()) {
            return deletion.run();
        }
    }

    private static long deleteFile(Path file) throws IOException {
        long size = Files.size(file);
        Files.delete(file);
        return size;
    }

    private long deleteTree(Path folder) throws IOException {
        return Trees.delete(layout.root(), folder);
    }

    private static List<Path> in(Path folder, String ending) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new HubException("can't list " + folder + ": " + Reasons.of(e), e);
        }
    }
}
