package dev.nla4j.cli;

import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.data.DataFile;
import dev.nla4j.data.DocumentSplits;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.PipelineConfig;
import dev.nla4j.train.config.RunConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a run's folder says of its stages: a stage whose result is whole, and was made as it would be now, is not done
/// again.
final class StageNotes {
    private static final long LARGEST_MANIFEST = 1 << 20;
    private static final String TEXTS = "texts";
    private static final String TARGET = "target";
    private static final String COMMAND = "command";
    private static final String CONFIG = "config";
    private static final String REPLACES = "replaces";

    private final RunConfig config;
    private final PipelineConfig pipeline;
    private final Path corpus;
    private final ObjectNode resolved;
    private final Supplier<Optional<String>> fingerprint;

    /// @param resolved the whole configuration, defaults included
    /// @param fingerprint of the target's weights, where they are on this machine
    StageNotes(
            RunConfig config,
            PipelineConfig pipeline,
            Path corpus,
            ObjectNode resolved,
            Supplier<Optional<String>> fingerprint) {
        this.config = config;
        this.pipeline = pipeline;
        this.corpus = corpus;
        this.resolved = resolved;
        this.fingerprint = fingerprint;
    }

    /// Makes ready for a stage's command: refuses texts that a later stage would refuse, notes that it
    /// begins, and makes room for an export.
    void begin(Stage stage) throws IOException {
        if (stage.kind() == Stage.Kind.EXTRACT) {
            DocumentSplits.requireSome(corpus(), pipeline.holdOut(), "pipeline.hold-out");
        }
        if (stage.kind().keepsParts()) {
            ObjectNode root = note(stage);
            Path out = stage.out();
            if (Files.exists(out)) {
                root.put(REPLACES, identity(out));
            }
            write(begun(stage), root);
        }
        if (stage.kind() == Stage.Kind.EXPORT) {
            makeRoom(stage);
        }
    }

    /// Takes away an export that nothing says is of this pair; what is no export stays, and the command refuses it.
    /// It gets another name first: killed in the midst of this, no half of an export is left under its own.
    private void makeRoom(Stage stage) throws IOException {
        Path old = config.folder().resolve(".export.old");
        AtomicFile.deleteFolder(old);
        if (Files.exists(stage.out())) {
            Files.move(config.paths().export(), old, StandardCopyOption.ATOMIC_MOVE);
            AtomicFile.deleteFolder(old);
        }
    }

    /// Whether a stage's result is whole and is what its command makes now.
    ///
    /// @throws InputException when it was made by another command
    boolean isDone(Stage stage) {
        Path manifest = Files.exists(manifest(stage)) ? manifest(stage) : begun(stage);
        if (!Files.exists(manifest)) {
            return false;
        }
        JsonNode root = Json.read(manifest, LARGEST_MANIFEST);
        boolean noted = manifest.equals(manifest(stage));
        if (!noted && !isWhole(stage, root)) {
            return false;
        }
        requireSame(stage, manifest, root);
        if (stage.kind() == Stage.Kind.EXTRACT && root.has(TEXTS) && Files.exists(corpus)) {
            String read = root.path(TEXTS).toString();
            String there = texts(corpus().files()).toString();
            // earlier versions counted everything in the folder
            if (!read.equals(there) && !read.equals(texts(everything()).toString())) {
                throw new InputException(manifest + ": stage " + stage.name() + " read " + read + ", " + corpus
                        + " is now " + there + "; give these texts a folder of their own");
            }
        }
        if (stage.kind() == Stage.Kind.EXTRACT && root.path(TARGET).isString()) {
            String read = root.path(TARGET).stringValue();
            if (fingerprint.get().filter(now -> !now.equals(read)).isPresent()) {
                throw new InputException(
                        manifest + ": stage " + stage.name() + " read other weights of " + config.model()
                                + " than there are now; put them back, or give this model a folder of its own");
            }
        }
        for (Path file : stage.leaves()) {
            JsonNode size = root.path("files").path(name(file));
            if (noted && (!Files.exists(file) || !size.isNumber() || size.longValue() != size(file))) {
                return false;
            }
        }
        return true;
    }

