package dev.nla4j.format.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.values.deltalengthbytearray.DeltaLengthByteArrayValuesWriter;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Texts whose lengths come first, as parquet-java's own encoder writes them.
class DeltaLengthsTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 32, 33, 128, 129, 130, 1000})
    void texts_come_back(int count) throws IOException {
        List<String> texts = texts(count);
        Values values = new Values.Lengths(place(), encoded(texts), 0);
        for (int i = 0; i < count; i++) {
            if (i % 3 == 2) {
                values.skip();
            } else {
                assertThat(values.text()).isEqualTo(texts.get(i));
            }
        }
        assertThatThrownBy(values::text)
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("fewer lengths than texts");
    }

    @Test
    void a_column_of_them_is_read() throws IOException {
        List<String> texts = texts(300);
        byte[] body = encoded(texts);
        var page = new ByteArrayOutputStream();
        var header = new org.apache.parquet.format.PageHeader(PageType.DATA_PAGE, body.length, body.length);
        header.setData_page_header(
                new DataPageHeader(texts.size(), Encoding.DELTA_LENGTH_BYTE_ARRAY, Encoding.RLE, Encoding.RLE));
        Util.writePageHeader(header, page);
        page.write(body);
        var root = new org.apache.parquet.format.SchemaElement("schema");
        root.setNum_children(1);
        var leaf = new org.apache.parquet.format.SchemaElement("text");
        leaf.setType(Type.BYTE_ARRAY);
        var chunk = new ColumnChunk(4);
        chunk.setMeta_data(new ColumnMetaData(
                Type.BYTE_ARRAY,
                List.of(Encoding.DELTA_LENGTH_BYTE_ARRAY),
                List.of("text"),
                CompressionCodec.UNCOMPRESSED,
                texts.size(),
                page.size(),
                page.size(),
                4));
        var meta = new FileMetaData(
                1, List.of(root, leaf), texts.size(), List.of(new RowGroup(List.of(chunk), page.size(), texts.size())));
        var file = new ByteArrayOutputStream();
        byte[] magic = "PAR1".getBytes(StandardCharsets.US_ASCII);
        file.writeBytes(magic);
        file.writeBytes(page.toByteArray());
        int start = file.size();
        Util.writeFileMetaData(meta, file);
        file.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(file.size() - start)
                .array());
        file.writeBytes(magic);
        Path path = Files.write(folder.resolve("a.parquet"), file.toByteArray());
        try (ParquetFile parquet = ParquetFile.open(path)) {
            ColumnCursor<String> read = parquet.texts("text");
            for (String text : texts) {
                assertThat(read.next()).isEqualTo(text);
            }
        }
    }

    @Test
    void damaged_ones_end_in_a_message_and_in_nothing_else() throws IOException {
        byte[] whole = encoded(texts(140));
        Random random = new Random(5);
        int refused = 0;
        for (int round = 0; round < 5000; round++) {
            byte[] bytes = java.util.Arrays.copyOf(whole, random.nextInt(whole.length));
            for (int i = 0; i < 2 && bytes.length > 0; i++) {
                bytes[random.nextInt(Math.min(40, bytes.length))] = (byte) random.nextInt(256);
            }
            try {
                Values values = new Values.Lengths(place(), bytes, 0);
                for (int i = 0; i < 140; i++) {
                    values.text();
                }
            } catch (FormatException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(4000);
    }

    private Place place() {
        return new Place(folder.resolve("a.parquet"), 4, "text");
    }

    private static List<String> texts(int count) {
        Random random = new Random(count);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add("é".repeat(i == 40 ? 50_000 : random.nextInt(300)) + i);
        }
        return texts;
    }

    private static byte[] encoded(List<String> texts) throws IOException {
        var writer = new DeltaLengthByteArrayValuesWriter(64, 1 << 20, new HeapByteBufferAllocator());
        texts.forEach(text -> writer.writeBytes(Binary.fromString(text)));
        var out = new ByteArrayOutputStream();
        writer.getBytes().writeAllTo(out);
        return out.toByteArray();
    }
}
