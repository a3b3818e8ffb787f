package dev.nla4j.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which pair, and which target it explains.
final class PairOptions {
    @Option(
            names = "--nla",
            paramLabel = "DIR|ID",
            description =
                    "Pair to use: a folder with av/ and ar/, or a repository id. Default: the one that comes with this program.")
    @Nullable
    String nla;

    @Option(
            names = "--target",
            paramLabel = "MODEL",
            description =
                    "Model to explain: a name, a repository id or a path. Default: the base that the pair's sidecar names.")
    @Nullable
    String target;

    @Option(names = "--allow-other-base", description = "Take a target whose hash is not the one the sidecar names.")
    boolean allowOtherBase;
}
