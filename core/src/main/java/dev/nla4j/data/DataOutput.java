package dev.nla4j.data;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetSidecar;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.ArrowSchema;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ParquetRowWriter;
import dev.nla4j.format.parquet.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes a Parquet file of the data pipeline and its sidecar; neither is there before it is whole. The same rows
/// give the same bytes.
final class DataOutput implements AutoCloseable {
    static final String CREATED_BY = "nla4j";

    private final ParquetRowWriter writer;
    private long rows;

    private DataOutput(ParquetRowWriter writer) {
        this.writer = writer;
    }

    /// Opens a file to be renamed later.
    ///
    /// @param temporary where the bytes go
    static DataOutput open(Path temporary, List<Column> columns, int dimension) throws IOException {
        return of(temporary, columns, dimension, ActivationSchema.rowsPerGroup(dimension));
    }

    /// As [#open(Path, List, int)] with row groups of other bytes, which are held in memory while they are written.
    static DataOutput open(Path temporary, List<Column> columns, int dimension, long groupBytes) throws IOException {
        return of(temporary, columns, dimension, ActivationSchema.rowsPerGroup(dimension, groupBytes));
    }

    private static DataOutput of(Path temporary, List<Column> columns, int dimension, int rowsPerGroup)
            throws IOException {
        return new DataOutput(ParquetRowWriter.create(
                temporary, columns, rowsPerGroup, ArrowSchema.of(columns, ActivationSchema.VECTOR, dimension)));
    }

    void write(List<Value> row) throws IOException {
        writer.write(row);
        rows++;
    }

    long rows() {
        return rows;
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }

    /// As [#requireFree(Path, boolean)], and refuses to write over what it is made of in any case.
    static void requireFree(Path in, Path out, boolean replace) {
        AtomicFile.requireOther(out, in, "what it would be made of");
        requireFree(out, replace);
    }

    /// Refuses to write over a file, unless that is wanted.
    static void requireFree(Path out, boolean replace) {
        if (Files.isDirectory(out)) {
            throw new InputException(out + ": is a folder, expected the name of a file");
        }
        if (!replace && Files.exists(out)) {
            throw new InputException(out + ": exists already; choose another file or replace it with --restart");
        }
    }

    /// The sidecar of what is made from `parent`, complete but for its row count.
    static DatasetMeta derived(DatasetMeta parent, String datasetId, DatasetMeta.@Nullable ApiSummaries explanations) {
        return new DatasetMeta(
                datasetId,
                parent.stage(),
                0,
                parent.extraction(),
                parent.keepDebugMetadata(),
                parent.tokens(),
                parent.promptTemplates(),
                explanations,
                provenance(parent));
    }

    static DatasetMeta.Provenance provenance(DatasetMeta parent) {
        return new DatasetMeta.Provenance(
                List.of(parent.datasetId()), Instant.now().toString(), CREATED_BY, "");
    }

    /// Writes a file and says how many rows it has.
    interface Content {
        long writeTo(Path temporary) throws IOException;
    }

    /// Puts a finished file in place, then its sidecar. A sidecar of a file that is being replaced must not stand
    /// beside the new one, so that one goes first.
    ///
    /// @param meta complete but for the row count
    /// @return the rows
    static long put(Path out, Content file, DatasetMeta meta) throws IOException {
        Path sidecar = DatasetSidecar.beside(out);
        AtomicFile.dropStale(out);
        AtomicFile.dropStale(sidecar);
        long[] rows = new long[1];
        AtomicFile.write(out, temporary -> {
            rows[0] = file.writeTo(temporary);
            Files.deleteIfExists(sidecar);
        });
        DatasetSidecar.write(sidecar, meta.withRows(rows[0]));
        return rows[0];
    }
}
