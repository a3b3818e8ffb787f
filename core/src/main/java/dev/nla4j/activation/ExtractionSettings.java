package dev.nla4j.activation;

import org.jspecify.annotations.Nullable;

/// Everything that decides what an extraction's rows are. A run is resumed only with equal settings.
///
/// @param windowing null to take each document's beginning
/// @param maxLength most tokens of a document when it is not cut into windows
/// @param batchTokens most tokens of a batch, padding counted; a longer window is a batch of its own
/// @param createdBy the program, for the sidecar
public record ExtractionSettings(
        Target target,
        PositionSampler sampler,
        @Nullable Windowing windowing,
        int maxLength,
        int batchTokens,
        String createdBy) {
    /// The reference's lowest position.
    public static final int DEFAULT_MIN_POSITION = 50;

    public ExtractionSettings {
        if (maxLength < 1) {
            throw new IllegalArgumentException("max-length: must be at least 1, was " + maxLength);
        }
        if (batchTokens < 1) {
            throw new IllegalArgumentException("batch-tokens: must be at least 1, was " + batchTokens);
        }
    }

    /// What activations are taken from.
    ///
    /// @param model as the sidecar names it
    /// @param fingerprint of the weights and the precision they run in; equal ones give equal activations
    /// @param layer the block after which the residual stream is taken
    /// @param dimension of the residual stream
    public record Target(String model, String fingerprint, int layer, int dimension) {
        public Target {
            if (layer < 0) {
                throw new IllegalArgumentException("layer: must be at least 0, was " + layer);
            }
            if (dimension < 1) {
                throw new IllegalArgumentException("dimension: must be at least 1, was " + dimension);
            }
        }
    }
}
