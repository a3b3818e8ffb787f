package dev.nla4j.train.rl;

import dev.nla4j.eval.Shuffle;
import dev.nla4j.format.InputException;
import dev.nla4j.train.sft.Example;
import dev.nla4j.train.sft.Examples;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/// Refuses to start with a reconstructor that does not read its text: a verbalizer would then be rewarded for noise.
public final class Preflight {
    private static final int ROWS = 32;
    /// Standard errors by which real texts must be better than each control.
    private static final double LEAST_ERRORS = 2;

    private Preflight() {}

    /// Mean errors `2 (1 − cos)` of gold texts, of other rows' texts, and without text.
    ///
    /// @param empty none where a prompt without text has no token
    public record Report(double real, double shuffled, OptionalDouble empty, int rows) {
        @Override
        public String toString() {
            String without =
                    empty.isPresent() ? String.format(Locale.ROOT, ", %.3f without text", empty.getAsDouble()) : "";
            return String.format(
                    Locale.ROOT,
                    "error %.3f with the real texts, %.3f with other rows' texts%s (%d rows)",
                    real,
                    shuffled,
                    without,
                    rows);
        }
    }

    /// Measures up to 32 rows, spread over the file.
    ///
    /// @throws InputException with the numbers when real texts are not clearly better than the controls
    public static Report check(Critic critic, String name, Examples heldOut) {
        List<Example> rows = heldOut.at(heldOut.spread(ROWS));
        List<float[]> activations = rows.stream().map(Example::activation).toList();
        List<String> texts = rows.stream().map(Example::explanation).toList();
        int[] others = Shuffle.derangement(rows.size(), 1);
        double[] real = critic.errors(texts, activations);
        double[] shuffled =
                critic.errors(Arrays.stream(others).mapToObj(texts::get).toList(), activations);
        double[] empty = critic.reads("") ? critic.errors("", activations) : new double[0];
        Report report =
                new Report(mean(real), mean(shuffled), Arrays.stream(empty).average(), rows.size());
        if (!isBetter(real, shuffled) || (empty.length > 0 && !isBetter(real, empty))) {
            throw new InputException(name + ": this reconstructor does not read its text: " + report
                    + "; real texts must be better than both by more than " + LEAST_ERRORS
                    + " standard errors. Teach it first: nla train sft --role ar");
        }
        return report;
    }

    private static boolean isBetter(double[] real, double[] control) {
        double[] gains = new double[real.length];
        for (int i = 0; i < gains.length; i++) {
            gains[i] = control[i] - real[i];
        }
        double mean = mean(gains);
        double variance =
                Arrays.stream(gains).map(gain -> (gain - mean) * (gain - mean)).sum() / Math.max(1, gains.length - 1);
        return mean > 0 && mean > LEAST_ERRORS * Math.sqrt(variance / gains.length);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }
}
