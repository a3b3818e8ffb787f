package dev.nla4j.train.config;

import dev.nla4j.data.DataSplit.Part;
import dev.nla4j.nla.Role;
import dev.nla4j.tensor.DType;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a training command is told: `target`, `data`, `folder`, `train`.
///
/// @param model target and base of both adapters
/// @param dtype of its weights
/// @param data where rows come from; their sidecars name the block
/// @param folder that holds data, runs and the pair made
/// @param train how both roles learn
public record RunConfig(String model, DType dtype, Data data, Path folder, TrainConfig train) {
    private static final String MODEL = "smollm2-135m-instruct";

    /// The data sets.
    ///
    /// @param av rows of stage av_sft
    /// @param ar rows of stage ar_sft
    /// @param heldOut explained rows of other documents
    /// @param rl activations that joint learning writes about; empty: `rl.parquet` beside the others, else those of
    /// `ar`
    /// @param transcripts tokens of conversations, by which joint learning checks claims about next tokens
    public record Data(Path av, Path ar, Path heldOut, Optional<Path> rl, Optional<Path> transcripts) {
        /// The rows that a half's warm start learns from.
        public Path of(Role role) {
            return role == Role.VERBALIZER ? av : ar;
        }

        /// As `train all` makes them in a run's folder.
        public static Data in(Path folder) {
            RunPaths paths = new RunPaths(folder);
            return new Data(
                    paths.prompts(Part.AV_SFT),
                    paths.prompts(Part.AR_SFT),
                    paths.explained(Part.EVAL),
                    Optional.of(paths.prompts(Part.RL)),
                    Optional.empty());
        }
    }

    /// What lies where in the folder.
    public RunPaths paths() {
        return new RunPaths(folder);
    }

    /// The pair that joint learning begins with.
    public Path warmStart() {
        return train.rl().start().warmStart().map(Path::of).orElse(paths().pair());
    }

    /// What a run of this part depends on: a second start must say the same.
    ///
    /// @param resolved the whole configuration, defaults included
    /// @param path of the part, say `train.sft.av`
    public static ObjectNode part(ObjectNode resolved, String path) {
        ObjectNode part = resolved.objectNode();
        part.set("target", resolved.path("target"));
        part.set("data", resolved.path("data"));
        JsonNode from = resolved;
        ObjectNode to = part;
        String[] keys = path.split("\\.", -1);
        for (int i = 0; i < keys.length - 1; i++) {
            from = from.path(keys[i]);
            to = to.putObject(keys[i]);
        }
        to.set(keys[keys.length - 1], from.path(keys[keys.length - 1]));
        return part;
    }

    /// Reads a whole configuration; the caller ends with [Section#done].
    public static RunConfig read(Section top) {
        Path folder = Path.of(top.text("folder"));
        Section target = top.section("target");
        String model = target.text("model", MODEL);
        DType dtype = target.choice("dtype", DType.class, DType.preferred());
        Section section = top.section("data");
        Data usual = Data.in(folder);
        String av = section.text("av", usual.av().toString());
        String ar = section.text("ar", usual.ar().toString());
        String heldOut = section.text("held-out", usual.heldOut().toString());
        Optional<Path> rl = section.optionalText("rl").map(Path::of);
        Optional<Path> transcripts = section.optionalText("transcripts").map(Path::of);
        Data data = new Data(Path.of(av), Path.of(ar), Path.of(heldOut), rl, transcripts);
        return new RunConfig(model, dtype, data, folder, TrainConfig.read(top));
    }
}
