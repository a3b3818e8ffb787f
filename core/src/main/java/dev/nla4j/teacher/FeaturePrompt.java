package dev.nla4j.teacher;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// How a model is asked for an explanation and how its answer is read: the meaning of the public pipeline's prompt in
/// other words, and its rules of reading.
final class FeaturePrompt {
    static final String INSTRUCTION = """
            Below is a piece of text. A language model has read it up to its last token and is about to predict how it \
            goes on. Name the two or three features of the text that matter most for that prediction.

            Write about what the model has in mind at the point where the text stops. Don't say that the text is cut \
            off or incomplete: the model always sees the past only. Put the feature first that says most about the \
            very next tokens. Give each feature about 10 to 20 words; short quotations from the text are welcome.

            Kinds of features to think of, none of them required:
            - syntax: a clause, bracket or quotation that has to be completed
            - meaning: an answer, an item or a name that is due
            - register: the tone and style that the text keeps to
            - momentum: where a story or an argument is heading
            - genre: the kind of document and its habits
            - repetition: a pattern that goes on with variations

            The last feature must describe the final token itself: what it is part of, and what it allows to follow.

            Answer in this form, with 80 to 100 words in all, and be sure to close the tag:
            <analysis>
            first feature
            second feature
            last feature: the final token and what it constrains
            </analysis>

            <begin_text>{text}<end_text>""";

    private static final String OPENING = "<analysis>";
    private static final String CLOSING = "</analysis>";
    private static final Pattern LIST_MARKER = Pattern.compile(
            "^\\s*(?:[-*\u2022+\u2013\u2014]|\\d+[.)]|\\(\\d+\\)" + "|[a-zA-Z][.)]|\\([a-zA-Z]\\)|[ivxIVX]+[.)])\\s+");
    private static final Pattern BOLD = Pattern.compile("^\\*\\*(.+?)\\*\\*\\s*");
    private static final String EMPHASIS = "*_";
    private static final int FEWEST_FEATURES = 2;

    private FeaturePrompt() {}

    static String of(String text) {
        return INSTRUCTION.replace("{text}", text);
    }

    /// The features of an answer, a blank line between them; empty when a tag is missing (the answer was cut off) or
    /// there are fewer than two.
    static Optional<String> read(String answer) {
        Optional<String> analysis = analysis(answer);
        if (analysis.isEmpty()) {
            return Optional.empty();
        }
        List<String> features = new ArrayList<>();
        for (String line : analysis.get().split("\n", -1)) {
            String bare = LIST_MARKER.matcher(line).replaceFirst("");
            bare = withoutEmphasis(BOLD.matcher(bare).replaceFirst("$1 ").strip());
            if (!bare.isEmpty()) {
                features.add(bare);
            }
        }
        return features.size() < FEWEST_FEATURES ? Optional.empty() : Optional.of(String.join("\n\n", features));
    }

    /// Without the marks of emphasis that its ends have.
    private static String withoutEmphasis(String line) {
        int from = 0;
        int to = line.length();
        while (from < to && EMPHASIS.indexOf(line.charAt(from)) >= 0) {
            from++;
        }
        while (to > from && EMPHASIS.indexOf(line.charAt(to - 1)) >= 0) {
            to--;
        }
        return line.substring(from, to);
    }

    /// Whether an answer came to its end in the form that was asked for, whatever stands in it.
    static boolean isWhole(String answer) {
        return analysis(answer).isPresent();
    }

    /// What stands between the tags.
    private static Optional<String> analysis(String answer) {
        String said = afterThinking(answer);
        int from = said.indexOf(OPENING);
        int to = from < 0 ? -1 : said.indexOf(CLOSING, from);
        return to < 0 ? Optional.empty() : Optional.of(said.substring(from + OPENING.length(), to));
    }

    /// Some servers leave what a model thinks in its answer, drafts of the form included.
    private static String afterThinking(String answer) {
        int end = answer.lastIndexOf("</think>");
        String said = end < 0 ? answer : answer.substring(end + "</think>".length());
        int again = said.indexOf("<think>");
        return again < 0 ? said : said.substring(0, again);
    }
}
