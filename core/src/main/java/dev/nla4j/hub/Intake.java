package dev.nla4j.hub;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.HeldLock;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/// The store's side of bringing one model here: sources hand files over, and only the wanted bytes get in.
final class Intake {
    private final StoreLayout layout;
    private final Path folder;
    private final DiskSpace disk;
    private final Progress progress;

    Intake(StoreLayout layout, String ref, DiskSpace disk, Progress progress) {
        this.layout = layout;
        this.folder = layout.model(ref);
        this.disk = disk;
        this.progress = progress;
    }

    /// Brings bytes to a partial's end until it is full, beginning where it stands or after a restart.
    @FunctionalInterface
    interface Filler {
        void fill(Partial part) throws SourceFailure, InterruptedException;
    }

    private record Blob(Path path, String sha256) {}

    Progress progress() {
        return progress;
    }

    DiskSpace disk() {
        return disk;
    }

    /// A folder for a source's own temporary files.
    Scratch scratch(String purpose) throws IOException, InterruptedException {
        String task = "wait for another process: " + purpose;
        return Scratch.open(layout, purpose, () -> progress.report(task, 0, -1, "B"));
    }

    /// Refuses a model that can't fit before its first byte is fetched.
    void requireSpace(List<WantedFile> files, String what) throws IOException {
        long needed = 0;
        for (WantedFile file : files) {
            Path partial = layout.partial(file.digest());
            boolean here = file.digest().kind() == Digest.Kind.SHA256
                    && Files.exists(layout.blob(file.digest().hex()));
            needed += here ? 0 : file.size() - Math.min(file.size(), Files.exists(partial) ? Files.size(partial) : 0);
        }
        disk.require(needed, what);
    }

    /// Brings a file here through `filler`, unless the store has its bytes already.
    StoredFile take(WantedFile wanted, Filler filler) throws SourceFailure, InterruptedException {
        try (HeldLock _ = lock(wanted)) {
            Optional<Blob> here = existing(wanted);
            return link(wanted, here.isPresent() ? here.get() : fetch(wanted, filler));
        } catch (IOException e) {
            throw disk.failed(layout.root(), e);
        }
    }

    /// Brings a file here that lies elsewhere on this machine: as a hard link when the disk is the same, else as a
    /// copy.
    StoredFile adopt(WantedFile wanted, Path existing) throws SourceFailure, InterruptedException {
        try (HeldLock _ = lock(wanted)) {
            Optional<Blob> here = existing(wanted);
            if (here.isPresent()) {
                return link(wanted, here.get());
            }
            String sha256 = proved(wanted, existing);
            Path blob = layout.blob(sha256);
            Files.createDirectories(layout.blobs());
            Files.deleteIfExists(blob);
            if (hardLink(blob, existing)) {
                return link(wanted, new Blob(blob, sha256));
            }
        } catch (IOException e) {
            throw disk.failed(layout.root(), e);
        }
        return take(wanted, part -> copy(existing, part));
    }

    private HeldLock lock(WantedFile wanted) throws IOException, InterruptedException {
        Path partial = layout.partial(wanted.digest());
        return HeldLock.hold(layout.fileLock(wanted.digest()), () -> {
            String task =
                    "wait for another process that fetches " + wanted.name().base();
            progress.report(task, Math.min(partial.toFile().length(), wanted.size()), wanted.size(), "B");
        });
    }

    /// The blob with the wanted bytes. One that has rotted is thrown away.
    private Optional<Blob> existing(WantedFile wanted) throws IOException, InterruptedException {
        if (wanted.digest().kind() != Digest.Kind.SHA256) {
            return Optional.empty();
        }
        Path blob = layout.blob(wanted.digest().hex());
        if (!Files.isRegularFile(blob)) {
            return Optional.empty();
        }
        if (Files.size(blob) == wanted.size()
                && Checksum.sha256(blob, progress).equals(wanted.digest().hex())) {
            return Optional.of(new Blob(blob, wanted.digest().hex()));
        }
        Files.delete(blob);
        return Optional.empty();
    }

    private Blob fetch(WantedFile wanted, Filler filler) throws IOException, SourceFailure, InterruptedException {
        requireSpace(List.of(wanted), wanted.name().base());
        Path path = layout.partial(wanted.digest());
        Optional<String> sha256;
        try {
            sha256 = filled(path, wanted, filler);
        } finally {
            if (Files.exists(path) && Files.size(path) == 0 && wanted.size() > 0) {
                Files.delete(path);
            }
        }
        if (sha256.isEmpty()) {
            Files.deleteIfExists(path);
            throw wrongBytes(wanted);
        }
        Path blob = layout.blob(sha256.get());
        Files.createDirectories(layout.blobs());
        AtomicFile.force(path);
        Files.move(path, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        AtomicFile.forceFolder(layout.blobs());
        return new Blob(blob, sha256.get());
    }

    private Optional<String> filled(Path path, WantedFile wanted, Filler filler)
            throws IOException, SourceFailure, InterruptedException {
        try (Partial part = Partial.open(path, wanted, disk, progress)) {
            boolean resumed = part.size() > 0;
            filler.fill(part);
            Optional<String> sha256 = part.sha256IfWhole();
            if (sha256.isEmpty() && resumed) {
                // what was here may have been the wrong half
                part.restart();
                filler.fill(part);
                sha256 = part.sha256IfWhole();
            }
            return sha256;
        }
    }

    private String proved(WantedFile wanted, Path existing) throws SourceFailure, InterruptedException {
        try {
            if (Files.size(existing) != wanted.size()) {
                throw new SourceFailure(
                        existing + " has " + Files.size(existing) + " bytes, " + wanted.size() + " are expected");
            }
            Checksum checksum = Checksum.of(wanted);
            checksum.read(existing, "check " + wanted.name().base(), progress);
            return checksum.sha256If(wanted).orElseThrow(() -> wrongBytes(wanted));
        } catch (IOException e) {
            throw new SourceFailure("can't read " + existing + ": " + Reasons.of(e), e);
        }
    }

    private static SourceFailure wrongBytes(WantedFile wanted) {
        return new SourceFailure(
                wanted.name().base() + " has other bytes than expected: not " + wanted.digest() + "; thrown away");
    }

    private static void copy(Path existing, Partial part) throws SourceFailure, InterruptedException {
        part.restart();
        try (InputStream in = Files.newInputStream(existing)) {
            part.takeFrom(in);
        } catch (IOException e) {
            throw new SourceFailure("can't read " + existing + ": " + Reasons.of(e), e);
        }
    }

    /// Puts the blob into the model's folder under its own name.
    private StoredFile link(WantedFile wanted, Blob blob) throws IOException {
        Path target = wanted.name().under(folder);
        Files.createDirectories(target.getParent());
        Files.deleteIfExists(target);
        if (!hardLink(target, blob.path())) {
            disk.require(wanted.size(), wanted.name().base());
            AtomicFile.write(
                    target, temporary -> Files.copy(blob.path(), temporary, StandardCopyOption.REPLACE_EXISTING));
        }
        long modified = Files.getLastModifiedTime(target).toMillis();
        return new StoredFile(wanted.name().text(), wanted.size(), blob.sha256(), modified);
    }

    /// False where the file system, or a border between two, forbids hard links.
    private static boolean hardLink(Path link, Path existing) {
        try {
            Files.createLink(link, existing);
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
