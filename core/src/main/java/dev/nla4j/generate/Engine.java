package dev.nla4j.generate;

import dev.nla4j.format.InputException;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.KeyValues;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.Prefix;
import dev.nla4j.tensor.InsufficientMemoryException;
import dev.nla4j.tensor.ProcessMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
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
    private final DrawableIds drawable;

    /// @param drawable the ids that have a token: no others are drawn
    public Engine(Decoder decoder, DrawableIds drawable) {
        this.decoder = decoder;
        this.drawable = drawable.within(decoder.config().vocabulary());
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
        Map<Group, List<Row>> groups = new LinkedHashMap<>();
        for (int i = 0; i < requests.size(); i++) {
            Prompt prompt = requests.get(i).prompt();
            Prefix prefix = prompt.prefix();
            long read = (prefix == null ? 0 : prefix.length()) + prompt.length();
            groups.computeIfAbsent(new Group(prefix, decoder.config().lengthClass(read)), _ -> new ArrayList<>())
                    .add(new Row(requests.get(i), observer(i, completions, failures, listener), null));
        }
        groups.forEach((group, waiting) -> write(waiting, group.prefix()));
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

    /// Where memory does not hold all at once, texts of other lengths are written apart: a long one would take the room
    /// of many short ones.
    private void write(List<Row> waiting, @Nullable Prefix prefix) {
        OptionalInt room = roomIfAny(waiting);
        if (room.orElse(0) >= Math.min(waiting.size(), MOST_ROWS)) {
            writeAlike(waiting, prefix, room.getAsInt());
            return;
        }
        Map<Long, List<Row>> byLength = new TreeMap<>();
        waiting.forEach(
                row -> byLength.computeIfAbsent(Long.highestOneBit(tokens(row.request())), _ -> new ArrayList<>())
                        .add(row));
        byLength.values().forEach(alike -> writeFitting(alike, prefix));
    }

    /// A row that memory does not hold by itself fails alone.
    private void writeFitting(List<Row> alike, @Nullable Prefix prefix) {
        OptionalInt room = roomIfAny(alike);
        if (room.isPresent()) {
            writeAlike(alike, prefix, room.getAsInt());
        } else if (alike.size() > 1) {
            List<Row> shortest = new ArrayList<>(alike);
            shortest.sort(Comparator.comparingLong(row -> tokens(row.request())));
            writeFitting(shortest.subList(0, shortest.size() / 2), prefix);
            writeFitting(shortest.subList(shortest.size() / 2, shortest.size()), prefix);
        } else {
            try {
                writeAlike(alike, prefix, room(alike));
            } catch (InsufficientMemoryException e) {
                alike.getFirst().fail(e);
            }
        }
    }

    private OptionalInt roomIfAny(List<Row> rows) {
        try {
            return OptionalInt.of(room(rows));
        } catch (InsufficientMemoryException _) {
            return OptionalInt.empty();
        }
    }

    private void writeAlike(List<Row> waiting, @Nullable Prefix prefix, int room) {
        int tokens = most(waiting);
        int next = 0;
        int refill = Math.clamp(room / 4, 1, REFILL);
        try (Rows rows = new Rows(decoder, drawable, prefix, room, tokens)) {
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
        long read = before == 0 ? request.prompt().length() : before;
        if (config.lengthClass(read) != config.lengthClass(before + tokens(request))) {
            throw new InputException("a text of " + (before + request.prompt().length())
                    + " tokens can't grow to " + (before + tokens(request)) + " while it is written: on the way this"
                    + " model turns all positions anew (its rope scaling depends on the length); ask for fewer new"
                    + " tokens or give another prompt");
        }
    }

    /// What rows that are written together have in common.
    private record Group(@Nullable Prefix prefix, int lengthClass) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Group(Prefix its, int itsClass) && its == prefix && itsClass == lengthClass;
        }

        @Override
        public int hashCode() {
            return 31 * System.identityHashCode(prefix) + lengthClass;
        }
    }

    private static int most(List<Row> rows) {
        return Math.toIntExact(
                rows.stream().mapToLong(row -> tokens(row.request())).max().orElse(0));
    }

    /// How many rows of one length are written at once here, at most as many as are wanted.
    ///
    /// @param prompt tokens of each, the prefix's not counted
    /// @param tokens most that a row may come to hold, the prompt's included
    public static int atOnce(ModelConfig config, int wanted, int prompt, int tokens) {
        return room(
                config, wanted, prompt, tokens, ProcessMemory.ofThisMachine().available());
    }

    /// Refuses rows that could not all grow to their full length.
    static void requireRoom(ModelConfig config, int rows, int tokens, OptionalLong available) {
        double all = rows * perRow(config, tokens);
        if (available.isPresent() && all > available.getAsLong()) {
            throw new InsufficientMemoryException(String.format(
                    Locale.ROOT,
                    "not enough memory: %d rows of %d tokens take %.1f GB, %.1f GB are available; take fewer rows or"
                            + " fewer tokens a row",
                    rows,
                    tokens,
                    all / 1e9,
                    available.getAsLong() / 1e9));
        }
    }

    /// Bytes of a row's keys and values, and of its logits.
    private static double perRow(ModelConfig config, int tokens) {
        return KeyValues.bytesPerRow(config, tokens) + 2.0 * config.vocabulary() * Float.BYTES;
    }

    private int room(List<Row> waiting) {
        int prompt = waiting.stream().mapToInt(Row::promptLength).max().orElse(0);
        return room(
                decoder.config(),
                waiting.size(),
                prompt,
                most(waiting),
                ProcessMemory.ofThisMachine().available());
    }

    /// How many rows are written at once: as many as half of the memory that is left holds, and a bound holds, of keys
    /// and values (once more while prompts are read) and logits. How many makes no difference to what is written.
    ///
    /// @param prompt tokens of the longest prompt
    /// @param tokens most that a row may come to hold, the prompt's included
    /// @param available bytes; empty when nobody knows
    /// @throws InsufficientMemoryException when one row is more than there is
    static int room(ModelConfig config, int wanted, int prompt, int tokens, OptionalLong available) {
        double reading = KeyValues.bytesPerPrompt(config, prompt);
        double row = perRow(config, tokens);
        double whole = row + reading + Decoder.bytesWhileReading(config, prompt);
        if (available.isPresent() && whole > available.getAsLong()) {
            throw new InsufficientMemoryException(String.format(
                    Locale.ROOT,
                    "not enough memory: a text of %d tokens takes %.1f GB, %.1f GB are available; give a shorter prompt or"
                            + " ask for fewer new tokens",
                    tokens,
                    whole / 1e9,
                    available.getAsLong() / 1e9));
        }
        // Of so many rows the prompts are read at once; of more, no more prompts.
        int readAtOnce = Math.max(1, Rows.MOST_PROMPT_TOKENS / Math.max(1, prompt));
        double free = available.orElse(Long.MAX_VALUE) / 2.0;
        double few = free / (row + reading);
        double rows = few <= readAtOnce ? few : (free - readAtOnce * reading) / row;
        return (int) Math.clamp(Math.min(rows, Math.min(wanted, MOST_CACHE_BYTES / row)), 1, MOST_ROWS);
    }
}
