package dev.nla4j.hub;

import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// What Python tools have downloaded on this machine: `models--owner--name/snapshots/<commit>/…`, mostly symbolic links
/// into `blobs/`, whose names are the files' digests. It is only read.
///
/// @param root the `hub` folder
record HuggingFaceCache(Path root) implements Source {
    private static final String KIND = "Hugging Face cache ";
    private static final int DEEPEST = 4;
    private static final Set<String> CONFIGURATIONS = Set.of("config.json", "adapter_config.json");
    private static final List<String> TOKENIZERS = List.of("tokenizer.json", "tokenizer.model", "vocab.json");
    /// Each half of a pair and its other one.
    private static final Map<String, String> HALVES =
            Map.of("av", "ar", "ar", "av", "actor", "critic", "critic", "actor");
    /// What stands beside a half's weights and is none of them.
    private static final Set<String> BESIDE = Set.of("value_head.safetensors", "affine_injection.safetensors");
    private static final long LARGEST_INDEX = 64 << 20;

    @Override
    public String name() {
        return KIND + root;
    }

    /// Whether a whole repository came out of such a cache: what a snapshot held may be less than all of it.
    static boolean isProvisional(ModelRef ref, Manifest manifest) {
        return ref instanceof ModelRef.Repository repository
                && repository.file() == null
                && manifest.source().startsWith(KIND);
    }

    @Override
    public Delivery deliver(ModelRef.Named named, Intake intake) throws SourceFailure, InterruptedException {
        KnownModel model = named.model();
        Path snapshot =
                folder(model.file()).resolve("snapshots").resolve(model.file().revision());
        Path file = real(new RelativeName(String.valueOf(model.file().file())).under(snapshot));
        StoredFile stored = intake.adopt(model.wanted(), file);
        return new Delivery(model.file().revision(), model.licence(), List.of(stored));
    }

