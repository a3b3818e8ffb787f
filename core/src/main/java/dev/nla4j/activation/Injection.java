package dev.nla4j.activation;

import dev.nla4j.format.InputException;
import dev.nla4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Writes activations over the embeddings of marker tokens.
///
/// Semantics: the reference release's `injection.py` and `schema.normalize_activation`. The vector replaces
/// the embedding after any embedding scale, and is not scaled by it.
///
/// @param marker id of the token whose embedding is replaced
/// @param left id that must stand before it
/// @param right id that must stand after it
/// @param scale L2 norm that an injected vector gets
/// @param map what has been learned to be done to it then, null for nothing; stays the caller's
public record Injection(
        int marker,
        int left,
        int right,
        double scale,
        @Nullable AffineMap map) {
    private static final double LEAST_NORM = 1e-12;

    public Injection {
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("injection scale: must be positive, was " + scale);
        }
    }

    /// The published one, without a map.
    public Injection(int marker, int left, int right, double scale) {
        this(marker, left, right, scale, null);
    }

    /// Where an id stands in a prompt, whatever its neighbours.
    public static int[] places(int[] ids, int id) {
        return IntStream.range(0, ids.length).filter(i -> ids[i] == id).toArray();
    }

    /// The positions of the marker in a prompt: neither first nor last, and between the two neighbours.
    public List<Integer> slots(int[] ids) {
        return Arrays.stream(places(ids, marker))
                .filter(i -> i > 0 && i + 1 < ids.length && ids[i - 1] == left && ids[i + 1] == right)
                .boxed()
                .toList();
    }

    /// `vector` at norm `scale`, before any map, computed in fp32 as the reference does; the zero vector stays zero.
    public float[] scaled(float[] vector) {
        return scaled(vector, "an activation");
    }

    private float[] scaled(float[] vector, String name) {
        for (float v : vector) {
            if (!Float.isFinite(v)) {
                throw new InputException(
                        name + " holds " + v + ": look into the target's weights, or the file it" + " comes from");
            }
        }
        float divisor = (float) (Math.max(Vectors.norm(vector), LEAST_NORM) / scale);
        float[] scaled = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            scaled[i] = vector[i] / divisor;
        }
        return scaled;
    }

    /// Copies of one prompt's embeddings, the k-th with vector k in its slot.
    ///
    /// @param embeddings `[T, D]` fp32 of the prompt `ids`; left as it is
    /// @param vectors N activations of D numbers
    /// @return `[N, T, D]`
    /// @throws IllegalStateException when the prompt does not hold exactly one slot: the marker's neighbours have
    ///     drifted, which shows as explanations that have nothing to do with the activation
    public Tensor inject(Tensor embeddings, int[] ids, float[][] vectors) {
        List<Integer> slots = slots(ids);
        if (slots.size() != 1) {
            throw new IllegalStateException("the prompt has " + slots.size() + " injection slots (id " + marker
                    + " between " + left + " and " + right + "), expected 1");
        }
        Tensor injected = embeddings.unsqueeze(0).repeat(vectors.length, 1, 1); // [N, T, D]
        injected.select(1, slots.get(0)).copy_(rows(vectors, embeddings.size(1)));
        return injected;
    }

    /// What stands in the slot for each of N activations, `[N, D]` fp32.
    ///
    /// @param width D
    public Tensor rows(float[][] vectors, long width) {
        float[][] rows = new float[vectors.length][];
        for (int i = 0; i < rows.length; i++) {
            if (vectors[i].length != width) {
                throw new IllegalArgumentException(
                        "activation " + i + ": must have " + width + " numbers, has " + vectors[i].length);
            }
            rows[i] = scaled(vectors[i], "activation " + i);
        }
        Tensor scaled = Tensors.ofRows(rows);
        return map == null ? scaled : map.apply(scaled, scale);
    }
}
