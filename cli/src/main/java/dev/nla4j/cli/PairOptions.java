package dev.nla4j.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which pair, and which target it explains. The pair itself is named by an option ([Named]) or by the command's
/// own argument.
class PairOptions {
    /// Null for the one that comes with this program.
    @Nullable
    String nla;

    /// Whether target, AV and AR are loaded one after the other.
    boolean lowMemory;

    @Option(
            names = "--nla-ar",
            paramLabel = "DIR|ID",
            description = "The pair's reconstructor, where it lies apart, as in released pairs of two repositories.")
    @Nullable
    String nlaAr;

    @Option(
            names = "--target",
            paramLabel = "MODEL",
            description =
                    "Model to explain: a name, a repository id or a path. Default: the base that the pair's sidecar names.")
    @Nullable
    String target;

    @Option(names = "--allow-other-base", description = "Take a target whose hash is not the one the sidecar names.")
    boolean allowOtherBase;

    @Option(names = "--verbose", description = "Say what memory is estimated and what was taken, on stderr.")
    boolean verbose;

    /// The pair is an option.
    static class Named extends PairOptions {
        @Option(
                names = "--nla",
                paramLabel = "DIR|ID",
                description =
                        "Pair to use: a folder or repository id with av/ and ar/, or its verbalizer alone when --nla-ar is given. Default: the one that comes with this program.")
        void nla(@Nullable String name) {
            nla = name;
        }
    }

    /// So it is, and it may be loaded part by part.
    static final class Explaining extends Named {
        @Option(
                names = "--low-memory",
                description = "Load target, AV and AR one after the other, each freed before the next.")
        void lowMemory(boolean wanted) {
            lowMemory = wanted;
        }
    }
}
