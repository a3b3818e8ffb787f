package dev.nla4j.data;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetSidecar;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.ParquetFile;
import dev.nla4j.format.parquet.ParquetRowReader;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.model.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A Parquet file of the data pipeline with its sidecar, open for reading. The two must agree: a sidecar that stands
/// beside another file than its own would make other data of it.
public final class DataFile implements AutoCloseable {
    private final ParquetFile parquet;
    private final DatasetMeta meta;
    private final List<Column> columns;

    private DataFile(ParquetFile parquet, DatasetMeta meta) {
        this.parquet = parquet;
        this.meta = meta;
        this.columns = ParquetRowReader.readable(parquet);
    }

    /// Opens a file and its sidecar.
    ///
    /// @throws InputException when one of them is missing or they don't belong together
    public static DataFile open(Path file) {
        Path sidecar = DatasetSidecar.pathFor(file.toString());
        if (!Files.exists(file)) {
            throw new InputException(file + ": no such file");
        }
        if (!Files.exists(sidecar)) {
            throw new InputException(file + ": its sidecar " + sidecar.getFileName() + " is missing");
        }
        DatasetMeta meta = DatasetSidecar.read(sidecar);
        ParquetFile parquet = ParquetFile.open(file);
        try {
            if (parquet.rows() != meta.rowCount()) {
                throw new FormatException(
                        sidecar,
                        -1,
                        "row_count",
                        "is " + meta.rowCount() + ", the file has " + parquet.rows() + " rows");
            }
            return new DataFile(parquet, meta);
        } catch (RuntimeException e) {
            parquet.close();
            throw e;
        }
    }

    public Path path() {
        return parquet.path();
    }

    public DatasetMeta meta() {
        return meta;
    }

    public long rows() {
        return parquet.rows();
    }

    /// The columns that can be read, in the file's order.
    public List<Column> columns() {
        return columns;
    }

    /// Refuses a file with columns that would be lost or become others: for a step that carries all columns
    /// over. The pipeline's own have one type each, whatever the nearest one is that somebody has written
    /// them in.
    public void requireReadable() {
        List<String> unreadable = parquet.columns().stream()
                .filter(column -> !column.isExact() && !DataColumns.isOwn(column))
                .map(column -> FormatException.printable(column.toString()))
                .toList();
        if (!unreadable.isEmpty()) {
            throw new InputException(
                    path() + ": has columns of a type that can't be carried over: " + String.join(", ", unreadable));
        }
    }

    public boolean has(String column, ColumnKind kind) {
        return parquet.has(column, kind);
    }

    /// Refuses a file that is not of the stage that a step works on.
    public void requireStage(DatasetMeta.Stage stage) {
        if (meta.stage() != stage) {
            throw new InputException(path() + ": is of stage " + meta.stage().yaml() + ", expected " + stage.yaml()
                    + ": it was built already");
        }
    }

    /// Refuses activations that are not of this model: of another width, or after a block that it has not.
    ///
    /// @param model how it is named
    public void requireOf(ModelConfig config, String model) {
        DatasetMeta.Extraction extraction = meta().extraction();
        if (extraction.dModel() != config.dim() || extraction.layerIndex() >= config.numLayers()) {
            throw new InputException(path() + ": has activations of width " + extraction.dModel() + " after block "
                    + extraction.layerIndex() + "; " + model + " is " + config.dim() + " wide and has blocks 0 to "
                    + (config.numLayers() - 1));
        }
    }

    /// Rows of chosen columns from the first on; vectors and layers are checked against the sidecar.
    public Rows rows(List<Column> chosen) {
        return new Rows(new ParquetRowReader(parquet, chosen));
    }

    /// Rows of all readable columns.
    public Rows allRows() {
        return rows(columns);
    }

    @Override
    public void close() {
        parquet.close();
    }

    /// Rows one after the other.
    public final class Rows {
        private final ParquetRowReader reader;
        private final int vector;
        private final int layer;

        private Rows(ParquetRowReader reader) {
            this.reader = reader;
            this.vector = index(reader.columns(), ActivationSchema.VECTOR);
            this.layer = index(reader.columns(), ActivationSchema.LAYER);
        }

        public boolean hasNext() {
            return reader.hasNext();
        }

        public long row() {
            return reader.row();
        }

        public void skip(long count) {
            reader.skip(count);
        }

        /// The next row: a value for each chosen column.
        ///
        /// @throws FormatException when it contradicts the sidecar
        public List<Value> next() {
            long row = reader.row();
            List<Value> values = reader.next();
            if (vector >= 0 && values.get(vector) instanceof Value.Floats(float[] floats)) {
                checkVector(row, floats);
            }
            if (layer >= 0
                    && values.get(layer) instanceof Value.Int64(long value)
                    && value != meta.extraction().layerIndex()) {
                throw problem(
                        row,
                        ActivationSchema.LAYER,
                        "is " + value + ", the sidecar says "
                                + meta.extraction().layerIndex());
            }
            return values;
        }

        private void checkVector(long row, float[] floats) {
            if (floats.length != meta.extraction().dModel()) {
                throw problem(
                        row,
                        ActivationSchema.VECTOR,
                        "has " + floats.length + " numbers, the sidecar says "
                                + meta.extraction().dModel());
            }
            int bad = ActivationSchema.firstNotFinite(floats);
            if (bad >= 0) {
                throw problem(row, ActivationSchema.VECTOR, "element " + bad + " is " + floats[bad]);
            }
        }

        private FormatException problem(long row, String column, String problem) {
            return new FormatException(path(), -1, "column " + column, "row " + row + " " + problem);
        }
    }

    /// Where a column is in a list; -1 when it is not there.
    static int index(List<Column> columns, String name) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }
}
