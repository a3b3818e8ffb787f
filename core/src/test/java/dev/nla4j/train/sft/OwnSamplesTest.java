package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.format.FormatException;
import dev.nla4j.generate.Completion;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.progress.Progress;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnSamplesTest {
    private static final OwnSamples.Origin ORIGIN = new OwnSamples.Origin("v", "d", "h", 0.5, 1);

    @TempDir
    Path folder;

    private Path file(String train) throws IOException {
        String origin = "{\"verbalizer\":\"v\",\"data\":\"d\",\"held_out\":\"h\",\"held_out_rows\":\"spread\","
                + "\"share\":0.5,\"seed\":1}";
        return Files.writeString(
                folder.resolve("own-samples.json"),
                "{\"origin\":" + origin + ",\"train\":" + train + ",\"held_out\":{\"2\":\"b\"}}");
    }

    @Test
    void texts_come_back_by_their_rows() throws IOException {
        OwnSamples read = OwnSamples.read(file("{\"0\":\"a\"}"), ORIGIN, 1, 3).orElseThrow();
        assertThat(read.train()).containsOnlyKeys(0).containsValue("a");
        assertThat(read.heldOut()).containsOnlyKeys(2);
    }

    @Test
    void each_row_has_the_text_that_is_written_about_its_own_activation() throws IOException {
        Path drawn = folder.resolve("drawn.json");
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"));
                Task task = tiny.task("av", config())) {
            task.export(folder.resolve("av"));
            Examples data = tiny.examples(Stage.AR_SFT, "ar", 16, 3);
            Examples heldOut = tiny.examples(Stage.BASE, "held", 4, 2);
            NlaMeta meta = PairFolder.verbalizer(folder.resolve("av")).meta();
            // A fresh adapter adds nothing.
            try (Verbalizer verbalizer =
                    new Verbalizer(tiny.model(), tiny.model().decoder(), meta)) {
                OwnSamples own = OwnSamples.draw(verbalizer, data, heldOut, ORIGIN, drawn, Progress.NONE);
                List<Integer> rows = own.train().keySet().stream().sorted().toList();
                assertThat(rows.getLast()).as("not the first ones").isGreaterThanOrEqualTo(rows.size());
                assertThat(own.heldOut()).containsOnlyKeys(0, 1, 2, 3);
                List<Verbalizer.Task> tasks = new ArrayList<>();
                rows.forEach(row ->
                        tasks.add(new Verbalizer.Task(data.rows().get(row).activation(), row)));
                for (int row = 0; row < 4; row++) {
                    tasks.add(new Verbalizer.Task(heldOut.rows().get(row).activation(), -1 - row));
                }
                List<String> texts =
                        verbalizer.complete(tasks, new Verbalizer.Options(1, ORIGIN.seed(), 96), _ -> {}).stream()
                                .map(completion -> verbalizer.read(completion).description())
                                .toList();
                for (int i = 0; i < rows.size(); i++) {
                    assertThat(own.train()).containsEntry(rows.get(i), texts.get(i));
                }
                for (int row = 0; row < 4; row++) {
                    assertThat(own.heldOut()).containsEntry(row, texts.get(rows.size() + row));
                }
                assertThat(texts).doesNotHaveDuplicates();
                assertThat(OwnSamples.read(drawn, ORIGIN, 16, 4)).hasValue(own);
            }
        }
    }

    private static SftConfig config() {
        return TrainConfig.read(ConfigTree.empty().set("train.sft.av.rank=2").section())
                .av();
    }

    /// At the length of shorter gold texts, 96 tokens, it would be cut off.
    @Test
    void a_text_may_be_as_long_as_the_longest_gold_text_and_its_tags() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder.resolve("model"));
                Task task = tiny.task("av", config())) {
            task.export(folder.resolve("av"));
            Examples gold = tiny.examples(Stage.AR_SFT, "ar", 4, 3);
            String longest = "a river ".repeat(60).strip();
            List<Example> rows = new ArrayList<>(gold.rows());
            Example third = rows.get(2);
            rows.set(2, Example.explained(third.activation(), longest, third.source()));
            Examples data = new Examples(gold.file(), gold.meta(), rows);
            Examples heldOut = tiny.examples(Stage.BASE, "held", 4, 2);
            NlaMeta meta = PairFolder.verbalizer(folder.resolve("av")).meta();
            // A fresh adapter adds nothing.
            try (Verbalizer verbalizer =
                    new Verbalizer(tiny.model(), tiny.model().decoder(), meta)) {
                OwnSamples.Origin heldOutOnly = new OwnSamples.Origin("v", "d", "h", 0, 1);
                Path drawn = folder.resolve("drawn.json");
                OwnSamples own = OwnSamples.draw(verbalizer, data, heldOut, heldOutOnly, drawn, Progress.NONE);
                List<Verbalizer.Task> tasks = new ArrayList<>();
                for (int row = 0; row < 4; row++) {
                    tasks.add(new Verbalizer.Task(heldOut.rows().get(row).activation(), -1 - row));
                }
                int most = verbalizer.tokens(longest) + 16;
                List<Completion> written =
                        verbalizer.complete(tasks, new Verbalizer.Options(1, heldOutOnly.seed(), most), _ -> {});
                assertThat(written).anyMatch(completion -> completion.ids().size() > 96);
                for (int row = 0; row < 4; row++) {
                    String text = verbalizer.read(written.get(row)).description();
                    assertThat(own.heldOut()).containsEntry(row, text);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"4\":\"a\"}", "{\"-1\":\"a\"}", "{\"03\":\"a\"}", "{\"x\":\"a\"}", "{\"3\":{}}", "[]"})
    void rows_that_are_not_there_and_what_is_no_text_are_refused(String train) throws IOException {
        Path file = file(train);
        assertThatThrownBy(() -> OwnSamples.read(file, ORIGIN, 4, 3))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("own-samples.json")
                .hasMessageContaining("train");
    }
}
