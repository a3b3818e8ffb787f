package dev.nla4j.teacher;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import java.util.List;
import java.util.Optional;

/// Writes explanations of activations from what can be seen of them: the text and the target's predictions.
public interface Teacher {
    /// One lesson a snippet, in their order.
    ///
    /// @throws TeacherException when no answer can be had now; paid answers that came before are kept
    List<Lesson> explain(List<Snippet> snippets) throws InterruptedException;

    /// What decides its answers, as one line: part of the identity of an interrupted run.
    String identity();

    /// What the data set's sidecar says of how explanations were asked for; empty when no model was asked.
    Optional<ApiSummaries> summaries();
}
