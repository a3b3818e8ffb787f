package dev.nla4j.nla;

import dev.nla4j.activation.AffineMap;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.model.AdapterExport;
import dev.nla4j.model.ModelExport;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes a pair as a folder in the layout of released ones: `av/`, `ar/`, and last `manifest.json`, which lists
/// every file with its size and SHA-256. The folder appears under its name when all of it is there.
public final class PairExport {
    private static final String MANIFEST = "manifest.json";

    private PairExport() {}

    /// In which form halves are written.
    public enum Form {
        /// Adapters stay adapters, full weights full weights.
        AS_IS,
        /// Every half a model of its own: adapters are merged into their base in fp32.
        FULL,
        /// Adapters only; a half of full weights is refused.
        ADAPTER
    }

    /// What merging stands on.
    ///
    /// @param path folder or GGUF file
    /// @param sha256 of its one file, null when it is not one file
    /// @param allowOther whether a base with another hash than the sidecar's is taken
    public record Base(Path path, @Nullable String sha256, boolean allowOther) {}

    /// How to write.
    ///
    /// @param dtype of what is written; null keeps it as it is and means fp32 for what is merged or cut to a rank
    /// @param rank of adapters that stay adapters, where theirs is higher; null keeps it
    /// @param shardBytes most bytes of one weights file
    public record Options(
            Form form, @Nullable DType dtype, @Nullable Integer rank, long shardBytes) {}

    /// What a lower rank has left of an adapter.
    ///
    /// @param half whose it is: `av` or `ar`
    /// @param share of the adapter's squared norm, 0 to 1
    public record Kept(String half, int rank, double share) {}

    /// Whether writing needs a base.
    public static boolean needsBase(PairFolder pair, Form form) {
        return form == Form.FULL && pair.needsBase();
    }

