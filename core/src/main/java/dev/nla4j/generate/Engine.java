package dev.nla4j.generate;

import dev.nla4j.model.Decoder;
import dev.nla4j.model.KeyValues;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/// Writes completions in batches: requests with prompts of one length go through together, prefilled at once and then a
/// token a step until each has stopped. One thread at a time.
public final class Engine {
    private static final int MOST_ROWS = 64;

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
    public List<Completion> generate(List<Request> requests, Listener listener) {
        Completion[] completions = new Completion[requests.size()];
        TreeMap<Long, List<Integer>> byLength = new TreeMap<>();
        for (int i = 0; i < requests.size(); i++) {
            byLength.computeIfAbsent(requests.get(i).prompt().length(), _ -> new ArrayList<>())
                    .add(i);
        }
        for (List<Integer> equallyLong : byLength.values()) {
            for (int start = 0; start < equallyLong.size(); start += MOST_ROWS) {
                List<Integer> batch = equallyLong.subList(start, Math.min(start + MOST_ROWS, equallyLong.size()));
                generateBatch(requests, batch, completions, listener);
            }
        }
        return Arrays.asList(completions);
    }

    private void generateBatch(
            List<Request> requests, List<Integer> batch, Completion[] completions, Listener listener) {
        List<Request> rows = batch.stream().map(requests::get).toList();
        int longest = rows.stream().mapToInt(Request::maxNewTokens).max().orElse(0);
        List<Row> states = rows.stream().map(Row::new).toList();
        try (Scope _ = Scope.noGrad();
                KeyValues past = new KeyValues(
                        decoder.config(),
                        decoder.dtype(),
                        rows.size(),
                        rows.get(0).prompt().length() + longest)) {
            Tensor next = stack(rows); // [B, T, D]
            for (int position = 0; position < longest; position++) {
                Tensor embeddings;
                try (Scope step = Scope.noGrad()) {
                    Tensor residual = decoder.residual(next, past);
                    Tensor logits = decoder.logits(residual.select(1, residual.size(1) - 1)); // [B, V]
                    Sampler.Draw[] draws = Sampler.draw(logits, rows, position, vocabularyLimit);
                    boolean live = false;
                    for (int row = 0; row < draws.length; row++) {
                        if (states.get(row).take(draws[row])) {
                            Completion completion = states.get(row).completion();
                            completions[batch.get(row)] = completion;
                            listener.completed(batch.get(row), completion);
                        }
                        live |= states.get(row).isLive();
                    }
                    if (!live) {
                        break;
                    }
                    embeddings = step.keep(decoder.embed(lastIds(states)));
                }
                next = embeddings;
            }
        }
    }

    private static Tensor stack(List<Request> rows) {
        return Tensors.cat(
                0,
                rows.stream().map(row -> row.prompt().embeddings().unsqueeze(0)).toArray(Tensor[]::new));
    }

    private static Tensor lastIds(List<Row> states) {
        return Tensors.ids(
                states.stream().map(state -> new int[] {state.lastId()}).toArray(int[][]::new));
    }

    /// One row's completion so far.
    private static final class Row {
        private final Request request;
        private final List<Integer> ids = new ArrayList<>();
        private final List<Float> logProbabilities = new ArrayList<>();
        private boolean live = true;
        private StopReason reason = StopReason.LENGTH;

        Row(Request request) {
            this.request = request;
        }

        boolean isLive() {
            return live;
        }

        int lastId() {
            return ids.getLast();
        }

        /// Adds a drawn id; true when that ended the completion. A row that has ended ignores it.
        boolean take(Sampler.Draw draw) {
            if (!live) {
                return false;
            }
            ids.add(draw.id());
            logProbabilities.add(draw.logProbability());
            if (request.stopIds().contains(draw.id())) {
                reason = StopReason.STOP_ID;
                live = false;
            } else if (request.stop().isComplete(idArray(), ids.size())) {
                reason = StopReason.STOP_CONDITION;
                live = false;
            } else if (ids.size() == request.maxNewTokens()) {
                live = false;
            }
            return !live;
        }

        Completion completion() {
            return new Completion(ids, logProbabilities, reason);
        }

        private int[] idArray() {
            return ids.stream().mapToInt(Integer::intValue).toArray();
        }
    }
}
