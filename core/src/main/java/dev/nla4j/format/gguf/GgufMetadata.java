package dev.nla4j.format.gguf;

import dev.nla4j.format.FormatException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A file's settings by key. Each getter checks type and range, so that what it returns needs no second
/// look; when a key is missing or not as wanted, a [FormatException] names file, key, what was found and
/// what was expected.
public final class GgufMetadata {
    private final Path file;
    private final Map<String, Placed> values;

    /// @param values in the file's order; taken over, not copied
    GgufMetadata(Path file, Map<String, Placed> values) {
        this.file = file;
        this.values = values;
    }

    /// A value and the byte offset of its type in the file.
    record Placed(long offset, GgufValue value) {}

    /// All keys, in the file's order.
    public List<String> keys() {
        return List.copyOf(values.keySet());
    }

    /// Whether there is such a key, of whatever type.
    public boolean has(String key) {
        return values.containsKey(key);
    }

    /// The value as it is.
    public Optional<GgufValue> value(String key) {
        @Nullable Placed placed = values.get(key);
        return placed == null ? Optional.empty() : Optional.of(placed.value());
    }

    /// An integer of any width, from `min` to `max`.
    public long integer(String key, long min, long max) {
        GgufValue value = required(key);
        if (!(value instanceof GgufValue.Whole whole)) {
            throw wrong(key, "must be an integer, was " + describe(value));
        }
        boolean beyond = whole.type() == GgufType.U64 && whole.value() < 0;
        if (beyond || whole.value() < min || whole.value() > max) {
            String shown = beyond ? Long.toUnsignedString(whole.value()) : Long.toString(whole.value());
            throw wrong(key, "must be " + min + " to " + max + ", was " + shown);
        }
        return whole.value();
    }

    /// As [#integer], or `fallback` (which need not be in range) when there is no such key.
    public long integerOr(String key, long fallback, long min, long max) {
        return has(key) ? integer(key, min, max) : fallback;
    }

    /// A finite real number.
    public double number(String key) {
        GgufValue value = required(key);
        if (!(value instanceof GgufValue.Real real) || !Double.isFinite(real.value())) {
            throw wrong(key, "must be a finite real number, was " + describe(value));
        }
        return real.value();
    }

    /// True or false.
    public boolean bool(String key) {
        GgufValue value = required(key);
        if (!(value instanceof GgufValue.Flag flag)) {
            throw wrong(key, "must be true or false, was " + describe(value));
        }
        return flag.value();
    }

    /// A string, which may be empty.
    public String string(String key) {
        GgufValue value = required(key);
        if (!(value instanceof GgufValue.Text text)) {
            throw wrong(key, "must be a string, was " + describe(value));
        }
        return text.value();
    }

    /// As [#string], or `fallback` when there is no such key.
    public String stringOr(String key, String fallback) {
        return has(key) ? string(key) : fallback;
    }

    /// An array of strings.
    public List<String> strings(String key) {
        GgufValue value = required(key);
        if (!(value instanceof GgufValue.Texts texts)) {
            throw wrong(key, "must be an array of strings, was " + describe(value));
        }
        return texts.values();
    }

    /// An array of integers of any width; `U64` beyond 63 bits is refused.
    public long[] integers(String key) {
        GgufValue value = required(key);
        if (!(value instanceof GgufNumbers numbers) || !numbers.elementType().isInteger()) {
            throw wrong(key, "must be an array of integers, was " + describe(value));
        }
        long[] integers = new long[numbers.size()];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = numbers.integer(i);
            if (integers[i] < 0 && numbers.elementType() == GgufType.U64) {
                throw wrong(key, "must be integers below 2^63, was " + Long.toUnsignedString(integers[i]) + " at " + i);
            }
        }
        return integers;
    }

    /// An array of booleans.
    public boolean[] flags(String key) {
        GgufValue value = required(key);
        if (!(value instanceof GgufNumbers numbers) || numbers.elementType() != GgufType.BOOL) {
            throw wrong(key, "must be an array of booleans, was " + describe(value));
        }
        boolean[] flags = new boolean[numbers.size()];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = numbers.flag(i);
        }
        return flags;
    }

    /// An array of fp32, none of them NaN.
    public float[] floats(String key) {
        GgufValue value = required(key);
        if (!(value instanceof GgufNumbers numbers) || numbers.elementType() != GgufType.F32) {
            throw wrong(key, "must be an array of F32, was " + describe(value));
        }
        float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) numbers.real(i);
            if (Float.isNaN(floats[i])) {
                throw wrong(key, "must be numbers, was NaN at " + i);
            }
        }
        return floats;
    }

    private GgufValue required(String key) {
        return value(key).orElseThrow(() -> new FormatException(file, -1, key, "is missing"));
    }

    private FormatException wrong(String key, String problem) {
        @Nullable Placed placed = values.get(key);
        return new FormatException(file, placed == null ? -1 : placed.offset(), key, problem);
    }

    private static String describe(GgufValue value) {
        return switch (value) {
            case GgufValue.Whole whole -> whole.value() + " of type " + whole.type();
            case GgufValue.Real real -> real.value() + " of type " + real.type();
            case GgufValue.Flag flag -> String.valueOf(flag.value());
            case GgufValue.Text text -> "the string " + text.value();
            case GgufValue.Texts texts -> "an array of " + texts.values().size() + " strings";
            case GgufValue.Nested nested -> "an array of " + nested.values().size() + " arrays";
            case GgufNumbers numbers -> "an array of " + numbers;
        };
    }
}
