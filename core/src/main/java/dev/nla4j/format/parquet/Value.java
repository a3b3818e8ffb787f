package dev.nla4j.format.parquet;

import java.util.List;

/// What one column of one row holds when it is written.
public sealed interface Value {
    /// The kind of column the value fits in.
    ColumnKind kind();

    /// A whole number.
    record Int64(long value) implements Value {
        @Override
        public ColumnKind kind() {
            return ColumnKind.INT64;
        }
    }

    /// A text.
    record Text(String value) implements Value {
        @Override
        public ColumnKind kind() {
            return ColumnKind.TEXT;
        }
    }

    /// A vector; the array is read when the row is written and not kept.
    @SuppressWarnings("ArrayRecordComponent") // a carrier from caller to writer, never compared
    record Floats(float[] values) implements Value {
        @Override
        public ColumnKind kind() {
            return ColumnKind.FLOAT_LIST;
        }
    }

    /// A conversation.
    record Messages(List<RoleContent> values) implements Value {
        public Messages {
            values = List.copyOf(values);
        }

        @Override
        public ColumnKind kind() {
            return ColumnKind.MESSAGE_LIST;
        }
    }
}
