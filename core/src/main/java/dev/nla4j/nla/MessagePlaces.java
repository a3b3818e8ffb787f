package dev.nla4j.nla;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.nla.ContentMarks.Marked;
import dev.nla4j.nla.ContentMarks.Slot;
import dev.nla4j.nla.ContentMarks.Text;
import dev.nla4j.nla.TextTokens.MessageSpan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Where the contents of messages stand in what a template made of them. A template writes words of its own
/// that may be a content's too (`user`, a default system message), so a search alone finds the wrong ones:
/// the template is run once more on contents with marks, and what it writes between the marks is found
/// again around the contents.
final class MessagePlaces {
    /// So many characters beside a content tell it from other places of the same words; fewer where what
    /// stands beside it differs.
    private static final int[] BESIDE = {24, 12, 6};
    /// How much more a template may write between two contents than it did with the marks.
    private static final long MARGIN = 1000;

    private final String text;
    private final List<Text> texts;
    private final Marked marked;
    /// Of each text, or -1.
    private final int[] starts;

    private final int[] ends;

    private MessagePlaces(String text, List<Text> texts, Marked marked) {
        this.text = text;
        this.texts = texts;
        this.marked = marked;
        this.starts = new int[texts.size()];
        this.ends = new int[texts.size()];
        Arrays.fill(starts, -1);
    }

    /// In the order of the messages; of those that the template left out none.
    static List<MessageSpan> in(String text, ChatTemplate template, RenderOptions options) {
        ContentMarks marks = new ContentMarks(options.messages());
        Marked marked;
        try {
            marked = marks.found(template.render(options.withMessages(marks.messages())));
        } catch (TemplateException _) {
            marked = new Marked("", List.of()); // it looks into contents
        }
        MessagePlaces places = new MessagePlaces(text, marks.texts(), marked);
        places.find();
        return places.spans(options.messages());
    }

    private void find() {
        int slots = marked.slots().size();
        int first = fromTheStart();
        if (first == slots && text.substring(endBefore(first)).equals(before(first))) {
            return; // what has no place, the template has left out
        }
        beside(first, fromTheEnd(first));
        search();
    }

    /// Goes through text and marked text side by side; the first slot that has no place then.
    private int fromTheStart() {
        int here = 0;
        for (int i = 0; i < marked.slots().size(); i++) {
            String before = before(i);
            String behind = before(i + 1);
            int start = here + before.length();
            String form = "";
            for (String candidate : text.startsWith(before, here) ? forms(i) : List.<String>of()) {
                boolean fits = text.startsWith(candidate, start);
                if (fits && text.startsWith(behind, start + candidate.length())) {
                    form = candidate;
                    break;
                }
                form = fits && form.isEmpty() ? candidate : form;
            }
            if (form.isEmpty()) {
                return i;
            }
            here = place(i, start, form);
        }
        return marked.slots().size();
    }

    /// The same from the end, as far as nothing has a place; the last slot that still has none, plus one.
    private int fromTheEnd(int first) {
        int lowest = endBefore(first);
        int there = text.length();
        for (int i = marked.slots().size() - 1; i >= first; i--) {
            String before = before(i);
            String behind = before(i + 1);
            int end = there - behind.length();
            String form = "";
            for (String candidate : end >= lowest && text.startsWith(behind, end) ? forms(i) : List.<String>of()) {
                int start = end - candidate.length();
                boolean fits = start >= lowest && text.startsWith(candidate, start);
                if (fits && text.startsWith(before, start - before.length())) {
                    form = candidate;
                    break;
                }
                form = fits && form.isEmpty() ? candidate : form;
            }
            if (form.isEmpty()) {
                return i + 1;
            }
            there = end - form.length();
            place(i, there, form);
        }
        return first;
    }

    /// Places slots by what stands right beside them.
    private void beside(int first, int last) {
        int from = endBefore(first);
        int to = last == marked.slots().size()
                ? text.length()
                : starts[marked.slots().get(last).text()];
        long reach = from + MARGIN;
        for (int i = first; i < last; i++) {
            String before = before(i);
            String behind = before(i + 1);
            reach += 2L * (before.length() + forms(i).getFirst().length());
            int end = beside(i, before, behind, from, (int) Math.min(to, reach + behind.length()));
            if (end >= 0) {
                from = end;
                reach = from + MARGIN;
            }
        }
    }

