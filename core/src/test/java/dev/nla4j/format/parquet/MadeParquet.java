package dev.nla4j.format.parquet;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.jspecify.annotations.Nullable;

/// Parquet files of any schema, as other writers make them.
public final class MadeParquet {
    private MadeParquet() {}

    /// Writes rows of a schema in the words of parquet-java.
    ///
    /// @param row writes the fields of the row of a number
    public static void write(Path file, String schema, int rows, ObjIntConsumer<RecordConsumer> row)
            throws IOException {
        write(new Builder(file, MessageTypeParser.parseMessageType(schema), row), rows);
    }

    /// As [#write] with dictionaries of any size.
    static void writeWithDictionaries(Path file, String schema, int rows, ObjIntConsumer<RecordConsumer> row)
            throws IOException {
        write(
                new Builder(file, MessageTypeParser.parseMessageType(schema), row)
                        .withDictionaryPageSize(Integer.MAX_VALUE / 2)
                        .withPageSize(1 << 30),
                rows);
    }

    private static void write(Builder builder, int rows) throws IOException {
        try (ParquetWriter<Integer> writer = builder.withConf(new PlainParquetConfiguration())
                .withCompressionCodec(CompressionCodecName.ZSTD)
                .build()) {
            for (int i = 0; i < rows; i++) {
                writer.write(i);
            }
        }
    }

    /// Writes one field of a row.
    public static void field(RecordConsumer out, String name, int index, Runnable value) {
        out.startField(name, index);
        value.run();
        out.endField(name, index);
    }

    /// Writes a list of three levels under pyarrow's names.
    ///
    /// @param element writes the element of a number
    public static void list(RecordConsumer out, int length, java.util.function.IntConsumer element) {
        out.startGroup();
        field(out, "list", 0, () -> {
            for (int i = 0; i < length; i++) {
                int number = i;
                out.startGroup();
                field(out, "element", 0, () -> element.accept(number));
                out.endGroup();
            }
        });
        out.endGroup();
    }

    private static final class Builder extends ParquetWriter.Builder<Integer, Builder> {
        private final MessageType schema;
        private final ObjIntConsumer<RecordConsumer> row;

        Builder(Path file, MessageType schema, ObjIntConsumer<RecordConsumer> row) {
            super(new LocalOutputFile(file));
            this.schema = schema;
            this.row = row;
        }

        @Override
        protected Builder self() {
            return this;
        }

        @Override
        @SuppressWarnings("deprecation") // abstract in the library
        protected WriteSupport<Integer> getWriteSupport(Configuration configuration) {
            return new Support(schema, row);
        }
    }

    private static final class Support extends WriteSupport<Integer> {
        private final MessageType schema;
        private final ObjIntConsumer<RecordConsumer> row;
        private @Nullable RecordConsumer out;

        Support(MessageType schema, ObjIntConsumer<RecordConsumer> row) {
            this.schema = schema;
            this.row = row;
        }

        @Override
        @SuppressWarnings("deprecation") // abstract in the library
        public WriteContext init(Configuration configuration) {
            return new WriteContext(schema, Map.of());
        }

        @Override
        public void prepareForWrite(RecordConsumer consumer) {
            out = consumer;
        }

        @Override
        public void write(Integer number) {
            out.startMessage();
            row.accept(out, number);
            out.endMessage();
        }
    }
}
