package dev.nla4j.format.parquet;

import dev.nla4j.format.parquet.Leaf.PhysicalType;
import org.jspecify.annotations.Nullable;

/// One node of a file's schema as the footer lists it: depth first, parents before their children.
///
/// @param type null for a group
/// @param children how many of the following nodes are direct children; 0 for a leaf
/// @param length of values of a fixed number of bytes, or -1
record SchemaElement(
        String name,
        @Nullable PhysicalType type,
        int length,
        Repetition repetition,
        int children,
        Annotation annotation) {
    /// How often a node occurs under its parent, by its number in the format.
    enum Repetition {
        REQUIRED,
        OPTIONAL,
        REPEATED
    }

    static SchemaElement read(ThriftReader in) {
        var fields = new Object() {
            @Nullable
            String name;

            int type = -1;
            int length = -1;
            int repetition = 0;
            int children = 0;
            Annotation annotation = Annotation.NONE;
        };
        in.struct(id -> {
            switch (id) {
                case 1 -> fields.type = in.i32("SchemaElement.type");
                case 2 -> fields.length = in.i32("SchemaElement.type_length");
                case 3 -> fields.repetition = in.i32("SchemaElement.repetition_type");
                case 4 -> fields.name = in.text("SchemaElement.name");
                case 5 -> fields.children = in.i32("SchemaElement.num_children");
                case 6 -> fields.annotation = fields.annotation.withConverted(in.i32("SchemaElement.converted_type"));
                case 10 -> fields.annotation = fields.annotation.withLogical(in);
                default -> in.skip();
            }
        });
        String name = fields.name;
        if (name == null) {
            throw in.problem("SchemaElement.name", "is missing");
        }
        if (fields.children < 0) {
            throw in.problem("SchemaElement.num_children", "is " + fields.children);
        }
        if (fields.children > 0 == fields.type >= 0) {
            throw in.problem("SchemaElement " + name, "must have either a type or children");
        }
        Repetition[] repetitions = Repetition.values();
        if (fields.repetition < 0 || fields.repetition >= repetitions.length) {
            throw in.problem("SchemaElement.repetition_type", "is " + fields.repetition + ", expected 0, 1 or 2");
        }
        return new SchemaElement(
                name,
                physical(in, fields.type),
                fields.length,
                repetitions[fields.repetition],
                fields.children,
                fields.annotation);
    }

    boolean isGroup() {
        return type == null;
    }

    boolean isList() {
        return isGroup() && annotation.isList();
    }

    boolean isText() {
        return type == PhysicalType.BYTE_ARRAY && (annotation.isNone() || annotation.isText());
    }

    boolean isInteger() {
        return type == PhysicalType.INT64 || type == PhysicalType.INT32;
    }

    /// Whether it holds numbers that become 32-bit floats.
    boolean isFloat() {
        return type == PhysicalType.FLOAT || type == PhysicalType.DOUBLE || isHalf();
    }

    /// Whether it holds floats of 16 bits.
    boolean isHalf() {
        return type == PhysicalType.FIXED_LEN_BYTE_ARRAY && length == Short.BYTES && annotation.isHalf();
    }

    /// What the values of a text or of a whole number are besides, in pyarrow's words; null when they are
    /// nothing more.
    @Nullable
    String meaning() {
        return isInteger() ? annotation.ofInteger() : annotation.isNone() ? "binary" : null;
    }

    private static @Nullable PhysicalType physical(ThriftReader in, int type) {
        PhysicalType[] types = PhysicalType.values();
        if (type >= types.length) {
            throw in.problem("SchemaElement.type", "is " + type + ", which does not exist");
        }
        return type < 0 ? null : types[type];
    }
}
