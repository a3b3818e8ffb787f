package dev.nla4j.teacher;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Answers that were paid for, by the SHA-256 of the request: whoever asks the same again, in whatever run, gets them
/// from here.
///
/// A folder of files of JSON lines. Each run adds a file of its own and forces every line to disk, so that a kill
/// loses nothing and several runs can share a folder; a line that was cut off is passed over. Safe for many threads.
public final class ResponseCache implements AutoCloseable {
    private static final String PREFIX = "answers-";
    private static final long LONGEST_LINE = 1 << 20;

    private final Path folder;
    private final Map<String, Place> places = new HashMap<>();
    private @Nullable FileChannel own;
    private Path ownFile;
    private long ownLength;

    private record Place(Path file, long offset, int length) {}

    private ResponseCache(Path folder) {
        this.folder = folder;
        this.ownFile = folder.resolve(PREFIX + UUID.randomUUID() + ".jsonl");
    }

    /// Opens a folder, which is made when it is not there.
    public static ResponseCache open(Path folder) throws IOException {
        Files.createDirectories(folder);
        ResponseCache cache = new ResponseCache(folder);
        for (Path file : files(folder)) {
            cache.index(file);
        }
        return cache;
    }

    /// The name of a request.
    static String key(String request) {
        return Sha256.of(request);
    }

    Path folder() {
        return folder;
    }

    synchronized Optional<ApiAnswer> get(String key) {
        Place place = places.get(key);
        if (place == null) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(place.file(), StandardOpenOption.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate(place.length());
            while (bytes.hasRemaining() && channel.read(bytes, place.offset() + bytes.position()) >= 0) {
                // reads on until the line is whole
            }
            JsonNode line = parse(new String(bytes.array(), StandardCharsets.UTF_8));
            return line == null || !line.path("key").asString("").equals(key)
                    ? Optional.empty()
                    : Optional.of(answer(line));
        } catch (IOException e) {
            throw new UncheckedIOException(place.file() + ": can't be read: " + FileProblem.reason(e), e);
        }
    }

    synchronized void put(String key, ApiAnswer answer) {
        String line = Json.mapper()
                .createObjectNode()
                .put("key", key)
                .put("text", answer.text())
                .put("stop", answer.stop())
                .put("input_tokens", answer.inputTokens())
                .put("output_tokens", answer.outputTokens())
                .toString();
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            FileChannel channel = own;
            if (channel == null) {
                channel = FileChannel.open(ownFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                own = channel;
            }
            append(channel, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(ownFile + ": can't be written: " + FileProblem.reason(e), e);
        }
        places.put(key, new Place(ownFile, ownLength, bytes.length - 1));
        ownLength += bytes.length;
    }

    /// A line or nothing: half of one, as a full disk leaves it, would spoil those that follow.
    private void append(FileChannel channel, byte[] line) throws IOException {
        boolean whole = false;
        try {
            ByteBuffer buffer = ByteBuffer.wrap(line);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(false);
            whole = true;
        } finally {
            if (!whole) {
                channel.truncate(ownLength);
                channel.position(ownLength);
            }
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (own != null) {
            own.close();
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                        String name = file.getFileName().toString();
                        return name.startsWith(PREFIX) && name.endsWith(".jsonl");
                    })
                    .sorted()
                    .toList();
        }
    }

    private void index(Path file) throws IOException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r");
                java.io.BufferedInputStream bytes =
                        new java.io.BufferedInputStream(java.nio.channels.Channels.newInputStream(in.getChannel()))) {
            java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream();
            long start = 0;
            long offset = 0;
            boolean tooLong = false;
            for (int b = bytes.read(); b >= 0; b = bytes.read()) {
                offset++;
                if (b == '\n') {
                    JsonNode node = tooLong ? null : parse(line.toString(StandardCharsets.UTF_8));
                    if (node != null && node.path("key").isString()) {
                        places.put(node.path("key").stringValue(), new Place(file, start, line.size()));
                    }
                    line.reset();
                    tooLong = false;
                    start = offset;
                } else if (line.size() < LONGEST_LINE) {
                    line.write(b);
                } else {
                    tooLong = true; // no answer of ours: passed over like half of one
                }
            }
        }
    }

    /// A line's object, or null when a kill or a full disk left half of one.
    private static @Nullable JsonNode parse(String line) {
        try {
            JsonNode node = Json.mapper().readTree(line);
            return node != null && node.isObject() && node.path("text").isString() ? node : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    private static ApiAnswer answer(JsonNode line) {
        return new ApiAnswer(
                line.path("text").stringValue(),
                line.path("stop").asString(""),
                line.path("input_tokens").asLong(0),
                line.path("output_tokens").asLong(0));
    }
}
