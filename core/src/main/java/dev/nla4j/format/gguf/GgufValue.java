package dev.nla4j.format.gguf;

import java.util.List;

/// One metadata value with the type it has in the file.
public sealed interface GgufValue
        permits GgufValue.Whole,
                GgufValue.Real,
                GgufValue.Flag,
                GgufValue.Text,
                GgufValue.Texts,
                GgufValue.Nested,
                GgufNumbers {
    /// The type in the file; `ARRAY` for all arrays.
    GgufType type();

    /// A whole number.
    ///
    /// @param value for `U64` beyond 63 bits the negative number of the same bits
    record Whole(GgufType type, long value) implements GgufValue {
        public Whole {
            if (!type.isInteger() || !fits(type, value)) {
                throw new IllegalArgumentException("value: must fit " + type + ", was " + value);
            }
        }

        private static boolean fits(GgufType type, long value) {
            return switch (type) {
                case U8 -> value >= 0 && value <= 0xff;
                case I8 -> value == (byte) value;
                case U16 -> value >= 0 && value <= 0xffff;
                case I16 -> value == (short) value;
                case U32 -> value >= 0 && value <= 0xffff_ffffL;
                case I32 -> value == (int) value;
                case U64, I64 -> true;
                case F32, F64, BOOL, STRING, ARRAY -> false;
            };
        }
    }

    /// A real number; for `F32` one that fp32 holds.
    record Real(GgufType type, double value) implements GgufValue {
        public Real {
            if (!type.isReal() || (type == GgufType.F32 && Double.compare((float) value, value) != 0)) {
                throw new IllegalArgumentException("value: must fit " + type + ", was " + value);
            }
        }
    }

    /// True or false.
    record Flag(boolean value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.BOOL;
        }
    }

    /// A string.
    record Text(String value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.STRING;
        }
    }

    /// An array of strings.
    record Texts(List<String> values) implements GgufValue {
        public Texts {
            values = List.copyOf(values);
        }

        @Override
        public GgufType type() {
            return GgufType.ARRAY;
        }
    }

    /// An array of arrays.
    record Nested(List<GgufValue> values) implements GgufValue {
        public Nested {
            values = List.copyOf(values);
            if (values.stream().anyMatch(value -> value.type() != GgufType.ARRAY || value instanceof Nested)) {
                throw new IllegalArgumentException("values: must be arrays that hold no arrays");
            }
        }

        @Override
        public GgufType type() {
            return GgufType.ARRAY;
        }
    }
}
