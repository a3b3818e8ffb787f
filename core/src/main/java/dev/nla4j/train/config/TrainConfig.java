package dev.nla4j.train.config;

/// The `train` section: warm starts of both roles, then joint reinforcement learning.
///
/// @param av supervised warm start of the verbalizer (`train.sft.av`)
/// @param ar supervised warm start of the reconstructor (`train.sft.ar`)
/// @param rl joint reinforcement learning (`train.rl`)
public record TrainConfig(SftConfig av, SftConfig ar, RlConfig rl) {
    /// Reads the section `train` of a configuration. The caller ends with [Section#done] on the top.
    public static TrainConfig read(Section top) {
        Section train = top.section("train");
        Section sft = train.section("sft");
        return new TrainConfig(
                SftConfig.read(sft.section("av"), true),
                SftConfig.read(sft.section("ar"), false),
                RlConfig.read(train.section("rl")));
    }
}
