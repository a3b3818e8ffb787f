package dev.nla4j.nla;

import dev.nla4j.chat.jinja.PythonStrip;

/// The explanation in a verbalizer's completion.
///
/// @param description what stands between the tags, stripped as Python does it: what is shown and what is scored
/// @param truncated whether the closing tag is missing because it was cut off
/// @param tagged whether both tags are there: what other implementations call an explanation at all
public record ExplanationText(String description, boolean truncated, boolean tagged) {
    public static final String OPENING = "<explanation>";
    public static final String CLOSING = "</explanation>";

    /// Whether a text holds a tag that would end or begin an explanation for its readers.
    public static boolean holdsTag(String text) {
        return text.contains(OPENING) || text.contains(CLOSING);
    }

    /// As other implementations read it, which strip no-break spaces too.
    public static String stripped(String explanation) {
        return PythonStrip.strip(explanation);
    }

    /// Reads a completion that ended by itself.
    public static ExplanationText parse(String completion) {
        return parse(completion, false);
    }

    /// Reads a completion: with both tags the text between, without the closing one all after the opening one
    /// (truncated), without an opening one the whole text up to a closing one.
    ///
    /// @param cut whether it ended at the most tokens it may have
    public static ExplanationText parse(String completion, boolean cut) {
        String begun = completion.strip();
        if (cut && !begun.isEmpty() && OPENING.startsWith(begun)) {
            return new ExplanationText("", true, false);
        }
        int opening = completion.indexOf(OPENING);
        int start = opening < 0 ? 0 : opening + OPENING.length();
        int closing = completion.indexOf(CLOSING, start);
        String inside = completion.substring(start, closing < 0 ? completion.length() : closing);
        return new ExplanationText(
                stripped(inside), closing < 0 && (opening >= 0 || cut), opening >= 0 && closing >= 0);
    }
}
