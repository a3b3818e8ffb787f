package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.model.Context;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.sft.Example;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RlDataTest {
    private static final String CHAT = "chat:0";

    @TempDir
    private Path folder;

    /// A conversation's stored text leaves out what its template puts between the turns.
    @Test
    void rows_of_conversations_have_predictions_by_their_transcripts_alone() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder)) {
            int[] whole = tiny.model().tokenizer().ids("The river was wide and cold", true);
            int[] read = Arrays.copyOf(whole, whole.length - 1);
            Example row = row(tiny.model(), read, "wide", read.length);
            assertThat(evidence(tiny, Map.of(), row).next()).isEmpty();
            Evidence known = evidence(tiny, Map.of(CHAT, whole), row);
            assertThat(known.context()).isEqualTo("wide");
            assertThat(known.next()).isNotEmpty();
            assertThat(evidence(tiny, Map.of("chat:1", whole), row).next()).isEmpty();
        }
    }

    /// A text that gives the activation back is not enough where the file says that it had more tokens.
    @Test
    void a_row_whose_text_has_another_number_of_tokens_than_its_file_says_has_no_predictions() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder)) {
            String text = "The river was wide";
            int[] ids = tiny.model().tokenizer().ids(text, true);
            for (long tokens : new long[] {0, ids.length}) {
                assertThat(evidence(tiny, Map.of(), row(tiny.model(), ids, text, tokens))
                                .next())
                        .as("%s tokens", tokens)
                        .isNotEmpty();
            }
            assertThat(evidence(tiny, Map.of(), row(tiny.model(), ids, text, ids.length + 1L))
                            .next())
                    .isEmpty();
        }
    }

    private static Evidence evidence(TinyTask tiny, Map<String, int[]> transcripts, Example row) {
        RlData plain = TinyRl.data(tiny);
        return new RlData(plain.prompts(), plain.gold(), plain.heldOut(), transcripts)
                .evidence(tiny.model(), TinyTask.LAYER, List.of(row))
                .orElseThrow()
                .getFirst();
    }

    private static Example row(LanguageModel target, int[] ids, String text, long tokens) {
        try (Scope _ = Scope.noGrad()) {
            Tensor residual = target.decoder()
                    .residual(
                            target.decoder().embed(Tensors.ids(new int[][] {ids})),
                            TinyTask.LAYER + 1,
                            Context.none(),
                            (depth, stream) -> {});
            float[] vector = Tensors.floats(residual.select(0, 0).select(0, ids.length - 1L));
            return new Example(vector, "", "", new Example.Source(CHAT, text, tokens));
        }
    }
}
