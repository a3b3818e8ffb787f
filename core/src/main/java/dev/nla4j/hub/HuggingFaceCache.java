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
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// What Python tools have downloaded on this machine: `models--owner--name/snapshots/<commit>/…`, mostly symbolic links
/// into `blobs/`, whose names are the files' digests. It is only read.
///
/// @param root the `hub` folder
record HuggingFaceCache(Path root) implements Source {
    private static final int DEEPEST = 4;
    private static final List<String> TOKENIZERS = List.of("tokenizer.json", "tokenizer.model", "vocab.json");
    private static final long LARGEST_INDEX = 64 << 20;

    @Override
    public String name() {
        return "Hugging Face cache " + root;
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
        Path blob = folder(repository).resolve("blobs").resolve(wanted.digest().hex());
        if (!Files.exists(blob)) {
            return Optional.empty();
        }
        try {
            return Optional.of(intake.adopt(wanted, real(blob)));
        } catch (SourceFailure e) {
            return Optional.empty();
        }
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
        LoaderFiles.checkDistinct(chosen);
        checkComplete(snapshot, Set.copyOf(chosen));
        return chosen;
    }

    /// A snapshot holds what somebody happened to ask for, not always a whole model.
    private static void checkComplete(Path snapshot, Set<String> names) throws SourceFailure {
        boolean adapter = names.stream().anyMatch(name -> LoaderFiles.base(name).equals("adapter_config.json"));
        boolean described = names.contains("config.json") && TOKENIZERS.stream().anyMatch(names::contains);
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
        if (!(adapter || described)
                || names.stream().noneMatch(LoaderFiles::isWeights)
                || !names.containsAll(expected)) {
            throw new SourceFailure("only a part of the model is there");
        }
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
