package dev.nla4j.hub;

import dev.nla4j.format.HeldLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A source's own temporary folder on the store's disk: empty when it opens, gone when it closes. What a killed process
/// left in it is swept away when the next one opens it. A lock keeps two processes from sharing it.
record Scratch(Path root, Path path, HeldLock lock) implements AutoCloseable {
    static Scratch open(StoreLayout layout, String purpose, Runnable waiting) throws IOException, InterruptedException {
        String name = "work-" + purpose;
        Path path = layout.partials().resolve(name);
        HeldLock lock = HeldLock.hold(layout.locks().resolve(name + ".lock"), waiting);
        boolean open = false;
        try {
            Trees.delete(layout.root(), path);
            Files.createDirectories(path);
            open = true;
            return new Scratch(layout.root(), path, lock);
        } finally {
            if (!open) {
                lock.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            Trees.delete(root, path);
        }
    }
}
