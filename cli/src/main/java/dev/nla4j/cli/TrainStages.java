package dev.nla4j.cli;

import dev.nla4j.activation.WorkFolder;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.data.DataFile;
import dev.nla4j.data.DocumentSplits;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.Role;
import dev.nla4j.train.RunFolder;
import dev.nla4j.train.config.PipelineConfig;
import dev.nla4j.train.config.RunConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The way from texts to a pair, cut into stages. Each is a command that a person could type, and goes on by itself
/// when it was cut off; a stage whose result is whole is not done again.
final class TrainStages {
    private static final long LARGEST_MANIFEST = 1 << 20;
    private static final String EXTRACT = "extract";
    private static final String TEXTS = "texts";
    private static final String TARGET = "target";
    private static final String EXPORT = "export";
    private static final String COMMAND = "command";
    private static final String CONFIG = "config";
    private static final String REPLACES = "replaces";

    private final RunConfig config;
    private final PipelineConfig pipeline;
    private final Path corpus;
    private final List<String> again;
    private final List<String> processes;
    private final ObjectNode resolved;
    private final Supplier<Optional<String>> fingerprint;

    /// @param again options that make a training command read the same configuration
    /// @param processes options that say by how many processes it trains: no matter of what is learned
    /// @param resolved that configuration, defaults included
    /// @param fingerprint of the target's weights, where they are on this machine
    TrainStages(
            RunConfig config,
            PipelineConfig pipeline,
            Path corpus,
            List<String> again,
            List<String> processes,
            ObjectNode resolved,
            Supplier<Optional<String>> fingerprint) {
        this.config = config;
        this.pipeline = pipeline;
        this.corpus = corpus;
        this.again = List.copyOf(again);
        this.processes = List.copyOf(processes);
        this.resolved = resolved;
        this.fingerprint = fingerprint;
    }

    /// One command and the files that it leaves.
    record Stage(String name, List<String> command, List<Path> leaves) {}

    List<Stage> all() {
        List<Stage> stages = new ArrayList<>();
        Path base = data("base");
        String text = pipeline.textField();
        stages.add(new Stage(
                EXTRACT,
                List.of(
                        EXTRACT,
                        "--model",
                        config.model(),
                        "--dtype",
                        config.dtype().name(),
                        "--layer",
                        "" + pipeline.layer(),
                        "--corpus",
                        corpus.toString(),
                        "--text-field",
                        text,
                        "--out",
                        base.toString(),
                        "--window",
                        "" + pipeline.window(),
                        "--stride",
                        "" + pipeline.stride(),
                        "--min-position",
                        "" + pipeline.minPosition(),
                        "--per-doc",
                        pipeline.perDocument(),
                        "--seed",
                        "" + pipeline.seed()),
                List.of(base)));
        stages.add(split(base));
        stages.add(teach("av_sft"));
        stages.add(teach("ar_sft"));
        stages.add(teach("eval"));
        stages.add(build(data("av_sft_explained"), "av_sft"));
        stages.add(build(data("ar_sft_explained"), "ar_sft"));
        stages.add(build(raw("rl"), "rl"));
        // Nobody would use what they leave where joint learning begins with another pair.
        if (RlRun.isOwnPair(config)) {
            stages.add(learn(Role.VERBALIZER));
            stages.add(learn(Role.RECONSTRUCTOR));
        }
        Path learned = config.folder().resolve("pair-rl");
        List<String> together = new ArrayList<>(List.of("train", "rl"));
        together.addAll(again);
        stages.add(new Stage(
                "rl", together, List.of(learned.resolve("av/nla_meta.yaml"), learned.resolve("ar/nla_meta.yaml"))));
        Path pair = config.folder().resolve(EXPORT);
        stages.add(new Stage(
                EXPORT,
                List.of(EXPORT, "--nla", learned.toString(), "--out", pair.toString()),
                List.of(pair.resolve("manifest.json"))));
        return List.copyOf(stages);
    }

    private Stage split(Path base) {
        List<String> command = new ArrayList<>(List.of(
                "data",
                "split",
                base.toString(),
                "--out",
                splits().toString(),
                "--fractions",
                pipeline.fractions(),
                "--seed",
                "" + pipeline.seed(),
                "--corpus",
                corpus.toString(),
                "--text-field",
                pipeline.textField(),
                "--restart"));
        if (pipeline.holdOut() > 0) {
            command.addAll(List.of("--hold-out", "" + pipeline.holdOut()));
        }
        return new Stage("split", command, List.of(raw("av_sft"), raw("ar_sft"), raw("rl"), raw("eval")));
    }

    /// Each file by itself, so that each goes on alone; words are counted over all, so that one rule explains them.
    private Stage teach(String name) {
        List<String> command = new ArrayList<>(List.of(
                "data", "teach", raw(name).toString(), "--dtype", config.dtype().name()));
        for (String part : List.of("av_sft", "ar_sft", "eval")) {
            command.addAll(List.of("--count-too", raw(part).toString()));
        }
        return new Stage("teach " + name, command, List.of(data(name + "_explained")));
    }

    private Stage build(Path input, String stage) {
        Path out = data(stage);
        return new Stage(
                "build " + stage,
                List.of("data", "build", input.toString(), "--stage", stage, "--out", out.toString(), "--restart"),
                List.of(out));
    }

    private Stage learn(Role role) {
        List<String> command = new ArrayList<>(List.of("train", "sft", "--role", role.label()));
        command.addAll(again);
        return new Stage(
                "sft " + role.label(),
                command,
                List.of(TrainRuns.pair(config).resolve(role.label()).resolve("nla_meta.yaml")));
    }

