package dev.nla4j.activation;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// Reads what an `ARROW:schema` says, whatever the order in which its flatbuffer was laid out.
final class ArrowFields {
    private static final int INT = 2;
    private static final int FLOAT = 3;
    private static final int FIXED_SIZE_LIST = 16;

    private final ByteBuffer bytes;

    private ArrowFields(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /// Each field as `name nullable type(values)[children]`.
    static List<String> of(String base64) {
        ByteBuffer message = ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
        ArrowFields reader = new ArrowFields(message.slice(8, message.getInt(4)).order(ByteOrder.LITTLE_ENDIAN));
        int root = reader.bytes.getInt(0);
        List<String> fields = new ArrayList<>();
        fields.add("version " + reader.number(root, 0, 2) + " header " + reader.number(root, 1, 1));
        fields.addAll(reader.fields(reader.target(root, 2), 1));
        return fields;
    }

    private List<String> fields(int table, int slot) {
        List<String> fields = new ArrayList<>();
        int place = place(table, slot);
        if (place == 0) {
            return fields;
        }
        int vector = place + bytes.getInt(place);
        for (int i = 0; i < bytes.getInt(vector); i++) {
            int at = vector + 4 + 4 * i;
            fields.add(field(at + bytes.getInt(at)));
        }
        return fields;
    }

    private String field(int table) {
        int name = target(table, 0);
        byte[] text = new byte[bytes.getInt(name)];
        bytes.get(name + 4, text);
        int kind = number(table, 2, 1);
        int type = target(table, 3);
        String values = switch (kind) {
            case INT -> number(type, 0, 4) + " signed " + number(type, 1, 1);
            case FLOAT -> "precision " + number(type, 0, 2);
            case FIXED_SIZE_LIST -> "length " + number(type, 0, 4);
            default -> "";
        };
        return new String(text, StandardCharsets.UTF_8) + " " + number(table, 1, 1) + " " + kind + "(" + values + ")"
                + fields(table, 5);
    }

    private int place(int table, int slot) {
        int vtable = table - bytes.getInt(table);
        int offset = 4 + 2 * slot < bytes.getShort(vtable) ? bytes.getShort(vtable + 4 + 2 * slot) : 0;
        return offset == 0 ? 0 : table + offset;
    }

    private int target(int table, int slot) {
        int place = place(table, slot);
        return place + bytes.getInt(place);
    }

    private int number(int table, int slot, int width) {
        int place = place(table, slot);
        if (place == 0) {
            return 0;
        }
        return width == 4 ? bytes.getInt(place) : width == 2 ? bytes.getShort(place) : bytes.get(place);
    }
}
