package dev.nla4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.ActivationFile;
import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.PositionsPerDocument;
import dev.nla4j.activation.ResidualReader;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.TextTokens;
import dev.nla4j.progress.Progress;
import dev.nla4j.tokenizer.Tokenizer;
import dev.nla4j.train.sft.TinyTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is taken from the answers of a model of random weights.
class ChatActivationsTest {
    /// The first three are answered together; the second is too long for one batch with the others.
    private static final List<String> PROMPTS = List.of("a river", "green ".repeat(60), "war and peace", "the number");

    @TempDir
    Path folder;

    private Corpus prompts() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < PROMPTS.size(); i++) {
            lines.append("{\"doc_id\": \"" + i + "\", \"text\": \"" + PROMPTS.get(i) + "\"}\n");
        }
        Path file = Files.writeString(folder.resolve("prompts.jsonl"), lines);
        return Corpus.open(file, CorpusOptions.DEFAULT);
    }

    private static List<ActivationRow> rows(Path path) {
        List<ActivationRow> rows = new ArrayList<>();
        try (ActivationFile file = ActivationFile.open(path)) {
            for (ActivationFile.Rows read = file.rows(); read.hasNext(); ) {
                rows.add(read.next());
            }
        }
        return rows;
    }

    @Test
    void activations_are_the_targets_at_each_token_of_its_answers_and_at_no_other() throws IOException {
        Path out = folder.resolve("chat.parquet");
        ChatActivations.Settings settings = new ChatActivations.Settings(
                "nobody/tiny",
                "fp32",
                TinyTask.LAYER,
                PositionsPerDocument.ALL,
                1,
                6,
                5,
                LocalDateTime.of(2026, 1, 2, 3, 4),
                3,
                100);
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"))) {
            LanguageModel model = tiny.model();
            Tokenizer tokenizer = model.tokenizer();
            Set<Integer> specials = tokenizer.specials().ids();
            ResidualReader reader = new ResidualReader(model.decoder(), TinyTask.LAYER);
            new ChatActivations(model, settings, Map.of()).run(prompts(), out, false, Progress.NONE);
            Map<String, int[]> transcripts =
                    Transcripts.tokens(Transcripts.beside(out), model.config().vocabulary());
            List<ActivationRow> rows = rows(out);
            int next = 0;
            for (int i = 0; i < PROMPTS.size(); i++) {
                int[] ids = transcripts.get(Integer.toString(i));
                String rendered = model.chatTemplate().asked(PROMPTS.get(i), model.templateSpecials());
                int[] asked = TextTokens.ofRendered(tokenizer, rendered).ids();
                assertThat(ids).startsWith(asked);
                int[] answered = IntStream.range(asked.length, ids.length)
                        .filter(at -> !specials.contains(ids[at]))
                        .toArray();
                assertThat(answered).isNotEmpty();
                for (int at : answered) {
                    assertThat(rows).hasSizeGreaterThan(next);
                    ActivationRow row = rows.get(next++);
                    int[] read = Arrays.copyOf(ids, at + 1);
                    assertThat(row.documentId()).isEqualTo(Integer.toString(i));
                    assertThat(row.tokens()).isEqualTo(at + 1);
                    assertThat(row.text()).isEqualTo(tokenizer.decode(read, true));
                    assertThat(row.layer()).isEqualTo(TinyTask.LAYER);
                    float[] expected = reader.read(List.of(read), List.of(new int[] {at}))[0];
                    assertThat(row.vector()).containsExactly(expected, within(1e-4f));
                }
            }
            assertThat(rows).hasSize(next);
        }
    }
}
