package dev.nla4j.train;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/// A TensorBoard event file: TFRecord frames around `Event` messages, both written by hand.
///
/// Frame: length (uint64 LE), masked CRC32C of the length, bytes, masked CRC32C of the bytes. Messages:
/// `tensorboard/compat/proto/event.proto` and `summary.proto`. A run that goes on or begins again writes a
/// file of its own, which tells TensorBoard by a start event to drop what it has from that step on. It takes the first
/// start event that it sees for the run's beginning and drops nothing, so the first file has one too.
public final class EventFile implements AutoCloseable {
    private static final String PREFIX = "events.out.tfevents.";
    private static final Pattern EVENTS = Pattern.compile("events\\.out\\.tfevents\\.(\\d{1,12})(?:\\..*)?");
    private static final int MASK_DELTA = 0xa282ead8;
    private static final int MASK_SHIFT = 15;
    private static final double MILLIS = 1000;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final int START = 1;

    private final FileChannel channel;

    private EventFile(FileChannel channel) {
        this.channel = channel;
    }

    /// Starts a new file in `folder`.
    ///
    /// @param step from which on this file's values replace those of files that are there; 0 for a new run
    public static EventFile start(Path folder, long step) throws IOException {
        Files.createDirectories(folder);
        List<Long> there;
        try (Stream<Path> files = Files.list(folder)) {
            there = files.map(file -> EVENTS.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Long.parseLong(name.group(1)))
                    .toList();
        }
        // Readers take the files in the order of their names: a clock that was set back must not put the new one first.
        long seconds = System.currentTimeMillis() / (long) MILLIS;
        for (long other : there) {
            seconds = Math.max(seconds, other + 1);
        }
        Path file = folder.resolve(PREFIX + seconds + ".nla4j.0");
        var events = new EventFile(FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        var version = new Message();
        version.text(3, "brain.Event:2");
        events.event(0, version);
        var status = new Message();
        status.varint(1, START);
        var session = new Message();
        session.message(7, status);
        events.event(step, session);
        return events;
    }

    /// Writes a step's values, a scalar each, as fp32.
    public void scalars(long step, Map<String, Double> values) throws IOException {
        var summary = new Message();
        values.forEach((tag, value) -> {
            var entry = new Message();
            entry.text(1, tag);
            entry.fixed32(2, Float.floatToRawIntBits(value.floatValue()));
            summary.message(1, entry);
        });
        var content = new Message();
        content.message(5, summary);
        event(step, content);
    }

    private void event(long step, Message content) throws IOException {
        var event = new Message();
        event.fixed64(1, Double.doubleToRawLongBits(System.currentTimeMillis() / MILLIS));
        event.varint(2, step);
        event.raw(content);
        byte[] bytes = event.bytes();
        ByteBuffer frame = ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        frame.putLong(bytes.length);
        frame.putInt(maskedCrc(frame.array(), 0, Long.BYTES));
        frame.put(bytes).putInt(maskedCrc(bytes, 0, bytes.length)).flip();
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    static int maskedCrc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        int value = (int) crc.getValue();
        return ((value >>> MASK_SHIFT) | (value << (Integer.SIZE - MASK_SHIFT))) + MASK_DELTA;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /// A protocol buffer message while it is written.
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void varint(int field, long value) {
            key(field, VARINT);
            number(value);
        }

        void fixed64(int field, long bits) {
            key(field, FIXED64);
            out.writeBytes(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(bits)
                    .array());
        }

        void fixed32(int field, int bits) {
            key(field, FIXED32);
            out.writeBytes(ByteBuffer.allocate(Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(bits)
                    .array());
        }

        void text(int field, String value) {
            bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        void message(int field, Message value) {
            bytes(field, value.bytes());
        }

        void raw(Message fields) {
            out.writeBytes(fields.bytes());
        }

        byte[] bytes() {
            return out.toByteArray();
        }

        private void bytes(int field, byte[] value) {
            key(field, BYTES);
            number(value.length);
            out.writeBytes(value);
        }

        private void key(int field, int type) {
            number((long) field << 3 | type);
        }

        private void number(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) ((rest & 0x7F) | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }
    }
}
