package dev.nla4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RngTest {
    @Test
    void numbers_fill_the_unit_interval_evenly_along_every_coordinate() {
        for (int axis = 0; axis < 3; axis++) {
            int[] counts = new int[16];
            double sumOfProducts = 0;
            double last = 0.5;
            for (int i = 0; i < 16_000; i++) {
                double u = Rng.uniform(axis == 0 ? i : 5, axis == 1 ? i : 6, axis == 2 ? i : 7);
                assertThat(u).isGreaterThanOrEqualTo(0).isLessThan(1);
                counts[(int) (u * 16)]++;
                sumOfProducts += (u - 0.5) * (last - 0.5);
                last = u;
            }
            // 1000 expected, five standard deviations to either side.
            assertThat(java.util.Arrays.stream(counts).boxed())
                    .allSatisfy(count -> assertThat(count).isBetween(840, 1160));
            assertThat(Math.abs(sumOfProducts * 12 / Math.sqrt(16_000))).isLessThan(5);
        }
    }

    @Test
    void coordinates_are_not_interchangeable() {
        Set<Long> seen = new HashSet<>();
        for (int seed = -8; seed < 8; seed++) {
            for (int request = -8; request < 8; request++) {
                for (int position = -8; position < 8; position++) {
                    seen.add(Rng.bits(seed, request, position));
                }
            }
        }
        assertThat(seen).hasSize(16 * 16 * 16);
    }

    @Test
    void the_numbers_of_a_seed_never_change() {
        // SplitMix64's published first number of seed 0 is its mix of the golden gamma.
        assertThat(Rng.bits(0, 0, 0)).isEqualTo(mixed(mixed(mixed(GAMMA) + GAMMA) + GAMMA));
        assertThat(mixed(GAMMA)).isEqualTo(0xE220A8397B1DCDAFL);
        // Calculated outside of this program.
        assertThat(Rng.bits(1, 2, 3)).isEqualTo(0x6AE515C1C0AC7E37L);
        assertThat(Rng.bits(42, 1000, 7)).isEqualTo(0x1D246A902CF48C5FL);
        assertThat(Rng.bits(-1, 5, 1L << 40)).isEqualTo(0x862E82E299140F7FL);
    }

    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private static long mixed(long value) {
        long z = value;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
