package dev.nla4j.nla;

import dev.nla4j.model.Decoder;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Lends the three models of an explanation, each for one use: activations are read, explanations written, texts
/// reconstructed. What is lent must not be kept.
public sealed interface Stages {
    /// The target's configuration.
    ModelConfig target();

    /// The target's file or folder.
    Path targetPath();

    /// The reconstructor's sidecar, with K.
    NlaMeta reconstructor();

    /// Where in their texts the tokens stood whose activations both halves learned from; empty when neither says.
    Optional<NlaMeta.Span> trained();

    private static Optional<NlaMeta.Span> both(NlaMeta verbalizer, NlaMeta reconstructor) {
        return Stream.of(verbalizer, reconstructor)
                .flatMap(meta -> meta.trained().stream())
                .reduce(NlaMeta.Span::and);
    }

    /// What the pair is called by.
    Path pair();

    /// Lends the target, which has at least the blocks 0 to K.
    <R> R withTarget(Function<Decoder, R> work);

    /// Lends the verbalizer.
    <R> R withVerbalizer(Function<Verbalizer, R> work);

    /// Lends the reconstructor.
    <R> R withReconstructor(Function<Reconstructor, R> work);

    /// All three in memory at once; they stay the caller's.
    record Together(LanguageModel model, Nla nla) implements Stages {
        @Override
        public ModelConfig target() {
            return model.config();
        }

        @Override
        public Path targetPath() {
            return model.path();
        }

        @Override
        public NlaMeta reconstructor() {
            return nla.reconstructor().meta();
        }

        @Override
        public Optional<NlaMeta.Span> trained() {
            return both(nla.verbalizer().meta(), reconstructor());
        }

        @Override
        public Path pair() {
            return nla.folder();
        }

        @Override
        public <R> R withTarget(Function<Decoder, R> work) {
            return work.apply(model.decoder());
        }

        @Override
        public <R> R withVerbalizer(Function<Verbalizer, R> work) {
            return work.apply(nla.verbalizer());
        }

        @Override
        public <R> R withReconstructor(Function<Reconstructor, R> work) {
            return work.apply(nla.reconstructor());
        }
    }

    /// One model in memory at a time: each is loaded when its turn comes and freed after it. Of the target only blocks
    /// 0 to K are loaded, and no head.
    ///
    /// @param target as it is configured
    /// @param sha256 of the target's one file, null when it is not one file; adapters are held to it
    /// @param allowOther whether adapters take a base with another hash
    record OneByOne(
            ModelConfig target,
            Path targetPath,
            @Nullable String sha256,
            boolean allowOther,
            PairFolder folders,
            DType dtype,
            Progress progress)
            implements Stages {
        @Override
        public NlaMeta reconstructor() {
            return folders.reconstructor().meta();
        }

        @Override
        public Optional<NlaMeta.Span> trained() {
            return both(folders.verbalizer().meta(), reconstructor());
        }

        @Override
        public Path pair() {
            return folders.folder();
        }

        @Override
        public <R> R withTarget(Function<Decoder, R> work) {
            try (LanguageModel trunk = ModelLoader.loadTrunk(targetPath, dtype, folders.layer() + 1, progress)) {
                return work.apply(trunk.decoder());
            }
        }

        @Override
        public <R> R withVerbalizer(Function<Verbalizer, R> work) {
            if (!folders.verbalizer().isAdapter()) {
                return Nla.withVerbalizer(folders, null, dtype, progress, work);
            }
            try (LanguageModel base = ModelLoader.load(targetPath, dtype, ModelLoader.Extent.WHOLE, progress)) {
                return Nla.withVerbalizer(folders, new Nla.Base(base, sha256, allowOther), dtype, progress, work);
            }
        }

        @Override
        public <R> R withReconstructor(Function<Reconstructor, R> work) {
            if (!folders.reconstructor().isAdapter()) {
                return Nla.withReconstructor(folders, null, dtype, progress, work);
            }
            try (LanguageModel base = ModelLoader.load(targetPath, dtype, ModelLoader.Extent.TRUNK, progress)) {
                return Nla.withReconstructor(folders, new Nla.Base(base, sha256, allowOther), dtype, progress, work);
            }
        }
    }
}
