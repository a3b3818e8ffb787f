package dev.nla4j.train.config;

import dev.nla4j.nla.Role;

/// The `train` section: warm starts of both roles, then joint reinforcement learning.
///
/// @param av supervised warm start of the verbalizer (`train.sft.av`)
/// @param ar supervised warm start of the reconstructor (`train.sft.ar`)
/// @param rl joint reinforcement learning (`train.rl`)
public record TrainConfig(SftConfig av, SftConfig ar, RlConfig rl) {
    /// The supervised warm start of a half.
    public SftConfig sft(Role role) {
        return role == Role.VERBALIZER ? av : ar;
    }

    /// Reads the section `train` of a configuration. The caller ends with [Section#done] on the top.
    public static TrainConfig read(Section top) {
        Section train = top.section("train");
        Section sft = train.section("sft");
        return new TrainConfig(
                SftConfig.read(sft.section(Role.VERBALIZER.label()), true),
                SftConfig.read(sft.section(Role.RECONSTRUCTOR.label()), false),
                RlConfig.read(train.section("rl")));
    }
}
