package dev.nla4j.activation;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.ColumnCursor;
import dev.nla4j.format.parquet.ParquetFile;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// A Parquet file of activations, read as a stream or by row number. Further columns are passed over.
///
/// Every vector has the same length and only finite numbers; what breaks this is refused with its row. Not
/// for several threads at once.
public final class ActivationFile implements AutoCloseable {
    private final ParquetFile parquet;
    private final int dimension;
    private @Nullable Rows random;

    private ActivationFile(ParquetFile parquet, int dimension) {
        this.parquet = parquet;
        this.dimension = dimension;
    }

    /// Opens a file and checks its columns.
    ///
    /// @throws FormatException when it is no Parquet file or lacks a column
    public static ActivationFile open(Path path) {
        ParquetFile parquet = ParquetFile.open(path);
        try {
            ColumnCursor<float[]> vectors = parquet.floats(ActivationSchema.VECTOR);
            int dimension = vectors.hasNext() ? vectors.next().length : 0;
            var file = new ActivationFile(parquet, dimension);
            file.rows();
            return file;
        } catch (RuntimeException e) {
            parquet.close();
            throw e;
        }
    }

    /// How many rows there are.
    public long size() {
        return parquet.rows();
    }

    /// All rows from the first on.
    public Rows rows() {
        return new Rows(parquet, dimension);
    }

    /// The row with a number from 0 on. Ascending numbers are fast: reading goes on from the last one.
    ///
    /// @throws InputException when there is no such row
    public ActivationRow row(long number) {
        if (number < 0 || number >= size()) {
            throw new InputException(parquet.path() + ": row " + number + " does not exist, the file has " + size()
                    + " rows, counted from 0");
        }
        Rows rows = random;
        if (rows == null || rows.position() > number) {
            rows = rows();
            random = rows;
        }
        rows.skip(number - rows.position());
        return rows.next();
    }

    @Override
    public void close() {
        parquet.close();
    }

    /// Rows one after the other; a page of each column is in memory.
    public static final class Rows {
        private final ParquetFile parquet;
        private final int dimension;
        private final ColumnCursor<Long> tokens;
        private final ColumnCursor<String> texts;
        private final ColumnCursor<float[]> vectors;
        private final ColumnCursor<Long> layers;
        private final ColumnCursor<String> documents;

        private Rows(ParquetFile parquet, int dimension) {
            this.parquet = parquet;
            this.dimension = dimension;
            tokens = parquet.longs(ActivationSchema.TOKENS);
            texts = parquet.texts(ActivationSchema.TEXT);
            vectors = parquet.floats(ActivationSchema.VECTOR);
            layers = parquet.longs(ActivationSchema.LAYER);
            documents = parquet.texts(ActivationSchema.DOCUMENT);
        }

        /// The number of the row that [#next] returns.
        public long position() {
            return vectors.row();
        }

        public boolean hasNext() {
            return vectors.hasNext();
        }

        /// The next row.
        ///
        /// @throws FormatException when it breaks the schema
        public ActivationRow next() {
            if (!hasNext()) {
                throw new NoSuchElementException("row " + position());
            }
            long row = position();
            float[] vector = vectors.next();
            check(row, vector);
            return new ActivationRow(
                    atLeast(1, row, ActivationSchema.TOKENS, tokens.next()),
                    texts.next(),
                    vector,
                    atLeast(0, row, ActivationSchema.LAYER, layers.next()),
                    documents.next());
        }

        /// Passes over `count` rows.
        public void skip(long count) {
            tokens.skip(count);
            texts.skip(count);
            vectors.skip(count);
            layers.skip(count);
            documents.skip(count);
        }

        private void check(long row, float[] vector) {
            if (vector.length != dimension || vector.length == 0) {
                throw problem(
                        row,
                        ActivationSchema.VECTOR,
                        "has " + vector.length + " numbers, "
                                + (dimension == 0 ? "expected at least one" : "the first row has " + dimension));
            }
            int bad = ActivationSchema.firstNotFinite(vector);
            if (bad >= 0) {
                throw problem(row, ActivationSchema.VECTOR, "element " + bad + " is " + vector[bad]);
            }
        }

        private long atLeast(long least, long row, String column, long value) {
            if (value < least) {
                throw problem(row, column, "is " + value + ", expected at least " + least);
            }
            return value;
        }

        private FormatException problem(long row, String column, String problem) {
            return new FormatException(parquet.path(), -1, "column " + column, "row " + row + " " + problem);
        }
    }
}
