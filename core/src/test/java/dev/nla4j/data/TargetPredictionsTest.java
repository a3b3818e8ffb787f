package dev.nla4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.NextTokenReader;
import dev.nla4j.model.Context;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.teacher.NextToken;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tokenizer.Tokenizer;
import dev.nla4j.tokenizer.Tokenizers;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is read back of stored rows against one plain pass a row.
class TargetPredictionsTest {
    private static final int TOP = 7;
    private static final int LONGEST = 64;

    @TempDir
    private Path folder;

    private TinyTask task;
    private LanguageModel target;

    @BeforeEach
    void open() throws IOException {
        task = TinyTask.in(folder);
        target = task.model();
    }

    @AfterEach
    void close() {
        task.close();
    }

    /// Few tokens a batch put each run into one of its own; many put all together, padded.
    @ParameterizedTest
    @ValueSource(ints = {1, 12, 4096})
    void each_row_has_the_targets_own_next_tokens_whatever_is_read_beside_it(int batchTokens) {
        List<ActivationRow> rows = new ArrayList<>();
        for (String text : List.of("The river was wide and cold", "war and peace", "The river of the number")) {
            int[] ids = target.tokenizer().ids(text, true);
            for (int length = 2; length <= ids.length; length += 2) {
                rows.add(row(Arrays.copyOf(ids, length), "docs:0"));
            }
        }
        TargetPredictions predictions = predictions(batchTokens, Map.of());
        List<Evidence> evidence = predictions.of(rows);
        assertThat(predictions.unknown()).isZero();
        for (int i = 0; i < rows.size(); i++) {
            assertThat(evidence.get(i).context()).isEqualTo(rows.get(i).text());
            assertThat(evidence.get(i).next()).hasSizeGreaterThan(TOP - 3);
            List<NextToken> expected = plain(target.tokenizer().ids(rows.get(i).text(), true));
            for (int k = 0; k < evidence.get(i).next().size(); k++) {
                NextToken found = evidence.get(i).next().get(k);
                assertThat(found.text()).isEqualTo(expected.get(k).text());
                assertThat(found.probability()).isCloseTo(expected.get(k).probability(), within(1e-6));
            }
        }
    }

    @Test
    void rows_whose_tokens_do_not_come_out_again_keep_their_text_and_are_counted() {
        int[] ids = target.tokenizer().ids("The river was wide", true);
        ActivationRow sound = row(ids, "docs:0");
        ActivationRow another = row(target.tokenizer().ids("war and peace", true), "docs:1");
        ActivationRow foreign = new ActivationRow(sound.tokens(), sound.text(), another.vector(), 1, "docs:2");
        ActivationRow cut = new ActivationRow(sound.tokens() + 1, sound.text(), sound.vector(), 1, "docs:3");
        ActivationRow tooLong = new ActivationRow(LONGEST + 1, sound.text(), sound.vector(), 1, "docs:4");
        ActivationRow narrow = new ActivationRow(sound.tokens(), sound.text(), new float[3], 1, "docs:5");
        TargetPredictions predictions = predictions(4096, Map.of());
        List<Evidence> evidence = predictions.of(List.of(foreign, sound, cut, tooLong, narrow, another));
        assertThat(evidence.stream().map(Evidence::context))
                .containsExactly(sound.text(), sound.text(), sound.text(), sound.text(), sound.text(), another.text());
        assertThat(evidence.stream().map(row -> row.next().isEmpty()))
                .containsExactly(true, false, true, true, true, false);
        assertThat(predictions.unknown()).isEqualTo(4);
    }

    /// In an explanation they would be the token itself: its text would end there when it is read again.
    @Test
    void special_tokens_are_no_predictions() {
        ActivationRow row = row(target.tokenizer().ids("The river was wide", true), "docs:0");
        int all = target.drawableIds().count();
        NextTokenReader reader = new NextTokenReader(target.decoder(), TinyTask.LAYER, target.drawableIds(), all);
        Evidence evidence = new TargetPredictions(target.tokenizer(), reader, 64, LONGEST, Map.of())
                .of(List.of(row))
                .getFirst();
        long specials = target.tokenizer().specials().ids().stream()
                .filter(id -> id < all)
                .count();
        assertThat(specials).isPositive();
        assertThat(evidence.next()).hasSize(Math.toIntExact(all - specials));
    }

