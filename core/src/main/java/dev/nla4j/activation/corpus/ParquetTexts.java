package dev.nla4j.activation.corpus;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.parquet.ColumnCursor;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.ParquetFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A Parquet file with the text in one column, and `doc_id` and `split` where there are such columns of text.
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
    public String empty() {
        return "has no rows";
    }

    private static final class RowReading implements Reading {
        private final ParquetFile parquet;
        private final String textColumn;
        private final ColumnCursor<String> texts;
        private final @Nullable ColumnCursor<String> ids;
        private final @Nullable ColumnCursor<String> splits;

        RowReading(ParquetFile parquet, String textColumn) {
            this.parquet = parquet;
            this.textColumn = textColumn;
            texts = parquet.texts(textColumn);
            ids = optional(parquet, "doc_id");
            splits = optional(parquet, "split");
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
            return new RawDocument(ids == null ? null : ids.next(), splits == null ? null : splits.next(), text);
        }

        @Override
        public void close() {
            parquet.close();
        }

        private static @Nullable ColumnCursor<String> optional(ParquetFile parquet, String name) {
            return parquet.has(name, ColumnKind.TEXT) ? parquet.texts(name) : null;
        }
    }
}
