package dev.nla4j.model;

import java.util.Arrays;
import java.util.Optional;

/// The model families whose algebra [Decoder] speaks, by the names that `config.json` (`model_type`) and GGUF
/// (`general.architecture`) give them.
public enum Family {
    LLAMA("llama", "llama"),
    /// GGUF files of Mistral call themselves llama.
    MISTRAL("mistral", "llama"),
    QWEN2("qwen2", "qwen2"),
    QWEN3("qwen3", "qwen3"),
    GEMMA("gemma", "gemma"),
    GEMMA2("gemma2", "gemma2"),
    GEMMA3("gemma3_text", "gemma3"),
    PHI3("phi3", "phi3");

    private final String modelType;
    private final String architecture;

    Family(String modelType, String architecture) {
        this.modelType = modelType;
        this.architecture = architecture;
    }

    /// `model_type` in config.json.
    public String modelType() {
        return modelType;
    }

    /// `general.architecture` in a GGUF.
    public String architecture() {
        return architecture;
    }

    /// Whether it is one of Gemma's.
    public boolean isGemma() {
        return this == GEMMA || this == GEMMA2 || this == GEMMA3;
    }

    /// What is added to norm weights as safetensors store them: Gemma's are offsets from one.
    public double storedNormOffset() {
        return isGemma() ? 1 : 0;
    }

    /// What embeddings of `dim` numbers are multiplied by.
    public double embedScale(int dim) {
        return isGemma() ? Math.sqrt(dim) : 1;
    }

    /// Whether a block has norms after attention and after the feed-forward layer too.
    public boolean hasSandwichNorms() {
        return this == GEMMA2 || this == GEMMA3;
    }

    /// Whether queries and keys are normalised head by head.
    public boolean hasHeadNorms() {
        return this == QWEN3 || this == GEMMA3;
    }

    /// Whether a configuration says which of its layers see a window; the other classes look at no `layer_types`.
    public boolean namesWindowedLayers() {
        return this == QWEN2 || this == QWEN3 || hasSandwichNorms();
    }

    /// Whether `attention_bias` gives the projections of attention a bias: other classes never have one, or always.
    public boolean choosesBias() {
        return this != MISTRAL && this != PHI3 && this != QWEN2;
    }

    /// Whether q, k, v are stored as one matrix, and gate and up as one.
    public boolean storesFusedProjections() {
        return this == PHI3;
    }

    /// The family of a `model_type`.
    public static Optional<Family> ofModelType(String name) {
        return Arrays.stream(values()).filter(f -> f.modelType.equals(name)).findFirst();
    }

    /// The family of a GGUF's `general.architecture`.
    public static Optional<Family> ofArchitecture(String name) {
        return Arrays.stream(values()).filter(f -> f.architecture.equals(name)).findFirst();
    }
}
