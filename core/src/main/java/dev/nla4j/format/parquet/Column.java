package dev.nla4j.format.parquet;

/// One top-level column of a Parquet file.
///
/// @param description the type in words, for messages; more exact than `kind` for the kinds that can't be read
public record Column(String name, ColumnKind kind, String description) {
    /// A column of one of the kinds that can be written.
    public static Column of(String name, ColumnKind kind) {
        return new Column(name, kind, kind.description());
    }

    @Override
    public String toString() {
        return name + ": " + description;
    }
}
