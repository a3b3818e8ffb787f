package dev.nla4j.data;

import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.Batches;
import dev.nla4j.activation.NextTokenReader;
import dev.nla4j.activation.Vectors;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.teacher.NextToken;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The target's own next tokens for stored rows: what grounded explanations name and checkers compare with.
///
/// Special tokens (that a text or a turn ends) are left out: no explanation can spell them.
///
/// A row holds text, not tokens. Its text is tokenised again and the target reads it; that these are the tokens the
/// activation was taken from is proven twice, by their number and by the activation itself, which must come out again.
/// A row that fails keeps its text as evidence and has no predictions; it is counted.
///
/// Rows whose tokens begin another row's are read in that row's run: positions of one window cost one run.
public final class TargetPredictions {
    /// All tokens with a probability of 0.02 or more are among so many.
    public static final int TOP = 50;
    /// Between precisions the cosine is over 0.999; another token or a cut window gives far less.
    private static final double SAME = 0.99;

    private static final int[] UNKNOWN = {};

    private final Tokenizer tokenizer;
    private final NextTokenReader reader;
    private final int batchTokens;
    private final int longest;
    private final Map<String, int[]> transcripts;
    private long unknown;

    /// @param batchTokens most tokens of a batch, padding counted
    /// @param longest most tokens the target can read
    /// @param transcripts tokens of documents whose text does not show them all, by document id: conversations
    public TargetPredictions(
            Tokenizer tokenizer, NextTokenReader reader, int batchTokens, int longest, Map<String, int[]> transcripts) {
        this.tokenizer = tokenizer;
        this.reader = reader;
        this.batchTokens = batchTokens;
        this.longest = longest;
        this.transcripts = Map.copyOf(transcripts);
    }

    /// Rows whose tokens could not be had again.
    public long unknown() {
        return unknown;
    }

    /// A run of the target and the rows that are read from it.
    @SuppressWarnings("ArrayRecordComponent") // a carrier within a chunk, never compared
    private record Run(int[] ids, List<Integer> rows) {}

    /// What is known of each row, in their order.
    public List<Evidence> of(List<ActivationRow> rows) {
        List<int[]> ids = rows.stream().map(this::ids).toList();
        @Nullable Evidence[] evidence = new Evidence[rows.size()];
        for (List<Run> batch : Batches.of(runs(ids), run -> run.ids().length, batchTokens)) {
            read(batch, rows, ids, evidence);
        }
        List<Evidence> all = new ArrayList<>();
        for (int i = 0; i < evidence.length; i++) {
            Evidence found = evidence[i];
            unknown += found == null ? 1 : 0;
            all.add(found == null ? Evidence.ofContext(rows.get(i).text()) : found);
        }
        return all;
    }

    /// The tokens a row's activation was taken from, none when the text does not give them back.
    private int[] ids(ActivationRow row) {
        if (row.tokens() > longest) {
            return UNKNOWN;
        }
        int[] transcript = transcripts.get(row.documentId());
        if (transcript != null) {
            return row.tokens() <= transcript.length ? Arrays.copyOf(transcript, (int) row.tokens()) : UNKNOWN;
        }
        if (row.text().length() > Tokenizer.LONGEST_TEXT) {
            return UNKNOWN;
        }
        int[] ids = tokenizer.ids(row.text(), true);
        int length = ids.length - tokenizer.specials().suffix().size();
        return length == row.tokens() ? Arrays.copyOf(ids, length) : UNKNOWN;
    }

    /// Longest rows first; each following one joins the first run that begins with its tokens.
    private static List<Run> runs(List<int[]> ids) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            if (ids.get(i).length > 0) {
                order.add(i);
            }
        }
        order.sort(Comparator.comparingInt((Integer i) -> ids.get(i).length).reversed());
        List<Run> runs = new ArrayList<>();
        for (int row : order) {
            int[] mine = ids.get(row);
            Run host = runs.stream()
                    .filter(run ->
                            Arrays.mismatch(run.ids(), mine) < 0 || Arrays.mismatch(run.ids(), mine) >= mine.length)
                    .findFirst()
                    .orElse(null);
            if (host == null) {
                host = new Run(mine, new ArrayList<>());
                runs.add(host);
            }
            host.rows().add(row);
        }
        return runs;
    }

    private void read(List<Run> batch, List<ActivationRow> rows, List<int[]> ids, @Nullable Evidence[] evidence) {
        List<int[]> positions = batch.stream()
                .map(run -> run.rows().stream()
                        .mapToInt(row -> ids.get(row).length - 1)
                        .toArray())
                .toList();
        List<NextTokenReader.Reading> readings =
                reader.read(batch.stream().map(Run::ids).toList(), positions);
        int next = 0;
        for (Run run : batch) {
            for (int row : run.rows()) {
                NextTokenReader.Reading reading = readings.get(next++);
                if (cosine(reading.activation(), rows.get(row).vector()) >= SAME) {
                    evidence[row] = new Evidence(rows.get(row).text(), tokens(reading));
                }
            }
        }
    }

    private List<NextToken> tokens(NextTokenReader.Reading reading) {
        List<NextToken> tokens = new ArrayList<>();
        for (int i = 0; i < reading.ids().length; i++) {
            int id = reading.ids()[i];
            if (tokenizer.specials().ids().contains(id)) {
                // An explanation that named it would hold the token itself: read again it ends the text, or is gone.
                continue;
            }
            tokens.add(new NextToken(text(id), Math.clamp(reading.probabilities()[i], 0, 1)));
        }
        return tokens;
    }

    /// A token with its leading space, which SentencePiece's decoders take from the first of a text: behind
    /// itself it keeps it.
    private String text(int id) {
        String first = tokenizer.decode(new int[] {id}, false);
        String twice = tokenizer.decode(new int[] {id, id}, false);
        // parts of characters may read otherwise behind one another
        boolean sound = twice.length() >= 2 * first.length() && twice.startsWith(first) && twice.endsWith(first);
        return sound ? twice.substring(first.length()) : first;
    }

    private static double cosine(float[] a, float[] b) {
        if (a.length != b.length) {
            return 0;
        }
        double squares = Vectors.square(a) * Vectors.square(b);
        return squares == 0 ? 0 : Vectors.dot(a, b) / Math.sqrt(squares);
    }
}
