package dev.nla4j.nla;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.nla.TextTokens.MessageSpan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Where the contents of messages stand in what a template made of them. A template writes words of its own that may be
/// a content's too (`user`, a default system message), so a search alone finds the wrong ones.
final class MessagePlaces {
    private MessagePlaces() {}

    /// In the order of the messages; of those that the template left out none.
    static List<MessageSpan> in(String text, ChatTemplate template, RenderOptions options) {
        List<MessageSpan> marked = byMarks(text, template, options);
        return marked == null ? bySearch(text, options.messages()) : marked;
    }

    /// The template once more with a mark in each content's place: what stands before, between and behind the marks is
    /// its own. Null where it makes something else of other contents.
    private static @Nullable List<MessageSpan> byMarks(String text, ChatTemplate template, RenderOptions options) {
        List<Message> messages = options.messages();
        List<String> marks = new ArrayList<>();
        List<Message> others = new ArrayList<>();
        for (Message message : messages) {
            String mark = UUID.randomUUID().toString();
            Map<String, @Nullable Object> fields = new LinkedHashMap<>(message.fields());
            fields.replace("content", message.content() == null ? fields.get("content") : mark);
            marks.add(mark);
            others.add(new Message(fields));
        }
        String marked;
        try {
            marked = template.render(options.withMessages(others));
        } catch (TemplateException _) {
            return null;
        }
        TreeMap<Integer, Integer> places = new TreeMap<>(); // in the marked text, of each message
        for (int i = 0; i < marks.size(); i++) {
            int at = marked.indexOf(marks.get(i));
            if (at >= 0) {
                places.put(at, i);
            }
        }
        MessageSpan[] spans = new MessageSpan[messages.size()];
        int before = 0; // in the marked text
        int here = 0; // in the text
        for (Map.Entry<Integer, Integer> place : places.entrySet()) {
            Message message = messages.get(place.getValue());
            String between = marked.substring(before, place.getKey());
            String content = String.valueOf(message.content());
            int start = here + between.length();
            if (!text.startsWith(between, here)) {
                return null;
            }
            if (!text.startsWith(content, start)) {
                content = content.strip(); // as many templates do
            }
            if (!text.startsWith(content, start)) {
                return null;
            }
            here = start + content.length();
            before = place.getKey() + marks.get(place.getValue()).length();
            spans[place.getValue()] = new MessageSpan(place.getValue(), message.role(), start, here);
        }
        if (!text.substring(here).equals(marked.substring(before))) {
            return null;
        }
        List<MessageSpan> found = new ArrayList<>();
        for (MessageSpan span : spans) {
            if (span != null) {
                found.add(span);
            }
        }
        return found;
    }

    /// The contents one after the other, wherever they are found first.
    private static List<MessageSpan> bySearch(String text, List<Message> messages) {
        List<MessageSpan> spans = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < messages.size(); i++) {
            String content = messages.get(i).content();
            int at = content == null ? -1 : text.indexOf(content, from);
            if (content != null && at < 0) {
                content = content.strip();
                at = text.indexOf(content, from);
            }
            if (content != null && at >= 0) {
                from = at + content.length();
                spans.add(new MessageSpan(i, messages.get(i).role(), at, from));
            }
        }
        return spans;
    }
}
