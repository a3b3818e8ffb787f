package dev.nla4j.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/// Says in words that the disk is full: before a byte is fetched where that can be known, else when writing fails.
///
/// @param root the store's folder
/// @param gauge tells how many bytes may still be written below a folder
record DiskSpace(Path root, Gauge gauge) {
    /// What stays free: a disk filled to the last byte breaks other programs.
    private static final long RESERVE = 16L << 20;

    /// Tells how many bytes may still be written below a folder.
    @FunctionalInterface
    interface Gauge {
        long usable(Path folder) throws IOException;
    }

    static DiskSpace of(Path root) {
        return new DiskSpace(root, folder -> Files.getFileStore(folder).getUsableSpace());
    }

    /// Refuses to begin what can't end well.
    void require(long bytes, String what) throws IOException {
        if (bytes == 0) {
            return;
        }
        Files.createDirectories(root);
        long usable = gauge.usable(root);
        if (usable - RESERVE < bytes) {
            throw new HubException("not enough space in " + root + " for " + what + ": " + mega(bytes) + " needed, "
                    + mega(usable) + " free; " + ADVICE);
        }
    }

    /// The error for a write to `file` that failed.
    HubException failed(Path file, IOException cause) {
        String free;
        try {
            free = mega(gauge.usable(root)) + " free";
        } catch (IOException e) {
            free = "free space unknown";
        }
        return new HubException(
                "can't write " + file + ": " + Reasons.of(cause) + " (" + free
                        + "); what is there stays and the next try goes on from it; " + ADVICE,
                cause);
    }

    private static final String ADVICE = "free some, or set NLA_HOME to a folder on another disk";

    /// Bytes as people read them.
    static String mega(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