    /// SentencePiece's decoders take it from the first token of a text.
    @Test
    void a_prediction_keeps_its_leading_space() {
        try (Tokenizer tokenizer = Tokenizers.fromFile(Path.of("src/test/resources/tokenizer/llama2.json"))) {
            int[] whole = tokenizer.ids("The river", true);
            ActivationRow read = row(Arrays.copyOf(whole, whole.length - 1), "docs:0");
            ActivationRow row = new ActivationRow(read.tokens(), "The river", read.vector(), TinyTask.LAYER, "docs:0");
            int all = tokenizer.vocabularySize();
            NextTokenReader reader = new NextTokenReader(target.decoder(), TinyTask.LAYER, DrawableIds.below(all), all);
            List<String> texts = new TargetPredictions(tokenizer, reader, 64, LONGEST, Map.of())
                    .of(List.of(row)).getFirst().next().stream()
                            .map(NextToken::text)
                            .toList();
            List<String> expected = IntStream.range(0, all)
                    .filter(id -> !tokenizer.specials().ids().contains(id))
                    .mapToObj(tokenizer::token)
                    .filter(token -> !token.startsWith("<0x"))
                    .map(token -> token.replace('▁', ' '))
                    .toList();
            assertThat(expected).contains(" the", " ", "b");
            assertThat(texts).containsAll(expected).contains("\ufffd").doesNotContain("");
        }
    }

    @Test
    void an_id_that_is_missing_is_no_prediction_and_has_no_share_of_the_probability() {
        int[] ids = target.tokenizer().ids("The river was wide", true);
        int limit = target.drawableIds().limit();
        NextTokenReader.Reading whole = reading(ids, DrawableIds.below(limit));
        NextTokenReader.Reading lacking = reading(ids, new DrawableIds(limit, List.of(whole.ids()[0])));
        assertThat(lacking.ids()).startsWith(Arrays.copyOfRange(whole.ids(), 1, TOP));
        double left = 1 - whole.probabilities()[0];
        assertThat(lacking.probabilities()[0]).isCloseTo((float) (whole.probabilities()[1] / left), within(1e-6f));
    }

    private NextTokenReader.Reading reading(int[] ids, DrawableIds drawable) {
        return new NextTokenReader(target.decoder(), TinyTask.LAYER, drawable, TOP)
                .read(List.of(ids), List.of(new int[] {ids.length - 1}))
                .getFirst();
    }

    /// A conversation's text leaves out what its template puts between the turns.
    @Test
    void a_transcript_says_what_a_text_does_not_show() {
        int[] whole = target.tokenizer().ids("The river was wide and cold", true);
        int[] read = Arrays.copyOf(whole, whole.length - 1);
        ActivationRow shown = row(read, "chat:0");
        ActivationRow row = new ActivationRow(shown.tokens(), "wide", shown.vector(), 1, "chat:0");
        TargetPredictions without = predictions(4096, Map.of());
        assertThat(without.of(List.of(row)).getFirst().next()).isEmpty();
        TargetPredictions with = predictions(4096, Map.of("chat:0", whole));
        Evidence evidence = with.of(List.of(row)).getFirst();
        assertThat(with.unknown()).isZero();
        assertThat(evidence.context()).isEqualTo("wide");
        assertThat(evidence.next().getFirst().text())
                .isEqualTo(plain(read).getFirst().text());
    }

    private TargetPredictions predictions(int batchTokens, Map<String, int[]> transcripts) {
        NextTokenReader reader = new NextTokenReader(target.decoder(), TinyTask.LAYER, target.drawableIds(), TOP);
        return new TargetPredictions(target.tokenizer(), reader, batchTokens, LONGEST, transcripts);
    }

    private ActivationRow row(int[] ids, String document) {
        try (Scope _ = Scope.noGrad()) {
            Tensor residual =
                    target.decoder().residual(embed(ids), TinyTask.LAYER + 1, Context.none(), (depth, stream) -> {});
            float[] vector = Tensors.floats(residual.select(0, 0).select(0, ids.length - 1L));
            return new ActivationRow(
                    ids.length, target.tokenizer().decode(ids, true), vector, TinyTask.LAYER, document);
        }
    }

    /// All tokens by the probability that the target gives them after these.
    private List<NextToken> plain(int[] ids) {
        try (Scope _ = Scope.noGrad()) {
            Tensor last = target.decoder()
                    .residual(embed(ids), Context.none())
                    .select(0, 0)
                    .select(0, ids.length - 1L);
            float[] probabilities = Tensors.floats(torch.softmax(
                    target.decoder()
                            .logits(last)
                            .narrow(0, 0, target.drawableIds().limit()),
                    0));
            return IntStream.range(0, probabilities.length)
                    .filter(id -> !target.tokenizer().specials().ids().contains(id))
                    .mapToObj(id -> new NextToken(target.tokenizer().decode(new int[] {id}, false), probabilities[id]))
                    .sorted(Comparator.comparingDouble(NextToken::probability).reversed())
                    .limit(TOP)
                    .toList();
        }
    }

    private Tensor embed(int[] ids) {
        return target.decoder().embed(Tensors.ids(new int[][] {ids}));
    }
}
