package dev.nla4j.train;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `metrics.jsonl`: the source of truth of a run's curves, a line a step. Numbers that are not finite are written as
/// the texts `NaN`, `Infinity` and `-Infinity`, which JSON has no numbers for.
public final class MetricsLog implements AutoCloseable {
    private static final long LARGEST = 1 << 30;
    /// Ten times what any run logs; a page draws each.
    private static final int MOST_NAMES = 1000;
    private static final String STEP = "step";

    private final FileChannel channel;
    private final long lost;

    private MetricsLog(FileChannel channel, long lost) {
        this.channel = channel;
        this.lost = lost;
    }

    /// One line.
    ///
    /// @param values by name, in the order they were logged
    public record Line(long step, Map<String, Double> values) {}

    /// Opens for appending and cuts off what was written after `offset`, as resuming from a checkpoint
    /// demands. Lines that were lost are no reason to lose the checkpoint, too: blanks stand in for them,
    /// so that offsets stay what they are and the curves have a gap.
    ///
    /// @param offset what [#offset] was at the checkpoint, 0 to start over
    /// @throws FormatException when `offset` is not the end of a line
    static MetricsLog open(Path file, long offset) throws IOException {
        FileChannel channel = FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        boolean opened = false;
        try {
            long lost = 0;
            if (channel.size() < offset) {
                if (offset > LARGEST) {
                    throw new FormatException(
                            file,
                            offset,
                            "size",
                            "is " + channel.size() + " bytes, the checkpoint was made at " + offset);
                }
                lost = fill(channel, offset);
            }
            ByteBuffer last = ByteBuffer.allocate(1);
            if (offset > 0 && (channel.read(last, offset - 1) != 1 || last.get(0) != '\n')) {
                throw new FormatException(
                        file,
                        offset,
                        "offset",
                        "of the checkpoint is not the end of a line: put back the"
                                + " file that the run wrote, or move this one away and go on without the curves before");
            }
            channel.truncate(offset);
            channel.position(offset);
            opened = true;
            return new MetricsLog(channel, lost);
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    /// Puts a line of blanks behind the last whole line, up to `offset`. Killed in the midst of this, the line
    /// has no end and is made again.
    ///
    /// @return its bytes
    private static long fill(FileChannel channel, long offset) throws IOException {
        long whole = channel.size();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (whole > 0 && (channel.read(one.clear(), whole - 1) != 1 || one.get(0) != '\n')) {
            whole--;
        }
        channel.truncate(whole);
        channel.position(whole);
        byte[] blanks = new byte[(int) (offset - whole)];
        Arrays.fill(blanks, (byte) ' ');
        blanks[blanks.length - 1] = '\n';
        ByteBuffer line = ByteBuffer.wrap(blanks);
        while (line.hasRemaining()) {
            channel.write(line);
        }
        return blanks.length;
    }

    /// Bytes of lines that the file had when the checkpoint was made and has no more.
    public long lost() {
        return lost;
    }

    /// Appends a line.
    public void append(long step, Map<String, Double> values) throws IOException {
        ObjectNode node = Json.mapper().createObjectNode();
        node.put(STEP, step);
        values.forEach((name, value) -> {
            if (name.equals(STEP)) {
                throw new IllegalArgumentException("name: must not be " + STEP);
            }
            if (Double.isFinite(value)) {
                node.put(name, value);
            } else {
                node.put(name, value.toString());
            }
        });
        ByteBuffer line =
                ByteBuffer.wrap((Json.mapper().writeValueAsString(node) + "\n").getBytes(StandardCharsets.UTF_8));
        while (line.hasRemaining()) {
            channel.write(line);
        }
    }

    /// Bytes so far, forced to disk: what a checkpoint must remember.
    public long offset() throws IOException {
        channel.force(false);
        return channel.position();
    }

    /// Reads a log of at most 1 GB; a last line without its end, as a kill leaves it, is left out.
    ///
    /// @throws FormatException that names the line
    public static List<Line> read(Path file) throws IOException {
        if (Files.size(file) > LARGEST) {
            throw new FormatException(file, -1, "size", "more than the " + LARGEST + " bytes such a file may have");
        }
        List<Line> lines = new ArrayList<>();
        Set<String> names = new HashSet<>();
        String text = Json.utf8(file, Files.readAllBytes(file));
        int from = 0;
        int number = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            String read = text.substring(from, end);
            from = end + 1;
            number++;
            if (read.isBlank()) {
                // stands in for lines that were lost
                continue;
            }
            Line line = line(file, number, read);
            names.addAll(line.values().keySet());
            if (names.size() > MOST_NAMES) {
                throw new FormatException(
                        file, -1, "line " + number, "has the name of more than " + MOST_NAMES + " curves");
            }
            lines.add(line);
        }
        return lines;
    }

    private static Line line(Path file, int number, String text) {
        Fields fields = new Fields(file, "line " + number, Json.parse(file, text));
        Map<String, Double> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : fields.node().properties()) {
            if (!entry.getKey().equals(STEP)) {
                values.put(entry.getKey(), number(fields, entry.getKey(), entry.getValue()));
            }
        }
        return new Line(fields.integer(STEP, 0, Long.MAX_VALUE), values);
    }

    private static double number(Fields fields, String name, JsonNode value) {
        return switch (value.isString() ? value.stringValue() : "") {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> fields.number(name);
        };
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
