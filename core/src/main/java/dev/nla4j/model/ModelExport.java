package dev.nla4j.model;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.Safetensors;
import dev.nla4j.format.safetensors.ShardedWriter;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tokenizer.GgufTokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Writes a model as a folder in transformers' layout, from another folder or a GGUF file, one tensor in memory at a
/// time: the text tower, whole or cut to a trunk, with an adapter merged into it if wished.
///
/// @param source folder or GGUF file
/// @param adapter added to the weights in fp32, null for none
/// @param blocks of a trunk, which has neither final norm nor head; null for the whole model
/// @param dtype of the numbers written; null keeps a folder's own (its very bytes), and means fp32 for what is
/// computed:
///     merged or dequantised weights
/// @param shardBytes most bytes of one weights file
public record ModelExport(
        Path source,
        @Nullable PeftAdapter adapter,
        @Nullable Integer blocks,
        @Nullable DType dtype,
        long shardBytes) {
    /// What Hugging Face's own writer takes for a shard.
    public static final long SHARD_BYTES = 5_000_000_000L;

    private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    private static final long LARGEST_TOKENIZER_CONFIG = 64 << 20;
    /// Two scales are the same: a configuration has the number whose root they are.
    private static final double SAME = 1e-6;

    /// Writes everything into `folder`, which exists.
    public void writeTo(Path folder, Progress progress) throws IOException {
        Path gguf = GgufFile.meantBy(source);
        if (gguf == null) {
            writeFolder(folder, progress);
        } else {
            writeGguf(gguf, folder, progress);
        }
    }

    /// The same with other weights than the source's, rounded to the dtype.
    ///
    /// @param weights of the source's shapes; as many blocks as are kept
    void writeTo(Path folder, Weights weights, Progress progress) throws IOException {
        ModelConfig config = ModelLoader.config(source);
        StoredType type = stored(dtype);
        try (Scope _ = Scope.noGrad()) {
            ShardedWriter.write(
                    folder, reporting(WeightTensors.of(config, weights, type), folder, progress), shardBytes);
        }
        Path gguf = GgufFile.meantBy(source);
        if (gguf == null) {
            writeRest(folder, config, type);
            return;
        }
        try (GgufFile file = GgufFile.open(gguf)) {
            writeRest(folder, file, gguf, config, type);
        }
    }

    private void writeFolder(Path folder, Progress progress) throws IOException {
        if (!Files.isDirectory(source)) {
            throw new InputException(source + ": is neither a model's folder nor a GGUF file");
        }
        ModelConfig config = ModelLoader.config(source);
        StoredType type = dtype == null && adapter == null ? null : stored(dtype);
        try (TensorSource tensors = Safetensors.open(source)) {
            WeightNames names = WeightNames.huggingFace(tensors, config.family());
            writeWeights(folder, tensors, names, config, type, progress);
        }
        writeRest(folder, config, type);
    }

    /// Configuration, tokenizer, chat template.
    private void writeRest(Path folder, ModelConfig config, @Nullable StoredType type) throws IOException {
        ObjectNode json = ConfigExport.ofFolder(source.resolve("config.json"), config, kept(config), type);
        AtomicFile.writeString(folder.resolve("config.json"), json.toPrettyString());
        for (Path name : SmallFiles.in(source)) {
            Path from = source.resolve(name);
            if (blocks != null && name.equals(Path.of(TOKENIZER_CONFIG))) {
                AtomicFile.writeString(folder.resolve(name), paddedOnTheRight(from));
                continue;
            }
            AtomicFile.write(target(folder, name.toString()), temporary -> Files.copy(from, temporary));
        }
    }

    /// What reads a text's last token wants it at the same place in every row.
    private static String paddedOnTheRight(Path file) {
        ObjectNode node = (ObjectNode) Fields.of(file, Json.read(file, LARGEST_TOKENIZER_CONFIG))
                .node()
                .deepCopy();
        return node.put("padding_side", "right").toPrettyString();
    }

    private void writeGguf(Path gguf, Path folder, Progress progress) throws IOException {
        try (GgufFile file = GgufFile.open(gguf)) {
            ModelConfig config = GgufConfig.read(gguf, file.metadata(), file);
            StoredType type = stored(dtype);
            writeWeights(folder, file, WeightNames.gguf(config.family()), config, type, progress);
            writeRest(folder, file, gguf, config, type);
        }
    }

    private void writeRest(Path folder, GgufFile file, Path gguf, ModelConfig config, StoredType type)
            throws IOException {
        ObjectNode json = ConfigExport.ofGguf(gguf, config.truncated(kept(config)), type);
        AtomicFile.writeString(folder.resolve("config.json"), json.toPrettyString());
        requireSaid(gguf, config.truncated(kept(config)), ConfigJson.read(folder.resolve("config.json")));
        if (file.metadata().has("tokenizer.ggml.tokens")) {
            GgufTokenizerFiles.write(file.metadata(), gguf, folder);
        }
        for (Map.Entry<String, String> template :
                ChatTemplateFile.texts(file.metadata()).entrySet()) {
            AtomicFile.writeString(target(folder, template.getKey()), template.getValue());
        }
    }

    /// Refuses a header of which a configuration can't say all: what is written would be read as another model.
    private static void requireSaid(Path gguf, ModelConfig meant, ModelConfig said) {
        ModelConfig.Heads heads = meant.heads();
        ModelConfig.Heads read = said.heads();
        String lost = null;
        if (Math.abs(read.scale() / heads.scale() - 1) > SAME || read.scoreCap() != heads.scoreCap()) {
            lost = "the scale or cap of attention's scores";
        } else if (read.inputBias() != heads.inputBias() || read.outputBias() != heads.outputBias()) {
            lost = "which attention projections have biases";
        } else if (!windows(meant).equals(windows(said))) {
            lost = "which layers see a window";
        } else if (meant.layers().getFirst().rope().width()
                != said.layers().getFirst().rope().width()) {
            lost = "how much of a head is turned";
        }
        if (lost != null) {
            throw new InputException(gguf + ": no config.json of "
                    + meant.family().modelType() + " can say " + lost + ", as this file's header does");
        }
    }

    private static List<Integer> windows(ModelConfig config) {
        return config.layers().stream().map(ModelConfig.Layer::window).toList();
    }

    private static Path target(Path folder, String name) throws IOException {
        Path target = folder.resolve(name);
        Files.createDirectories(target.resolveSibling(""));
        return target;
    }

    private void writeWeights(
            Path folder,
            TensorSource tensors,
            WeightNames names,
            ModelConfig config,
            @Nullable StoredType type,
            Progress progress)
            throws IOException {
        try (Scope _ = Scope.noGrad()) {
            List<Map<Part, LowRankAdapter.Pair>> pairs = adapter == null ? List.of() : adapter.pairs(config);
            ModelConfig cut = config.truncated(kept(config));
            WeightShapes.requireNothingElse(cut, names, tensors);
            List<TensorToWrite> all = new WeightExport(tensors, names, cut, pairs, type).tensors(blocks == null);
            ShardedWriter.write(folder, reporting(all, folder, progress), shardBytes);
        }
    }

    private int kept(ModelConfig config) {
        if (blocks != null && blocks > config.numLayers()) {
            throw new InputException(
                    source + ": has " + config.numLayers() + " blocks, K + 1 = " + blocks + " are wanted");
        }
        return blocks == null ? config.numLayers() : blocks;
    }

    private static StoredType stored(@Nullable DType dtype) {
        return dtype == DType.BF16 ? StoredType.BF16 : StoredType.F32;
    }

    private static List<TensorToWrite> reporting(List<TensorToWrite> tensors, Path folder, Progress progress) {
        String task = "write " + folder.getFileName();
        long total = tensors.stream().mapToLong(TensorToWrite::bytes).sum();
        long[] done = {0};
        List<TensorToWrite> reporting = new ArrayList<>();
        for (TensorToWrite tensor : tensors) {
            reporting.add(new TensorToWrite(tensor.name(), tensor.type(), tensor.shape(), out -> {
                progress.report(task, done[0], total, "B");
                tensor.content().writeTo(out);
                done[0] += tensor.bytes();
                progress.report(task, done[0], total, "B");
            }));
        }
        return reporting;
    }
}
