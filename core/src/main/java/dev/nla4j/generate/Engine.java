package dev.nla4j.generate;

import dev.nla4j.format.InputException;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.KeyValues;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.Prefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes completions of many requests at once. What prompts share is read once (see [Prompt]); rows that end
/// make room for waiting ones. One thread at a time; [EngineQueue] serves several.
public final class Engine {
    private static final int MOST_ROWS = 256;
    private static final long MOST_CACHE_BYTES = 3L << 29;
    /// Waiting requests are let in when so many rows are free, or a quarter of all, so that their prompts are read
    /// together.
    private static final int REFILL = 16;

    private final Decoder decoder;
    private final int vocabularyLimit;

    /// @param vocabularyLimit ids from here on have no token and are never drawn
    public Engine(Decoder decoder, int vocabularyLimit) {
        if (vocabularyLimit < 1 || vocabularyLimit > decoder.config().vocabulary()) {
            throw new IllegalArgumentException(
                    "vocabulary limit: must be 1 to " + decoder.config().vocabulary() + ", was " + vocabularyLimit);
        }
        this.decoder = decoder;
        this.vocabularyLimit = vocabularyLimit;
    }

    /// Hears of completions as they end, by the index of their request.
    @FunctionalInterface
    public interface Listener {
        void completed(int index, Completion completion);
    }

    /// One completion a request, in their order.
    ///
    /// @throws RuntimeException what the first request that failed failed with, after the others have ended
    public List<Completion> generate(List<Request> requests, Listener listener) {
        requests.forEach(request -> requireContext(decoder.config(), request));
        Completion[] completions = new Completion[requests.size()];
        List<RuntimeException> failures = new ArrayList<>();
        // Requests without a prefix share the key of none.
        IdentityHashMap<Object, List<Integer>> byPrefix = new IdentityHashMap<>();
        List<List<Integer>> groups = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            Prefix prefix = requests.get(i).prompt().prefix();
            byPrefix.computeIfAbsent(prefix == null ? this : prefix, _ -> {
                        List<Integer> group = new ArrayList<>();
                        groups.add(group);
                        return group;
                    })
                    .add(i);
        }
        for (List<Integer> group : groups) {
            List<Row> waiting = new ArrayList<>();
            for (int index : group) {
                waiting.add(new Row(requests.get(index), observer(index, completions, failures, listener), null));
            }
            write(waiting, requests.get(group.get(0)).prompt().prefix());
        }
        if (!failures.isEmpty()) {
            throw failures.get(0);
        }
        return Arrays.asList(completions);
    }

    private static Row.Observer observer(
            int index, Completion[] completions, List<RuntimeException> failures, Listener listener) {
        return new Row.Observer() {
            @Override
            public void ended(Completion completion) {
                completions[index] = completion;
                listener.completed(index, completion);
            }

            @Override
            public void failed(RuntimeException reason) {
                failures.add(reason);
            }
        };
    }

    private void write(List<Row> waiting, @Nullable Prefix prefix) {
        int tokens = Math.toIntExact(
                waiting.stream().mapToLong(row -> tokens(row.request())).max().orElse(0));
        int next = 0;
        int room = room(waiting.size(), tokens);
        int refill = Math.clamp(room / 4, 1, REFILL);
        try (Rows rows = new Rows(decoder, vocabularyLimit, prefix, room, tokens)) {
            while (next < waiting.size() || rows.count() > 0) {
                int left = waiting.size() - next;
                if (left > 0 && rows.free() >= Math.min(refill, left)) {
                    int admitted = Math.min(rows.free(), left);
                    rows.admit(waiting.subList(next, next + admitted));
                    next += admitted;
                } else {
                    rows.step();
                }
            }
        }
    }

    /// Tokens a row of this request may come to hold.
    static long tokens(Request request) {
        return (long) request.prompt().length() + request.maxNewTokens();
    }

    /// Refuses what the model was not made for.
    static void requireContext(ModelConfig config, Request request) {
        Prefix prefix = request.prompt().prefix();
        long before = prefix == null ? 0 : prefix.length();
        if (before + tokens(request) > config.contextLength()) {
            throw new InputException("a prompt of " + (before + request.prompt().length()) + " tokens and "
                    + request.maxNewTokens() + " new ones are more than the model's context, "
                    + config.contextLength());
        }
    }

    private int room(int wanted, int tokens) {
        long bytes = KeyValues.bytesPerRow(decoder.config(), tokens);
        return Math.toIntExact(Math.clamp(Math.min(wanted, MOST_CACHE_BYTES / bytes), 1, MOST_ROWS));
    }
}
