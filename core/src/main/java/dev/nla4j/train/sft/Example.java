package dev.nla4j.train.sft;

import dev.nla4j.data.DataBuild;

/// One row of a training set.
///
/// @param activation raw residual stream
/// @param explanation gold text, stripped; empty in rows for reinforcement learning
/// @param response what a verbalizer is taught to write, tags included
/// @param document it was taken from
/// @param context text up to the activation's token; empty when the file does not keep it
@SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
public record Example(float[] activation, String explanation, String response, String document, String context) {
    static Example explained(float[] activation, String explanation, String document, String context) {
        String text = explanation.strip();
        return new Example(activation, text, DataBuild.response(text), document, context);
    }
}
