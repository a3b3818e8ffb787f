package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    @TempDir
    Path folder;

    /// What a parser of our own reads back.
    private record Event(long step, String version, boolean start, Map<String, Float> values) {}

    @Test
    void scalars_come_back_from_the_frames_and_messages() throws IOException {
        try (EventFile events = EventFile.start(folder, 0)) {
            Map<String, Double> values = new LinkedHashMap<>();
            values.put("loss", 1.5);
            values.put("fve/gold", Double.NaN);
            events.scalars(1, values);
            events.scalars(300_000_000_000L, Map.of("loss", -2.0));
        }
        List<Event> events = read(only());
        assertThat(events).hasSize(4);
        assertThat(events.get(0).version()).isEqualTo("brain.Event:2");
        assertThat(events.get(2).step()).isEqualTo(1);
        assertThat(events.get(2).values()).containsExactly(Map.entry("loss", 1.5f), Map.entry("fve/gold", Float.NaN));
        assertThat(events.get(3)).isEqualTo(new Event(300_000_000_000L, "", false, Map.of("loss", -2f)));
    }

    @Test
    void a_run_that_goes_on_or_begins_again_says_from_which_step() throws IOException {
        EventFile.start(folder, 0).close();
        EventFile.start(folder, 10).close();
        // begun again, because it was stopped before its first checkpoint
        EventFile.start(folder, 0).close();
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> sorted = files.sorted().toList();
            assertThat(sorted).hasSize(3);
            // the first one that TensorBoard sees drops nothing
            assertThat(read(sorted.get(0)).get(1)).isEqualTo(new Event(0, "", true, Map.of()));
            assertThat(read(sorted.get(1)).get(1)).isEqualTo(new Event(10, "", true, Map.of()));
            assertThat(read(sorted.get(2)).get(1)).isEqualTo(new Event(0, "", true, Map.of()));
        }
    }

    /// Readers take files in the order of their names.
    @Test
    void a_file_comes_after_those_that_are_there_although_the_clock_was_set_back() throws IOException {
        long ahead = System.currentTimeMillis() / 1000 + 10_000;
        Files.createFile(folder.resolve("events.out.tfevents." + ahead + ".host.1.v2"));
        EventFile.start(folder, 10).close();
        EventFile.start(folder, 20).close();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()).sorted())
                    .containsExactly(
                            "events.out.tfevents." + ahead + ".host.1.v2",
                            "events.out.tfevents." + (ahead + 1) + ".nla4j.0",
                            "events.out.tfevents." + (ahead + 2) + ".nla4j.0");
        }
    }

    @Test
    void the_masked_checksum_is_the_one_of_the_format() {
        // CRC32C of "123456789" is e3069283; rotated right by 15 and with the mask added
        int crc = 0xe3069283;
        int expected = Integer.rotateRight(crc, 15) + 0xa282ead8;
        assertThat(EventFile.maskedCrc("123456789".getBytes(StandardCharsets.US_ASCII), 0, 9))
                .isEqualTo(expected);
    }

    private Path only() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findFirst().orElseThrow();
        }
    }

    private static List<Event> read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertThat(in.getInt()).isEqualTo(EventFile.maskedCrc(length, 0, 8));
            byte[] bytes = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            in.get(bytes);
            assertThat(in.getInt()).isEqualTo(EventFile.maskedCrc(bytes, 0, bytes.length));
            events.add(event(bytes));
        }
        return events;
    }

    private static Event event(byte[] bytes) {
        Map<Integer, Object> fields = fields(bytes);
        double wall = Double.longBitsToDouble((long) fields.get(1));
        assertThat(wall).isBetween(1.6e9, 4e9);
        Map<String, Float> values = new LinkedHashMap<>();
        if (fields.containsKey(5)) {
            ByteBuffer summary = ByteBuffer.wrap((byte[]) fields.get(5));
            while (summary.hasRemaining()) {
                assertThat(varint(summary)).isEqualTo(1 << 3 | 2);
                byte[] value = new byte[(int) varint(summary)];
                summary.get(value);
                Map<Integer, Object> parts = fields(value);
                values.put(new String((byte[]) parts.get(1), StandardCharsets.UTF_8), Float.intBitsToFloat((int)
                        parts.get(2)));
            }
        }
        String version = fields.containsKey(3) ? new String((byte[]) fields.get(3), StandardCharsets.UTF_8) : "";
        boolean start = fields.containsKey(7) && fields((byte[]) fields.get(7)).equals(Map.of(1, 1L));
        return new Event((long) fields.getOrDefault(2, 0L), version, start, values);
    }

    private static Map<Integer, Object> fields(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Map<Integer, Object> fields = new LinkedHashMap<>();
        while (in.hasRemaining()) {
            long key = varint(in);
            int field = (int) (key >>> 3);
            switch ((int) (key & 7)) {
                case 0 -> fields.put(field, varint(in));
                case 1 -> fields.put(field, in.getLong());
                case 5 -> fields.put(field, in.getInt());
                case 2 -> {
                    byte[] value = new byte[(int) varint(in)];
                    in.get(value);
                    fields.put(field, value);
                }
                default -> throw new AssertionError("wire type of " + key);
            }
        }
        return fields;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
