package dev.nla4j.format.parquet;

/// One top-level column of a Parquet file.
///
/// @param description the type in words, for messages; more exact than `kind` where that is not all of it
public record Column(String name, ColumnKind kind, String description) {
    /// A column of one of the kinds that can be written.
    public static Column of(String name, ColumnKind kind) {
        return new Column(name, kind, kind.description());
    }

    /// Whether what is read is all that the column says: else it is of a kind that can't be read, or is
    /// read as the kind that is nearest (a timestamp as a whole number, doubles as floats), and written
    /// again it would be another.
    public boolean isExact() {
        return description.equals(kind.description());
    }

    @Override
    public String toString() {
        return name + ": " + description;
    }
}
