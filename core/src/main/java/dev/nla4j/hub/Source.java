package dev.nla4j.hub;

import java.util.List;

/// A place that may have a model. Sources are asked in order; the first that delivers wins.
interface Source {
    /// Which place, for people: `Hugging Face hub https://huggingface.co`.
    String name();

    /// Brings the model's files into the store through `intake`.
    Delivery deliver(ModelRef.Named model, Intake intake) throws SourceFailure, InterruptedException;

    /// Brings the files that a loader needs, or the one GGUF file that `repository` names.
    default Delivery deliver(ModelRef.Repository repository, Intake intake) throws SourceFailure, InterruptedException {
        throw new SourceFailure("carries known models only");
    }

    /// What a source delivered.
    ///
    /// @param revision commit or version, or empty
    /// @param licence as the source states it, or empty
    record Delivery(String revision, String licence, List<StoredFile> files) {}
}
