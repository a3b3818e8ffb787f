package dev.nla4j.format.parquet;

import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/// Hands our rows to parquet-java. Every field is present in every row: nothing is null.
final class RowWriteSupport extends WriteSupport<List<Value>> {
    private final MessageType schema;
    private @Nullable RecordConsumer consumer;

    RowWriteSupport(MessageType schema) {
        this.schema = schema;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract in the library, which itself calls the other one
    public WriteContext init(Configuration configuration) {
        return new WriteContext(schema, Map.of());
    }

    @Override
    public WriteContext init(ParquetConfiguration configuration) {
        return new WriteContext(schema, Map.of());
    }

    @Override
    public void prepareForWrite(RecordConsumer recordConsumer) {
        consumer = recordConsumer;
    }

    @Override
    public void write(List<Value> row) {
        RecordConsumer out = consumer;
        if (out == null) {
            throw new IllegalStateException("a row before the file was started");
        }
        out.startMessage();
        for (int i = 0; i < row.size(); i++) {
            String name = schema.getFieldName(i);
            out.startField(name, i);
            switch (row.get(i)) {
                case Value.Int64(long value) -> out.addLong(value);
                case Value.Text(String value) -> out.addBinary(Binary.fromString(value));
                case Value.Floats floats -> writeFloats(out, floats.values());
                case Value.Messages(List<RoleContent> messages) -> writeMessages(out, messages);
            }
            out.endField(name, i);
        }
        out.endMessage();
    }

    private static void writeFloats(RecordConsumer out, float[] values) {
        out.startGroup();
        if (values.length > 0) {
            out.startField("list", 0);
            for (float value : values) {
                out.startGroup();
                out.startField("element", 0);
                out.addFloat(value);
                out.endField("element", 0);
                out.endGroup();
            }
            out.endField("list", 0);
        }
        out.endGroup();
    }

    private static void writeMessages(RecordConsumer out, List<RoleContent> messages) {
        out.startGroup();
        if (!messages.isEmpty()) {
            out.startField("list", 0);
            for (RoleContent message : messages) {
                out.startGroup();
                out.startField("element", 0);
                out.startGroup();
                writeText(out, "role", 0, message.role());
                writeText(out, "content", 1, message.content());
                out.endGroup();
                out.endField("element", 0);
                out.endGroup();
            }
            out.endField("list", 0);
        }
        out.endGroup();
    }

    private static void writeText(RecordConsumer out, String name, int index, String text) {
        out.startField(name, index);
        out.addBinary(Binary.fromString(text));
        out.endField(name, index);
    }
}
