package dev.nla4j.hub;

import java.nio.file.Path;
import java.util.Optional;
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
}
