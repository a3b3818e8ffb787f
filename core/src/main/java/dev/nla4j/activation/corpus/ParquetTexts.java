package dev.nla4j.activation.corpus;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.parquet.ColumnCursor;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.ParquetFile;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A Parquet file with the text in one column, and `doc_id` and `split` where there are such columns, of text or
/// of whole numbers.
record ParquetTexts(Path file, String textColumn) implements DocumentSource {
    @Override
    public Reading open() {
        ParquetFile parquet = ParquetFile.open(file);
        try {
            return new RowReading(parquet, textColumn);
        } catch (RuntimeException e) {
            parquet.close();
            throw e;
        }
    }

    @Override
    public List<Path> read() {
        return List.of(file);
    }

    @Override
    public String empty() {
        return "has no rows";
    }

    private static final class RowReading implements Reading {
        private final ParquetFile parquet;
        private final String textColumn;
        private final ColumnCursor<String> texts;
        private final @Nullable Supplier<String> ids;
        private final @Nullable Supplier<String> splits;

        RowReading(ParquetFile parquet, String textColumn) {
            this.parquet = parquet;
            this.textColumn = textColumn;
            texts = parquet.texts(textColumn);
            ids = names(parquet, "doc_id");
            splits = names(parquet, "split");
        }

        @Override
        public @Nullable RawDocument next() {
            if (!texts.hasNext()) {
                return null;
            }
            long row = texts.row();
            String text = texts.next();
            if (text.length() > Corpus.LONGEST_TEXT) {
                throw new FormatException(
                        parquet.path(),
                        -1,
                        "column " + textColumn,
                        "row " + row + " is longer than " + Corpus.LONGEST_TEXT + " characters");
            }
            return new RawDocument(ids == null ? null : ids.get(), splits == null ? null : splits.get(), text);
        }

        @Override
        public void close() {
            parquet.close();
        }

        /// A column's names row by row, whole numbers as JSON lines take them; null without such a column.
        private static @Nullable Supplier<String> names(ParquetFile parquet, String column) {
            if (parquet.has(column, ColumnKind.INT64)) {
                ColumnCursor<Long> numbers = parquet.longs(column);
                return () -> Long.toString(numbers.next());
            }
            if (parquet.columns().stream().noneMatch(there -> there.name().equals(column))) {
                return null;
            }
            ColumnCursor<String> texts = parquet.texts(column);
            return texts::next;
        }
    }
}
