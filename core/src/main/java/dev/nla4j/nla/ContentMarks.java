package dev.nla4j.nla;

import dev.nla4j.chat.Message;
import dev.nla4j.chat.jinja.PythonStrip;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A conversation with a mark inside of each text of its contents, so that a rendering shows where they
/// went. A mark stands in the middle: templates look at how contents begin and end (`<tool_response>`), and
/// at what tags they have.
final class ContentMarks {
    private static final String THINKING_ENDS = "</think>";
    private static final int LONGEST_TAG = 40;
    /// Letters without case that hardly any text has: a template does with them what it does with any word.
    private static final char FIRST_LETTER = '\ua000';
    private static final int BITS_A_LETTER = 10;
    private static final int LETTERS = 1 << BITS_A_LETTER;
    private static final int LETTERS_OF_A_NUMBER = 2;

    private final String mark = mark();
    private final List<Text> texts = new ArrayList<>();
    private final List<Message> marked = new ArrayList<>();

    ContentMarks(List<Message> messages) {
        for (int i = 0; i < messages.size(); i++) {
            Map<String, @Nullable Object> fields =
                    new LinkedHashMap<>(messages.get(i).fields());
            Object content = fields.get("content");
            if (content instanceof String text) {
                fields.put("content", marked(i, text));
            } else if (content instanceof List<?> parts) {
                List<@Nullable Object> others = new ArrayList<>();
                for (Object part : parts) {
                    others.add(marked(i, part));
                }
                fields.put("content", others);
            }
            marked.add(new Message(fields));
        }
    }

    private static String mark() {
        StringBuilder letters = new StringBuilder();
        long random = UUID.randomUUID().getMostSignificantBits();
        for (int shift = 0; shift + BITS_A_LETTER <= Long.SIZE; shift += BITS_A_LETTER) {
            letters.append(letter((int) (random >>> shift)));
        }
        return letters.toString();
    }

    private static char letter(int number) {
        return (char) (FIRST_LETTER + (number & (LETTERS - 1)));
    }

    /// A part of a content, of which only texts are marked.
    private @Nullable Object marked(int message, @Nullable Object part) {
        if (part instanceof String text) {
            return marked(message, text);
        }
        if (part instanceof Map<?, ?> map && map.get("text") instanceof String text) {
            Map<Object, @Nullable Object> other = new LinkedHashMap<>(map);
            other.put("text", marked(message, text));
            return other;
        }
        return part;
    }

    /// A text without the white space around it, with its mark; a blank one as it is, since templates ask
    /// whether there is anything.
    private String marked(int message, String whole) {
        Text text = Text.of(message, whole);
        if (text.core().isEmpty()) {
            return whole;
        }
        int number = texts.size();
        texts.add(text);
        return text.core().substring(0, text.mark())
                + mark
                + letter(number >> BITS_A_LETTER)
                + letter(number)
                + text.core().substring(text.mark());
    }

    /// The conversation with its marks.
    List<Message> messages() {
        return marked;
    }

    /// The marked texts, in the order of the messages.
    List<Text> texts() {
        return texts;
    }

    /// Where the marks stand in a rendering, and that rendering without them.
    Marked found(String rendering) {
        StringBuilder clean = new StringBuilder(rendering.length());
        List<Slot> slots = new ArrayList<>();
        boolean[] seen = new boolean[texts.size()];
        int length = mark.length() + LETTERS_OF_A_NUMBER;
        int from = 0;
        for (int at = rendering.indexOf(mark); at >= 0; at = rendering.indexOf(mark, from)) {
            clean.append(rendering, from, at);
            from = Math.min(rendering.length(), at + length);
            int number = at + length <= rendering.length() ? number(rendering, from - LETTERS_OF_A_NUMBER) : -1;
            if (number >= 0 && number < seen.length && !seen[number]) {
                seen[number] = true;
                slots.add(new Slot(number, clean.length(), clean.length()));
            }
        }
        clean.append(rendering, from, rendering.length());
        return new Marked(clean.toString(), verbatim(clean.toString(), slots));
    }

    private static int number(String rendering, int at) {
        return ((rendering.charAt(at) - FIRST_LETTER) << BITS_A_LETTER) + rendering.charAt(at + 1) - FIRST_LETTER;
    }

    /// Marks grown to the texts around them; those are dropped around which the template has written
    /// something else.
    private List<Slot> verbatim(String clean, List<Slot> places) {
        List<Slot> slots = new ArrayList<>();
        int before = 0;
        for (Slot place : places) {
            Text text = texts.get(place.text());
            for (String form : new String[] {text.core(), text.answer()}) {
                int start = place.start() - text.mark() + text.core().length() - form.length();
                if (!form.isEmpty() && start >= before && clean.startsWith(form, start)) {
                    before = start + form.length();
                    slots.add(new Slot(place.text(), start, before));
                    break;
                }
            }
        }
        return slots;
    }

    /// A rendering without its marks.
    ///
    /// @param slots where texts stand in it, in the order of their places
    record Marked(String clean, List<Slot> slots) {}

    /// Where a text stands.
    ///
    /// @param text its number
    record Slot(int text, int start, int end) {}

    /// One text of a message's content.
    ///
    /// @param message the message's number
    /// @param whole as the message has it
    /// @param core without white space around it
    /// @param answer what follows its thinking, without white space around it; empty when it has none
    /// @param mark where in the core the mark is put
    record Text(int message, String whole, String core, String answer, int mark) {
        static Text of(int message, String whole) {
            String core = PythonStrip.strip(whole);
            int end = core.lastIndexOf(THINKING_ENDS);
            String answer = end < 0 ? "" : PythonStrip.strip(core.substring(end + THINKING_ENDS.length()));
            String marked = answer.isEmpty() ? core : answer;
            return new Text(message, whole, core, answer, core.length() - marked.length() + middle(marked));
        }

        /// The forms in which a template may have written it, the fullest first.
        List<String> forms() {
            return answer.isEmpty() ? List.of(whole, core) : List.of(whole, core, answer);
        }

        /// A place near the middle that cuts no character and no tag in two.
        private static int middle(String text) {
            int at = text.length() / 2;
            int open = text.lastIndexOf('<', at - 1);
            int close = text.indexOf('>', at);
            if (open >= 0 && text.lastIndexOf('>', at - 1) < open && close >= 0 && close - open < LONGEST_TAG) {
                at = open == 0 ? close + 1 : open;
            }
            boolean inside = at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at));
            return inside ? at - 1 : at;
        }
    }
}
