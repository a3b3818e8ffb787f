package dev.nla4j.nla.lint;

import java.util.Locale;

/// The checks, in the order of a report. `docs/design/lint.md` says of each what it finds.
public enum Check {
    FOLDER,
    SIDECAR,
    ROLE,
    WIDTH,
    INJECTION_SCALE,
    MSE_SCALE,
    RAWVAR,
    TOKENIZER,
    TOKEN_IDS,
    CHAT_TEMPLATE,
    MARKER_TOKEN,
    MARKER_IN_PROMPT,
    NEIGHBOURS,
    EXPLANATION_SLOT,
    SUFFIX_IDS,
    BOS,
    CONFIG,
    LAYER_COUNT,
    LAYER_ARRAYS,
    ADAPTER,
    BASE_HASH,
    WEIGHT_FILES,
    TENSORS,
    FINAL_NORM,
    FINITE,
    WEIGHTS_WHOLE,
    VALUE_HEAD,
    VALUE_HEAD_SHAPE,
    VALUE_HEAD_WHOLE,
    VALUE_HEAD_IDENTITY,
    TARGET_TOKENIZER,
    TARGET_ARCHITECTURE,
    TEMPLATES_AGREE,
    MARKERS_AGREE,
    LAYERS_AGREE,
    WIDTHS_AGREE,
    BASES_AGREE,
    TOKENIZERS_AGREE,
    ARCHITECTURES_AGREE,
    DATA,
    READS_TEXT;

    /// The stable name of the check's row.
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
