package dev.nla4j.tokenizer;

import java.util.ArrayList;
import java.util.List;

/// Decodes a growing list of ids piece by piece: what it returns, put together, is the text of all ids. Bytes of
/// an unfinished character are held back until the rest of it arrives. For one thread.
public final class IncrementalDecoder {
    private static final String UNFINISHED = "\uFFFD";

    private final Tokenizer tokenizer;
    private final boolean skipSpecials;
    private final List<Integer> ids = new ArrayList<>();
    /// Ids from here to `shown` are decoded again as context: the first token of a text may lose its leading
    /// space.
    private int context;

    private int shown;

    /// Starts with no ids; `skipSpecials` as in [Tokenizer#decode].
    public IncrementalDecoder(Tokenizer tokenizer, boolean skipSpecials) {
        this.tokenizer = tokenizer;
        this.skipSpecials = skipSpecials;
    }

    /// The text that `id` completes; may be empty.
    public String add(int id) {
        ids.add(id);
        String next = next();
        return next.endsWith(UNFINISHED) ? "" : show(next);
    }

    /// The text still held back, U+FFFD in place of unfinished characters.
    public String finish() {
        return show(next());
    }

    private String next() {
        String before = decode(context, shown);
        String all = decode(context, ids.size());
        // bytes that turn out to be no character may change what stood for the bytes before them
        return all.startsWith(before) ? all.substring(before.length()) : decode(shown, ids.size());
    }

    private String show(String text) {
        if (!text.isEmpty()) {
            context = shown;
            shown = ids.size();
        }
        return text;
    }

    private String decode(int from, int to) {
        return tokenizer.decode(
                ids.subList(from, to).stream().mapToInt(Integer::intValue).toArray(), skipSpecials);
    }
}
