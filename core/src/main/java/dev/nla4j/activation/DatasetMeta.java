package dev.nla4j.activation;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a data set says of itself in the sidecar beside its Parquet file.
///
/// @param keepDebugMetadata whether the rows keep the text they were taken from
/// @param tokens of training stages, null before
public record DatasetMeta(
        String datasetId,
        Stage stage,
        long rowCount,
        Extraction extraction,
        boolean keepDebugMetadata,
        @Nullable TokenMeta tokens,
        PromptTemplates promptTemplates,
        @Nullable ApiSummaries apiSummaries,
        Provenance provenance) {
    public DatasetMeta {
        if (rowCount < 0) {
            throw new IllegalArgumentException("row_count: must be at least 0, was " + rowCount);
        }
        if (stage != Stage.BASE && (tokens == null || promptTemplates.actor() == null)) {
            throw new IllegalArgumentException("stage " + stage.yaml() + " needs tokens and prompt_templates.actor");
        }
        if (stage == Stage.AR_SFT) {
            String critic = promptTemplates.critic();
            if (critic == null) {
                throw new IllegalArgumentException("stage ar_sft needs prompt_templates.critic");
            }
            if (tokens != null && tokens.criticSuffixIds() == null && !critic.endsWith("{explanation}")) {
                throw new IllegalArgumentException(
                        "stage ar_sft needs tokens.critic_suffix_ids when its template goes on behind {explanation}");
            }
        }
    }

    /// The same with another number of rows.
    public DatasetMeta withRows(long rows) {
        return new DatasetMeta(
                datasetId,
                stage,
                rows,
                extraction,
                keepDebugMetadata,
                tokens,
                promptTemplates,
                apiSummaries,
                provenance);
    }

    /// The same by another maker.
    public DatasetMeta withCreatedBy(String maker) {
        return new DatasetMeta(
                datasetId,
                stage,
                rowCount,
                extraction,
                keepDebugMetadata,
                tokens,
                promptTemplates,
                apiSummaries,
                new Provenance(provenance.parentDatasets(), provenance.createdAt(), maker, provenance.gitCommit()));
    }

    /// How far a data set is on its way to training.
    public enum Stage {
        BASE,
        AV_SFT,
        AR_SFT,
        RL;

        /// As it is written.
        public String yaml() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// How the activations were taken; they are always raw (`norm: none`).
    ///
    /// @param corpusSlice which documents, of those selected
    /// @param windowing null when documents were not cut into windows
    /// @param minPosition null when it was the reference's
    public record Extraction(
            String baseModel,
            int dModel,
            int layerIndex,
            String corpus,
            CorpusSlice corpusSlice,
            PositionsPerDocument positionsPerDoc,
            @Nullable Windowing windowing,
            @Nullable Integer minPosition) {
        public Extraction {
            if (dModel < 1) {
                throw new IllegalArgumentException("extraction.d_model: must be at least 1, was " + dModel);
            }
            if (layerIndex < 0) {
                throw new IllegalArgumentException("extraction.layer_index: must be at least 0, was " + layerIndex);
            }
        }
    }

    /// Documents `start` to `start + length` of a corpus.
    public record CorpusSlice(long start, long length) {}

    /// Prompts with `{injection_char}` and `{explanation}` in them; null where there is none yet.
    public record PromptTemplates(
            @Nullable String actor, @Nullable String critic) {
        /// Before training stages.
        public static final PromptTemplates NONE = new PromptTemplates(null, null);
    }

    /// How the explanations of a data set were asked for.
    public record ApiSummaries(String model, int maxTokens, double temperature, String instructionPrompt) {}

    /// Where a data set comes from.
    ///
    /// @param createdAt ISO 8601, UTC
    public record Provenance(List<String> parentDatasets, String createdAt, String createdBy, String gitCommit) {
        public Provenance {
            parentDatasets = List.copyOf(parentDatasets);
        }
    }
}
