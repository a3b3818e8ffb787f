package dev.nla4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DTypeTest {
    @ParameterizedTest
    @CsvSource({
        "true, avx2 avx512f avx512_bf16, BF16",
        "true, avx512f amx_bf16 amx_tile, BF16",
        "true, avx2 avx512f avx512bw, FP32",
        "true, '', BF16",
        "false, avx2, FP32",
        "false, '', FP32",
    })
    void bf16_is_preferred_where_the_processor_has_units_for_it(boolean multiplied, String flags, DType expected) {
        Set<String> has = flags.isEmpty() ? Set.of() : Set.of(flags.split(" "));
        assertThat(DType.preferred(multiplied, has)).isEqualTo(expected);
    }
}
