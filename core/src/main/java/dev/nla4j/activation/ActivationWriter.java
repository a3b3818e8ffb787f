package dev.nla4j.activation;

import dev.nla4j.format.parquet.ArrowSchema;
import dev.nla4j.format.parquet.ParquetRowWriter;
import dev.nla4j.format.parquet.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Writes activations as Parquet. The same rows give the same bytes.
public final class ActivationWriter implements AutoCloseable {
    private final ParquetRowWriter writer;
    private final int dimension;

    private ActivationWriter(ParquetRowWriter writer, int dimension) {
        this.writer = writer;
        this.dimension = dimension;
    }

    /// Starts a file, replacing what is there; it is complete only after [#close].
    ///
    /// @param dimension length of every vector
    public static ActivationWriter create(Path file, int dimension) throws IOException {
        if (dimension < 1) {
            throw new IllegalArgumentException("dimension: must be at least 1, was " + dimension);
        }
        return new ActivationWriter(
                ParquetRowWriter.create(
                        file,
                        ActivationSchema.COLUMNS,
                        ActivationSchema.rowsPerGroup(dimension),
                        ArrowSchema.of(ActivationSchema.COLUMNS, ActivationSchema.VECTOR, dimension)),
                dimension);
    }

    /// Adds a row.
    public void write(ActivationRow row) throws IOException {
        float[] vector = row.vector();
        if (vector.length != dimension) {
            throw new IllegalArgumentException("a vector of " + vector.length + " in a file of " + dimension);
        }
        int bad = ActivationSchema.firstNotFinite(vector);
        if (bad >= 0) {
            throw new IllegalArgumentException("element " + bad + " of a vector is " + vector[bad]);
        }
        writer.write(List.of(
                new Value.Int64(row.tokens()),
                new Value.Text(row.text()),
                new Value.Floats(vector),
                new Value.Int64(row.layer()),
                new Value.Text(row.documentId())));
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
