package dev.nla4j.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A lock that one thread of one process on the machine holds. It falls with its process, however that ends.
///
/// The lock's file stays behind: deleting it would let two waiters lock two different files of that name.
public final class HeldLock implements AutoCloseable {
    private static final long POLL_MILLIS = 200;
    /// The system's locks belong to the process, and closing any handle of the file drops them: so threads of this
    /// process are kept apart before the file is opened.
    private static final Set<Path> HERE = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private HeldLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /// Waits for the lock; `waiting` is told again and again while somebody else holds it.
    public static HeldLock hold(Path file, Runnable waiting) throws IOException, InterruptedException {
        while (true) {
            Optional<HeldLock> held = tryHold(file);
            if (held.isPresent()) {
                return held.get();
            }
            waiting.run();
            Thread.sleep(POLL_MILLIS);
        }
    }

    /// The lock, or empty when somebody else holds it.
    public static Optional<HeldLock> tryHold(Path file) throws IOException {
        Path folder = Files.createDirectories(file.toAbsolutePath().getParent()).toRealPath();
        Path real = folder.resolve(file.getFileName());
        if (!HERE.add(real)) {
            return Optional.empty();
        }
        Optional<HeldLock> held = Optional.empty();
        try {
            held = lock(real);
            return held;
        } finally {
            if (held.isEmpty()) {
                HERE.remove(real);
            }
        }
    }

    private static Optional<HeldLock> lock(Path real) throws IOException {
        FileChannel channel =
                FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        boolean locked = false;
        try {
            locked = channel.tryLock() != null;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
        return locked ? Optional.of(new HeldLock(real, channel)) : Optional.empty();
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            HERE.remove(file);
        }
    }
}
