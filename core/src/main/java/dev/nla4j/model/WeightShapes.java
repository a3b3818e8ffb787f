package dev.nla4j.model;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

    private void attention(int layer) {
        ModelConfig.Heads heads = config.heads();
        long query = (long) heads.queries() * heads.width();
        long key = (long) heads.keyValues() * heads.width();
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
