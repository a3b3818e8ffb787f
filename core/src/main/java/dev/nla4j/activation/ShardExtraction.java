package dev.nla4j.activation;

import dev.nla4j.activation.PositionSampler.Position;
import dev.nla4j.activation.corpus.Document;
import dev.nla4j.format.InputException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Turns the documents of one shard into rows.
///
/// Windows without a chosen position are not run, and the others end at their last chosen one where what follows can't
/// matter ([ActivationSource#needed]). Windows are gathered into steps, sorted by length and run
/// in batches. Steps and batches follow from the shard's documents alone, so a shard computed again has the
/// same bits.
final class ShardExtraction {
    /// Windows of a step in batches: enough to sort by length, few enough to keep in memory.
    private static final int STEP_BATCHES = 16;
    /// Vectors of a step, when every position is taken.
    private static final long STEP_BYTES = 64 << 20;

    private final ExtractionSettings settings;
    private final DocumentTokenizer tokenizer;
    private final ActivationSource source;
    private final RowSink sink;
    private final DoneSoFar done;
    private final Deque<PendingRow> pending = new ArrayDeque<>();
    private final List<WindowRun> step = new ArrayList<>();
    private long stepTokens;
    private long stepPositions;
    private int added;
    private int addedBeforeStep;

    ShardExtraction(
            ExtractionSettings settings,
            DocumentTokenizer tokenizer,
            ActivationSource source,
            RowSink sink,
            DoneSoFar done) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.source = source;
        this.sink = sink;
        this.done = done;
    }

    /// Takes finished rows, in their order.
    @FunctionalInterface
    interface RowSink {
        void accept(ActivationRow row) throws IOException;
    }

    /// Hears how many of the shard's documents are done, by and by.
    @FunctionalInterface
    interface DoneSoFar {
        void documents(int count);
    }

    /// A row whose vector comes later.
    private static final class PendingRow {
        private final Document document;
        private final TokenWindow window;
        private final int index;
        private float @Nullable [] vector;

        PendingRow(Document document, TokenWindow window, int index) {
            this.document = document;
            this.window = window;
            this.index = index;
        }
    }

    /// A window up to `length`, with the rows that wait for it by ascending position.
    private record WindowRun(List<PendingRow> rows, int length) {
        int[] ids() {
            return Arrays.copyOf(rows.getLast().window.ids(), length);
        }

        int[] positions() {
            return rows.stream().mapToInt(row -> row.index).toArray();
        }
    }

    /// Adds the shard's next document; runs the model when enough has come together.
    void add(Document document) throws IOException {
        TokenizedText text = tokenizer.encode(document.text());
        List<TokenWindow> windows = TokenWindow.cut(text, settings.windowing(), settings.maxLength());
        var byWindow = new TreeMap<Integer, List<PendingRow>>();
        for (Position position : settings.sampler().choose(document.id(), windows)) {
            var row = new PendingRow(document, windows.get(position.window()), position.index());
            pending.add(row);
            byWindow.computeIfAbsent(position.window(), w -> new ArrayList<>()).add(row);
        }
        added++;
        for (List<PendingRow> rows : byWindow.values()) {
            rows.sort(Comparator.comparingInt(row -> row.index));
            PendingRow last = rows.getLast();
            var run = new WindowRun(rows, source.needed(last.index + 1, last.window.ids().length));
            step.add(run);
            stepTokens += run.length();
            stepPositions += rows.size();
            if (stepTokens >= (long) STEP_BATCHES * settings.batchTokens()
                    || stepPositions * settings.target().dimension() * Float.BYTES >= STEP_BYTES) {
                runStep();
            }
        }
    }

    /// Runs what is left.
    void finish() throws IOException {
        runStep();
        done.documents(added);
    }

    private void runStep() throws IOException {
        step.sort(Comparator.comparingInt(WindowRun::length).reversed());
        List<List<WindowRun>> batches = Batches.of(step, WindowRun::length, settings.batchTokens());
        for (int i = 0; i < batches.size(); i++) {
            runBatch(batches.get(i));
            done.documents(addedBeforeStep + (added - addedBeforeStep) * (i + 1) / batches.size());
        }
        step.clear();
        stepTokens = 0;
        stepPositions = 0;
        addedBeforeStep = added;
        while (!pending.isEmpty() && pending.getFirst().vector != null) {
            sink.accept(row(pending.removeFirst()));
        }
    }

    private void runBatch(List<WindowRun> batch) {
        List<PendingRow> rows =
                batch.stream().flatMap(run -> run.rows().stream()).toList();
        float[][] vectors = source.activations(
                batch.stream().map(WindowRun::ids).toList(),
                batch.stream().map(WindowRun::positions).toList());
        if (vectors.length != rows.size()) {
            throw new IllegalStateException(vectors.length + " vectors for " + rows.size() + " positions");
        }
        for (int i = 0; i < vectors.length; i++) {
            check(rows.get(i), vectors[i]);
            rows.get(i).vector = vectors[i];
        }
    }

    private void check(PendingRow row, float[] vector) {
        int dimension = settings.target().dimension();
        if (vector.length != dimension) {
            throw new IllegalStateException("a vector of " + vector.length + ", expected " + dimension);
        }
        int bad = ActivationSchema.firstNotFinite(vector);
        if (bad >= 0) {
            throw new InputException("the activation of " + row.document.id() + " at token " + row.index
                    + " is not finite (element " + bad + " is " + vector[bad] + "): weights or precision are to blame");
        }
    }

    private ActivationRow row(PendingRow row) {
        float[] vector = row.vector;
        if (vector == null) {
            throw new IllegalStateException("a row without its vector");
        }
        int tokens = row.index + 1;
        return new ActivationRow(
                tokens,
                tokenizer.decode(Arrays.copyOf(row.window.ids(), tokens)),
                vector,
                settings.target().layer(),
                row.document.id());
    }
}
