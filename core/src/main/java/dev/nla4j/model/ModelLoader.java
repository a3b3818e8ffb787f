package dev.nla4j.model;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.safetensors.Safetensors;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tokenizer.GgufVocabulary;
import dev.nla4j.tokenizer.Tokenizer;
import dev.nla4j.tokenizer.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Loads a model from a folder (config.json, safetensors, tokenizer.json, chat template) or from one GGUF file.
public final class ModelLoader {
    private ModelLoader() {}

    /// Which of a model's tensors to load.
    public enum Extent {
        /// All blocks, final norm and head.
        WHOLE,
        /// Blocks only: what a reconstructor is.
        TRUNK
    }

    /// Loads a model to be read with; the caller closes it.
    public static LanguageModel load(Path path, DType dtype, Extent extent, Progress progress) {
        return load(path, new Wanted(dtype, extent, Integer.MAX_VALUE, false), progress);
    }

    /// Loads a model that gradients shall pass and whose numbers can be had again; the caller closes it.
    public static LanguageModel loadToLearn(Path path, DType dtype, Extent extent, Progress progress) {
        return load(path, new Wanted(dtype, extent, Integer.MAX_VALUE, true), progress);
    }

    /// Loads a model's first blocks as a trunk: enough for its activations after the last of them. The caller closes
    /// it.
    ///
    /// @param blocks how many; all when the model has fewer
    public static LanguageModel loadTrunk(Path path, DType dtype, int blocks, Progress progress) {
        return load(path, new Wanted(dtype, Extent.TRUNK, blocks, false), progress);
    }

    /// @param blocks how many of them, from the first on
    /// @param learns whether gradients shall pass
    private record Wanted(DType dtype, Extent extent, int blocks, boolean learns) {}

    private static LanguageModel load(Path path, Wanted wanted, Progress progress) {
        if (!Files.exists(path)) {
            throw new InputException(path + ": there is no such file or folder");
        }
        Path gguf = GgufFile.meantBy(path);
        if (gguf != null) {
            return loadGguf(gguf, wanted, progress);
        }
        Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        if (folder == null) {
            throw new InputException(path + ": is not a model");
        }
        return loadFolder(path, folder, wanted, progress);
    }

    /// A configuration alone, without weights.
    public static ModelConfig config(Path path) {
        Path gguf = GgufFile.meantBy(path);
        if (gguf == null) {
            return ConfigJson.read(configFile(path));
        }
        try (GgufFile file = GgufFile.open(gguf)) {
            return GgufConfig.read(gguf, file.metadata(), file);
        }
    }

    /// A tokenizer alone, without weights; the caller closes it.
    public static Tokenizer tokenizer(Path path) {
        Path gguf = GgufFile.meantBy(path);
        if (gguf == null) {
            return path.endsWith("tokenizer.json")
                    ? Tokenizers.fromFile(path)
                    : Tokenizers.fromFolder(Files.isDirectory(path) ? path : path.resolveSibling(""));
        }
        try (GgufFile file = GgufFile.open(gguf)) {
            return Tokenizers.fromGguf(GgufVocabulary.of(file.metadata()), gguf);
        }
    }

    /// A chat template alone; empty when the model has none.
    public static Optional<ChatTemplate> chatTemplate(Path path) {
        Path gguf = GgufFile.meantBy(path);
        if (gguf == null) {
            return Optional.ofNullable(ChatTemplateFile.in(Files.isDirectory(path) ? path : path.resolveSibling(".")));
        }
        try (GgufFile file = GgufFile.open(gguf)) {
            return Optional.ofNullable(ChatTemplateFile.in(file.metadata(), gguf));
        }
    }

    /// The configuration of a folder, or beside a file in it.
    private static Path configFile(Path path) {
        boolean folder = Files.isDirectory(path);
        Path file = folder ? path.resolve("config.json") : path.resolveSibling("config.json");
        if (!Files.exists(file)) {
            throw new InputException(path + ": is not a model: "
                    + (folder ? "" : "its name does not end in .gguf, and beside it ") + file + " is missing");
        }
        return file;
    }

    private static LanguageModel loadFolder(Path path, Path folder, Wanted wanted, Progress progress) {
        ModelConfig config = first(ConfigJson.read(configFile(path)), wanted.blocks());
        try (TensorSource source = Safetensors.open(path)) {
            WeightNames names = WeightNames.huggingFace(source, config.family());
            Template template = Template.of(() -> ChatTemplateFile.in(folder));
            Tokenizer tokenizer = Files.exists(folder.resolve("tokenizer.json")) ? Tokenizers.fromFolder(folder) : null;
            return assemble(path, source, names, config, wanted, progress, tokenizer, template);
        }
    }

    private static LanguageModel loadGguf(Path path, Wanted wanted, Progress progress) {
        try (GgufFile file = GgufFile.open(path)) {
            ModelConfig config = first(GgufConfig.read(path, file.metadata(), file), wanted.blocks());
            WeightNames names = WeightNames.gguf(config.family());
            Template template = Template.of(() -> ChatTemplateFile.in(file.metadata(), path));
            Tokenizer tokenizer = file.metadata().has("tokenizer.ggml.tokens")
                    ? Tokenizers.fromGguf(GgufVocabulary.of(file.metadata()), path)
                    : null;
            return assemble(path, file, names, config, wanted, progress, tokenizer, template);
        }
    }

    /// A chat template that is none keeps nobody from raw text: what is wrong with it hears who asks for it.
    private record Template(
            @Nullable ChatTemplate template, @Nullable RuntimeException problem) {
        static Template of(Supplier<@Nullable ChatTemplate> reading) {
            try {
                return new Template(reading.get(), null);
            } catch (TemplateException | InputException e) {
                return new Template(null, e);
            }
        }
    }

    private static ModelConfig first(ModelConfig config, int blocks) {
        return blocks < config.numLayers() ? config.truncated(blocks) : config;
    }

    /// @param tokenizer closed when this fails
    private static LanguageModel assemble(
            Path path,
            TensorSource source,
            WeightNames names,
            ModelConfig config,
            Wanted wanted,
            Progress progress,
            @Nullable Tokenizer tokenizer,
            Template template) {
        try {
            // Added tokens beyond the table (Gemma 3 1B's <image_soft_token>) are refused in texts: Decoder.embed.
            if (tokenizer != null && tokenizer.maxBaseId() >= config.vocabulary()) {
                throw new FormatException(
                        path,
                        -1,
                        "tokenizer",
                        "has ids up to " + tokenizer.maxBaseId() + " without its added tokens, the embedding table has"
                                + " only " + config.vocabulary() + " rows");
            }
            Weights weights = new WeightLoader(source, names, config, wanted.dtype(), wanted.learns())
                    .load(wanted.extent() == Extent.WHOLE, progress);
            // A file may have a head of its own where the configuration has none.
            ModelConfig found = wanted.extent() == Extent.TRUNK ? config : config.withTiedHead(weights.tied());
            Decoder decoder = new Decoder(found, weights);
            return new LanguageModel(path, found, weights, decoder, tokenizer, template.template(), template.problem());
        } catch (RuntimeException e) {
            if (tokenizer != null) {
                tokenizer.close();
            }
            throw e;
        }
    }
}
