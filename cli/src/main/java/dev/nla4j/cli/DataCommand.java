package dev.nla4j.cli;

import picocli.CommandLine.Command;

/// `nla data …`: from extracted activations to training sets.
@Command(
        name = "data",
        description = "Make training sets of extracted activations: split, teach, build, shuffle, show; or let the"
                + " target talk (chat).",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DataSplitCommand.class,
            DataTeachCommand.class,
            DataBuildCommand.class,
            DataShuffleCommand.class,
            DataShowCommand.class,
            DataChatCommand.class
        },
        footer = {"", "Example: nla data split data/base.parquet --corpus documents.jsonl"})
final class DataCommand {}
