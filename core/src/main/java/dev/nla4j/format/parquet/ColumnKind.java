package dev.nla4j.format.parquet;

/// What a column holds, as far as this project reads and writes it.
public enum ColumnKind {
    /// Whole numbers of 64 bits; narrower ones are read too.
    INT64("int64"),
    /// UTF-8 text.
    TEXT("string"),
    /// A list of 32-bit floats; those of 16 bits are read too, and those of 64 bits are rounded.
    FLOAT_LIST("list<float>"),
    /// A list of `struct<role: string, content: string>`.
    MESSAGE_LIST("list<struct<role: string, content: string>>"),
    /// Anything else: listed, never read.
    OTHER("other");

    private final String description;

    ColumnKind(String description) {
        this.description = description;
    }

    /// The type in the words of pyarrow.
    public String description() {
        return description;
    }
}
