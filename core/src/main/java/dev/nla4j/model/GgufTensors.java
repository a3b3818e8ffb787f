package dev.nla4j.model;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.TensorSource;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Refuses GGUF files with tensors that would be left out without a word: the model would be another one.
record GgufTensors(GgufKeys keys, TensorSource tensors) {
    /// The first block tells what all have.
    static final String INPUT_BIAS = "blk.0.attn_q.bias";
    static final String OUTPUT_BIAS = "blk.0.attn_output.bias";

    private static final Pattern IN_BLOCK = Pattern.compile("blk\\.(0|[1-9]\\d{0,8})\\..*");
    private static final Set<String> BESIDE_BLOCKS = Set.of(
            "token_embd.weight",
            "output.weight",
            "output_norm.weight",
            "rope_freqs.weight",
            "rope_factors_long.weight",
            "rope_factors_short.weight");

    /// Refuses biases, blocks and tensors beside them that nothing reads. What a block may hold is
    /// [WeightShapes]' matter.
    ///
    /// @param blocks how many the header counts
    void requireKnown(int blocks) {
        boolean ofInput = tensors.names().contains(INPUT_BIAS);
        boolean ofOutput = tensors.names().contains(OUTPUT_BIAS);
        for (String name : new TreeSet<>(tensors.names())) {
            if (isBesideTheModel(name)) {
                continue;
            }
            boolean read = (ofInput && name.matches("blk\\.\\d+\\.attn_[qkv]\\.bias"))
                    || (ofOutput && name.matches("blk\\.\\d+\\.attn_output\\.bias"));
            if (name.endsWith(".bias") && !read) {
                throw new FormatException(keys.file(), -1, name, "is a bias that this program does not know");
            }
            requireKnown(name, blocks);
        }
    }

    private void requireKnown(String name, int blocks) {
        Matcher inBlock = IN_BLOCK.matcher(name);
        if (inBlock.matches()) {
            if (Integer.parseInt(inBlock.group(1)) >= blocks) {
                throw keys.wrong(
                        "block_count",
                        "is " + blocks + ", and the file has " + name + ": the model would end before its last block");
            }
        } else if (!BESIDE_BLOCKS.contains(name)) {
            throw new FormatException(
                    keys.file(),
                    -1,
                    name,
                    "is nothing that this program reads in a " + keys.architecture()
                            + ": without it the model would be another one");
        }
    }

    /// An image tower and what joins it to the model, which Ollama keeps in the same file, and heads of
    /// classifiers.
    private static boolean isBesideTheModel(String name) {
        return name.startsWith("v.") || name.startsWith("mm.") || name.startsWith("cls");
    }
}
