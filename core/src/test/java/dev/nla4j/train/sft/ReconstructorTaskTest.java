package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.train.config.ConfigTree;
import dev.nla4j.train.config.SftConfig;
import dev.nla4j.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReconstructorTaskTest {
    private static final int ROWS = 8;

    @TempDir
    static Path folder;

    private static TinyTask tiny;
    private static Examples heldOut;

    @BeforeAll
    static void open() throws IOException {
        tiny = TinyTask.in(folder.resolve("model"));
        heldOut = tiny.examples(Stage.BASE, "held", ROWS, 2);
    }

    @AfterAll
    static void close() {
        tiny.close();
    }

    private static Map<String, Double> measured(Examples rows, Map<Integer, String> ownTexts) {
        SftConfig config = TrainConfig.read(
                        ConfigTree.empty().set("train.sft.ar.rank=2").section())
                .ar();
        Examples data = tiny.examples(Stage.AR_SFT, "ar", 32, 3);
        OwnSamples own = new OwnSamples(Map.of(), ownTexts);
        try (Task task = new ReconstructorTask(tiny.model(), TinyTask.BASE, data, rows, own, config)) {
            return task.evaluate().values();
        }
    }

    @Test
    void own_texts_are_held_to_the_activations_of_their_rows() {
        int[] written = {3, 6};
        Map<Integer, String> own = new HashMap<>();
        for (int row : written) {
            own.put(row, heldOut.rows().get(row).explanation());
        }
        Examples two = new Examples(heldOut.file(), heldOut.meta(), heldOut.at(written));
        assertThat(measured(heldOut, own).get("fve_own_samples"))
                .isCloseTo(measured(two, Map.of()).get("fve"), within(1e-5));
    }

    @Test
    void the_empty_control_is_what_empty_texts_would_score() {
        Map<Integer, String> own = new HashMap<>();
        for (int row = 0; row < ROWS; row++) {
            own.put(row, "");
        }
        Map<String, Double> values = measured(heldOut, own);
        assertThat(values.get("fve_empty")).isCloseTo(values.get("fve_own_samples"), within(1e-5));
    }
}
