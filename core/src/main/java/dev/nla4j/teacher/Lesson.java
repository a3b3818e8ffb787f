package dev.nla4j.teacher;

/// What a teacher made of one snippet.
public sealed interface Lesson {
    /// An explanation, without tags.
    record Explained(String explanation) implements Lesson {
        public Explained {
            if (explanation.isBlank()) {
                throw new IllegalArgumentException("an explanation must not be blank");
            }
        }
    }

    /// None: the row is dropped.
    ///
    /// @param reason in a few words, the same ones for the same reason, as they are counted
    record Declined(String reason) implements Lesson {}
}
