package dev.nla4j.hub;

import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What the hub says a repository holds. Nothing in it is believed further than a digest can prove.
///
/// @param commit the commit that the revision stands for
/// @param licence as stated, or empty
/// @param files facts by name; names are unchecked until they are wanted
record HubListing(String commit, String licence, SequencedMap<String, Facts> files) {
    static final int MOST_BYTES = 16 << 20;
    private static final int LARGEST_TEXT = 1 << 20;

    /// One file as listed: each may be missing or nonsense.
    record Facts(
            long size, @Nullable String sha256, @Nullable String git) {}

    /// Reads the answer to `/api/models/{id}/revision/{revision}?blobs=true`.
    static HubListing parse(String id, String json) {
        JsonNode root = Json.parse(Path.of("listing of " + id.replace('/', ' ')), json);
        String commit = text(root.path("sha"));
        if (commit == null || !Digest.isOf(Digest.Kind.GIT_BLOB, commit)) {
            throw new InputException("the hub's listing of " + id + " names no commit");
        }
        JsonNode siblings = root.path("siblings");
        if (!siblings.isArray() || siblings.size() > Manifest.MOST_FILES) {
            throw new InputException(
                    "the hub's listing of " + id + " has no list of at most " + Manifest.MOST_FILES + " files");
        }
        SequencedMap<String, Facts> files = new LinkedHashMap<>();
        for (JsonNode sibling : siblings) {
            String name = text(sibling.path("rfilename"));
            if (name == null || files.put(name, facts(sibling)) != null) {
                throw new InputException("the hub's listing of " + id + " has "
                        + (name == null ? "a file without name" : name + " twice"));
            }
        }
        String licence = text(root.path("cardData").path("license"));
        return new HubListing(commit, licence == null ? "" : licence, files);
    }

    private static Facts facts(JsonNode sibling) {
        JsonNode lfs = sibling.path("lfs");
        return lfs.isObject()
                ? new Facts(number(lfs.path("size")), text(lfs.path("sha256")), null)
                : new Facts(number(sibling.path("size")), null, text(sibling.path("blobId")));
    }

    private static @Nullable String text(JsonNode node) {
        return node.isString() && node.stringValue().length() <= 4096 ? node.stringValue() : null;
    }

    private static long number(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToLong() ? node.longValue() : -1;
    }

    /// The files to fetch for `repository`: the one it names, else those that a loader needs.
    List<WantedFile> wanted(ModelRef.Repository repository) throws SourceFailure {
        if (repository.file() != null) {
            if (!files.containsKey(repository.file())) {
                String gguf = String.join(
                        ", ",
                        files.keySet().stream()
                                .filter(n -> n.endsWith(".gguf"))
                                .limit(20)
                                .toList());
                throw new SourceFailure("no file " + repository.file() + " in " + repository.id()
                        + (gguf.isEmpty() ? "" : "; it has " + gguf));
            }
            return List.of(wanted(repository.file()));
        }
        List<String> chosen = LoaderFiles.choose(files.keySet());
        LoaderFiles.check(chosen);
        if (chosen.stream().noneMatch(LoaderFiles::isWeights)) {
            throw new SourceFailure(LoaderFiles.noWeights(files.keySet()));
        }
        return chosen.stream()
                .filter(name -> !LoaderFiles.isText(name) || facts(name).size() <= LARGEST_TEXT)
                .map(this::wanted)
                .toList();
    }

    private WantedFile wanted(String name) {
        Facts facts = facts(name);
        var safe = new RelativeName(name);
        if (facts.sha256() != null) {
            return new WantedFile(safe, facts.size(), Digest.sha256(facts.sha256()));
        }
        if (facts.git() != null) {
            return new WantedFile(safe, facts.size(), Digest.gitBlob(facts.git()));
        }
        throw new InputException("the hub's listing gives no digest for " + name);
    }

    private Facts facts(String name) {
        return files.getOrDefault(name, new Facts(-1, null, null));
    }
}
