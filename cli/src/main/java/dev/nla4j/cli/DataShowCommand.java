package dev.nla4j.cli;

import dev.nla4j.activation.DatasetSidecar;
import dev.nla4j.activation.Vectors;
import dev.nla4j.data.DataFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.Value;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `nla data show`.
@Command(
        name = "show",
        description = "Show a data set's sidecar, columns and first rows. Vectors are shown by their norm.",
        footer = {"", "Example: nla data show data/av_sft.parquet --rows 2"})
final class DataShowCommand implements Callable<Integer> {
    @Parameters(paramLabel = "F.parquet", description = "Data set of any stage.")
    Path input = Path.of("");

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "1",
            description = "Rows to show (default: ${DEFAULT-VALUE}).")
    int rows;

    @Option(names = "--from", paramLabel = "N", defaultValue = "0", description = "First row (default: 0).")
    long from;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        if (rows < 0 || from < 0) {
            throw new IllegalArgumentException("--rows and --from: must be 0 or more, were " + rows + " and " + from);
        }
        try (DataFile file = DataFile.open(input)) {
            if (from > 0 && from >= file.rows()) {
                throw new IllegalArgumentException(
                        "--from: must be below the number of rows, " + file.rows() + ", was " + from);
            }
            List<ObjectNode> shown = new ArrayList<>();
            DataFile.Rows reader = file.allRows();
            reader.skip(from);
            while (reader.hasNext() && shown.size() < rows) {
                shown.add(row(file.columns(), reader.next()));
            }
            if (json) {
                ObjectNode node = Json.mapper().createObjectNode();
                node.set(
                        "sidecar",
                        Json.mapper().valueToTree(Json.readYaml(DatasetSidecar.pathFor(input.toString()), 1 << 20)));
                ObjectNode columns = node.putObject("columns");
                file.columns().forEach(column -> columns.put(column.name(), column.description()));
                ArrayNode list = node.putArray("rows");
                shown.forEach(list::add);
                System.out.println(node);
            } else {
                System.out.println(DatasetSidecar.text(file.meta()));
                file.columns().forEach(column -> System.out.println(FormatException.escaped(column.toString())));
                shown.forEach(DataShowCommand::print);
            }
        }
        return ExitCode.OK;
    }

    private static void print(ObjectNode row) {
        System.out.println();
        row.properties()
                .forEach(entry -> System.out.println(FormatException.escaped(entry.getKey()) + ": "
                        + FormatException.escaped(
                                entry.getValue().isString()
                                        ? entry.getValue().stringValue()
                                        : entry.getValue().toString())));
    }

    private static ObjectNode row(List<Column> columns, List<Value> row) {
        ObjectNode node = Json.mapper().createObjectNode();
        for (int i = 0; i < row.size(); i++) {
            String name = columns.get(i).name();
            switch (row.get(i)) {
                case Value.Int64(long value) -> node.put(name, value);
                case Value.Text(String text) -> node.put(name, text);
                case Value.Floats(float[] values) -> node.put(name + " (norm)", Vectors.norm(values));
                case Value.Messages messages -> {
                    ArrayNode list = node.putArray(name);
                    messages.values()
                            .forEach(message ->
                                    list.addObject().put("role", message.role()).put("content", message.content()));
                }
            }
        }
        return node;
    }
}
