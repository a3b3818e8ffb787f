package dev.nla4j.format.parquet;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// What tells pyarrow that vectors have a fixed length: Parquet itself knows lists of any length only, and the
/// public data pipeline wants `fixed_size_list<float>[d]`.
///
/// Arrow's libraries look for their own schema under a key of the footer: a message of Arrow's IPC format, which is
/// a flatbuffer (`Message.fbs`, `Schema.fbs`) behind eight bytes. Written front to back: a table, then what it
/// points to.
public final class ArrowSchema {
    private static final String KEY = "ARROW:schema";

    private static final int VERSION_5 = 4;
    private static final int HEADER_SCHEMA = 1;
    private static final int TYPE_INT = 2;
    private static final int TYPE_FLOAT = 3;
    private static final int TYPE_UTF8 = 5;
    private static final int TYPE_LIST = 12;
    private static final int TYPE_STRUCT = 13;
    private static final int TYPE_FIXED_SIZE_LIST = 16;
    private static final int SINGLE_PRECISION = 1;
    private static final int ANY_LENGTH = -1;

    private ByteBuffer out = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);

    private ArrowSchema() {}

    /// The footer's entry for `columns`.
    ///
    /// @param vectors the column of floats whose lists all have the same length; others may be of any
    /// @param dimension that length
    public static Map<String, String> of(List<Column> columns, String vectors, int dimension) {
        return Map.of(KEY, Base64.getEncoder().encodeToString(new ArrowSchema().message(columns, vectors, dimension)));
    }

    private byte[] message(List<Column> columns, String vectors, int dimension) {
        int root = offset();
        int[] message = table(Slot.of(0, 2, VERSION_5), Slot.of(1, 1, HEADER_SCHEMA), Slot.of(2, 4, 0));
        point(root, message[0]);
        int[] schema = table(Slot.of(1, 4, 0));
        point(message[3], schema[0]);
        fields(
                schema[1],
                columns.stream()
                        .map(column -> field(column, column.name().equals(vectors) ? dimension : ANY_LENGTH))
                        .toList());
        align(8);
        byte[] flatbuffer = Arrays.copyOf(out.array(), out.position());
        return ByteBuffer.allocate(8 + flatbuffer.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(-1)
                .putInt(flatbuffer.length)
                .put(flatbuffer)
                .array();
    }

    /// One field of Arrow's schema.
    private record Field(String name, int type, List<Slot> typeSlots, List<Field> children) {}

    private static Field field(Column column, int length) {
        return switch (column.kind()) {
            case INT64 -> new Field(column.name(), TYPE_INT, List.of(Slot.of(0, 4, 64), Slot.of(1, 1, 1)), List.of());
            case TEXT -> text(column.name());
            case FLOAT_LIST ->
                new Field(
                        column.name(),
                        length == ANY_LENGTH ? TYPE_LIST : TYPE_FIXED_SIZE_LIST,
                        length == ANY_LENGTH ? List.of() : List.of(Slot.of(0, 4, length)),
                        List.of(new Field("item", TYPE_FLOAT, List.of(Slot.of(0, 2, SINGLE_PRECISION)), List.of())));
            case MESSAGE_LIST ->
                new Field(
                        column.name(),
                        TYPE_LIST,
                        List.of(),
                        List.of(new Field("item", TYPE_STRUCT, List.of(), List.of(text("role"), text("content")))));
            case OTHER -> throw new IllegalArgumentException(column + " can't be written");
        };
    }

    private static Field text(String name) {
        return new Field(name, TYPE_UTF8, List.of(), List.of());
    }

    /// Writes a vector of fields and lets `place` point to it.
    private void fields(int place, List<Field> fields) {
        align(4);
        point(place, out.position());
        putInt(fields.size());
        int[] places = fields.stream().mapToInt(_ -> offset()).toArray();
        for (int i = 0; i < places.length; i++) {
            Field field = fields.get(i);
            int[] table = table(
                    Slot.of(0, 4, 0),
                    Slot.of(1, 1, 1),
                    Slot.of(2, 1, field.type()),
                    Slot.of(3, 4, 0),
                    Slot.of(5, 4, 0));
            point(places[i], table[0]);
            string(table[1], field.name());
            point(table[4], table(field.typeSlots().toArray(Slot[]::new))[0]);
            fields(table[5], field.children());
        }
    }

    private void string(int place, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        align(4);
        point(place, out.position());
        putInt(bytes.length);
        for (byte b : bytes) {
            putByte(b);
        }
        putByte(0);
        align(4);
    }

    /// A value inside of a table; an offset is a value of four bytes that is filled in later.
    private record Slot(int field, int bytes, int value) {
        static Slot of(int field, int bytes, int value) {
            return new Slot(field, bytes, value);
        }
    }

    /// Writes a table behind its own vtable; where the table is, then where each slot is, in the given order.
    private int[] table(Slot... slots) {
        int[] places = new int[slots.length + 1];
        int fields =
                Arrays.stream(slots).mapToInt(slot -> slot.field() + 1).max().orElse(0);
        int[] offsets = new int[fields];
        int size = 4;
        for (int bytes = 4; bytes >= 1; bytes /= 2) {
            for (int i = 0; i < slots.length; i++) {
                if (slots[i].bytes() == bytes) {
                    offsets[slots[i].field()] = size;
                    places[i + 1] = size;
                    size += bytes;
                }
            }
        }
        int vtableBytes = 4 + 2 * fields;
        align(4);
        if (vtableBytes % 4 != 0) {
            putShort(0);
        }
        int vtable = out.position();
        putShort(vtableBytes);
        putShort(size);
        for (int offset : offsets) {
            putShort(offset);
        }
        int start = out.position();
        putInt(start - vtable);
        for (int i = 4; i < size; i++) {
            putByte(0);
        }
        places[0] = start;
        for (int i = 0; i < slots.length; i++) {
            places[i + 1] += start;
            for (int b = 0; b < slots[i].bytes(); b++) {
                out.put(places[i + 1] + b, (byte) (slots[i].value() >>> (8 * b)));
            }
        }
        return places;
    }

    /// Room for an offset; where it is.
    private int offset() {
        putInt(0);
        return out.position() - 4;
    }

    private void point(int place, int target) {
        out.putInt(place, target - place);
    }

    private void align(int bytes) {
        while (out.position() % bytes != 0) {
            putByte(0);
        }
    }

    private void putInt(int value) {
        room(4).putInt(value);
    }

    private void putShort(int value) {
        room(2).putShort((short) value);
    }

    private void putByte(int value) {
        room(1).put((byte) value);
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            out = ByteBuffer.allocate(2 * out.capacity())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(out.flip());
        }
        return out;
    }
}
