package dev.nla4j.cli;

import dev.nla4j.format.InputException;
import dev.nla4j.train.RunComparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.TreeMap;

/// What a run's best evaluation found, with the controls beside it: a figure alone says nothing.
///
/// @param label what the figure is called
/// @param key of it in the run's metrics
/// @param sign 1, or -1 where less is better
/// @param controls keys that are shown beside it, with what they are called
record BestMeasured(String label, String key, int sign, Map<String, String> controls) {
    static final BestMeasured VERBALIZER = new BestMeasured(
            "held-out cross entropy", "eval/loss", -1, Map.of("eval/loss_shuffled", "with other rows' activations"));
    static final BestMeasured RECONSTRUCTOR = new BestMeasured(
            "held-out FVE",
            "fve",
            1,
            Map.of(
                    "fve_empty", "no text",
                    "fve_mean_vector", "mean vector",
                    "fve_shuffled", "other rows' texts",
                    "rawvar", "rawvar"));
    static final BestMeasured PAIR = new BestMeasured(
            "held-out FVE",
            "eval/fve",
            1,
            Map.of(
                    "eval/fve_literal", "last four tokens alone",
                    "eval/fve_mean_vector", "mean vector",
                    "eval/fve_nearest", "nearest activation",
                    "eval/fve_reworded", "reworded",
                    "eval/fve_same_token", "same token",
                    "eval/fve_second_critic", "second critic",
                    "eval/fve_shuffled", "other rows' texts",
                    "eval/rawvar", "rawvar"));

    /// `, held-out FVE 0.4730 (other rows' texts -0.6310, mean vector -0.1670)`.
    ///
    /// @param folder of the run
    /// @param quality of the best; empty for weights that no evaluation chose
    String line(Path folder, OptionalDouble quality) throws IOException {
        if (quality.isEmpty()) {
            return ", as after the last step: there was no best one to keep";
        }
        double best = sign * quality.getAsDouble();
        Map<String, Double> values = measured(folder, best);
        List<String> beside = new ArrayList<>();
        new TreeMap<>(controls).forEach((name, called) -> {
            Double value = values.get(name);
            if (value != null) {
                beside.add(called + " " + number(value));
            }
        });
        return ", " + label + " " + number(best) + (beside.isEmpty() ? "" : " (" + String.join(", ", beside) + ")");
    }

    private Map<String, Double> measured(Path folder, double best) throws IOException {
        try {
            return RunComparison.Run.read(folder).lines().stream()
                    .map(line -> line.values())
                    .filter(line -> Objects.equals(line.get(key), best))
                    .findFirst()
                    .orElse(Map.of());
        } catch (InputException e) {
            System.err.println("nla: " + e.getMessage()); // of a log that is damaged; what was learned is whole
            return Map.of();
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
