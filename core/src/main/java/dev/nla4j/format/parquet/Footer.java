package dev.nla4j.format.parquet;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.parquet.SchemaTree.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a Parquet file says of itself at its end, checked against the file's real size.
record Footer(Tree schema, List<RowGroup> groups, long rows) {
    private static final int MAGIC = 4;
    private static final int TAIL = 8;
    /// A thousand row groups of five columns take about one megabyte.
    private static final int LARGEST = 32 << 20;

    /// @param chunks one for each leaf, in schema order
    record RowGroup(long rows, List<Chunk> chunks) {}

    /// Where a leaf's pages of one row group lie.
    ///
    /// @param start of the first page header
    /// @param values including nulls
    record Chunk(long start, long bytes, long values, int codec) {}

    static Footer read(Path file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < MAGIC + TAIL) {
            throw new FormatException(file, -1, "size", "is " + size + " bytes, too few for a Parquet file");
        }
        requireMagic(file, 0, bytes(channel, 0, MAGIC));
        byte[] tail = bytes(channel, size - TAIL, TAIL);
        requireMagic(file, size - MAGIC, new byte[] {tail[4], tail[5], tail[6], tail[7]});
        long length = Integer.toUnsignedLong(
                ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt());
        if (length > size - MAGIC - TAIL || length > LARGEST) {
            throw new FormatException(
                    file,
                    size - TAIL,
                    "footer length",
                    "is " + length + ", at most " + Math.min(size - MAGIC - TAIL, LARGEST) + " is possible");
        }
        long start = size - TAIL - length;
        return parse(file, start, bytes(channel, start, (int) length));
    }

    private static Footer parse(Path file, long start, byte[] bytes) {
        var in = new ThriftReader(file, start, bytes);
        var fields = new Object() {
            @Nullable
            List<SchemaElement> schema;

            @Nullable
            List<RowGroup> groups;

            long rows = -1;
        };
        in.struct(id -> {
            switch (id) {
                case 2 -> fields.schema = in.structs("FileMetaData.schema", () -> SchemaElement.read(in));
                case 3 -> fields.rows = in.i64("FileMetaData.num_rows");
                case 4 -> fields.groups = in.structs("FileMetaData.row_groups", () -> rowGroup(in, start));
                case 8 -> throw in.problem("FileMetaData.encryption_algorithm", "encrypted files can't be read");
                default -> in.skip();
            }
        });
        List<SchemaElement> schema = fields.schema;
        List<RowGroup> groups = fields.groups;
        if (schema == null || groups == null || fields.rows < 0) {
            throw in.problem("FileMetaData", "lacks its schema, its row groups or a valid number of rows");
        }
        Tree tree = SchemaTree.of(file, schema);
        long rows = 0;
        for (RowGroup group : groups) {
            if (group.chunks().size() != tree.totalLeaves()) {
                throw in.problem(
                        "RowGroup.columns",
                        "has " + group.chunks().size() + " chunks, the schema has " + tree.totalLeaves() + " leaves");
            }
            if (group.rows() > fields.rows - rows) {
                throw in.problem("RowGroup.num_rows", "adds up to more than the file's " + fields.rows + " rows");
            }
            rows += group.rows();
        }
        if (rows != fields.rows) {
            throw in.problem("FileMetaData.num_rows", "is " + fields.rows + ", the row groups hold " + rows);
        }
        return new Footer(tree, List.copyOf(groups), rows);
    }

    private static RowGroup rowGroup(ThriftReader in, long dataEnd) {
        var fields = new Object() {
            List<Chunk> chunks = List.of();
            long rows = -1;
        };
        in.struct(id -> {
            switch (id) {
                case 1 -> fields.chunks = in.structs("RowGroup.columns", () -> columnChunk(in, dataEnd));
                case 3 -> fields.rows = in.i64("RowGroup.num_rows");
                default -> in.skip();
            }
        });
        if (fields.rows < 0) {
            throw in.problem("RowGroup.num_rows", fields.rows == -1 ? "is missing" : "is " + fields.rows);
        }
        return new RowGroup(fields.rows, List.copyOf(fields.chunks));
    }

    private static Chunk columnChunk(ThriftReader in, long dataEnd) {
        var fields = new Object() {
            @Nullable
            Chunk chunk;
        };
        in.struct(id -> {
            switch (id) {
                case 1 -> throw in.problem("ColumnChunk.file_path", "data in other files can't be read");
                case 3 -> fields.chunk = columnMetaData(in, dataEnd);
                default -> in.skip();
            }
        });
        Chunk chunk = fields.chunk;
        if (chunk == null) {
            throw in.problem("ColumnChunk.meta_data", "is missing");
        }
        return chunk;
    }

    private static Chunk columnMetaData(ThriftReader in, long dataEnd) {
        var fields = new Object() {
            int codec = -1;
            long values = -1;
            long bytes = -1;
            long data = -1;
            long dictionary = -1;
        };
        in.nested("ColumnChunk.meta_data", id -> {
            switch (id) {
                case 4 -> fields.codec = in.i32("ColumnMetaData.codec");
                case 5 -> fields.values = in.i64("ColumnMetaData.num_values");
                case 7 -> fields.bytes = in.i64("ColumnMetaData.total_compressed_size");
                case 9 -> fields.data = in.i64("ColumnMetaData.data_page_offset");
                case 11 -> fields.dictionary = in.i64("ColumnMetaData.dictionary_page_offset");
                default -> in.skip();
            }
        });
        if (fields.values == 0) {
            // chunks of groups without rows may point anywhere
            return new Chunk(MAGIC, 0, 0, fields.codec);
        }
        // some writers leave a 0 where there is no dictionary
        boolean hasDictionary = fields.dictionary >= MAGIC && fields.dictionary < fields.data;
        long start = hasDictionary ? fields.dictionary : fields.data;
        if (fields.values < 0
                || fields.bytes < 0
                || start < MAGIC
                || start > dataEnd
                || fields.bytes > dataEnd - start) {
            throw in.problem(
                    "ColumnMetaData",
                    "says " + fields.values + " values in " + fields.bytes + " bytes at " + start
                            + ", but data lies in bytes " + MAGIC + " to " + dataEnd);
        }
        return new Chunk(start, fields.bytes, fields.values, fields.codec);
    }

    private static void requireMagic(Path file, long offset, byte[] bytes) {
        String magic = new String(bytes, StandardCharsets.ISO_8859_1);
        if (magic.equals("PARE")) {
            throw new FormatException(file, offset, "magic", "encrypted Parquet files can't be read");
        }
        if (!magic.equals("PAR1")) {
            String where = offset == 0 ? "begins" : "ends";
            throw new FormatException(
                    file, offset, "magic", "the file " + where + " with '" + magic + "', a Parquet file with 'PAR1'");
        }
    }

    /// Exactly `length` bytes at `position`, which must lie in the file.
    static byte[] bytes(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
        return buffer.array();
    }
}
