package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import dev.nla4j.progress.Progress;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnTextsTest {
    @TempDir
    Path folder;

    /// Refused before a model is needed.
    @Test
    void a_run_that_has_begun_draws_no_texts_of_its_own_again() throws IOException {
        Section top = ConfigTree.empty()
                .set("folder=" + folder)
                .set("train.sft.ar.own-samples=0.5")
                .section();
        RunConfig config = RunConfig.read(top);
        Path half = Files.createDirectories(folder.resolve("pair/av"));
        Files.writeString(half.resolve("nla_meta.yaml"), "another one\n");
        Examples rows = new Examples(Files.writeString(folder.resolve("rows.parquet"), "rows"), null, List.of());
        for (String kept : new String[] {null, "{\"origin\": {\"verbalizer\": \"before\"}}"}) {
            if (kept != null) {
                Files.writeString(folder.resolve("own-samples.json"), kept);
            }
            OwnTexts texts = new OwnTexts(config, rows, rows, Progress.NONE);
            assertThatThrownBy(() -> texts.take(true, () -> null))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("own-samples.json: is missing, or was written by another verbalizer");
        }
    }
}
