package dev.nla4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Variance explained, intervals and permutations.
class EvalTest {
    @Test
    void rawvar_and_meannorm_of_two_right_angles_are_those_of_a_calculation_by_hand() {
        // v̂ = (√2, 0), (0, √2); μ = (√2/2, √2/2): each differs by √2/2 in both dimensions
        VarianceExplained variance = VarianceExplained.of(List.of(new float[] {5, 0}, new float[] {0, 0.1f}));
        assertThat(variance.rawvar()).isCloseTo(0.5, within(1e-12));
        // √2 μ/‖μ‖ = (1, 1): ((√2 − 1)² + 1)/2 = 2 − √2
        assertThat(variance.meannorm()).isCloseTo(2 - Math.sqrt(2), within(1e-12));
        assertThat(variance.fve(new double[] {0.1, 0.3})).isCloseTo(0.6, within(1e-12));
    }

    @Test
    void the_short_forms_agree_with_the_definitions_on_random_vectors() {
        Random random = new Random(3);
        List<float[]> rows = new ArrayList<>();
        for (int row = 0; row < 50; row++) {
            float[] values = new float[7];
            for (int i = 0; i < 7; i++) {
                values[i] = (float) (random.nextGaussian() + 0.5);
            }
            rows.add(values);
        }
        double[] mean = new double[7];
        double[][] unit = new double[50][7];
        for (int row = 0; row < 50; row++) {
            double norm = 0;
            for (float value : rows.get(row)) {
                norm += value * (double) value;
            }
            for (int i = 0; i < 7; i++) {
                unit[row][i] = Math.sqrt(7) * rows.get(row)[i] / Math.sqrt(norm);
                mean[i] += unit[row][i] / 50;
            }
        }
        double meanNorm =
                Math.sqrt(java.util.Arrays.stream(mean).map(x -> x * x).sum());
        double rawvar = 0;
        double meannorm = 0;
        for (double[] v : unit) {
            for (int i = 0; i < 7; i++) {
                rawvar += Math.pow(v[i] - mean[i], 2) / 350;
                meannorm += Math.pow(v[i] - Math.sqrt(7) * mean[i] / meanNorm, 2) / 350;
            }
        }
        VarianceExplained variance = VarianceExplained.of(rows);
        assertThat(variance.rawvar()).isCloseTo(rawvar, within(1e-9));
        assertThat(variance.meannorm()).isCloseTo(meannorm, within(1e-9));
        double[] constant =
                VarianceExplained.errors(rows.stream().map(row -> floats(mean)).toList(), rows);
        assertThat(variance.fve(constant))
                .isCloseTo(1 - meannorm / rawvar, within(1e-6))
                .isNegative();
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    @Test
    void activations_that_measure_nothing_are_refused() {
        assertThatThrownBy(() -> VarianceExplained.of(List.of(new float[] {1}))).hasMessageContaining("2 or more");
        assertThatThrownBy(() -> VarianceExplained.of(List.of(new float[] {1}, new float[] {0})))
                .hasMessage("activation 1: must be finite and not zero");
        assertThatThrownBy(() -> VarianceExplained.of(List.of(new float[] {1}, new float[] {1, 2})))
                .hasMessageContaining("activation 1: must have 1 numbers");
    }

    @Test
    void an_interval_over_documents_is_wider_than_one_over_samples_that_resemble_each_other() {
        double[] values = new double[200];
        List<String> documents = new ArrayList<>();
        List<String> singles = new ArrayList<>();
        Random random = new Random(5);
        for (int document = 0; document < 20; document++) {
            double shared = random.nextGaussian();
            for (int i = 0; i < 10; i++) {
                values[document * 10 + i] = shared + 0.1 * random.nextGaussian();
                documents.add("d" + document);
                singles.add("s" + document + "." + i);
            }
        }
        Bootstrap.Interval whole = Bootstrap.mean(values, documents, 0.95, 2000, 1);
        Bootstrap.Interval naive = Bootstrap.mean(values, singles, 0.95, 2000, 1);
        assertThat(whole.documents()).isEqualTo(20);
        assertThat(whole.mean()).isBetween(whole.low(), whole.high()).isEqualTo(naive.mean());
        assertThat(whole.high() - whole.low()).isGreaterThan(2 * (naive.high() - naive.low()));
        // of 200 values of spread 1 the mean's standard error is 0.07: 95 % are ± 1.96 of them
        assertThat(naive.high() - naive.low()).isBetween(0.2, 0.4);
        assertThat(Bootstrap.mean(values, documents, 0.95, 2000, 1)).isEqualTo(whole);
    }

    /// Means of many draws are all but normal: half of them lie within 0.674 standard errors, 95 % within
    /// 1.96. The two widths are as 0.344, however wide the values lie.
    @Test
    void the_level_of_an_interval_is_the_share_of_draws_inside() {
        double[] values = new double[400];
        List<String> documents = new ArrayList<>();
        Random random = new Random(6);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextGaussian();
            documents.add("d" + i);
        }
        Bootstrap.Interval half = Bootstrap.mean(values, documents, 0.5, 2000, 1);
        Bootstrap.Interval most = Bootstrap.mean(values, documents, 0.95, 2000, 1);
        assertThat((half.high() - half.low()) / (most.high() - most.low())).isBetween(0.31, 0.38);
        assertThat(half.mean() - half.low()).isCloseTo(half.high() - half.mean(), within(0.01));
    }

    @Test
    void the_interval_of_fve_turns_the_one_of_errors_around() {
        Bootstrap.Interval errors = new Bootstrap.Interval(0.2, 0.1, 0.3, 9);
        Bootstrap.Interval fve = errors.asFve(0.5);
        assertThat(fve.mean()).isCloseTo(0.6, within(1e-12));
        assertThat(fve.low()).isCloseTo(0.4, within(1e-12));
        assertThat(fve.high()).isCloseTo(0.8, within(1e-12));
        assertThatThrownBy(() -> Bootstrap.mean(new double[] {1}, List.of(), 0.95, 100, 1))
                .hasMessageContaining("as many as document ids (0)");
    }

    @Test
    void no_row_keeps_its_own_text_and_each_text_is_used_once() {
        for (int rows = 2; rows < 40; rows++) {
            int[] order = Shuffle.derangement(rows, rows);
            assertThat(java.util.Arrays.stream(order).distinct().count()).isEqualTo(rows);
            for (int i = 0; i < rows; i++) {
                assertThat(order[i]).isNotEqualTo(i);
            }
        }
        assertThat(Shuffle.derangement(30, 1))
                .isEqualTo(Shuffle.derangement(30, 1))
                .isNotEqualTo(Shuffle.derangement(30, 2));
    }
}
