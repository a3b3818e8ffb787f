package dev.nla4j.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/// A stream from the network that fails instead of waiting for ever: closed when no byte came for a while.
final class WatchedStream extends FilterInputStream {
    private final Duration patience;
    private final Thread watch;
    private volatile long lastByte = System.nanoTime();
    private volatile boolean stalled;

    WatchedStream(InputStream in, Duration patience) {
        super(in);
        this.patience = patience;
        this.watch = Thread.ofVirtual().name("nla-stall-watch").start(this::watch);
    }

    private void watch() {
        try {
            long left = patience.toNanos();
            while (left > 0) {
                Thread.sleep(Duration.ofNanos(left));
                left = patience.toNanos() - (System.nanoTime() - lastByte);
            }
            stalled = true;
            in.close();
        } catch (InterruptedException | IOException e) {
            // the stream's reader ended the watch, or learns from its own read that the stream broke
            return;
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        int n = read(one, 0, 1);
        return n < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int n;
        try {
            n = in.read(bytes, offset, length);
        } catch (IOException e) {
            throw stalled ? new IOException("not a byte for " + patience.toSeconds() + " s", e) : e;
        }
        if (stalled) {
            throw new IOException("not a byte for " + patience.toSeconds() + " s");
        }
        lastByte = System.nanoTime();
        return n;
    }

    @Override
    public void close() throws IOException {
        watch.interrupt();
        in.close();
    }
}
