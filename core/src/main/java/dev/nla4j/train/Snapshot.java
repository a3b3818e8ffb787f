package dev.nla4j.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.node.ObjectNode;

/// Everything a run must save to go on to the bit. Holds live tensors and copies none: save before the next step.
///
/// @param step updates done
/// @param parts named tensors, a safetensors file each: say `av`, `av-adamw`, `ar`, `ar-adamw`
/// @param state the rest as JSON: data cursor, seeds, guard, offset of the metrics file
/// @param quality higher is better, decides which checkpoint is kept as the best; empty when not evaluated
public record Snapshot(long step, Map<String, Map<String, Tensor>> parts, ObjectNode state, OptionalDouble quality) {
    private static final Pattern PART = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

    public Snapshot {
        if (step < 0) {
            throw new IllegalArgumentException("step: must be >= 0, was " + step);
        }
        if (quality.isPresent() && !Double.isFinite(quality.getAsDouble())) {
            throw new IllegalArgumentException("quality: must be finite or absent, was " + quality.getAsDouble());
        }
        for (String part : parts.keySet()) {
            if (!PART.matcher(part).matches()) {
                throw new IllegalArgumentException(
                        "part: must be small letters, digits and dashes, was \"" + part + "\"");
            }
        }
        parts = new LinkedHashMap<>(parts);
    }
}
