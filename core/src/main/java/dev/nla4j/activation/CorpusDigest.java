package dev.nla4j.activation;

import dev.nla4j.activation.corpus.Document;
import dev.nla4j.format.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/// A hash of documents and their order, the same for every kind of file they come from.
final class CorpusDigest {
    private final MessageDigest digest = Sha256.digest();

    void add(Document document) {
        add(document.id());
        add(document.text());
    }

    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Behind its length, so that no two lists of texts look alike.
    private void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }
}
