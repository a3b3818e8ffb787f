package dev.nla4j.train.sft;

import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Role;
import dev.nla4j.progress.Progress;
import dev.nla4j.train.config.RunConfig;
import dev.nla4j.train.config.SftConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What the verbalizer of a run writes about its reconstructor's rows: drawn once, then read.
public final class OwnTexts {
    private final RunConfig config;
    private final Examples data;
    private final Examples heldOut;
    private final Progress progress;
    private final Path half;
    private final OwnSamples.Origin origin;

    /// @throws InputException when there is no verbalizer yet
    public OwnTexts(RunConfig config, Examples data, Examples heldOut, Progress progress) throws IOException {
        this.config = config;
        this.data = data;
        this.heldOut = heldOut;
        this.progress = progress;
        this.half = config.paths().half(Role.VERBALIZER);
        if (!Files.isDirectory(half)) {
            throw new InputException(half + ": is missing; train.sft.ar.own-samples needs the verbalizer of this run:"
                    + " nla train sft --role av comes first");
        }
        SftConfig sft = config.train().ar();
        this.origin = new OwnSamples.Origin(
                folderHash(), hash(data.file()), hash(heldOut.file()), sft.mix().ownSamples(), sft.seed());
    }

    /// Those that were drawn of what is there now.
    public Optional<OwnSamples> kept() throws IOException {
        return OwnSamples.read(
                config.paths().ownSamples(),
                origin,
                data.rows().size(),
                heldOut.rows().size());
    }

    /// Those that were drawn, else new ones.
    ///
    /// @param begun whether the reconstructor's run has a checkpoint: it has learned from texts already
    /// @param base what the verbalizer stands on
    public OwnSamples take(boolean begun, Supplier<Nla.Base> base) throws IOException {
        Optional<OwnSamples> kept = kept();
        if (kept.isPresent()) {
            return kept.get();
        }
        Path file = config.paths().ownSamples();
        if (begun) {
            throw new InputException(file
                    + ": is missing, or was written by another verbalizer than the one that is in "
                    + half
                    + " now, about other rows, or by an earlier version of this program; a run that has a checkpoint goes on over its own texts: put both back, or give this"
                    + " run a folder of its own");
        }
        return Nla.withVerbalizer(PairFolder.verbalizer(half), base.get(), config.dtype(), progress, verbalizer -> {
            try {
                return OwnSamples.draw(verbalizer, data, heldOut, origin, file, progress);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /// Of all files of the half.
    private String folderHash() throws IOException {
        StringBuilder hashes = new StringBuilder();
        try (Stream<Path> files = Files.list(half)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                hashes.append(file.getFileName()).append(' ').append(hash(file)).append('\n');
            }
        }
        return hashes.toString();
    }

    private String hash(Path file) {
        return Sha256.of(file, progress);
    }
}
