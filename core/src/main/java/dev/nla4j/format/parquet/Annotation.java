package dev.nla4j.format.parquet;

import org.jspecify.annotations.Nullable;

/// What a schema node says its values mean, by the older and the newer way to say so.
///
/// @param converted the older annotation's number, or -1
/// @param logical the newer annotation's number, or -1
/// @param unsignedBits width of whole numbers without a sign that the newer annotation tells, or 0
record Annotation(int converted, int logical, int unsignedBits) {
    private static final int CONVERTED_UTF8 = 0;
    private static final int CONVERTED_LIST = 3;
    private static final int CONVERTED_ENUM = 4;
    private static final int CONVERTED_DECIMAL = 5;
    private static final int CONVERTED_DATE = 6;
    private static final int CONVERTED_TIME_MILLIS = 7;
    private static final int CONVERTED_TIME_MICROS = 8;
    private static final int CONVERTED_TIMESTAMP_MILLIS = 9;
    private static final int CONVERTED_TIMESTAMP_MICROS = 10;
    private static final int CONVERTED_UINT_32 = 13;
    private static final int CONVERTED_UINT_64 = 14;
    private static final int CONVERTED_JSON = 19;
    private static final int LOGICAL_STRING = 1;
    private static final int LOGICAL_LIST = 3;
    private static final int LOGICAL_ENUM = 4;
    private static final int LOGICAL_DECIMAL = 5;
    private static final int LOGICAL_DATE = 6;
    private static final int LOGICAL_TIME = 7;
    private static final int LOGICAL_TIMESTAMP = 8;
    private static final int LOGICAL_INTEGER = 10;
    private static final int LOGICAL_NULL = 11;
    private static final int LOGICAL_JSON = 12;
    private static final int LOGICAL_HALF = 15;

    /// No annotation at all.
    static final Annotation NONE = new Annotation(-1, -1, 0);

    /// Reads the newer annotation, a union of which one member is there.
    Annotation withLogical(ThriftReader in) {
        var fields = new Object() {
            int kind = -1;
            int bits;
            boolean signed = true;
        };
        in.nested("SchemaElement.logicalType", kind -> {
            fields.kind = kind;
            if (kind != LOGICAL_INTEGER) {
                in.skip();
                return;
            }
            in.nested("SchemaElement.logicalType", part -> {
                switch (part) {
                    case 1 -> fields.bits = in.i32("IntType.bitWidth");
                    case 2 -> fields.signed = in.bool("IntType.isSigned");
                    default -> in.skip();
                }
            });
        });
        return new Annotation(converted, fields.kind, fields.signed ? 0 : fields.bits);
    }

    Annotation withConverted(int number) {
        return new Annotation(number, logical, unsignedBits);
    }

    boolean isNone() {
        return converted == -1 && logical == -1;
    }

    boolean isList() {
        return converted == CONVERTED_LIST || logical == LOGICAL_LIST;
    }

    boolean isText() {
        return converted == CONVERTED_UTF8
                || converted == CONVERTED_ENUM
                || converted == CONVERTED_JSON
                || logical == LOGICAL_STRING
                || logical == LOGICAL_ENUM
                || logical == LOGICAL_JSON;
    }

    boolean isHalf() {
        return logical == LOGICAL_HALF;
    }

    /// What whole numbers are besides, in pyarrow's words; null when they are whole numbers that 64 bits
    /// with a sign hold.
    @Nullable
    String ofInteger() {
        return switch (converted) {
            case CONVERTED_DECIMAL -> "decimal";
            case CONVERTED_DATE -> "date";
            case CONVERTED_TIME_MILLIS, CONVERTED_TIME_MICROS -> "time";
            case CONVERTED_TIMESTAMP_MILLIS, CONVERTED_TIMESTAMP_MICROS -> "timestamp";
            case CONVERTED_UINT_32 -> "uint32";
            case CONVERTED_UINT_64 -> "uint64";
            default -> ofLogicalInteger();
        };
    }

    private @Nullable String ofLogicalInteger() {
        return switch (logical) {
            case LOGICAL_DECIMAL -> "decimal";
            case LOGICAL_DATE -> "date";
            case LOGICAL_TIME -> "time";
            case LOGICAL_TIMESTAMP -> "timestamp";
            case LOGICAL_NULL -> "null";
            // narrower ones lie in 32 bits with room for a sign
            case LOGICAL_INTEGER -> unsignedBits >= Integer.SIZE ? "uint" + unsignedBits : null;
            default -> null;
        };
    }
}
