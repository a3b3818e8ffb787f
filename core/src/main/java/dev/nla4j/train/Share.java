package dev.nla4j.train;

import dev.nla4j.distribute.Collective;
import java.util.stream.IntStream;

/// What a process has of the work that several do together.
public final class Share {
    private Share() {}

    /// This process's places among `count`, 0 for the first. They are dealt in turns: of rows that come
    /// sorted by length all processes have as much to do.
    public static IntStream of(Collective group, int count) {
        return IntStream.range(0, count).filter(i -> i % group.size() == group.rank());
    }
}
