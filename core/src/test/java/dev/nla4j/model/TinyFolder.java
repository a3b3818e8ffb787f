package dev.nla4j.model;

import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/// A model folder as a family releases it, `config.json` and bf16 `model.safetensors`, with random weights.
public final class TinyFolder {
    private final ModelConfig config;
    private final WeightNames names;
    private final Random random;
    private final List<TensorToWrite> tensors = new ArrayList<>();

    private TinyFolder(ModelConfig config, String prefix, long seed) {
        this.config = config;
        this.names = new WeightNames.HuggingFace(prefix, config.family());
        this.random = new Random(seed);
    }

    /// Writes a folder.
    ///
    /// @param prefix of tensor names, before `embed_tokens`
    public static Path write(Path folder, String configJson, String prefix, long seed) throws IOException {
        Files.createDirectories(folder);
        ModelConfig config = ConfigJson.read(Files.writeString(folder.resolve("config.json"), configJson));
        try (Scope _ = Scope.noGrad()) {
            TinyFolder writer = new TinyFolder(config, prefix, seed);
            writer.model();
            SafetensorsWriter.write(folder.resolve("model.safetensors"), writer.tensors, Map.of("format", "pt"));
        }
        return folder;
    }

    private void model() {
        matrix(Part.EMBEDDING, 0, config.vocabulary(), config.dim());
        for (int layer = 0; layer < config.numLayers(); layer++) {
            attention(layer);
            feedForward(layer);
        }
        norm(Part.FINAL_NORM, 0, config.dim());
        if (!config.tiedHead()) {
            matrix(Part.HEAD, 0, config.vocabulary(), config.dim());
        }
    }

    private void attention(int layer) {
        ModelConfig.Heads heads = config.heads();
        int queries = heads.queries() * heads.width();
        int keys = heads.keyValues() * heads.width();
        norm(Part.INPUT_NORM, layer, config.dim());
        if (config.family().storesFusedProjections()) {
            matrix(Part.QUERY_KEY_VALUE, layer, heads.fusedWidth(), config.dim());
        } else {
            matrix(Part.QUERY, layer, queries, config.dim());
            matrix(Part.KEY, layer, keys, config.dim());
            matrix(Part.VALUE, layer, keys, config.dim());
        }
        if (heads.inputBias()) {
            add(names.bias(Part.QUERY, layer), TinyModels.normal(random, queries));
            add(names.bias(Part.KEY, layer), TinyModels.normal(random, keys));
            add(names.bias(Part.VALUE, layer), TinyModels.normal(random, keys));
        }
        if (heads.headNorms()) {
            norm(Part.QUERY_NORM, layer, heads.width());
            norm(Part.KEY_NORM, layer, heads.width());
        }
        matrix(Part.ATTENTION_OUTPUT, layer, config.dim(), queries);
        if (heads.outputBias()) {
            add(names.bias(Part.ATTENTION_OUTPUT, layer), TinyModels.normal(random, config.dim()));
        }
    }

    private void feedForward(int layer) {
        if (config.norm().sandwich()) {
            norm(Part.POST_ATTENTION_NORM, layer, config.dim());
            norm(Part.POST_FEED_FORWARD_NORM, layer, config.dim());
        }
        norm(Part.FEED_FORWARD_NORM, layer, config.dim());
        if (config.family().storesFusedProjections()) {
            matrix(Part.GATE_UP, layer, 2L * config.hidden(), config.dim());
        } else {
            matrix(Part.GATE, layer, config.hidden(), config.dim());
            matrix(Part.UP, layer, config.hidden(), config.dim());
        }
        matrix(Part.DOWN, layer, config.dim(), config.hidden());
    }

    private void matrix(Part part, int layer, long rows, long columns) {
        add(names.weight(part, layer), TinyModels.normal(random, rows, columns));
    }

    /// About one, as an offset from one where the family stores it so.
    private void norm(Part part, int layer, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (0.5 + random.nextDouble() - config.norm().storedOffset());
        }
        add(names.weight(part, layer), Tensors.of(values, size));
    }

    private void add(String name, Tensor tensor) {
        List<Long> shape = LongStream.of(tensor.sizes().vec().get()).boxed().toList();
        tensors.add(TensorToWrite.ofF32(name, StoredType.BF16, shape, Tensors.memory(tensor)));
    }
}
