package dev.nla4j.format.parquet;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.SchemaTree.FileColumn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Collectors;

/// A Parquet file open for reading. Each column is read by its own cursor, which keeps one page in memory.
public final class ParquetFile implements AutoCloseable {
    /// Wider than any model's residual stream, narrow enough that a hostile row stays small.
    private static final int MOST_FLOATS = 1 << 20;
    private static final int MOST_MESSAGES = 1 << 16;

    private final Path file;
    private final FileChannel channel;
    private final Footer footer;

    private ParquetFile(Path file, FileChannel channel, Footer footer) {
        this.file = file;
        this.channel = channel;
        this.footer = footer;
    }

    /// Opens a file and checks its footer.
    ///
    /// @throws FormatException when the footer is damaged, or the file can't be read
    public static ParquetFile open(Path file) {
        FileProblem.requireNoPipe(file);
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
        } catch (IOException e) {
            throw new FormatException(file, -1, "file", "can't be opened: " + FileProblem.reason(e), e);
        }
        try {
            return new ParquetFile(file, channel, Footer.read(file, channel));
        } catch (IOException e) {
            close(channel);
            throw new FormatException(file, -1, "footer", "can't be read: " + FileProblem.reason(e), e);
        } catch (RuntimeException e) {
            close(channel);
            throw e;
        }
    }

    public Path path() {
        return file;
    }

    /// How many rows the file has.
    public long rows() {
        return footer.rows();
    }

    public List<Column> columns() {
        return footer.schema().columns().values().stream()
                .map(FileColumn::column)
                .toList();
    }

    /// Whether there is a column of this name and kind.
    public boolean has(String name, ColumnKind kind) {
        FileColumn column = footer.schema().columns().get(name);
        return column != null && column.column().kind() == kind;
    }

    /// A column of whole numbers.
    ///
    /// @throws InputException when there is no such column or it holds something else
    public ColumnCursor<Long> longs(String name) {
        return ColumnCursor.longs(file, channel, footer, column(name, ColumnKind.INT64));
    }

    /// A column of texts.
    ///
    /// @throws InputException as [#longs]
    public ColumnCursor<String> texts(String name) {
        return ColumnCursor.texts(file, channel, footer, column(name, ColumnKind.TEXT));
    }

    /// A column of vectors, each of its own length.
    ///
    /// @throws InputException as [#longs]
    public ColumnCursor<float[]> floats(String name) {
        return ColumnCursor.floats(file, channel, footer, column(name, ColumnKind.FLOAT_LIST), MOST_FLOATS);
    }

    /// A column of conversations.
    ///
    /// @throws InputException as [#longs]
    public ColumnCursor<List<RoleContent>> messages(String name) {
        return ColumnCursor.messages(file, channel, footer, column(name, ColumnKind.MESSAGE_LIST), MOST_MESSAGES);
    }

    @Override
    public void close() {
        close(channel);
    }

    private FileColumn column(String name, ColumnKind kind) {
        FileColumn column = footer.schema().columns().get(name);
        if (column == null) {
            String there = columns().stream().map(Column::toString).collect(Collectors.joining(", "));
            throw new FormatException(file, -1, "column " + name, "is missing, the file has " + there);
        }
        if (column.column().kind() != kind) {
            throw new FormatException(
                    file,
                    -1,
                    "column " + name,
                    "is " + column.column().description() + ", expected " + kind.description());
        }
        return column;
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing a file that was only read", e);
        }
    }
}
