package dev.nla4j.data;

import dev.nla4j.format.BoundedLine;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Conversations with all their tokens, as JSON lines beside the activations taken from them: stored rows leave special
/// tokens out, so that their text does not give the tokens back.
public final class Transcripts {
    private static final int LONGEST_LINE = 64 << 20;

    private Transcripts() {}

    /// Where the transcripts of a file of activations lie.
    public static Path beside(Path activations) {
        String name = String.valueOf(activations.getFileName());
        String stem = name.endsWith(".parquet") ? name.substring(0, name.length() - ".parquet".length()) : name;
        return activations.resolveSibling(stem + ".transcripts.jsonl");
    }

    /// Each conversation's tokens by its document id.
    ///
    /// @param vocabulary how many ids the model has; those of a larger one are another model's
    /// @throws FormatException when a line is no transcript
    public static Map<String, int[]> tokens(Path file, int vocabulary) {
        Map<String, int[]> tokens = new HashMap<>();
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = BoundedLine.read(lines, file, 1, LONGEST_LINE);
                    line != null;
                    line = BoundedLine.read(lines, file, number + 1, LONGEST_LINE)) {
                number++;
                JsonNode node = Json.mapper().readTree(line);
                JsonNode ids = node.path("ids");
                if (!node.path("doc_id").isString() || !ids.isArray()) {
                    throw new FormatException(file, -1, "line " + number, "has no doc_id or no ids");
                }
                int[] row = new int[ids.size()];
                for (int i = 0; i < row.length; i++) {
                    if (!ids.get(i).isIntegralNumber() || !ids.get(i).canConvertToInt()) {
                        throw new FormatException(file, -1, "line " + number, "ids: must be whole numbers");
                    }
                    row[i] = ids.get(i).intValue();
                    if (row[i] < 0 || row[i] >= vocabulary) {
                        throw new FormatException(
                                file,
                                -1,
                                "line " + number,
                                "ids: must be below the model's " + vocabulary + " and not negative, one is " + row[i]);
                    }
                }
                if (tokens.put(node.path("doc_id").stringValue(), row) != null) {
                    throw new FormatException(file, -1, "line " + number, "doc_id: stands on an earlier line too");
                }
            }
            return tokens;
        } catch (IOException e) {
            throw new FormatException(file, -1, "file", "can't be read: " + FileProblem.reason(e), e);
        } catch (JacksonException e) {
            throw new FormatException(file, -1, "line " + number, "is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }
}
