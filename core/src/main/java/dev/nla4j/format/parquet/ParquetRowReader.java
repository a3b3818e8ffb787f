package dev.nla4j.format.parquet;

import java.util.List;
import java.util.NoSuchElementException;

/// Reads whole rows of chosen columns, one after the other; a page of each column is in memory.
public final class ParquetRowReader {
    private final List<Column> columns;
    private final List<ColumnCursor<? extends Value>> cursors;
    private final long rows;
    private long row;

    /// @param columns which to read, in the order wanted
    /// @throws dev.nla4j.format.FormatException when the file lacks one or has it as another type
    public ParquetRowReader(ParquetFile file, List<Column> columns) {
        this.columns = List.copyOf(columns);
        this.cursors = this.columns.stream()
                .<ColumnCursor<? extends Value>>map(column -> cursor(file, column))
                .toList();
        this.rows = file.rows();
    }

    /// All columns of a file that can be read, in the file's order.
    public static List<Column> readable(ParquetFile file) {
        return file.columns().stream()
                .filter(column -> column.kind() != ColumnKind.OTHER)
                .map(column -> Column.of(column.name(), column.kind()))
                .toList();
    }

    public List<Column> columns() {
        return columns;
    }

    /// The number of the row that [#next] returns.
    public long row() {
        return row;
    }

    public boolean hasNext() {
        return row < rows;
    }

    /// The next row: a value for each column.
    public List<Value> next() {
        if (!hasNext()) {
            throw new NoSuchElementException("row " + row + " of " + rows);
        }
        row++;
        return cursors.stream().<Value>map(ColumnCursor::next).toList();
    }

    /// Passes over `count` rows.
    public void skip(long count) {
        cursors.forEach(cursor -> cursor.skip(count));
        row += count;
    }

    private static ColumnCursor<? extends Value> cursor(ParquetFile file, Column column) {
        return switch (column.kind()) {
            case INT64 -> file.longs(column.name()).map(Value.Int64::new);
            case TEXT -> file.texts(column.name()).map(Value.Text::new);
            case FLOAT_LIST -> file.floats(column.name()).map(Value.Floats::new);
            case MESSAGE_LIST -> file.messages(column.name()).map(Value.Messages::new);
            case OTHER -> throw new IllegalArgumentException(column + " can't be read");
        };
    }
}
