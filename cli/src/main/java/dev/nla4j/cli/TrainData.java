package dev.nla4j.cli;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.sft.Examples;
import java.nio.file.Files;
import java.nio.file.Path;

/// What is looked at, and said, of the data before a training begins.
final class TrainData {
    private TrainData() {}

    /// Says what makes data that are not there, before a reader of files says only that.
    static void requireThere(String key, Path file) {
        if (!Files.exists(file)) {
            throw new InputException(file + ": no such file; nla train all makes it (so does nla data build), or name"
                    + " another one as " + key + " in CONFIG or by --set " + key + "=FILE");
        }
    }

    /// Refuses held-out rows that the verbalizer, whose texts are measured on them, has learned from.
    static void requireUnseen(Examples heldOut, RunConfig config) {
        if (Files.exists(config.data().av())) {
            heldOut.requireOtherDocuments(config.data().av());
        }
    }

    /// Says when activations are said to be of a model of another name than the run's target: they may be the same
    /// weights, or another model of the same width, whose activations mean nothing here.
    static void tellOtherTarget(Examples data, RunConfig config) {
        String of = data.meta().extraction().baseModel();
        if (!of.equals(config.model())) {
            System.err.println("nla: " + data.file() + ": its activations are of " + FormatException.printable(of)
                    + ", this run's target is " + config.model() + ": make sure that these are the same weights");
        }
    }
}
