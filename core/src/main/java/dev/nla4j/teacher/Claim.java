package dev.nla4j.teacher;

/// One statement of an explanation with its verdict.
///
/// @param segment where it stands
/// @param start first UTF-16 unit of it in the explanation
/// @param end unit after the last
/// @param text as it is written there
/// @param repeated whether the same was said before, so that it counts no second time
/// @param evidence why, in a few words
public record Claim(
        Segment segment, int start, int end, String text, Verdict verdict, boolean repeated, String evidence) {
    /// The parts of an explanation.
    public enum Segment {
        NEXT,
        ABOUT,
        KIND,
        TEXT,
        /// Whatever stands outside of the labelled parts.
        PROSE
    }

    /// Whether it counts: it can be judged, and was not said before.
    public boolean isCounted() {
        return !repeated && verdict != Verdict.UNVERIFIABLE;
    }
}
