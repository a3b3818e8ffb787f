package dev.nla4j.format.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Lists in shapes that pyarrow does not write: the two levels of older writers, and types that are no list of
/// floats.
class ListShapesTest {
    @TempDir
    Path folder;

    @Test
    void a_list_of_two_levels_is_read() throws IOException {
        MessageType schema =
                MessageTypeParser.parseMessageType("message m { required group v (LIST) { repeated float array; } }");
        Path path = folder.resolve("a.parquet");
        try (ParquetWriter<float[]> writer = new Builder(path, schema).build()) {
            writer.write(new float[] {1, 2, 3});
            writer.write(new float[0]);
            writer.write(new float[] {4});
        }
        try (ParquetFile file = ParquetFile.open(path)) {
            ColumnCursor<float[]> vectors = file.floats("v");
            assertThat(vectors.next()).containsExactly(1, 2, 3);
            assertThat(vectors.next()).isEmpty();
            assertThat(vectors.next()).containsExactly(4);
            assertThat(vectors.hasNext()).isFalse();
        }
    }

    @Test
    void columns_of_other_shapes_are_described() throws IOException {
        MessageType schema = MessageTypeParser.parseMessageType("""
                message m {
                  required group v (LIST) { repeated float array; }
                  repeated float bare;
                  optional group s { required int32 a; required binary b (UTF8); }
                  optional group n (LIST) { repeated group list { optional group element (LIST) {
                    repeated group list { optional float element; } } } }
                  optional fixed_len_byte_array(2) h;
                }""");
        Path path = folder.resolve("a.parquet");
        new Builder(path, schema).build().close();
        try (ParquetFile file = ParquetFile.open(path)) {
            assertThat(file.columns().stream().map(Column::toString))
                    .containsExactly(
                            "v: list<float>",
                            "bare: repeated float",
                            "s: struct of 2",
                            "n: list<list<float>>",
                            "h: fixed_len_byte_array");
        }
    }

    private static final class Builder extends ParquetWriter.Builder<float[], Builder> {
        private final MessageType schema;

        Builder(Path path, MessageType schema) {
            super(new LocalOutputFile(path));
            this.schema = schema;
        }

        @Override
        protected Builder self() {
            return this;
        }

        @Override
        @SuppressWarnings("deprecation") // abstract in the library
        protected WriteSupport<float[]> getWriteSupport(Configuration configuration) {
            return new FloatSupport(schema);
        }
    }

    private static final class FloatSupport extends WriteSupport<float[]> {
        private final MessageType schema;
        private @Nullable RecordConsumer out;

        FloatSupport(MessageType schema) {
            this.schema = schema;
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
        public void write(float[] values) {
            out.startMessage();
            out.startField("v", 0);
            out.startGroup();
            if (values.length > 0) {
                out.startField("array", 0);
                for (float value : values) {
                    out.addFloat(value);
                }
                out.endField("array", 0);
            }
            out.endGroup();
            out.endField("v", 0);
            out.endMessage();
        }
    }
}
