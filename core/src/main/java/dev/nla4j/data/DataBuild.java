package dev.nla4j.data;

import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetMeta.PromptTemplates;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.TokenMeta;
import dev.nla4j.format.InputException;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.RoleContent;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.nla.ExplanationText;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PromptTemplate;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes a training set of explained (or, for reinforcement learning, plain) rows: prompts, responses, and a sidecar
/// whose token ids come from the live tokenizer.
public final class DataBuild {
    private static final String TASK = "build";

    /// What prompts are made of.
    ///
    /// @param actor user message of the verbalizer, with `{injection_char}`
    /// @param critic prompt of the reconstructor, with `{explanation}`
    /// @param marker the injection character, or null to choose one
    /// @param keepText whether rows keep the text they were taken from
    public record Prompts(
            String actor, String critic, @Nullable String marker, boolean keepText) {
        /// The reconstructor's prompt when nobody names one: it ends with the explanation's own tail.
        public static final String CRITIC = "<text> {explanation}";
        /// Messages when nobody names one. Tokenizers whose tokens hold the space before them may know the character by
        /// itself only behind one.
        private static final List<String> ACTORS = List.of(
                "Explain this activation: <concept>{injection_char}</concept>",
                "Explain this activation: <concept> {injection_char}</concept>");

        /// The first of our own messages that can be used with a tokenizer; the first of all when none can.
        ///
        /// @param marker the injection character, or null for one that is chosen
        public static String actor(PromptTokens tokens, @Nullable String marker) {
            return ACTORS.stream()
                    .filter(actor -> tokens.isUsable(actor, marker))
                    .findFirst()
                    .orElse(ACTORS.getFirst());
        }
    }

    private final Prompts prompts;
    private final PromptTokens tokens;

    public DataBuild(Prompts prompts, PromptTokens tokens) {
        this.prompts = prompts;
        this.tokens = tokens;
    }

    /// Writes the training set of a stage.
    ///
    /// @return how many rows it has
    public long run(Path in, Path out, Stage stage, boolean replace, Progress progress) throws IOException {
        DataOutput.requireFree(in, out, replace);
        try (DataFile file = DataFile.open(in)) {
            file.requireStage(Stage.BASE);
            boolean explained = file.has(DataColumns.EXPLANATION, ColumnKind.TEXT);
            if (stage != Stage.RL && !explained) {
                throw new InputException(in + ": has no column " + DataColumns.EXPLANATION
                        + "; explanations come first: nla data teach");
            }
            if (file.rows() == 0) {
                throw new InputException(in + ": has no rows");
            }
            TokenMeta block =
                    tokens.block(prompts.actor(), stage == Stage.AR_SFT ? prompts.critic() : null, prompts.marker());
            return DataOutput.put(
                    out, temporary -> write(file, stage, block, temporary, progress), meta(file.meta(), stage, block));
        }
    }

    private DatasetMeta meta(DatasetMeta parent, Stage stage, TokenMeta block) {
        String id = parent.datasetId();
        return new DatasetMeta(
                stage.yaml() + "_" + (id.startsWith("base_") ? id.substring("base_".length()) : id),
                stage,
                0,
                parent.extraction(),
                prompts.keepText(),
                block,
                new PromptTemplates(prompts.actor(), prompts.critic()),
                parent.apiSummaries(),
                DataOutput.provenance(parent));
    }

    private long write(DataFile file, Stage stage, TokenMeta block, Path temporary, Progress progress)
            throws IOException {
        List<Column> columns = DataColumns.of(stage, prompts.keepText());
        List<Column> carried = columns.stream()
                .filter(column -> !column.name().equals(DataColumns.PROMPT)
                        && !column.name().equals(DataColumns.RESPONSE))
                .toList();
        List<Column> read = new ArrayList<>(carried);
        if (stage != Stage.RL) {
            read.add(Column.of(DataColumns.EXPLANATION, ColumnKind.TEXT));
        }
        Value message = new Value.Messages(List.of(new RoleContent(
                "user", PromptTemplate.of(prompts.actor(), NlaMeta.INJECTION).fill(DataColumns.PLACEHOLDER))));
        try (DataOutput output =
                DataOutput.open(temporary, columns, file.meta().extraction().dModel())) {
            for (DataFile.Rows rows = file.rows(read); rows.hasNext(); ) {
                long number = rows.row();
                List<Value> row = rows.next();
                List<Value> built = new ArrayList<>();
                switch (stage) {
                    case AV_SFT -> {
                        built.add(message);
                        built.add(new Value.Text(response(explanation(file, number, row))));
                    }
                    case AR_SFT -> built.add(new Value.Text(criticPrompt(file, number, row, block)));
                    case RL -> built.add(message);
                    case BASE -> throw new IllegalArgumentException("base is no training stage");
                }
                built.addAll(row.subList(0, carried.size()));
                output.write(built);
                progress.report(TASK + " " + stage.yaml(), rows.row(), file.rows(), "rows");
            }
            return output.rows();
        }
    }

    /// As a verbalizer is taught to write an explanation.
    public static String response(String explanation) {
        return ExplanationText.OPENING + "\n" + explanation + "\n" + ExplanationText.CLOSING;
    }

    private static String explanation(DataFile file, long number, List<Value> row) {
        String explanation = Value.text(row.getLast());
        if (explanation.isBlank() || explanation.contains(ExplanationText.CLOSING)) {
            throw new InputException(file.path() + ": row " + number + ": its explanation "
                    + (explanation.isBlank() ? "is blank" : "holds a closing tag of its own"));
        }
        return explanation;
    }

    private String criticPrompt(DataFile file, long number, List<Value> row, TokenMeta block) {
        // Readers strip explanations, so the prompt is made of what they will have.
        String prompt = PromptTemplate.of(prompts.critic(), NlaMeta.EXPLANATION)
                .fill(ExplanationText.stripped(explanation(file, number, row)));
        List<Integer> suffix = block.criticSuffixIds();
        if (suffix != null && !tokens.endsIn(prompt, suffix)) {
            throw new InputException(file.path() + ": row " + number
                    + ": the critic prompt does not end in the template's own tokens " + suffix
                    + "; the explanation's end merges with them, so the template needs a delimiter");
        }
        return prompt;
    }
}
