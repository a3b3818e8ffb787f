package dev.nla4j.model;

import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Shapes;
import dev.nla4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Weights in memory under transformers' names, projections apart where the family keeps them apart. The counterpart of
/// [WeightLoader].
final class WeightTensors {
    private final ModelConfig config;
    private final WeightNames names;
    private final StoredType type;
    private final List<TensorToWrite> tensors = new ArrayList<>();

    private WeightTensors(ModelConfig config, StoredType type) {
        this.config = config;
        this.names = names(config);
        this.type = type;
    }

    /// The names that are written.
    static WeightNames names(ModelConfig config) {
        return new WeightNames.HuggingFace("model.", config.family());
    }

    /// All tensors of `weights`, whose norms are as the family stores them. They must outlive what is returned, as must
    /// the open scope.
    ///
    /// @param type `F32` or `BF16`: what they are rounded to while they are written, but for norms, which stay fp32
    static List<TensorToWrite> of(ModelConfig config, Weights weights, StoredType type) {
        WeightTensors all = new WeightTensors(config, type);
        all.add(names(config).weight(Part.EMBEDDING, 0), weights.embedding());
        for (int layer = 0; layer < weights.blocks().size(); layer++) {
            int at = layer;
            weights.blocks().get(layer).map((part, bias, tensor) -> {
                all.add(at, part, bias, tensor);
                return tensor;
            });
        }
        if (weights.finalNorm() != null) {
            all.add(0, Part.FINAL_NORM, false, weights.finalNorm());
        }
        if (weights.head() != null) {
            all.add(all.names.weight(Part.HEAD, 0), weights.head().tensor());
        }
        return all.tensors;
    }

    private void add(int layer, Part part, boolean bias, Tensor tensor) {
        ModelConfig.Heads heads = config.heads();
        long query = heads.queryWidth();
        long key = heads.keyValueWidth();
        boolean fused = config.family().storesFusedProjections();
        if (part.isNorm()) {
            add(name(layer, part, bias), StoredType.F32, tensor);
            return;
        }
        switch (part) {
            case QUERY_KEY_VALUE -> {
                if (fused) {
                    add(name(layer, part, bias), tensor);
                } else {
                    add(name(layer, Part.QUERY, bias), tensor.narrow(0, 0, query));
                    add(name(layer, Part.KEY, bias), tensor.narrow(0, query, key));
                    add(name(layer, Part.VALUE, bias), tensor.narrow(0, query + key, key));
                }
            }
            case GATE_UP -> {
                if (fused) {
                    add(name(layer, part, bias), tensor);
                } else {
                    add(name(layer, Part.GATE, bias), tensor.narrow(0, 0, config.hidden()));
                    add(name(layer, Part.UP, bias), tensor.narrow(0, config.hidden(), config.hidden()));
                }
            }
            default -> add(name(layer, part, bias), tensor);
        }
    }

    private String name(int layer, Part part, boolean bias) {
        return bias ? names.bias(part, layer) : names.weight(part, layer);
    }

    private void add(String name, Tensor tensor) {
        add(name, type, tensor);
    }

    /// Rows of a fused matrix stand one after the other: a part of them is one piece of memory. What is not fp32 is
    /// widened when its turn to be written comes.
    private void add(String name, StoredType type, Tensor tensor) {
        List<Long> shape = Arrays.stream(Shapes.of(tensor)).boxed().toList();
        tensors.add(new TensorToWrite(name, type, shape, out -> {
            try (Scope _ = Scope.noGrad()) {
                Tensor wide = tensor.detach().to(ScalarType.Float).contiguous();
                TensorToWrite.ofF32(name, type, shape, Tensors.memory(wide))
                        .content()
                        .writeTo(out);
            }
        }));
    }
}
