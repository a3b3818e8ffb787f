package dev.nla4j.train.sft;

import dev.nla4j.data.DataBuild;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.nla.ExplanationText;

/// One row of a training set.
///
/// @param activation raw residual stream
/// @param explanation gold text, stripped; empty in rows for reinforcement learning
/// @param response what a verbalizer is taught to write, tags included
/// @param source where the activation was taken
@SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
public record Example(float[] activation, String explanation, String response, Source source) {
    /// Where an activation was taken.
    ///
    /// @param document its id
    /// @param context text up to the activation's token; empty when the file does not keep it
    /// @param tokens that the target had read, the activation's own included; 0 when the file does not say
    public record Source(String document, String context, long tokens) {}

    static Example explained(float[] activation, String explanation, Source source) {
        String text = ExplanationText.stripped(explanation);
        return new Example(activation, text, DataBuild.response(text), source);
    }

    /// About what its texts take in memory.
    long textBytes() {
        return Value.textBytes(explanation)
                + Value.textBytes(response)
                + Value.textBytes(source.document)
                + Value.textBytes(source.context);
    }

    public String document() {
        return source.document();
    }

    public String context() {
        return source.context();
    }
}