    @Override
    public Delivery deliver(ModelRef.Repository repository, Intake intake) throws SourceFailure, InterruptedException {
        try {
            String commit = commit(repository);
            Path snapshot = folder(repository).resolve("snapshots").resolve(commit);
            List<StoredFile> files = new ArrayList<>();
            for (String name : wanted(repository, snapshot)) {
                var safe = new RelativeName(name);
                Path file = real(safe.under(snapshot));
                files.add(intake.adopt(wanted(safe, file, intake.progress()), file));
            }
            return new Delivery(commit, "", files);
        } catch (InputException e) {
            throw new SourceFailure(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new SourceFailure(Reasons.of(e), e);
        }
    }

    /// Takes one file whose digest is known from elsewhere; empty when it isn't here or has rotted here.
    Optional<StoredFile> adopt(ModelRef.Repository repository, WantedFile wanted, Intake intake)
            throws InterruptedException {
        if (!holds(repository, wanted)) {
            return Optional.empty();
        }
        try {
            return Optional.of(intake.adopt(wanted, real(blob(repository, wanted))));
        } catch (SourceFailure e) {
            return Optional.empty();
        }
    }

    /// Whether a file of that digest is here, where its bytes may be had without room for them.
    boolean holds(ModelRef.Repository repository, WantedFile wanted) {
        return Files.exists(blob(repository, wanted));
    }

    private Path blob(ModelRef.Repository repository, WantedFile wanted) {
        return folder(repository).resolve("blobs").resolve(wanted.digest().hex());
    }

    private Path folder(ModelRef.Repository repository) {
        return root.resolve("models--" + repository.owner() + "--" + repository.name());
    }

    /// The file behind the cache's links, which must not lead out of the cache.
    private Path real(Path file) throws SourceFailure {
        if (!Files.exists(file)) {
            throw new SourceFailure("not there");
        }
        try {
            Path real = file.toRealPath();
            if (!real.startsWith(root.toRealPath()) || !Files.isRegularFile(real)) {
                throw new SourceFailure(file + " leads out of the cache");
            }
            return real;
        } catch (IOException e) {
            throw new SourceFailure(Reasons.of(e), e);
        }
    }

    private String commit(ModelRef.Repository repository) throws SourceFailure {
        if (Digest.isOf(Digest.Kind.GIT_BLOB, repository.revision())) {
            return repository.revision();
        }
        Path ref = folder(repository).resolve("refs").resolve(repository.revision());
        String commit = Json.text(real(ref), 64).strip();
        if (!Digest.isOf(Digest.Kind.GIT_BLOB, commit)) {
            throw new SourceFailure(ref + " names no commit");
        }
        return commit;
    }

    private static List<String> wanted(ModelRef.Repository repository, Path snapshot)
            throws IOException, SourceFailure {
        if (repository.file() != null) {
            return List.of(repository.file());
        }
        if (!Files.isDirectory(snapshot)) {
            throw new SourceFailure("not there");
        }
        List<String> names;
        try (Stream<Path> walk = Files.walk(snapshot, DEEPEST)) {
            names = walk.filter(path -> !Files.isDirectory(path))
                    .map(path -> snapshot.relativize(path).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
        List<String> chosen = LoaderFiles.choose(names);
        LoaderFiles.check(chosen);
        checkComplete(snapshot, names, Set.copyOf(chosen));
        return chosen;
    }

    /// A snapshot holds what somebody happened to ask for, not always a whole model: every folder with a
    /// configuration must have what belongs to it, and a half of a pair its sidecar and the other half. The
    /// top folder of a pair may hold anything.
    ///
    /// @param all files of the snapshot, of which `names` are chosen
    private static void checkComplete(Path snapshot, List<String> all, Set<String> names) throws SourceFailure {
        Set<String> folders = new HashSet<>();
        all.stream()
                .filter(LoaderFiles::isData)
                .map(LoaderFiles::folder)
                .filter(HALVES::containsKey)
                .forEach(half -> folders.addAll(List.of(half, HALVES.getOrDefault(half, half))));
        boolean pair = !folders.isEmpty();
        names.stream()
                .filter(name -> CONFIGURATIONS.contains(LoaderFiles.base(name)))
                .map(LoaderFiles::folder)
                .filter(folder -> !(pair && folder.isEmpty()))
                .forEach(folders::add);
        Set<String> expected = new HashSet<>();
        for (String name : names) {
            if (name.endsWith(".safetensors.index.json")) {
                Path index = new RelativeName(name).under(snapshot);
                for (JsonNode shard : Json.read(index, LARGEST_INDEX).path("weight_map")) {
                    expected.add(name.substring(
                                    0, name.length() - LoaderFiles.base(name).length())
                            + (shard.isString() ? shard.stringValue() : ""));
                }
            }
        }
        boolean whole = !folders.isEmpty() && folders.stream().allMatch(folder -> isWhole(folder, names));
        if (!whole || !names.containsAll(expected)) {
            throw new SourceFailure("only a part of the model is there");
        }
    }

    private static boolean isWhole(String folder, Set<String> names) {
        Set<String> here = names.stream()
                .filter(name -> LoaderFiles.folder(name).equals(folder))
                .map(LoaderFiles::base)
                .collect(Collectors.toSet());
        boolean described = here.contains("adapter_config.json")
                || (here.contains("config.json") && TOKENIZERS.stream().anyMatch(here::contains));
        return described
                && here.stream().anyMatch(name -> LoaderFiles.isWeights(name) && !BESIDE.contains(name))
                && (!HALVES.containsKey(folder) || here.contains("nla_meta.yaml"));
    }

    /// The digest is the name of the blob behind the link; where the cache has no links the bytes as they are count.
    private static WantedFile wanted(RelativeName name, Path file, Progress progress)
            throws IOException, InterruptedException {
        String blob = file.getFileName().toString();
        Digest digest;
        if (Digest.isOf(Digest.Kind.SHA256, blob)) {
            digest = Digest.sha256(blob);
        } else if (Digest.isOf(Digest.Kind.GIT_BLOB, blob)) {
            digest = Digest.gitBlob(blob);
        } else {
            digest = Digest.sha256(Checksum.sha256(file, progress));
        }
        return new WantedFile(name, Files.size(file), digest);
    }
}
