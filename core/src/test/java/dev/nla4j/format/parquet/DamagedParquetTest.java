package dev.nla4j.format.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Leaf.PhysicalType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Damaged and hostile files end in a message, never in another exception, and cost no memory they don't back.
class DamagedParquetTest {
    @TempDir
    Path folder;

    @Test
    void every_truncation_is_refused() throws Exception {
        byte[] whole = Files.readAllBytes(PyarrowFilesTest.fixture("list-zstd-groups.parquet"));
        for (int length = 0; length < whole.length; length += 7) {
            Path file = write(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> ParquetFile.open(file)).isInstanceOf(FormatException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fixed-size-snappy.parquet",
                "list-zstd-groups.parquet",
                "large-types-gzip.parquet",
                "plain-uncompressed.parquet",
                "pages-v2.parquet",
                "messages.parquet"
            })
    void flipped_bytes_never_cause_another_exception(String name) throws Exception {
        byte[] whole = Files.readAllBytes(PyarrowFilesTest.fixture(name));
        Random random = new Random(11);
        int refused = 0;
        for (int round = 0; round < 1500; round++) {
            byte[] bytes = whole.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                readEverything(write(bytes));
            } catch (InputException e) {
                refused++;
                assertThat(e.getMessage()).contains("x.parquet").doesNotContain("\n");
            }
        }
        assertThat(refused).isGreaterThan(300);
    }

    @Test
    void a_flipped_byte_of_data_is_seen_by_the_checksum() throws Exception {
        Path file = folder.resolve("sum.parquet");
        ParquetRowWriterTest.write(file, ParquetRowWriterTest.randomRows(200, 16, 5), 1000);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Path damaged = write(bytes);
        assertThatThrownBy(() -> readEverything(damaged)).isInstanceOf(FormatException.class);
    }

    @Test
    void a_footer_that_claims_two_billion_columns_is_refused_at_once() throws IOException {
        // FileMetaData { 2: list<struct> of 2^31 - 1 elements }
        byte[] footer = {0x29, (byte) 0xfc, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07, 0x00};
        assertThatThrownBy(() -> ParquetFile.open(write(withFooter(footer))))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("claims 2147483647 elements");
    }

    @Test
    void a_footer_nested_without_end_is_refused() throws IOException {
        byte[] footer = new byte[200_000];
        Arrays.fill(footer, (byte) 0x9c);
        assertThatThrownBy(() -> ParquetFile.open(write(withFooter(footer))))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("nested deeper");
    }

    /// Each of many leaves would have its own copy of the long path above it.
    @Test
    void columns_below_long_names_are_refused() throws IOException {
        List<org.apache.parquet.format.SchemaElement> nodes = new ArrayList<>();
        for (int depth = 0; depth < 10; depth++) {
            nodes.add(new org.apache.parquet.format.SchemaElement("n".repeat(300)).setNum_children(1));
        }
        nodes.add(new org.apache.parquet.format.SchemaElement("a").setType(org.apache.parquet.format.Type.INT32));
        var footer = new ByteArrayOutputStream();
        org.apache.parquet.format.Util.writeFileMetaData(
                new org.apache.parquet.format.FileMetaData(1, nodes, 0, List.of()), footer);
        assertThatThrownBy(() -> ParquetFile.open(write(withFooter(footer.toByteArray()))))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("a column whose path has more than 2000 characters");
    }

    /// A few kilobytes of zeros, packed, would become gigabytes of objects; a sparse file has room for any claim.
    @Test
    void dictionaries_and_packed_pages_have_bounds_of_their_own() {
        Place place = new Place(folder.resolve("x.parquet"), 4, "text");
        PageHeader dictionary = header(PageHeader.Kind.DICTIONARY, 65 << 20, 9000);
        assertThatThrownBy(() -> ChunkPages.check(place, PhysicalType.FLOAT, dictionary, 10_000))
                .isInstanceOf(FormatException.class)
                .hasMessageContainingAll("unpacks to 68157440 bytes", "use_dictionary=False", "write_batch_size");
        PhysicalType text = PhysicalType.BYTE_ARRAY;
        // these stay bytes
        ChunkPages.check(place, text, dictionary, 10_000);
        assertThatThrownBy(() ->
                        ChunkPages.check(place, text, header(PageHeader.Kind.DICTIONARY, 257 << 20, 9000), 10_000))
                .hasMessageContaining("at most 268435456 are read");
        assertThatThrownBy(() ->
                        ChunkPages.check(place, text, header(PageHeader.Kind.DATA, 10, Integer.MAX_VALUE), 1L << 33))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("a page of 2147483647 bytes that unpacks to 10");
        ChunkPages.check(place, text, header(PageHeader.Kind.DATA, 65 << 20, 70 << 20), 1L << 33);
    }

    private static PageHeader header(PageHeader.Kind kind, int unpacked, int packed) {
        return new PageHeader(kind, 20, unpacked, packed, null, 1, 0, 3, -1, -1, true);
    }

    @Test
    void a_file_of_another_kind_is_named() throws IOException {
        assertThatThrownBy(
                        () -> ParquetFile.open(write("{\"text\": \"not parquet\"}".getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("begins with '{\"te'");
    }

    @Test
    void a_folder_or_missing_file_is_named() {
        assertThatThrownBy(() -> ParquetFile.open(folder)).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> ParquetFile.open(folder.resolve("none.parquet")))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("none.parquet");
    }

    /// Reads every column that can be read.
    static void readEverything(Path path) {
        try (ParquetFile file = ParquetFile.open(path)) {
            for (Column column : file.columns()) {
                ColumnCursor<?> cursor = switch (column.kind()) {
                    case INT64 -> file.longs(column.name());
                    case TEXT -> file.texts(column.name());
                    case FLOAT_LIST -> file.floats(column.name());
                    case MESSAGE_LIST -> file.messages(column.name());
                    case OTHER -> null;
                };
                // a hostile file may hold billions of rows in one run: stop somewhere
                for (int i = 0; cursor != null && cursor.hasNext() && i < 10_000; i++) {
                    cursor.next();
                }
            }
        }
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("x.parquet"), bytes);
    }

    private static byte[] withFooter(byte[] footer) {
        return ByteBuffer.allocate(12 + footer.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("PAR1".getBytes(StandardCharsets.US_ASCII))
                .put(footer)
                .putInt(footer.length)
                .put("PAR1".getBytes(StandardCharsets.US_ASCII))
                .array();
    }
}
