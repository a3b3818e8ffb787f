package dev.nla4j.cli;

import java.nio.file.Path;
import java.util.List;

/// One command on the way from texts to a pair, and the files that it leaves.
///
/// @param name as messages and notes on disk have it, say `sft av`
record Stage(Kind kind, String name, List<String> command, List<Path> leaves) {
    Stage {
        command = List.copyOf(command);
        leaves = List.copyOf(leaves);
    }

    /// What a stage does.
    enum Kind {
        EXTRACT,
        SPLIT,
        TEACH,
        BUILD,
        TRAIN,
        EXPORT;

        /// Whether it takes hours, keeps finished parts and refuses to write over a file.
        boolean keepsParts() {
            return this == EXTRACT || this == TEACH;
        }
    }

    boolean trains() {
        return kind == Kind.TRAIN;
    }

    /// The name of what is kept of it in a run's folder: its notes, and a training's own folder.
    String fileName() {
        return name.replace(' ', '-');
    }

    /// A training's section of the configuration.
    String section() {
        return "train." + name.replace(' ', '.');
    }

    /// The file by which it is known how far it has come.
    Path out() {
        return leaves.getFirst();
    }
}
