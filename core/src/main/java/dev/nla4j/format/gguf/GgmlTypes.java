package dev.nla4j.format.gguf;

import dev.nla4j.format.StoredType;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// ggml's numbers of tensor types.
final class GgmlTypes {
    private static final Map<Integer, StoredType> READABLE = new TreeMap<>(Map.ofEntries(
            Map.entry(0, StoredType.F32),
            Map.entry(1, StoredType.F16),
            Map.entry(2, StoredType.Q4_0),
            Map.entry(3, StoredType.Q4_1),
            Map.entry(6, StoredType.Q5_0),
            Map.entry(7, StoredType.Q5_1),
            Map.entry(8, StoredType.Q8_0),
            Map.entry(10, StoredType.Q2_K),
            Map.entry(11, StoredType.Q3_K),
            Map.entry(12, StoredType.Q4_K),
            Map.entry(13, StoredType.Q5_K),
            Map.entry(14, StoredType.Q6_K),
            Map.entry(20, StoredType.IQ4_NL),
            Map.entry(23, StoredType.IQ4_XS),
            Map.entry(24, StoredType.I8),
            Map.entry(25, StoredType.I16),
            Map.entry(26, StoredType.I32),
            Map.entry(27, StoredType.I64),
            Map.entry(28, StoredType.F64),
            Map.entry(30, StoredType.BF16)));

    /// Types that exist and that we do not read: an error with their name tells which file to get instead.
    private static final Map<Integer, String> OTHERS = Map.ofEntries(
            Map.entry(9, "Q8_1"),
            Map.entry(15, "Q8_K"),
            Map.entry(16, "IQ2_XXS"),
            Map.entry(17, "IQ2_XS"),
            Map.entry(18, "IQ3_XXS"),
            Map.entry(19, "IQ1_S"),
            Map.entry(21, "IQ3_S"),
            Map.entry(22, "IQ2_S"),
            Map.entry(29, "IQ1_M"),
            Map.entry(34, "TQ1_0"),
            Map.entry(35, "TQ2_0"),
            Map.entry(39, "MXFP4"),
            Map.entry(40, "NVFP4"),
            Map.entry(41, "Q1_0"));

    /// Types that ggml once had: their numbers were never given to others.
    private static final Map<Integer, String> RETIRED = Map.ofEntries(
            Map.entry(4, "Q4_2"),
            Map.entry(5, "Q4_3"),
            Map.entry(31, "Q4_0_4_4"),
            Map.entry(32, "Q4_0_4_8"),
            Map.entry(33, "Q4_0_8_8"),
            Map.entry(36, "IQ4_NL_4_4"),
            Map.entry(37, "IQ4_NL_4_8"),
            Map.entry(38, "IQ4_NL_8_8"));

    private GgmlTypes() {}

    /// The type of that number, or null when we can't read it.
    static @Nullable StoredType type(int code) {
        return READABLE.get(code);
    }

    /// What to call a number we can't read.
    static String name(int code) {
        String retired = RETIRED.get(code);
        if (retired != null) {
            return retired + " (which ggml has retired)";
        }
        return OTHERS.getOrDefault(code, "unknown type " + Integer.toUnsignedString(code));
    }

    /// ggml's number of `type`.
    ///
    /// @throws IllegalArgumentException when ggml has no such type
    static int code(StoredType type) {
        return READABLE.entrySet().stream()
                .filter(entry -> entry.getValue() == type)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("type: must be one of " + known() + ", was " + type))
                .getKey();
    }

    static String known() {
        return READABLE.values().stream().map(StoredType::name).collect(Collectors.joining(", "));
    }
}