    /// Writes `pair` to `out`, which must not exist.
    ///
    /// @param base of the adapters that are merged; null when none is
    /// @return the adapters that were written with a lower rank
    public static List<Kept> write(PairFolder pair, @Nullable Base base, Path out, Options options, Progress progress)
            throws IOException {
        requireFree(out);
        for (PairFolder.Half half : List.of(pair.verbalizer(), pair.reconstructor())) {
            if (options.form() == Form.ADAPTER && !half.isAdapter()) {
                throw new InputException(half.folder() + ": has full weights, which can't be written as an adapter");
            }
        }
        if (options.rank() != null) {
            requireSuchRank(pair, options.rank());
        }
        List<Kept> kept = new ArrayList<>();
        Path target = out.toAbsolutePath().normalize();
        AtomicFile.dropStale(target);
        Path temporary = AtomicFile.temporary(target);
        Files.createDirectories(temporary);
        try {
            List<Object> state = identities(pair); // the folder made just now may lie in one of them
            int blocks = pair.layer() + 1;
            writeHalf(pair.verbalizer(), base, null, temporary.resolve(Role.VERBALIZER.label()), options, progress)
                    .ifPresent(kept::add);
            writeHalf(
                            pair.reconstructor(),
                            base,
                            blocks,
                            temporary.resolve(Role.RECONSTRUCTOR.label()),
                            options,
                            progress)
                    .ifPresent(kept::add);
            if (!state.equals(identities(pair))) {
                throw new InputException(
                        pair.folder() + ": was replaced while it was read (a training writes it?); export it again");
            }
            writeManifest(temporary);
            AtomicFile.forceFolder(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            AtomicFile.forceFolder(temporary.resolveSibling("."));
            return kept;
        } finally {
            AtomicFile.deleteFolder(temporary);
        }
    }

    /// Which folders the halves are: a training replaces them as a whole.
    private static List<Object> identities(PairFolder pair) throws IOException {
        List<Object> identities = new ArrayList<>();
        for (PairFolder.Half half : List.of(pair.verbalizer(), pair.reconstructor())) {
            var attributes = Files.readAttributes(half.folder(), BasicFileAttributes.class);
            // Numbers of folders that are gone are given to new ones; some platforms know none.
            identities.add(List.of(attributes.lastModifiedTime(), Optional.ofNullable(attributes.fileKey())));
        }
        return identities;
    }

    /// Halves of a lower rank stay as they are; a rank that is above all of them is a mistake.
    private static void requireSuchRank(PairFolder pair, int rank) {
        int highest = Stream.of(pair.verbalizer(), pair.reconstructor())
                .filter(PairFolder.Half::isAdapter)
                .mapToInt(half -> PeftAdapter.read(half.folder()).rank())
                .max()
                .orElse(0);
        if (rank > highest) {
            throw new InputException(pair.folder() + ": no adapter here has rank " + rank + "; the highest has "
                    + highest + ", so give 1 to that");
        }
    }

    private static Optional<Kept> writeHalf(
            PairFolder.Half half,
            @Nullable Base base,
            @Nullable Integer blocks,
            Path folder,
            Options options,
            Progress progress)
            throws IOException {
        Files.createDirectories(folder);
        Optional<Kept> kept = Optional.empty();
        if (half.isAdapter() && options.form() != Form.FULL) {
            kept = writeAdapter(half.folder(), folder, options);
        } else if (half.isAdapter()) {
            if (base == null) {
                throw new InputException(half.folder() + ": is an adapter; say what it stands on with --target");
            }
            Nla.requireBase(half.meta(), base.path(), base.sha256(), base.allowOther());
            PeftAdapter adapter = PeftAdapter.read(half.folder());
            new ModelExport(base.path(), adapter, blocks, options.dtype(), options.shardBytes())
                    .writeTo(folder, progress);
        } else {
            new ModelExport(half.folder(), null, blocks, options.dtype(), options.shardBytes())
                    .writeTo(folder, progress);
        }
        if (half.meta().role() == Role.RECONSTRUCTOR) {
            copy(half.folder(), folder, Nla.VALUE_HEAD);
        }
        if (half.meta().affineInjection()) {
            copy(half.folder(), folder, AffineMap.FILE);
        }
        SidecarExport.write(half, folder);
        return kept;
    }

    /// Refuses to write over anything.
    public static void requireFree(Path out) {
        if (Files.exists(out, LinkOption.NOFOLLOW_LINKS)) {
            throw new InputException(out + ": exists already; name a folder that does not");
        }
    }

    private static Optional<Kept> writeAdapter(Path from, Path folder, Options options) throws IOException {
        PeftAdapter adapter = PeftAdapter.read(from);
        int rank = options.rank() == null ? adapter.rank() : Math.min(options.rank(), adapter.rank());
        if (options.dtype() == null && rank == adapter.rank()) {
            copy(from, folder, PeftAdapter.CONFIG);
            copy(from, folder, PeftAdapter.TENSORS);
            return Optional.empty();
        }
        DType dtype = options.dtype() == null ? DType.FP32 : options.dtype();
        double share = new AdapterExport(adapter, rank, dtype).writeTo(folder);
        return rank == adapter.rank()
                ? Optional.empty()
                : Optional.of(new Kept(folder.getFileName().toString(), rank, share));
    }

    private static void copy(Path from, Path to, String name) throws IOException {
        if (!Files.isRegularFile(from.resolve(name))) {
            throw new InputException(from.resolve(name) + ": is missing");
        }
        if (name.endsWith(".safetensors")) {
            // The manifest that is written says that the file is whole.
            SafetensorsFile.open(from.resolve(name)).close();
        }
        AtomicFile.write(to.resolve(name), temporary -> Files.copy(from.resolve(name), temporary));
    }

    private static void writeManifest(Path folder) throws IOException {
        ObjectNode manifest = Json.mapper().createObjectNode().put("kind", "nla_pair");
        ArrayNode files = manifest.putArray("files");
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.filter(Files::isRegularFile).sorted().toList()) {
                String name = folder.relativize(file).toString().replace('\\', '/');
                files.addObject()
                        .put("name", name)
                        .put("size", Files.size(file))
                        .put("sha256", Sha256.of(file));
            }
        }
        AtomicFile.writeString(folder.resolve(MANIFEST), manifest.toPrettyString());
    }
}
