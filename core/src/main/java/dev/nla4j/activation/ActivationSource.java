package dev.nla4j.activation;

import java.util.List;

/// Runs the target model up to the extracted layer.
@FunctionalInterface
public interface ActivationSource {
    /// The residual stream at the given positions of each window, raw.
    ///
    /// A row depends on its window alone as far as the matmul library allows. Calls with the same arguments must
    /// give the same bits: resuming relies on it.
    ///
    /// @param windows token ids, one batch; of different lengths, longest first
    /// @param positions for each window ascending indices into it
    /// @return one vector a position, window after window
    float[][] activations(List<int[]> windows, List<int[]> positions);

    /// How many of a window's tokens must be given: attention looks back only, so those up to the last chosen one, but
    /// for models that turn all positions otherwise from some length on.
    ///
    /// @param tokens up to the last chosen one
    /// @param all tokens of the window
    default int needed(int tokens, int all) {
        return tokens;
    }
}
