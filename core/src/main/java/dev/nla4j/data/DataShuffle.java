package dev.nla4j.data;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.ParquetFile;
import dev.nla4j.format.parquet.ParquetRowReader;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// Puts a data set's rows, or its vectors alone, into a seeded random order that is the reference's.
///
/// Memory is bounded whatever the size: rows are dealt out to files by where they go, each small enough to
/// be put in order in memory, vectors and texts, and these are read one after the other.
public final class DataShuffle {
    private static final String TASK = "shuffle";
    /// Bytes of vectors and texts that are put in order at once.
    private static final long BUCKET_BYTES = 256 << 20;
    /// Each bucket holds a row group in memory while rows are dealt out.
    private static final int MOST_BUCKETS = 64;
    /// The reference writes groups of 65,536 rows; wide vectors get smaller ones, as a group is held in memory.
    private static final long GROUP_BYTES = 256 << 20;

    private final long bucketBytes;

    public DataShuffle() {
        this(BUCKET_BYTES);
    }

    DataShuffle(long bucketBytes) {
        this.bucketBytes = bucketBytes;
    }

    /// What is moved.
    public enum What {
        /// Whole rows.
        ROWS,
        /// The vectors only: a control, in which no activation belongs to its text.
        ACTIVATIONS
    }

    /// Writes the shuffled data set.
    ///
    /// @return how many rows it has
    public long run(Path in, Path out, long seed, What what, boolean replace, Progress progress) throws IOException {
        DataOutput.requireFree(in, out, replace);
        try (DataFile file = DataFile.open(in)) {
            int rows = rows(file);
            String id = file.meta().datasetId();
            String key = what == What.ROWS ? id : id + "|activ";
            int[] target = Permutation.inverse(Permutation.of(seed, key, rows));
            String name = id + (what == What.ROWS ? "__shuf" : "__shuf_activations") + seed;
            DatasetMeta meta = DataOutput.derived(file.meta(), name, file.meta().apiSummaries());
            AtomicFile.dropStale(out);
            Path work = Files.createDirectories(AtomicFile.temporary(out));
            try {
                return DataOutput.put(
                        out,
                        temporary -> {
                            write(file, target, what, work, temporary, progress);
                            return rows;
                        },
                        meta);
            } finally {
                AtomicFile.deleteFolder(work);
            }
        }
    }

    private static int rows(DataFile file) {
        if (file.rows() > Integer.MAX_VALUE - 8) {
            throw new InputException(file.path() + ": has " + file.rows() + " rows, more than can be shuffled");
        }
        // Where each row goes is in memory, twice.
        if (2 * Integer.BYTES * file.rows() > Runtime.getRuntime().maxMemory() / 2) {
            throw new InputException(file.path() + ": has " + file.rows() + " rows, more than the heap of "
                    + Runtime.getRuntime().maxMemory() / 1_000_000
                    + " MB can put in order; give it more by NLA_JAVA_OPTS=-Xmx8g or the like");
        }
        file.requireReadable();
        return (int) file.rows();
    }

    private void write(DataFile file, int[] target, What what, Path work, Path temporary, Progress progress)
            throws IOException {
        int dimension = file.meta().extraction().dModel();
        List<Column> moved =
                what == What.ROWS ? file.columns() : List.of(Column.of(ActivationSchema.VECTOR, ColumnKind.FLOAT_LIST));
        long vector = (long) dimension * Float.BYTES;
        long text = textBytes(file, moved);
        long perBucket = Math.max(1, bucketBytes / (vector + text));
        int buckets = Math.clamp(Math.ceilDiv(target.length, perBucket), 1, MOST_BUCKETS);
        int bucketRows = Math.max(1, Math.ceilDiv(target.length, buckets));
        // a group's bytes are counted in vectors alone
        long groupBytes = DEALT_GROUP_BYTES * vector / (vector + text);
        deal(file.rows(moved), moved, dimension, target, bucketRows, groupBytes, work, progress);
        DataFile.Rows kept = what == What.ROWS ? null : file.allRows();
        int place = DataFile.index(file.columns(), ActivationSchema.VECTOR);
        try (DataOutput output = DataOutput.open(temporary, file.columns(), dimension, GROUP_BYTES)) {
            for (int start = 0; start < target.length; start += bucketRows) {
                for (List<Value> row : inOrder(work.resolve(bucket(start / bucketRows)), moved)) {
                    if (kept == null) {
                        output.write(row);
                    } else {
                        List<Value> values = new ArrayList<>(kept.next());
                        values.set(place, row.getFirst());
                        output.write(values);
                    }
                }
                progress.report(TASK, target.length + output.rows(), 2L * target.length, "rows");
            }
        }
    }

    /// Bytes of a row's texts, of all rows on average: each is dealt where chance will have it.
    private static long textBytes(DataFile file, List<Column> moved) {
        List<Column> texts = moved.stream()
                .filter(column -> column.kind() == ColumnKind.TEXT || column.kind() == ColumnKind.MESSAGE_LIST)
                .toList();
        if (texts.isEmpty() || file.rows() == 0) {
            return 0;
        }
        long bytes = 0;
        for (DataFile.Rows rows = file.rows(texts); rows.hasNext(); ) {
            for (Value value : rows.next()) {
                bytes += value.textBytes();
            }
        }
        return bytes / file.rows();
    }

    /// Deals the rows out, each with its place in front.
    private static void deal(
            DataFile.Rows rows,
            List<Column> moved,
            int dimension,
            int[] target,
            int bucketRows,
            long groupBytes,
            Path work,
            Progress progress)
            throws IOException {
        List<Column> columns = new ArrayList<>();
        columns.add(Column.of(PLACE, ColumnKind.INT64));
        columns.addAll(moved);
        List<DataOutput> buckets = new ArrayList<>();
        try {
            for (int start = 0; start < target.length; start += bucketRows) {
                buckets.add(DataOutput.open(work.resolve(bucket(buckets.size())), columns, dimension, groupBytes));
            }
            for (int i = 0; i < target.length; i++) {
                List<Value> row = new ArrayList<>();
                row.add(new Value.Int64(target[i]));
                row.addAll(rows.next());
                buckets.get(target[i] / bucketRows).write(row);
                progress.report(TASK, i, 2L * target.length, "rows");
            }
        } finally {
            for (DataOutput bucket : buckets) {
                bucket.close();
            }
        }
    }

    private static final String PLACE = "nla4j_place";
    private static final long DEALT_GROUP_BYTES = 4 << 20;

    private static List<List<Value>> inOrder(Path bucket, List<Column> moved) {
        List<Column> columns = new ArrayList<>();
        columns.add(Column.of(PLACE, ColumnKind.INT64));
        columns.addAll(moved);
        List<List<Value>> rows = new ArrayList<>();
        try (ParquetFile file = ParquetFile.open(bucket)) {
            for (ParquetRowReader reader = new ParquetRowReader(file, columns); reader.hasNext(); ) {
                rows.add(reader.next());
            }
        }
        rows.sort(Comparator.comparingLong(row -> Value.number(row.getFirst())));
        rows.replaceAll(row -> row.subList(1, row.size()));
        return rows;
    }

    private static String bucket(int number) {
        return String.format(Locale.ROOT, "bucket-%06d.parquet", number);
    }
}