    private Path data(String name) {
        return config.folder().resolve("data").resolve(name + ".parquet");
    }

    private Path splits() {
        return config.folder().resolve("data").resolve("splits");
    }

    private Path raw(String name) {
        return splits().resolve(name + "_raw.parquet");
    }

    /// The stage's command as it must be typed now: a training that has begun goes on, so does what has
    /// parts, and a result is made again whose note is missing.
    List<String> command(Stage stage) {
        List<String> command = new ArrayList<>(stage.command);
        if (trains(stage)) {
            command.addAll(processes);
        }
        if (trains(stage) && RunFolder.exists(config.folder().resolve(stage.name.replace(' ', '-')))) {
            command.add("--resume");
        }
        Path out = stage.leaves.getFirst();
        if (keepsParts(stage) && Files.exists(out) && !goesOn(out)) {
            command.add("--restart");
        }
        return command;
    }

    /// Whether a stage takes hours, keeps finished parts and refuses to write over a file.
    private static boolean keepsParts(Stage stage) {
        return stage.name.equals(EXTRACT) || stage.name.startsWith("teach ");
    }

    private static boolean goesOn(Path out) {
        try {
            return WorkFolder.goesOn(out);
        } catch (IOException e) {
            throw new InputException(out + ": its work folder can't be read: " + FileProblem.reason(e), e);
        }
    }

    /// Makes ready for a stage's command: refuses texts that a later stage would refuse, notes that it
    /// begins, and makes room for an export.
    void begin(Stage stage) throws IOException {
        if (stage.name.equals(EXTRACT)) {
            DocumentSplits.requireSome(corpus(), pipeline.holdOut(), "pipeline.hold-out");
        }
        if (keepsParts(stage)) {
            ObjectNode root = note(stage);
            Path out = stage.leaves.getFirst();
            if (Files.exists(out)) {
                root.put(REPLACES, identity(out));
            }
            write(begun(stage), root);
        }
        if (stage.name.equals(EXPORT)) {
            makeRoom(stage);
        }
    }

    /// Takes away an export that nothing says is of this pair; what is no export stays, and the command refuses it.
    /// It gets another name first: killed in the midst of this, no half of an export is left under its own.
    private void makeRoom(Stage stage) throws IOException {
        Path old = config.folder().resolve(".export.old");
        AtomicFile.deleteFolder(old);
        if (Files.exists(stage.leaves.getFirst())) {
            Files.move(config.folder().resolve(EXPORT), old, StandardCopyOption.ATOMIC_MOVE);
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
        if (stage.name.equals(EXTRACT) && root.has(TEXTS) && Files.exists(corpus)) {
            String read = root.path(TEXTS).toString();
            String there = texts(corpus().files()).toString();
            // earlier versions counted everything in the folder
            if (!read.equals(there) && !read.equals(texts(everything()).toString())) {
                throw new InputException(manifest + ": stage " + stage.name + " read " + read + ", " + corpus
                        + " is now " + there + "; give these texts a folder of their own");
            }
        }
        if (stage.name.equals(EXTRACT) && root.path(TARGET).isString()) {
            String read = root.path(TARGET).stringValue();
            if (fingerprint.get().filter(now -> !now.equals(read)).isPresent()) {
                throw new InputException(manifest + ": stage " + stage.name + " read other weights of " + config.model()
                        + " than there are now; put them back, or give this model a folder of its own");
            }
        }
        for (Path file : stage.leaves) {
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
        Path out = stage.leaves.getFirst();
        if (!Files.exists(out)
                || goesOn(out)
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
            List<String> differing = RunFolder.differences(
                    root.path(CONFIG), Json.parse(manifest, json.path(CONFIG).toString()));
            if (!differing.isEmpty()) {
                throw new InputException(manifest + ": stage " + stage.name
                        + " was done under another configuration; give this one a folder of its own. Different: "
                        + String.join("; ", differing));
            }
        } else if (!before.equals(now)) {
            throw new InputException(manifest + ": stage " + stage.name + " was done as " + before + ", would be " + now
                    + "; give this configuration a folder of its own");
        }
    }

    /// Notes that a stage's result is whole.
    void done(Stage stage) throws IOException {
        ObjectNode root = note(stage);
        ObjectNode files = root.putObject("files");
        for (Path file : stage.leaves) {
            if (!Files.exists(file)) {
                throw new InputException("stage " + stage.name + " has left no " + file
                        + (stage.name.equals("split")
                                ? ": extract from more documents, or raise pipeline.hold-out or that part's share in"
                                        + " pipeline.fractions"
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
        if (stage.name.equals(EXTRACT)) {
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
        ObjectNode root = Json.mapper().createObjectNode().put("stage", stage.name);
        stage.command.forEach(root.putArray(COMMAND)::add);
        if (trains(stage)) {
            root.set(CONFIG, TrainRuns.part(resolved, "train." + stage.name.replace(' ', '.')));
        }
        return root;
    }

    private static boolean trains(Stage stage) {
        return stage.name.startsWith("sft ") || stage.name.equals("rl");
    }

    private Path manifest(Stage stage) {
        return config.folder().resolve("stages").resolve(stage.name.replace(' ', '-') + ".json");
    }

    /// What is noted before a stage that takes hours, until it is noted that it was done.
    private Path begun(Stage stage) {
        return config.folder().resolve("stages").resolve(stage.name.replace(' ', '-') + ".begun.json");
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