    /// Whether a stage that was begun and of which nothing says that it was done has ended all the same:
    /// killed between its end and the note, hours of work would be done again. The file that was there
    /// before it does not count.
    private static boolean isWhole(Stage stage, JsonNode begun) {
        Path out = stage.out();
        if (!Files.exists(out)
                || TrainStages.goesOn(out)
                || begun.path(REPLACES).asString("").equals(identity(out))) {
            return false;
        }
        try (DataFile file = DataFile.open(out)) {
            return file.rows() > 0;
        } catch (InputException e) {
            // cut off before its sidecar: it is made again
            return false;
        }
    }

    /// What tells a file from one that takes its place.
    private static String identity(Path file) {
        try {
            return Files.size(file) + " bytes of " + Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A training's words name a file that may have changed, and keys of other stages: what it depends on is
    /// what they resolve to. Notes of earlier versions have the words alone.
    private void requireSame(Stage stage, Path manifest, JsonNode root) {
        ObjectNode json = json(stage);
        String before = root.path(COMMAND).toString();
        String now = json.path(COMMAND).toString();
        if (root.has(CONFIG) && json.has(CONFIG)) {
            // through text, so that numbers are what they will be when read again
            List<String> differing = RunFolder.contradictions(
                    root.path(CONFIG), Json.parse(manifest, json.path(CONFIG).toString()));
            if (!differing.isEmpty()) {
                throw new InputException(manifest + ": stage " + stage.name()
                        + " was done under another configuration; give this one a folder of its own. Different: "
                        + String.join("; ", differing));
            }
        } else if (!before.equals(now)) {
            throw new InputException(manifest + ": stage " + stage.name() + " was done as " + before + ", would be "
                    + now + "; give this configuration a folder of its own");
        }
    }

    /// Notes that a stage's result is whole.
    void done(Stage stage) throws IOException {
        ObjectNode root = note(stage);
        ObjectNode files = root.putObject("files");
        for (Path file : stage.leaves()) {
            if (!Files.exists(file)) {
                throw new InputException("stage " + stage.name() + " has left no " + file
                        + (stage.kind() == Stage.Kind.SPLIT
                                ? ": extract from more documents, or raise that part's share in pipeline.fractions; of"
                                        + " held-out ones, raise pipeline.hold-out, or where the texts name their own,"
                                        + " lower pipeline.min-position or name longer ones"
                                : ""));
            }
            files.put(name(file), size(file));
        }
        write(manifest(stage), root);
        Files.deleteIfExists(begun(stage));
    }

    private static void write(Path note, ObjectNode root) throws IOException {
        Files.createDirectories(note.resolveSibling("."));
        AtomicFile.writeString(note, root.toPrettyString() + "\n");
    }

    /// What a stage is done by and, of the first, what it reads.
    private ObjectNode note(Stage stage) {
        ObjectNode root = json(stage);
        if (stage.kind() == Stage.Kind.EXTRACT) {
            root.set(TEXTS, texts(corpus().files()));
            fingerprint.get().ifPresent(hash -> root.put(TARGET, hash));
        }
        return root;
    }

    private Corpus corpus() {
        return Corpus.open(corpus, new CorpusOptions(null, pipeline.textField()));
    }

    private List<Path> everything() {
        try (Stream<Path> walk = Files.walk(corpus.toRealPath())) { // it may be a link to a folder
            return walk.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw unread(e);
        }
    }

    /// How much text there is: what else was learned from must not pass for what there is now.
    private ObjectNode texts(List<Path> files) {
        try {
            long bytes = 0;
            for (Path file : files) {
                bytes += Files.size(file);
            }
            return Json.mapper().createObjectNode().put("files", files.size()).put("bytes", bytes);
        } catch (IOException e) {
            throw unread(e);
        }
    }

    private InputException unread(IOException e) {
        return new InputException(corpus + ": can't be read: " + FileProblem.reason(e), e);
    }

    private ObjectNode json(Stage stage) {
        ObjectNode root = Json.mapper().createObjectNode().put("stage", stage.name());
        stage.command().forEach(root.putArray(COMMAND)::add);
        if (stage.trains()) {
            root.set(CONFIG, RunConfig.part(resolved, stage.section()));
        }
        return root;
    }

    private Path manifest(Stage stage) {
        return config.paths().stages().resolve(stage.fileName() + ".json");
    }

    /// What is noted before a stage that takes hours, until it is noted that it was done.
    private Path begun(Stage stage) {
        return config.paths().stages().resolve(stage.fileName() + ".begun.json");
    }

    private String name(Path file) {
        return config.folder().relativize(file).toString();
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
