package dev.nla4j.nla.lint;

import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What is wrong with a checkpoint, and what is not.
///
/// @param reconstructor the other half, null where it does not lie apart
/// @param against the target's name, null when none was given
/// @param data the file of activations, null when none was given
public record LintReport(
        Path checkpoint,
        @Nullable Path reconstructor,
        @Nullable String against,
        @Nullable Path data,
        List<Row> rows) {
    /// Raised when a key of [#json] changes its meaning or goes away; new keys and new checks do not raise it.
    public static final int SCHEMA = 1;

    public LintReport {
        rows = List.copyOf(rows);
    }

    /// Whether any row fails.
    public boolean failed() {
        return count(State.FAIL) > 0;
    }

    /// The worst state of any row; rows not run do not count.
    public State verdict() {
        return failed() ? State.FAIL : count(State.WARN) > 0 ? State.WARN : State.OK;
    }

    /// How many rows are in a state.
    public long count(State state) {
        return rows.stream().filter(row -> row.state() == state).count();
    }

    /// The report as `docs/design/lint.md` documents it.
    public ObjectNode json() {
        ObjectNode document = Json.mapper().createObjectNode();
        document.put("schema", SCHEMA).put("checkpoint", checkpoint.toString());
        document.put("nla_ar", reconstructor == null ? null : reconstructor.toString());
        document.put("against", against);
        document.put("data", data == null ? null : data.toString());
        document.put("verdict", verdict().json());
        ObjectNode counts = document.putObject("counts");
        for (State state : State.values()) {
            counts.put(state.json(), count(state));
        }
        ArrayNode list = document.putArray("rows");
        for (Row row : rows) {
            list.addObject()
                    .put("check", row.check().id())
                    .put("half", row.half())
                    .put("state", row.state().json())
                    .put("found", row.found())
                    .put("mend", row.mend().isEmpty() ? null : row.mend());
        }
        return document;
    }
}
