package dev.nla4j.format.parquet;

/// One physical column: where its values lie and how its levels are to be read.
///
/// @param index place among the column chunks of a row group
/// @param path dotted path, for messages
/// @param maxRepetition 0 for a value a row, 1 for a list a row
/// @param maxDefinition the definition level at which a value is present
/// @param elementDefinition the definition level from which a list element exists; one less is the empty list
record Leaf(int index, String path, PhysicalType type, int maxRepetition, int maxDefinition, int elementDefinition) {
    /// Parquet's physical types, by their number in the format.
    enum PhysicalType {
        BOOLEAN,
        INT32,
        INT64,
        INT96,
        FLOAT,
        DOUBLE,
        BYTE_ARRAY,
        FIXED_LEN_BYTE_ARRAY
    }
}
