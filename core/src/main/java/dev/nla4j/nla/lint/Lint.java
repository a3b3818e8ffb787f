package dev.nla4j.nla.lint;

import dev.nla4j.format.InputException;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.Role;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Says what is wrong with a checkpoint: a pair's folder, or one half of it.
public final class Lint {

    private Lint() {}

    /// A model on this machine.
    ///
    /// @param name for messages
    /// @param path its folder or GGUF file
    /// @param sha256 of its one file; null when it is a folder
    public record Model(String name, Path path, @Nullable String sha256) {}

    /// What to hold a checkpoint against.
    ///
    /// @param target the model it explains; null when none is given
    /// @param base what its adapters stand on when there is no target; null when it is not at hand
    /// @param data activations of the target; null when none are given
    /// @param dtype of the one check that runs the reconstructor
    public record Options(
            @Nullable Model target,
            @Nullable Model base,
            @Nullable Path data,
            DType dtype) {
        /// Nothing but the checkpoint itself.
        public static final Options ALONE = new Options(null, null, null, DType.BF16);
    }

    /// Runs every check that can be run; a fault ends none of them.
    ///
    /// @throws InputException when there is no such folder
    public static LintReport check(Path checkpoint, Options options, Progress progress) {
        return check(checkpoint, null, options, progress);
    }

    /// As above, for halves that may lie in two places.
    ///
    /// @param reconstructor the pair's other half, `checkpoint` being the verbalizer then; null when it
    ///     does not lie apart
    public static LintReport check(Path checkpoint, @Nullable Path reconstructor, Options options, Progress progress) {
        for (Path place : reconstructor == null ? List.of(checkpoint) : List.of(checkpoint, reconstructor)) {
            if (!Files.isDirectory(place)) {
                throw new InputException(place + ": is not a folder; name a pair's folder (av/, ar/) or one half");
            }
        }
        Folders folders = Folders.of(checkpoint, reconstructor);
        Rows rows = new Rows();
        try (Subject target = open(options.target(), "needs --against TARGET");
                Subject other = options.target() == null
                        ? open(
                                options.base(),
                                "an adapter's tokenizer and depth are its base's: name it with --against")
                        : Subject.missing("")) {
            Subject base = options.target() == null ? other : target;
            run(folders, options, target, base, rows, progress);
        }
        String against = options.target() == null ? null : options.target().name();
        return new LintReport(checkpoint, reconstructor, against, options.data(), rows.sorted());
    }

    private static Subject open(@Nullable Model model, String why) {
        return model == null ? Subject.missing(why) : Subject.open(model.name(), model.path());
    }

    private static void run(
            Folders folders, Options options, Subject target, Subject base, Rows rows, Progress progress) {
        try (Half verbalizer = half(Role.VERBALIZER, folders.verbalizer(), base);
                Half reconstructor = half(Role.RECONSTRUCTOR, folders.reconstructor(), base)) {
            rows.check(Check.FOLDER, "pair", () -> PairChecks.folder(verbalizer, reconstructor, folders.pair()));
            Model stands = options.target() == null ? options.base() : options.target();
            String sha256 = stands == null ? null : stands.sha256();
            if (verbalizer != null) {
                checkHalf(verbalizer, reconstructor, target, sha256, rows, progress);
            }
            if (reconstructor != null) {
                checkHalf(reconstructor, verbalizer, target, sha256, rows, progress);
                ValueHeadChecks.run(reconstructor, rows);
            }
            if (verbalizer != null && reconstructor != null) {
                PairChecks.run(verbalizer, reconstructor, rows);
            } else if (verbalizer != null) {
                PairChecks.notRun(verbalizer, rows);
            } else if (reconstructor != null) {
                PairChecks.notRun(reconstructor, rows);
            }
            if (reconstructor != null) {
                TextReading.run(reconstructor, verbalizer, options, rows, progress);
            } else if (verbalizer != null && options.data() != null) {
                TextReading.runAlone(verbalizer, options, rows, progress);
            }
        }
    }

