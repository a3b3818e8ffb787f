package dev.nla4j.train.loop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalDouble;

/// What a training makes: a half, or a pair. Only the process that writes knows it.
public interface Product {
    /// What held-out documents say.
    ///
    /// @param quality higher is better; empty where what was measured may not be exported
    /// @param values by name for the log, controls included
    record Measured(OptionalDouble quality, Map<String, Double> values) {}

    /// Measures it as it is now; no gradient, no random choice but a fixed one.
    ///
    /// @param done updates
    Measured measure(long done);

    /// What it makes of a few held-out rows, for people.
    ///
    /// @param done updates
    String samples(long done);

    /// Whether it says something before the first update.
    boolean speaksAtStart();

    /// Writes it as it is now, in place of what the folder may hold.
    void export(Path folder) throws IOException;
}
