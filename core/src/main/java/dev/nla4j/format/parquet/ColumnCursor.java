package dev.nla4j.format.parquet;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.parquet.Footer.RowGroup;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/// Reads one column row by row, from the first to the last, with one page in memory. Nulls are refused.
///
/// @param <T> what a row holds
public final class ColumnCursor<T> {
    /// Of one row's texts: one that a dictionary names again and again takes no room, what is made of them does.
    private static final long MOST_CHARACTERS = 256L << 20;

    private final Path file;
    private final FileChannel channel;
    private final Footer footer;
    private final String column;
    private final List<Leaf> leaves;
    private final RowReader<T> reader;
    private List<LeafReader> open = List.of();
    private int nextGroup;
    private long leftInGroup;
    private long row;

    private ColumnCursor(
            Path file, FileChannel channel, Footer footer, String column, List<Leaf> leaves, RowReader<T> reader) {
        this.file = file;
        this.channel = channel;
        this.footer = footer;
        this.column = column;
        this.leaves = leaves;
        this.reader = reader;
    }

    /// Reads the row whose first entry every leaf stands on, and moves the leaves behind it.
    @FunctionalInterface
    private interface RowReader<T> {
        T read(ColumnCursor<?> cursor, List<LeafReader> leaves);
    }

    static ColumnCursor<Long> longs(Path file, FileChannel channel, Footer footer, SchemaTree.FileColumn column) {
        return new ColumnCursor<>(file, channel, footer, column.column().name(), column.leaves(), (cursor, leaves) -> {
            LeafReader leaf = leaves.getFirst();
            cursor.requireValue(leaf);
            long value = leaf.int64();
            leaf.advance();
            return value;
        });
    }

    static ColumnCursor<String> texts(Path file, FileChannel channel, Footer footer, SchemaTree.FileColumn column) {
        return new ColumnCursor<>(file, channel, footer, column.column().name(), column.leaves(), (cursor, leaves) -> {
            LeafReader leaf = leaves.getFirst();
            cursor.requireValue(leaf);
            String value = leaf.text();
            leaf.advance();
            return value;
        });
    }

    static ColumnCursor<float[]> floats(
            Path file, FileChannel channel, Footer footer, SchemaTree.FileColumn column, int mostElements) {
        return new ColumnCursor<>(
                file, channel, footer, column.column().name(), column.leaves(), new FloatRows(mostElements)::read);
    }

    static ColumnCursor<List<RoleContent>> messages(
            Path file, FileChannel channel, Footer footer, SchemaTree.FileColumn column, int mostElements) {
        return new ColumnCursor<>(file, channel, footer, column.column().name(), column.leaves(), (cursor, leaves) -> {
            List<String> roles = cursor.textList(leaves.getFirst(), mostElements);
            List<String> contents = cursor.textList(leaves.getLast(), mostElements);
            if (roles.size() != contents.size()) {
                throw cursor.problem("has " + roles.size() + " roles and " + contents.size() + " contents");
            }
            List<RoleContent> messages = new ArrayList<>();
            for (int i = 0; i < roles.size(); i++) {
                messages.add(new RoleContent(roles.get(i), contents.get(i)));
            }
            return messages;
        });
    }

    /// The column from its first row on, with `change` applied to what each row holds.
    public <R> ColumnCursor<R> map(Function<T, R> change) {
        return new ColumnCursor<>(
                file, channel, footer, column, leaves, (cursor, open) -> change.apply(reader.read(cursor, open)));
    }

    /// Index of the row that [#next] returns.
    public long row() {
        return row;
    }

    public boolean hasNext() {
        return row < footer.rows();
    }

    /// The next row's value.
    ///
    /// @throws FormatException when it is null or the file is damaged
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException("row " + row + " of " + footer.rows());
        }
        openGroup();
        open.forEach(LeafReader::startRow);
        T value = reader.read(this, open);
        endRow();
        return value;
    }

    /// Passes over `count` rows; whole row groups cost nothing.
    public void skip(long count) {
        if (count < 0 || count > footer.rows() - row) {
            throw new IllegalArgumentException("can't skip " + count + " of " + (footer.rows() - row) + " rows");
        }
        long left = count;
        while (left > 0) {
            boolean between = leftInGroup == 0;
            if (between && groupRows(nextGroup) <= left) {
                row += groupRows(nextGroup);
                left -= groupRows(nextGroup);
                nextGroup++;
                continue;
            }
            openGroup();
            for (LeafReader leaf : open) {
                leaf.startRow();
                leaf.skipRow();
            }
            endRow();
            left--;
        }
    }

    private long groupRows(int group) {
        return footer.groups().get(group).rows();
    }

    private void openGroup() {
        while (leftInGroup == 0) {
            RowGroup group = footer.groups().get(nextGroup++);
            leftInGroup = group.rows();
            open = leaves.stream()
                    .map(leaf ->
                            new LeafReader(file, channel, leaf, group.chunks().get(leaf.index())))
                    .toList();
        }
    }

    private void endRow() {
        row++;
        leftInGroup--;
        if (leftInGroup == 0) {
            open.forEach(LeafReader::requireEnd);
        }
    }

    private void requireValue(LeafReader leaf) {
        if (!leaf.isValue()) {
            throw problem("is null or has a null in it");
        }
    }

    private List<String> textList(LeafReader leaf, int most) {
        List<String> texts = new ArrayList<>();
        long characters = 0;
        if (leaf.isEmptyList()) {
            leaf.advance();
            return texts;
        }
        do {
            if (texts.size() == most) {
                throw problem("has more than " + most + " elements");
            }
            requireValue(leaf);
            String text = leaf.text();
            characters += text.length();
            if (characters > MOST_CHARACTERS) {
                throw problem("has texts of more than " + MOST_CHARACTERS + " characters");
            }
            texts.add(text);
        } while (leaf.advance() && leaf.repetition() != 0);
        return texts;
    }

    private FormatException problem(String problem) {
        return new FormatException(file, -1, "column " + column, "row " + row + " " + problem);
    }

    /// Collects a row's floats; the buffer is kept, as rows mostly have the same length.
    private static final class FloatRows {
        private final int most;
        private float[] buffer = new float[64];

        FloatRows(int most) {
            this.most = most;
        }

        float[] read(ColumnCursor<?> cursor, List<LeafReader> leaves) {
            LeafReader leaf = leaves.getFirst();
            int length = 0;
            if (leaf.isEmptyList()) {
                leaf.advance();
                return new float[0];
            }
            do {
                if (length == most) {
                    throw cursor.problem("has more than " + most + " elements");
                }
                if (length == buffer.length) {
                    buffer = Arrays.copyOf(buffer, Math.min(most, 2 * length));
                }
                cursor.requireValue(leaf);
                buffer[length++] = leaf.float32();
            } while (leaf.advance() && leaf.repetition() != 0);
            return Arrays.copyOf(buffer, length);
        }
    }
}
