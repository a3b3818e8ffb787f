package dev.nla4j.model;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The tensors that a configuration asks of a file, with their shapes: what [WeightLoader] will read, known without
/// reading.
public final class WeightShapes {
    private final ModelConfig config;
    private final WeightNames names;
    private final Set<String> stored;
    private final Map<String, List<Long>> shapes = new LinkedHashMap<>();

    private WeightShapes(ModelConfig config, WeightNames names, Set<String> stored) {
        this.config = config;
        this.names = names;
        this.stored = stored;
    }

    /// Name and shape of every tensor wanted.
    ///
    /// @param stored names that the file has: they decide between fused and single projections
    /// @param whole with final norm and head; without them it is a trunk
    public static Map<String, List<Long>> of(ModelConfig config, WeightNames names, Set<String> stored, boolean whole) {
        WeightShapes shapes = new WeightShapes(config, names, stored);
        shapes.weight(Part.EMBEDDING, 0, config.vocabulary(), config.dim());
        for (int layer = 0; layer < config.numLayers(); layer++) {
            shapes.attention(layer);
            shapes.feedForward(layer);
        }
        if (whole) {
            shapes.weight(Part.FINAL_NORM, 0, config.dim());
            if (!config.tiedHead()) {
                shapes.weight(Part.HEAD, 0, config.vocabulary(), config.dim());
            }
        }
        return shapes.shapes;
    }

    /// Refuses a file whose blocks have more than a configuration asks for (norms of another architecture
    /// under this one's name, scales of quantised numbers): without it the model would be another, and
    /// nothing would say so. Then proves the shape of every tensor of the trunk: a size that only the
    /// configuration claims takes no memory. The head is as large as the embedding table, the last norm as wide.
    static void requireNothingElse(ModelConfig config, WeightNames names, TensorSource source) {
        Map<String, List<Long>> shapes = of(config, names, source.names(), false);
        Set<String> wanted = shapes.keySet();
        Set<String> blocks = new HashSet<>();
        for (int layer = 0; layer < config.numLayers(); layer++) {
            blocks.add(names.block(layer));
        }
        int depth = names.block(0).split("\\.").length;
        for (String name : new TreeSet<>(source.names())) {
            if (!wanted.contains(name) && blocks.contains(first(name, depth)) && !names.isIdle(name)) {
                StoredTensor stored = source.tensor(name);
                throw new FormatException(
                        stored.file(),
                        stored.offset(),
                        name,
                        "is in a block and nothing that this program reads in a "
                                + config.family().modelType() + ": without it the model would be another one");
            }
        }
        shapes.forEach((name, shape) -> WeightLoader.requireShape(
                source.tensor(name), shape.stream().mapToLong(Long::longValue).toArray()));
    }

    /// The first parts of a name, with the dot after them.
    private static String first(String name, int parts) {
        int end = -1;
        for (int part = 0; part < parts; part++) {
            end = name.indexOf('.', end + 1);
            if (end < 0) {
                return name;
            }
        }
        return name.substring(0, end + 1);
    }

    private void attention(int layer) {
        ModelConfig.Heads heads = config.heads();
        long query = heads.queryWidth();
        long key = heads.keyValueWidth();
        weight(Part.INPUT_NORM, layer, config.dim());
        if (stored.contains(names.weight(Part.QUERY_KEY_VALUE, layer))) {
            weight(Part.QUERY_KEY_VALUE, layer, heads.fusedWidth(), config.dim());
        } else {
            weight(Part.QUERY, layer, query, config.dim());
            weight(Part.KEY, layer, key, config.dim());
            weight(Part.VALUE, layer, key, config.dim());
        }
        if (heads.inputBias()) {
            bias(Part.QUERY, layer, query);
            bias(Part.KEY, layer, key);
            bias(Part.VALUE, layer, key);
        }
        if (heads.headNorms()) {
            weight(Part.QUERY_NORM, layer, heads.width());
            weight(Part.KEY_NORM, layer, heads.width());
        }
        weight(Part.ATTENTION_OUTPUT, layer, config.dim(), query);
        if (heads.outputBias()) {
            bias(Part.ATTENTION_OUTPUT, layer, config.dim());
        }
        if (config.norm().sandwich()) {
            weight(Part.POST_ATTENTION_NORM, layer, config.dim());
        }
    }

    private void feedForward(int layer) {
        weight(Part.FEED_FORWARD_NORM, layer, config.dim());
        boolean fused =
                !stored.contains(names.weight(Part.GATE, layer)) && stored.contains(names.weight(Part.GATE_UP, layer));
        if (fused) {
            weight(Part.GATE_UP, layer, 2L * config.hidden(), config.dim());
        } else {
            weight(Part.GATE, layer, config.hidden(), config.dim());
            weight(Part.UP, layer, config.hidden(), config.dim());
        }
        weight(Part.DOWN, layer, config.dim(), config.hidden());
        if (config.norm().sandwich()) {
            weight(Part.POST_FEED_FORWARD_NORM, layer, config.dim());
        }
    }

    private void weight(Part part, int layer, long... shape) {
        shapes.put(names.weight(part, layer), Arrays.stream(shape).boxed().toList());
    }

    private void bias(Part part, int layer, long length) {
        shapes.put(names.bias(part, layer), List.of(length));
    }
}
