package dev.nla4j.cli;

import dev.nla4j.tensor.DType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The dtype of weights and matrix products, for work.
final class DTypeOption {
    @Option(
            names = "--dtype",
            paramLabel = "fp32|bf16",
            description =
                    "Dtype of weights and matrix products (default: bf16 where the processor has units for it, AMX"
                            + " or AVX-512 with bf16, else fp32). bf16 needs about half the memory; on AVX2 in wide models only.")
    @Nullable
    DType given;

    /// The one given, else the faster one on this processor.
    DType dtype() {
        return given == null ? DType.preferred() : given;
    }
}
