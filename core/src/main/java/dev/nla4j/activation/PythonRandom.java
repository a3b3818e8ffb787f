package dev.nla4j.activation;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Python's `random.Random`, number for number (3.11 and later): the public data sets were sampled and
/// shuffled with it, and a port that picks other positions makes other data.
///
/// The generator is the Mersenne Twister MT19937 of Matsumoto and Nishimura, seeded by their `init_by_array`.
public final class PythonRandom {
    private static final int N = 624;
    private static final int M = 397;
    private static final int MATRIX = 0x9908b0df;
    private static final int UPPER = 0x80000000;
    private static final int LOWER = 0x7fffffff;

    private final int[] state = new int[N];
    private int index = N;

    private PythonRandom(int[] key) {
        initialise(key);
    }

    /// As `random.Random(seed)` with an integer.
    public static PythonRandom of(long seed) {
        return new PythonRandom(words(BigInteger.valueOf(seed).abs()));
    }

    /// As `random.Random(bytes)`.
    public static PythonRandom of(byte[] seed) {
        byte[] hash = digest("SHA-512", seed);
        byte[] both = new byte[seed.length + hash.length];
        System.arraycopy(seed, 0, both, 0, seed.length);
        System.arraycopy(hash, 0, both, seed.length, hash.length);
        return new PythonRandom(words(new BigInteger(1, both)));
    }

    /// As `random.Random(hashlib.sha256(f"{seed}|{key}".encode()).digest())`, the key of every seeded
    /// choice in the data pipeline.
    public static PythonRandom keyed(long seed, String key) {
        return of(digest("SHA-256", (seed + "|" + key).getBytes(StandardCharsets.UTF_8)));
    }

    /// As `getrandbits(bits)` for 1 to 32 bits.
    int bits(int bits) {
        return nextWord() >>> (Integer.SIZE - bits);
    }

    /// A number from 0 to `bound` - 1, as `_randbelow`.
    public int below(int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("bound: must be at least 1, was " + bound);
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(bound);
        int drawn = bits(bits);
        while (Integer.compareUnsigned(drawn, bound) >= 0) {
            drawn = bits(bits);
        }
        return drawn;
    }

    /// Which elements `sample(population, count)` picks of a population of `size`, in the order it picks them.
    public int[] sample(int size, int count) {
        if (count < 0 || count > size) {
            throw new IllegalArgumentException("count: must be from 0 to " + size + ", was " + count);
        }
        return size <= poolLimit(count) ? sampleFromPool(size, count) : sampleBySet(size, count);
    }

    /// As `shuffle(list)`.
    public void shuffle(List<?> list) {
        for (int i = list.size() - 1; i > 0; i--) {
            Collections.swap(list, i, below(i + 1));
        }
    }

    /// Python keeps a list of what is left while that is smaller than the set of what was taken would be.
    private static long poolLimit(int count) {
        int limit = 21;
        return count > 5 ? limit + (long) Math.pow(4, Math.ceil(Math.log(count * 3.0) / Math.log(4))) : limit;
    }

    private int[] sampleFromPool(int size, int count) {
        int[] pool = new int[size];
        for (int i = 0; i < size; i++) {
            pool[i] = i;
        }
        int[] picked = new int[count];
        for (int i = 0; i < count; i++) {
            int drawn = below(size - i);
            picked[i] = pool[drawn];
            pool[drawn] = pool[size - i - 1];
        }
        return picked;
    }

    private int[] sampleBySet(int size, int count) {
        Set<Integer> taken = new HashSet<>();
        int[] picked = new int[count];
        for (int i = 0; i < count; i++) {
            int drawn = below(size);
            while (!taken.add(drawn)) {
                drawn = below(size);
            }
            picked[i] = drawn;
        }
        return picked;
    }

    private int nextWord() {
        if (index == N) {
            twist();
            index = 0;
        }
        int y = state[index++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    private void twist() {
        for (int i = 0; i < N; i++) {
            int y = (state[i] & UPPER) | (state[(i + 1) % N] & LOWER);
            state[i] = state[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : MATRIX);
        }
    }

    private void initialise(int[] key) {
        state[0] = 19650218;
        for (int i = 1; i < N; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
        int i = 1;
        int j = 0;
        for (int k = Math.max(N, key.length); k > 0; k--) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1664525)) + key[j] + j;
            i = next(i);
            j = (j + 1) % key.length;
        }
        for (int k = N - 1; k > 0; k--) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1566083941)) - i;
            i = next(i);
        }
        state[0] = UPPER;
    }

    /// The next place of the state from 1 on; wrapping carries the last word over to place 0.
    private int next(int i) {
        if (i + 1 < N) {
            return i + 1;
        }
        state[0] = state[N - 1];
        return 1;
    }

    /// The number's 32-bit digits, lowest first; one digit for zero.
    private static int[] words(BigInteger number) {
        int[] words = new int[Math.max(1, (number.bitLength() + Integer.SIZE - 1) / Integer.SIZE)];
        for (int i = 0; i < words.length; i++) {
            words[i] = number.shiftRight(Integer.SIZE * i).intValue();
        }
        return words;
    }

    private static byte[] digest(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
