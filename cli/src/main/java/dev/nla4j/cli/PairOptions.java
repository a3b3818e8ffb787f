package dev.nla4j.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which pair, and which target it explains.
final class PairOptions {
    @Option(
            names = "--nla",
            paramLabel = "DIR|ID",
            description =
                    "Pair to use: a folder or repository id with av/ and ar/, or its verbalizer alone when --nla-ar is given. Default: the one that comes with this program.")
    @Nullable
    String nla;

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

    @Option(
            names = "--low-memory",
            description = "Load target, AV and AR one after the other, each freed before the next.")
    boolean lowMemory;

    @Option(names = "--verbose", description = "Say what memory is estimated and what was taken, on stderr.")
    boolean verbose;
}