    private static @Nullable Half half(Role role, @Nullable Path folder, Subject base) {
        return folder == null ? null : Half.open(role, folder, base);
    }

    private static void checkHalf(
            Half half,
            @Nullable Half other,
            Subject target,
            @Nullable String baseSha256,
            Rows rows,
            Progress progress) {
        SidecarChecks.run(half, other, rows);
        PromptChecks.run(half, rows);
        if (half.adapter()) {
            AdapterChecks.run(half, baseSha256, rows);
        } else {
            WeightChecks.run(half, rows);
        }
        ContentChecks.run(half, rows, progress);
        TargetChecks.run(half, target, rows);
    }

    /// What a checkpoint's adapters say they stand on: SHA-256 digests first, then names; empty when it has no adapter.
    ///
    /// @param reconstructor as for [#check]
    public static List<String> bases(Path checkpoint, @Nullable Path reconstructor) {
        if (!Files.isDirectory(checkpoint)) {
            return List.of();
        }
        Folders folders = Folders.of(checkpoint, reconstructor);
        List<String> digests = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Path folder : folders.all()) {
            if (PeftAdapter.isIn(folder)) {
                LooseMeta meta = LooseMeta.in(folder);
                meta.baseFile().optional().flatMap(b -> b).ifPresent(b -> digests.add(b.sha256()));
                meta.baseCheckpoint().optional().flatMap(b -> b).ifPresent(names::add);
                Attempt.of(() -> PeftAdapter.read(folder))
                        .optional()
                        .flatMap(PeftAdapter::base)
                        .ifPresent(names::add);
            }
        }
        digests.addAll(names);
        return digests.stream().distinct().toList();
    }

    /// Where the halves lie.
    ///
    /// @param pair whether the checkpoint is a folder of halves
    private record Folders(
            @Nullable Path verbalizer, @Nullable Path reconstructor, boolean pair) {
        /// A folder that holds a whole pair stands for its half of the kind asked for, as where a pair is
        /// opened.
        static Folders of(Path checkpoint, @Nullable Path other) {
            Path verbalizer = within(checkpoint, Role.VERBALIZER.names());
            if (other != null) {
                Path apart = within(other, Role.RECONSTRUCTOR.names());
                return new Folders(verbalizer == null ? checkpoint : verbalizer, apart == null ? other : apart, false);
            }
            Path reconstructor = within(checkpoint, Role.RECONSTRUCTOR.names());
            if (verbalizer != null || reconstructor != null) {
                return new Folders(verbalizer, reconstructor, true);
            }
            return role(checkpoint) == Role.VERBALIZER
                    ? new Folders(checkpoint, null, false)
                    : new Folders(null, checkpoint, false);
        }

        private static @Nullable Path within(Path folder, List<String> names) {
            return names.stream()
                    .map(folder::resolve)
                    .filter(Files::isDirectory)
                    .findFirst()
                    .orElse(null);
        }

        /// The sidecar's role; without one, what the folder looks like.
        private static Role role(Path folder) {
            return LooseMeta.in(folder).role().optional().orElseGet(() -> {
                String name = String.valueOf(folder.toAbsolutePath().normalize().getFileName())
                        .toLowerCase(Locale.ROOT);
                boolean named = Set.copyOf(List.of(name.split("[-_.]", -1))).stream()
                        .anyMatch(Role.RECONSTRUCTOR.names()::contains);
                return named || Files.exists(folder.resolve(Nla.VALUE_HEAD)) ? Role.RECONSTRUCTOR : Role.VERBALIZER;
            });
        }

        List<Path> all() {
            List<Path> all = new ArrayList<>();
            if (verbalizer != null) {
                all.add(verbalizer);
            }
            if (reconstructor != null) {
                all.add(reconstructor);
            }
            return all;
        }
    }
}
