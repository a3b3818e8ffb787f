package dev.nla4j.hub;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;

/// A machine of its own for a test: store, caches and PATH lie in a temporary folder, nothing else is looked at.
record Sandbox(Path folder, Map<String, String> variables) {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    static final HubSettings.Patience QUICK =
            new HubSettings.Patience(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofMillis(5), 3);

    static Sandbox in(Path folder) {
        return new Sandbox(
                folder,
                Map.of("HOME", folder.toString(), "PATH", folder.resolve("bin").toString()));
    }

    Sandbox with(String name, String value) {
        Map<String, String> more = new HashMap<>(variables);
        more.put(name, value);
        return new Sandbox(folder, more);
    }

    Sandbox hub(FakeHub hub) {
        return with("HF_ENDPOINT", hub.address());
    }

    Path root() {
        return folder.resolve(".cache/nla4j");
    }

    StoreLayout layout() {
        return new StoreLayout(root());
    }

    Path huggingFace() {
        return folder.resolve(".cache/huggingface/hub");
    }

    HubSettings settings() {
        HubSettings settings = HubSettings.from(variables, Platform.DEBIAN);
        return new HubSettings(
                settings.root(),
                settings.huggingFaceCache(),
                settings.remote(),
                QUICK,
                settings.platform(),
                settings.environment());
    }

    ModelStore store() {
        return new ModelStore(settings());
    }

    /// A known model of the given bytes, in the repository `Own/Tiny-GGUF`.
    static ModelRef.Named tiny(byte[] bytes) {
        return tiny(bytes, new KnownModel.Wheel("tiny-wheel", "1.0", "tiny_wheel/tiny.gguf", 1000));
    }

    static ModelRef.Named tiny(byte[] bytes, KnownModel.Wheel wheel) {
        var file = new ModelRef.Repository("Own", "Tiny-GGUF", COMMIT, "tiny.gguf");
        return new ModelRef.Named(new KnownModel("tiny", file, bytes.length, sha256(bytes), wheel, "MIT"));
    }

    static final String TINY_PATH = "/Own/Tiny-GGUF/resolve/" + COMMIT + "/tiny.gguf";

    static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static String sha256(byte[] bytes) {
        return hash("SHA-256", bytes);
    }

    /// Git's digest of a file, as `git hash-object` prints it.
    static String gitBlob(byte[] bytes) {
        byte[] head = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[head.length + bytes.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(bytes, 0, all, head.length, bytes.length);
        return hash("SHA-1", all);
    }

    private static String hash(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
