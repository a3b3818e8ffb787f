package dev.nla4j.data;

import dev.nla4j.activation.ActivationSchema;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The columns of each stage, under the names and in the order of the public data pipeline.
public final class DataColumns {
    public static final String EXPLANATION = "api_explanation";
    public static final String PROMPT = "prompt";
    public static final String RESPONSE = "response";
    /// What stands in stored prompts for the injection character: trainers put it in, so that the character itself is
    /// a matter of the sidecar alone.
    public static final String PLACEHOLDER = "<INJECT>";

    private static final Set<Column> MADE =
            Set.of(Column.of(EXPLANATION, ColumnKind.TEXT), Column.of(RESPONSE, ColumnKind.TEXT));

    private DataColumns() {}

    /// Whether a column is one that the pipeline makes, and can be read as what it is there.
    static boolean isOwn(Column column) {
        Column read = Column.of(column.name(), column.kind());
        return ActivationSchema.COLUMNS.contains(read) || MADE.contains(read);
    }

    /// The columns of a training stage.
    ///
    /// @param keepText whether the text stays, for people to look at
    public static List<Column> of(Stage stage, boolean keepText) {
        List<Column> columns = new ArrayList<>();
        switch (stage) {
            case BASE -> throw new IllegalArgumentException("base is no training stage");
            case AV_SFT -> {
                columns.add(Column.of(PROMPT, ColumnKind.MESSAGE_LIST));
                columns.add(Column.of(RESPONSE, ColumnKind.TEXT));
            }
            case RL -> columns.add(Column.of(PROMPT, ColumnKind.MESSAGE_LIST));
            case AR_SFT -> columns.add(Column.of(PROMPT, ColumnKind.TEXT));
        }
        columns.add(Column.of(ActivationSchema.VECTOR, ColumnKind.FLOAT_LIST));
        columns.add(Column.of(ActivationSchema.TOKENS, ColumnKind.INT64));
        columns.add(Column.of(ActivationSchema.LAYER, ColumnKind.INT64));
        columns.add(Column.of(ActivationSchema.DOCUMENT, ColumnKind.TEXT));
        if (keepText) {
            columns.add(Column.of(ActivationSchema.TEXT, ColumnKind.TEXT));
        }
        return List.copyOf(columns);
    }
}
