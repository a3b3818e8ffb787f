package dev.nla4j.train.config;

import dev.nla4j.data.DataSplit;
import dev.nla4j.nla.Role;
import java.nio.file.Path;

/// What lies where in the folder that `folder` of a configuration names: data, trainings and what they leave.
public record RunPaths(Path folder) {
    /// Activations as they were extracted.
    public Path activations() {
        return data("base");
    }

    /// Activations of a part of the documents.
    public Path split(DataSplit.Part part) {
        return DataSplit.path(splits(), part);
    }

    /// Where the parts lie.
    public Path splits() {
        return data().resolve("splits");
    }

    /// A part's activations with their explanations.
    public Path explained(DataSplit.Part part) {
        return data(part.label() + "_explained");
    }

    /// What a part's training learns from.
    public Path prompts(DataSplit.Part part) {
        return data(part.label());
    }

    private Path data(String name) {
        return data().resolve(name + ".parquet");
    }

    /// All files of data.
    public Path data() {
        return folder.resolve("data");
    }

    /// The texts that the verbalizer wrote for the reconstructor to learn from.
    public Path ownSamples() {
        return folder.resolve("own-samples.json");
    }

    /// The run that teaches a half.
    public Path sft(Role role) {
        return folder.resolve("sft-" + role.label());
    }

    /// The run of joint learning.
    public Path rl() {
        return folder.resolve("rl");
    }

    /// The pair that supervised training leaves, and joint learning begins with.
    public Path pair() {
        return folder.resolve("pair");
    }

    /// A half of it.
    public Path half(Role role) {
        return pair().resolve(role.label());
    }

    /// The pair that joint learning leaves.
    public Path learned() {
        return folder.resolve("pair-rl");
    }

    /// The same as it is given away.
    public Path export() {
        return folder.resolve("export");
    }

    /// What of the way from texts to a pair is done.
    public Path stages() {
        return folder.resolve("stages");
    }
}
