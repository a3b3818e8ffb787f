package dev.nla4j.model;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Cosines and sines of rotary embeddings, computed once a rope and length and kept. Not for several threads at
/// once.
final class RopeTables implements AutoCloseable {
    private static final int SHORTEST = 256;

    private final ScalarType type;
    private final Map<Rope, Table> tables = new HashMap<>();

    /// @param type of the tables' elements
    RopeTables(ScalarType type) {
        this.type = type;
    }

    ScalarType type() {
        return type;
    }

    /// @param cos `[length, w]`
    /// @param sin `[length, w]`, its first half negated: `x · cos + swapped halves of x · sin` is the rotation
    record Table(int lengthClass, int length, Tensor cos, Tensor sin) {}

    /// A table of at least `length` positions for a sequence of that length.
    Table of(Rope rope, int length) {
        Table table = tables.get(rope);
        int lengthClass = rope.scaling().lengthClass(length);
        if (table != null && table.lengthClass() == lengthClass && table.length() >= length) {
            return table;
        }
        Table made = make(rope, length, Math.max(SHORTEST, Integer.highestOneBit(length) * 2));
        Table old = tables.put(rope, made);
        if (old != null) {
            old.cos().close();
            old.sin().close();
        }
        return made;
    }

    private Table make(Rope rope, int sequence, int length) {
        float[] frequencies = rope.frequencies(sequence);
        int half = frequencies.length;
        float[] cos = new float[Math.multiplyExact(length, 2 * half)];
        float[] sin = new float[cos.length];
        double factor = rope.scaling().attentionFactor();
        for (int position = 0; position < length; position++) {
            for (int i = 0; i < half; i++) {
                // The product is rounded to fp32 first, as other implementations do.
                float angle = position * frequencies[i];
                int at = position * 2 * half + i;
                cos[at] = (float) (Math.cos(angle) * factor);
                cos[at + half] = cos[at];
                sin[at + half] = (float) (Math.sin(angle) * factor);
                sin[at] = -sin[at + half];
            }
        }
        // Released, not kept: tables outlive the scope of the call that first needed them.
        try (Scope scope = Scope.noGrad()) {
            return new Table(
                    rope.scaling().lengthClass(sequence),
                    length,
                    scope.release(Tensors.of(cos, length, 2L * half).to(type)),
                    scope.release(Tensors.of(sin, length, 2L * half).to(type)));
        }
    }

    @Override
    public void close() {
        tables.values().forEach(table -> {
            table.cos().close();
            table.sin().close();
        });
        tables.clear();
    }
}
