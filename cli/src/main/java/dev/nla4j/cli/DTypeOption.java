package dev.nla4j.cli;

import dev.nla4j.tensor.DType;
import picocli.CommandLine.Option;

/// The dtype of matrix products, for work.
final class DTypeOption {
    @Option(
            names = "--dtype",
            paramLabel = "fp32|bf16",
            defaultValue = "bf16",
            description = "Dtype of weights and matrix products (default: ${DEFAULT-VALUE}).")
    DType dtype = DType.BF16;
}
