package dev.nla4j.cli;

import dev.nla4j.train.RunComparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/// What a run's best evaluation found, with the controls beside it: a figure alone says nothing.
final class BestMeasured {
    /// What is said of weights that no evaluation chose.
    static final String NONE = ", as after the last step: there was no best one to keep";

    private BestMeasured() {}

    /// `, held-out FVE 0.4730 (other rows' texts -0.6310, mean vector -0.1670)`.
    ///
    /// @param folder of the run
    /// @param key of the figure in the run's metrics
    /// @param best the figure
    /// @param controls keys that are shown beside it, with what they are called
    static String line(Path folder, String label, String key, double best, Map<String, String> controls)
            throws IOException {
        Map<String, Double> values = RunComparison.Run.read(folder).lines().stream()
                .map(line -> line.values())
                .filter(line -> Objects.equals(line.get(key), best))
                .findFirst()
                .orElse(Map.of());
        List<String> beside = new ArrayList<>();
        controls.forEach((name, called) -> {
            Double value = values.get(name);
            if (value != null) {
                beside.add(called + " " + number(value));
            }
        });
        return ", " + label + " " + number(best) + (beside.isEmpty() ? "" : " (" + String.join(", ", beside) + ")");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
