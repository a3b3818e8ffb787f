package dev.nla4j.format.parquet;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.parquet.ParquetRuntimeException;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/// Writes rows to a Parquet file that pyarrow reads as if it had written it.
///
/// The same rows give the same bytes: zstd pages, row groups cut by row count alone, no times, vectors without a
/// dictionary. The file is complete only after [#close]; put it in place with `AtomicFile`.
public final class ParquetRowWriter implements AutoCloseable {
    /// Row groups end by their number of rows; this only keeps their size in bytes from ending them earlier.
    private static final long NO_BYTE_LIMIT = Long.MAX_VALUE / 8;

    private final List<Column> columns;
    private final ParquetWriter<List<Value>> writer;

    private ParquetRowWriter(List<Column> columns, ParquetWriter<List<Value>> writer) {
        this.columns = columns;
        this.writer = writer;
    }

    /// Starts a file, replacing what is there.
    ///
    /// @param rowsPerGroup rows of a row group, which is held in memory until it is full
    /// @param metadata entries for the footer
    public static ParquetRowWriter create(
            Path file, List<Column> columns, int rowsPerGroup, Map<String, String> metadata) throws IOException {
        if (rowsPerGroup < 1) {
            throw new IllegalArgumentException("rowsPerGroup: must be at least 1, was " + rowsPerGroup);
        }
        List<Column> kept = List.copyOf(columns);
        RowWriterBuilder builder = new RowWriterBuilder(file, schema(kept))
                .withConf(new PlainParquetConfiguration())
                .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
                .withWriterVersion(WriterVersion.PARQUET_1_0)
                .withCompressionCodec(CompressionCodecName.ZSTD)
                .withRowGroupSize(NO_BYTE_LIMIT)
                .withRowGroupRowCountLimit(rowsPerGroup)
                .withExtraMetaData(metadata);
        for (Column column : kept) {
            if (column.kind() == ColumnKind.FLOAT_LIST) {
                String element = column.name() + ".list.element";
                builder = builder.withDictionaryEncoding(element, false).withStatisticsEnabled(element, false);
            }
        }
        return new ParquetRowWriter(kept, builder.build());
    }

    /// Adds a row: one value for each column, in their order.
    public void write(List<Value> row) throws IOException {
        boolean fits = row.size() == columns.size();
        for (int i = 0; fits && i < row.size(); i++) {
            fits = row.get(i).kind() == columns.get(i).kind();
        }
        if (!fits) {
            String kinds = row.stream().map(value -> value.kind().description()).collect(Collectors.joining(", "));
            throw new IllegalArgumentException("a row of (" + kinds + ") for columns " + columns);
        }
        try {
            writer.write(row);
        } catch (ParquetRuntimeException e) {
            throw failure(e);
        }
    }

    /// Writes what is left and the footer.
    @Override
    public void close() throws IOException {
        try {
            writer.close();
        } catch (ParquetRuntimeException e) {
            throw failure(e);
        }
    }

    /// parquet-java wraps what the disk says, at times more than once.
    private static IOException failure(ParquetRuntimeException e) {
        Throwable cause = e;
        while (cause.getCause() != null && !(cause instanceof IOException)) {
            cause = cause.getCause();
        }
        return new IOException(cause.getMessage(), e);
    }

    private static MessageType schema(List<Column> columns) {
        return new MessageType(
                "schema", columns.stream().map(ParquetRowWriter::type).toList());
    }

    private static Type type(Column column) {
        return switch (column.kind()) {
            case INT64 -> Types.optional(PrimitiveTypeName.INT64).named(column.name());
            case TEXT -> text(column.name());
            case FLOAT_LIST ->
                list(column.name(), Types.optional(PrimitiveTypeName.FLOAT).named("element"));
            case MESSAGE_LIST ->
                list(
                        column.name(),
                        Types.optionalGroup()
                                .addField(text("role"))
                                .addField(text("content"))
                                .named("element"));
            case OTHER -> throw new IllegalArgumentException(column + " can't be written");
        };
    }

    private static Type text(String name) {
        return Types.optional(PrimitiveTypeName.BINARY)
                .as(LogicalTypeAnnotation.stringType())
                .named(name);
    }

    /// The three levels in which pyarrow writes lists, under its names.
    private static Type list(String name, Type element) {
        return Types.optionalGroup()
                .as(LogicalTypeAnnotation.listType())
                .addField(Types.repeatedGroup().addField(element).named("list"))
                .named(name);
    }

    private static final class RowWriterBuilder extends ParquetWriter.Builder<List<Value>, RowWriterBuilder> {
        private final MessageType schema;

        RowWriterBuilder(Path file, MessageType schema) {
            super(new LocalOutputFile(file));
            this.schema = schema;
        }

        @Override
        protected RowWriterBuilder self() {
            return this;
        }

        @Override
        @SuppressWarnings("deprecation") // the builder leaves no other method to give it a write support
        protected RowWriteSupport getWriteSupport(org.apache.hadoop.conf.Configuration configuration) {
            return new RowWriteSupport(schema);
        }
    }
}
