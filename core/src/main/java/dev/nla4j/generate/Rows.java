package dev.nla4j.generate;

import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.KeyValues;
import dev.nla4j.model.Prefix;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// The rows that are being written, with room for a fixed number. A row that ends gives its room away at once; a
/// step computes the live rows and nothing else.
final class Rows implements AutoCloseable {
    /// Tokens of prompts that are read at once.
    static final int MOST_PROMPT_TOKENS = 4096;
    /// Numbers of logits that are made at once.
    private static final long LOGITS_AT_ONCE = 1L << 20;

    private final Decoder decoder;
    private final DrawableIds drawable;
    private final int room;
    private final @Nullable Prefix prefix;
    private final KeyValues cache;
    private final List<Row> live = new ArrayList<>();

    /// Rows without any yet.
    ///
    /// @param room most rows at a time
    /// @param tokens most tokens of a row, those of its prompt's own included
    Rows(Decoder decoder, DrawableIds drawable, @Nullable Prefix prefix, int room, int tokens) {
        this.decoder = decoder;
        this.drawable = drawable;
        this.room = room;
        this.prefix = prefix;
        this.cache = new KeyValues(decoder, room, tokens, prefix);
    }

    int count() {
        return live.size();
    }

    int free() {
        return room - live.size();
    }

    /// Reads the prompts of new rows, each prompt once however many rows hold it, and draws their first ids. Prompts of
    /// one length are read together, and no others: a prompt's sums must not depend on what stands beside it.
    ///
    /// @param rows at most [#free]
    void admit(List<Row> rows) {
        Map<Integer, List<Row>> byLength = new TreeMap<>();
        for (Row row : rows) {
            byLength.computeIfAbsent(row.promptLength(), _ -> new ArrayList<>()).add(row);
        }
        byLength.forEach((length, alike) -> {
            int most = Math.max(1, MOST_PROMPT_TOKENS / length);
            Set<Prompt> prompts = Collections.newSetFromMap(new IdentityHashMap<>());
            int start = 0;
            for (int i = 0; i < alike.size(); i++) {
                if (prompts.add(alike.get(i).request().prompt()) && prompts.size() > most) {
                    read(alike.subList(start, i));
                    start = i;
                    prompts.clear();
                    prompts.add(alike.get(i).request().prompt());
                }
            }
            read(alike.subList(start, alike.size()));
        });
        removeOver();
    }

    /// A batch that fails is tried again by halves, so that what is wrong with one row stays with it.
    private void read(List<Row> rows) {
        try {
            readAtOnce(rows);
        } catch (RuntimeException e) {
            if (rows.size() == 1) {
                rows.get(0).fail(e);
                return;
            }
            read(rows.subList(0, rows.size() / 2));
            read(rows.subList(rows.size() / 2, rows.size()));
        }
    }

    private void readAtOnce(List<Row> rows) {
        IdentityHashMap<Prompt, Integer> places = new IdentityHashMap<>();
        List<Prompt> prompts = new ArrayList<>();
        int[] source = new int[rows.size()];
        for (int i = 0; i < source.length; i++) {
            Prompt prompt = rows.get(i).request().prompt();
            source[i] = places.computeIfAbsent(prompt, _ -> {
                prompts.add(prompt);
                return prompts.size() - 1;
            });
        }
        try (Scope _ = Scope.noGrad();
                Prefix read = Prefix.empty()) {
            Tensor embeddings = embeddings(prompts); // [U, T, D]
            int[] last = new int[prompts.size()];
            Arrays.fill(last, Math.toIntExact(embeddings.size(1)) - 1);
            Tensor residual = decoder.residualAt(
                            embeddings, decoder.config().numLayers(), new Context.Start(prefix, read), last)
                    .index_select(
                            0, Tensors.longs(IntStream.of(source).asLongStream().toArray(), source.length));
            List<Sampler.Draw> draws = draw(residual, rows);
            // What is no number must not come into the cache.
            int[] sound = IntStream.range(0, source.length)
                    .filter(i -> !draws.get(i).failed())
                    .toArray();
            cache.admit(read, IntStream.of(sound).map(i -> source[i]).toArray());
            for (int i : sound) {
                live.add(rows.get(i));
            }
            take(rows, draws);
        }
    }

    private Tensor embeddings(List<Prompt> prompts) {
        Tensor embeddings = Tensors.zeros(
                DType.FP32,
                prompts.size(),
                prompts.getFirst().length(),
                decoder.config().dim());
        for (int i = 0; i < prompts.size(); i++) {
            prompts.get(i).copyTo(embeddings.select(0, i));
        }
        return embeddings;
    }

    /// One id more for every live row; rows that are not wanted any more leave before it, those that end leave
    /// after it.
    void step() {
        live.forEach(Row::endIfUnwanted);
        removeOver();
        if (!live.isEmpty()) {
            step(0, live.size());
            removeOver();
        }
    }

    private void step(int from, int count) {
        int[] lengths = cache.lengths();
        try {
            stepAtOnce(from, count);
        } catch (RuntimeException e) {
            cache.restore(lengths);
            if (count == 1) {
                live.get(from).failPoisoned(e);
                return;
            }
            step(from, count / 2);
            step(from + count / 2, count - count / 2);
        }
    }

    private void stepAtOnce(int from, int count) {
        List<Row> rows = live.subList(from, from + count);
        cache.narrow(from, count);
        try (Scope _ = Scope.noGrad()) {
            Tensor embeddings = decoder.embed(Tensors.ids(
                    rows.stream().map(row -> new int[] {row.lastId()}).toArray(int[][]::new))); // [n, 1, D]
            Tensor residual = decoder.residual(embeddings, cache);
            take(rows, draw(residual.select(1, 0), rows));
        } finally {
            cache.narrow(0, live.size());
        }
    }

    /// One id a row, from the residual stream `[n, D]`. Logits are made and drawn from a few rows at a time: those of
    /// 256 rows would take 50 MB at the smallest vocabularies, and be no faster.
    private List<Sampler.Draw> draw(Tensor residual, List<Row> rows) {
        Tensor product = decoder.headProduct(residual); // [n, V]
        int atOnce = Math.toIntExact(Math.clamp(LOGITS_AT_ONCE / product.size(1), 1, rows.size()));
        List<Sampler.Draw> draws = new ArrayList<>();
        for (int from = 0; from < rows.size(); from += atOnce) {
            int count = Math.min(atOnce, rows.size() - from);
            try (Scope _ = Scope.noGrad()) {
                Tensor logits = decoder.logitsOf(product.narrow(0, from, count));
                Collections.addAll(draws, Sampler.draw(logits, rows.subList(from, from + count), drawable));
            }
        }
        return draws;
    }

    private static void take(List<Row> rows, List<Sampler.Draw> draws) {
        for (int i = 0; i < draws.size(); i++) {
            rows.get(i).take(draws.get(i));
        }
    }

    private void removeOver() {
        for (int row = live.size() - 1; row >= 0; row--) {
            if (live.get(row).isOver()) {
                if (live.get(row).isPoisoned()) {
                    cache.clear(row);
                }
                cache.remove(row);
                Row last = live.removeLast();
                if (row < live.size()) {
                    live.set(row, last);
                }
            }
        }
    }

    /// Ends all rows, for a reason they share, and with them the work here.
    void failAll(RuntimeException reason) {
        live.forEach(row -> row.fail(reason));
        live.clear();
    }

    @Override
    public void close() {
        cache.close();
    }
}
