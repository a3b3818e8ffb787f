package dev.nla4j.format.safetensors;

import dev.nla4j.format.StoredType;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The format's names of element types, which are ours too.
final class Dtypes {
    /// In the order of the format's specification: by alignment, smallest first.
    private static final List<StoredType> ASCENDING = List.of(
            StoredType.BOOL,
            StoredType.U8,
            StoredType.I8,
            StoredType.I16,
            StoredType.U16,
            StoredType.F16,
            StoredType.BF16,
            StoredType.I32,
            StoredType.U32,
            StoredType.F32,
            StoredType.F64,
            StoredType.I64,
            StoredType.U64);

    private static final Map<String, StoredType> BY_NAME =
            ASCENDING.stream().collect(Collectors.toUnmodifiableMap(StoredType::name, Function.identity()));

    private Dtypes() {}

    /// The type of that name, or null.
    static @Nullable StoredType type(String name) {
        return BY_NAME.get(name);
    }

    static boolean isWritable(StoredType type) {
        return ASCENDING.contains(type);
    }

    /// Largest alignment first, as the reference lays tensors out.
    static Comparator<StoredType> largestFirst() {
        return Comparator.comparingInt((StoredType type) -> ASCENDING.indexOf(type))
                .reversed();
    }

    static String known() {
        return ASCENDING.stream().map(StoredType::name).collect(Collectors.joining(", "));
    }
}
