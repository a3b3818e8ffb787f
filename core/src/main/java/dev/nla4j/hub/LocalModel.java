package dev.nla4j.hub;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A model that is on this machine, ready for a loader.
///
/// @param ref how the user calls it
/// @param path its folder, or its file when the model is a single GGUF file
/// @param known what the store knows of it, or null for a path that the user gave
public record LocalModel(String ref, Path path, @Nullable Manifest known) {
    /// What the store knows of it; empty for a path that the user gave.
    public Optional<Manifest> manifest() {
        return Optional.ofNullable(known);
    }

    /// What tells this model from others: the SHA-256 of its only file; of a folder one over the names and SHA-256 of
    /// all its files that a loader reads. A folder that the user gave is read whole for it.
    public String fingerprint(Progress progress) {
        Optional<String> single = sha256(progress);
        if (single.isPresent()) {
            return single.get();
        }
        List<String> lines = new ArrayList<>();
        if (known != null) {
            known.files().forEach(file -> lines.add(file.name() + " " + file.sha256()));
        } else {
            try (Stream<Path> files = Files.list(path)) {
                for (Path file : files.filter(LocalModel::isRead).toList()) {
                    lines.add(file.getFileName() + " " + Sha256.of(file, progress));
                }
            } catch (IOException e) {
                throw new InputException(path + ": can't be read: " + FileProblem.reason(e), e);
            }
        }
        Collections.sort(lines);
        return Sha256.of(String.join("\n", lines));
    }

    private static boolean isRead(Path file) {
        String name = String.valueOf(file.getFileName());
        return Files.isRegularFile(file)
                && (name.endsWith(".safetensors") || name.endsWith(".json") || name.endsWith(".jinja"));
    }

    /// SHA-256 of a model that is one file, or a folder's only GGUF: from the manifest, else by reading it; empty for
    /// other folders.
    public Optional<String> sha256(Progress progress) {
        if (known != null && known.files().size() == 1) {
            return Optional.of(known.files().getFirst().sha256());
        }
        Path single = Files.isRegularFile(path) ? path : GgufFile.meantBy(path);
        return Optional.ofNullable(single).map(file -> Sha256.of(file, progress));
    }
}
