package dev.nla4j.hub;

import dev.nla4j.format.Sha256;
import java.nio.file.Path;

/// Where things lie in the store.
///
/// ```
/// blobs/sha256-…             whole files, named by what they hold
/// partial/….part             files on their way
/// models/<key>/…             a model's files under their own names: hard links to blobs
/// manifests/<key>.json       what is known of the model; written last
/// locks/….lock               empty; held while a file or a model is worked on
/// ```
record StoreLayout(Path root) {
    private static final int READABLE = 80;

    Path blobs() {
        return root.resolve("blobs");
    }

    Path blob(String sha256) {
        return blobs().resolve(Digest.sha256(sha256).fileName());
    }

    Path partials() {
        return root.resolve("partial");
    }

    Path partial(Digest digest) {
        return partials().resolve(digest.fileName() + ".part");
    }

    Path models() {
        return root.resolve("models");
    }

    Path model(String ref) {
        return models().resolve(key(ref));
    }

    Path manifests() {
        return root.resolve("manifests");
    }

    Path manifest(String ref) {
        return manifests().resolve(key(ref) + ".json");
    }

    Path locks() {
        return root.resolve("locks");
    }

    Path modelLock(String ref) {
        return locks().resolve("model-" + key(ref) + ".lock");
    }

    Path fileLock(Digest digest) {
        return locks().resolve("file-" + digest.fileName() + ".lock");
    }

    /// A file name for a reference: its readable part for people, a hash so that no two references share one.
    static String key(String ref) {
        String readable = ref.replaceAll("[^A-Za-z0-9._-]+", "--");
        String start = readable.length() > READABLE ? readable.substring(0, READABLE) : readable;
        return start + "-" + Sha256.of(ref).substring(0, 12);
    }
}
