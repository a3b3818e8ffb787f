package dev.nla4j.nla.lint;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.safetensors.Safetensors;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.model.Family;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.model.WeightNames;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// One half of a checkpoint, opened as far as it can be.
///
/// @param own files of the half's own folder
/// @param live what the half runs with: its own files, or for an adapter its base's
/// @param base what an adapter stands on; missing when nobody named it
/// @param weights full weights, or the adapter's pairs
record Half(
        Role role,
        Path folder,
        LooseMeta meta,
        boolean adapter,
        Subject own,
        Subject live,
        Subject base,
        Attempt<TensorSource> weights)
        implements AutoCloseable {

    static Half open(Role role, Path folder, Subject base) {
        boolean adapter = PeftAdapter.isIn(folder) || Files.exists(folder.resolve(PeftAdapter.TENSORS));
        Subject own = Subject.open(folder.toString(), folder);
        Attempt<TensorSource> weights = Attempt.of(() -> weights(folder, adapter));
        return new Half(role, folder, LooseMeta.in(folder), adapter, own, adapter ? base : own, base, weights);
    }

    private static TensorSource weights(Path folder, boolean adapter) {
        if (adapter) {
            return SafetensorsFile.open(folder.resolve(PeftAdapter.TENSORS));
        }
        List<Path> ggufs = Files.exists(folder.resolve("config.json")) ? List.of() : files(folder, ".gguf");
        return ggufs.size() == 1 ? GgufFile.open(ggufs.get(0)) : Safetensors.open(folder);
    }

    /// Files of `folder` whose name has that ending, sorted.
    static List<Path> files(Path folder, String ending) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName()
                            .toString()
                            .toLowerCase(Locale.ROOT)
                            .endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": can't be listed: " + FileProblem.reason(e), e);
        }
    }

    /// How its rows call it.
    String name() {
        return role.label();
    }

    boolean isVerbalizer() {
        return role == Role.VERBALIZER;
    }

    /// K as opening a pair takes it: the sidecar's, else for a reconstructor with full weights what its blocks say.
    OptionalInt layer() {
        OptionalInt said = meta.layer().optional().orElse(OptionalInt.empty());
        boolean counted = !adapter && !isVerbalizer() && own.config().optional().isPresent();
        return counted
                ? OptionalInt.of(
                        PairFolder.layer(said, own.config().need("config.json").numLayers()))
                : said;
    }

    /// Whether it has an own tokenizer beside its base's.
    boolean hasOwnTokenizer() {
        return Files.exists(folder.resolve("tokenizer.json"));
    }

    /// The half's family, when its configuration can be read.
    Optional<Family> family() {
        return live.config().optional().map(config -> config.family());
    }

    /// What its full weights are called.
    WeightNames names(TensorSource source, Family family) {
        return source instanceof GgufFile ? WeightNames.gguf(family) : WeightNames.huggingFace(source, family);
    }

    @Override
    public void close() {
        own.close();
        weights.optional().ifPresent(TensorSource::close);
    }
}