    /// Where the slot ends then, or -1.
    private int beside(int slot, String before, String behind, int from, int to) {
        for (int width : BESIDE) {
            String left = before.substring(Math.max(0, before.length() - width));
            String right = behind.substring(0, Math.min(behind.length(), width));
            for (String form : forms(slot)) {
                int at = text.indexOf(left + form + right, from, to);
                if (at < 0 && !left.isEmpty()) {
                    at = text.indexOf(left + form, from, to);
                }
                if (at >= 0) {
                    return place(slot, at + left.length(), form);
                }
                at = right.isEmpty() ? -1 : text.indexOf(form + right, from, to);
                if (at >= 0) {
                    return place(slot, at, form);
                }
            }
        }
        return -1;
    }

    /// Searches what is still without a place between the places of what stands before and behind it.
    private void search() {
        int[] slotOf = new int[texts.size()];
        Arrays.fill(slotOf, -1);
        for (int i = 0; i < marked.slots().size(); i++) {
            slotOf[marked.slots().get(i).text()] = i;
        }
        int slot = -1; // of the text before
        int from = 0;
        for (int i = 0; i < texts.size(); i++) {
            if (starts[i] < 0) {
                int next = i;
                while (next < texts.size() && starts[next] < 0) {
                    next++;
                }
                int nextSlot = next == texts.size() ? marked.slots().size() : slotOf[next];
                int to = next == texts.size() ? text.length() : starts[next];
                if (slot < nextSlot && from <= to) {
                    search(i, next, between(slot, nextSlot), from, to);
                }
                i = next;
            }
            if (i < texts.size()) {
                slot = slotOf[i];
                from = ends[i];
            }
        }
    }

    /// Searches the texts from `first` to before `next` in a part of the text, without what the template
    /// writes there at both ends whatever the contents.
    private void search(int first, int next, String written, int from, int to) {
        int most = Math.min(written.length(), to - from);
        int begin = 0;
        while (begin < most && written.charAt(begin) == text.charAt(from + begin)) {
            begin++;
        }
        int end = 0;
        while (end < most - begin && written.charAt(written.length() - 1 - end) == text.charAt(to - 1 - end)) {
            end++;
        }
        int here = from + begin;
        for (int i = first; i < next; i++) {
            for (String form : texts.get(i).forms()) {
                int at = text.indexOf(form, here, to - end);
                if (at >= 0) {
                    starts[i] = at;
                    ends[i] = at + form.length();
                    here = ends[i];
                    break;
                }
            }
        }
    }

    /// What the template wrote before a slot; behind the last one for the number of slots.
    private String before(int slot) {
        return between(slot - 1, slot);
    }

    /// What the template wrote with the marks between two slots.
    private String between(int slot, int next) {
        int from = slot < 0 ? 0 : marked.slots().get(slot).end();
        int to = next == marked.slots().size()
                ? marked.clean().length()
                : marked.slots().get(next).start();
        return marked.clean().substring(from, to);
    }

    /// Where the text ends whose slot is the one before.
    private int endBefore(int slot) {
        return slot == 0 ? 0 : ends[marked.slots().get(slot - 1).text()];
    }

    private List<String> forms(int slot) {
        return texts.get(marked.slots().get(slot).text()).forms();
    }

    private int place(int slot, int start, String form) {
        Slot placed = marked.slots().get(slot);
        starts[placed.text()] = start;
        ends[placed.text()] = start + form.length();
        return ends[placed.text()];
    }

    /// A message's span reaches from its first text to its last.
    private List<MessageSpan> spans(List<Message> messages) {
        int[] first = new int[messages.size()];
        int[] last = new int[messages.size()];
        Arrays.fill(last, -1);
        for (int i = 0; i < starts.length; i++) {
            int message = texts.get(i).message();
            if (starts[i] >= 0) {
                first[message] = last[message] < 0 ? starts[i] : Math.min(first[message], starts[i]);
                last[message] = Math.max(last[message], ends[i]);
            }
        }
        List<MessageSpan> spans = new ArrayList<>();
        for (int i = 0; i < last.length; i++) {
            if (last[i] >= 0) {
                spans.add(new MessageSpan(i, messages.get(i).role(), first[i], last[i]));
            }
        }
        return spans;
    }
}
