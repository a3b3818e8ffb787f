package dev.nla4j.format.parquet;

import dev.nla4j.format.parquet.Leaf.PhysicalType;
import org.jspecify.annotations.Nullable;

/// One node of a file's schema as the footer lists it: depth first, parents before their children.
///
/// @param type null for a group
/// @param children how many of the following nodes are direct children; 0 for a leaf
/// @param converted the older annotation's number, or -1
/// @param logical the newer annotation's number, or -1
record SchemaElement(
        String name, @Nullable PhysicalType type, Repetition repetition, int children, int converted, int logical) {
    private static final int CONVERTED_UTF8 = 0;
    private static final int CONVERTED_LIST = 3;
    private static final int CONVERTED_ENUM = 4;
    private static final int CONVERTED_JSON = 19;
    private static final int LOGICAL_STRING = 1;
    private static final int LOGICAL_LIST = 3;
    private static final int LOGICAL_ENUM = 4;
    private static final int LOGICAL_JSON = 12;

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
            int repetition = 0;
            int children = 0;
            int converted = -1;
            int logical = -1;
        };
        in.struct(id -> {
            switch (id) {
                case 1 -> fields.type = in.i32("SchemaElement.type");
                case 3 -> fields.repetition = in.i32("SchemaElement.repetition_type");
                case 4 -> fields.name = in.text("SchemaElement.name");
                case 5 -> fields.children = in.i32("SchemaElement.num_children");
                case 6 -> fields.converted = in.i32("SchemaElement.converted_type");
                case 10 ->
                    in.nested("SchemaElement.logicalType", kind -> {
                        fields.logical = kind;
                        in.skip();
                    });
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
                repetitions[fields.repetition],
                fields.children,
                fields.converted,
                fields.logical);
    }

    boolean isGroup() {
        return type == null;
    }

    boolean isList() {
        return isGroup() && (converted == CONVERTED_LIST || logical == LOGICAL_LIST);
    }

    boolean isText() {
        boolean plain = converted == -1 && logical == -1;
        boolean text = converted == CONVERTED_UTF8
                || converted == CONVERTED_ENUM
                || converted == CONVERTED_JSON
                || logical == LOGICAL_STRING
                || logical == LOGICAL_ENUM
                || logical == LOGICAL_JSON;
        return type == PhysicalType.BYTE_ARRAY && (plain || text);
    }

    boolean isInteger() {
        return type == PhysicalType.INT64 || type == PhysicalType.INT32;
    }

    private static @Nullable PhysicalType physical(ThriftReader in, int type) {
        PhysicalType[] types = PhysicalType.values();
        if (type >= types.length) {
            throw in.problem("SchemaElement.type", "is " + type + ", which does not exist");
        }
        return type < 0 ? null : types[type];
    }
}
