package dev.nla4j.train.estimate;

import dev.nla4j.nla.MemoryPlan;

/// What a training takes, before it begins.
public sealed interface Estimate permits SftEstimate, RlEstimate {
    /// What its peak is made of.
    MemoryPlan memory();

    /// Time and memory in words.
    ///
    /// @param gigaflops 10⁹ operations a second of the machine's products
    String at(double gigaflops);
}
