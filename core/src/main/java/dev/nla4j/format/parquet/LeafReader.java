package dev.nla4j.format.parquet;

import dev.nla4j.format.parquet.Footer.Chunk;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Steps through the entries of one leaf in one row group: values, nulls and empty lists.
final class LeafReader {
    private final Leaf leaf;
    private final ChunkPages pages;
    private final Place chunkPlace;
    private long leftInChunk;
    private @Nullable DataPage page;
    private int leftInPage;
    private boolean pending;
    private boolean unread;
    private int repetition;
    private int definition;

    LeafReader(Path file, FileChannel channel, Leaf leaf, Chunk chunk) {
        this.leaf = leaf;
        this.pages = new ChunkPages(file, channel, leaf, chunk);
        this.chunkPlace = new Place(file, chunk.start(), leaf.path());
        this.leftInChunk = chunk.values();
    }

    /// Stands on the first entry of a row.
    void startRow() {
        if (!pending && !advance()) {
            throw chunkPlace.problem("ends before the last row of its row group");
        }
        if (repetition != 0) {
            throw current().place().problem("a row begins in the middle of a list");
        }
    }

    /// Moves to the next entry; false after the last of the row group.
    boolean advance() {
        pending = false;
        if (unread) {
            current().values().skip();
            unread = false;
        }
        if (leftInChunk == 0) {
            return false;
        }
        while (leftInPage == 0) {
            nextPage();
        }
        DataPage now = current();
        RunDecoder repetitions = now.repetition();
        RunDecoder definitions = now.definition();
        repetition = repetitions == null ? 0 : repetitions.next();
        definition = definitions == null ? leaf.maxDefinition() : definitions.next();
        if (repetition > leaf.maxRepetition() || definition > leaf.maxDefinition()) {
            throw now.place()
                    .problem("levels " + repetition + " and " + definition + ", the schema allows "
                            + leaf.maxRepetition() + " and " + leaf.maxDefinition());
        }
        leftInPage--;
        leftInChunk--;
        pending = true;
        unread = isValue();
        return true;
    }

    /// Moves behind the row it stands in.
    void skipRow() {
        boolean more;
        do {
            more = advance();
        } while (more && repetition != 0);
    }

    /// Refuses entries beyond the last row.
    void requireEnd() {
        if (pending || leftInChunk > 0) {
            throw chunkPlace.problem("has more values than its row group has rows");
        }
    }

    /// 0 at the first entry of a row.
    int repetition() {
        return repetition;
    }

    boolean isValue() {
        return definition == leaf.maxDefinition();
    }

    /// Whether the row's list is there and has no element.
    boolean isEmptyList() {
        return definition == leaf.elementDefinition() - 1;
    }

    long int64() {
        return value().int64();
    }

    float float32() {
        return value().float32();
    }

    String text() {
        return value().text();
    }

    private Values value() {
        unread = false;
        return current().values();
    }

    private void nextPage() {
        DataPage next = pages.next();
        if (next == null) {
            throw chunkPlace.problem("its pages end " + leftInChunk + " values too early");
        }
        if (next.count() > leftInChunk) {
            throw next.place().problem("a page of " + next.count() + " values where " + leftInChunk + " are left");
        }
        page = next;
        leftInPage = next.count();
    }

    private DataPage current() {
        DataPage now = page;
        if (now == null) {
            throw new IllegalStateException("no page was read yet");
        }
        return now;
    }
}
