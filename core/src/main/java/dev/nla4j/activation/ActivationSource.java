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
    /// @param positions for each window ascending indices into it; the last one is the window's last token
    /// @return one vector a position, window after window
    float[][] activations(List<int[]> windows, List<int[]> positions);
}
