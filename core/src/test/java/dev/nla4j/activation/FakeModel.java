package dev.nla4j.activation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// A tokenizer and a model that are pure functions: a token is a byte (a line end is a special one), an activation
/// depends on all tokens up to its own.
final class FakeModel implements DocumentTokenizer, ActivationSource {
    static final int DIMENSION = 64;
    private static final int BOS = 256;

    private final boolean bos;
    final List<Integer> batchSizes = new ArrayList<>();
    int largestBatch;
    int calls;

    FakeModel(boolean bos) {
        this.bos = bos;
    }

    @Override
    public TokenizedText encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int prefix = bos ? 1 : 0;
        int[] ids = new int[bytes.length + prefix];
        boolean[] special = new boolean[ids.length];
        Arrays.fill(ids, 0, prefix, BOS);
        Arrays.fill(special, 0, prefix, true);
        for (int i = 0; i < bytes.length; i++) {
            ids[i + prefix] = bytes[i] & 0xff;
            special[i + prefix] = bytes[i] == '\n';
        }
        return new TokenizedText(ids, special, prefix, 0);
    }

    @Override
    public String decode(int[] ids) {
        byte[] bytes = new byte[ids.length];
        int length = 0;
        for (int id : ids) {
            if (id != BOS && id != '\n') {
                bytes[length++] = (byte) id;
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    @Override
    public float[][] activations(List<int[]> windows, List<int[]> positions) {
        calls++;
        batchSizes.add(windows.size());
        largestBatch = Math.max(largestBatch, windows.size() * windows.getFirst().length);
        List<float[]> vectors = new ArrayList<>();
        for (int w = 0; w < windows.size(); w++) {
            for (int position : positions.get(w)) {
                vectors.add(vector(Arrays.copyOf(windows.get(w), position + 1)));
            }
        }
        return vectors.toArray(new float[0][]);
    }

    static float[] vector(int[] context) {
        Random random = new Random(Arrays.hashCode(context));
        float[] vector = new float[DIMENSION];
        for (int i = 0; i < DIMENSION; i++) {
            vector[i] = random.nextFloat() - 0.5f;
        }
        return vector;
    }
}
