package dev.nla4j.cli;

import picocli.CommandLine.Option;

/// The model that a command works with.
final class ModelOption {
    @Option(
            names = "--model",
            paramLabel = "M",
            description = "Model to use: a name, a repository id or a path (default: ${DEFAULT-VALUE}).")
    String name = Wiring.DEFAULT_MODEL;
}
