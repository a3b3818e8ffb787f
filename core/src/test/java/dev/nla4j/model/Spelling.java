package dev.nla4j.model;

import dev.nla4j.format.json.Json;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// One small configuration as transformers 4 writes it and as transformers 5 does.
///
/// @param prefixes of tensor names in a folder of each
record Spelling(String name, String old, String recent, List<String> prefixes) {
    static Stream<Spelling> all() throws URISyntaxException {
        return Json.read(
                        Path.of(Spelling.class
                                .getResource("/model/spellings.json")
                                .toURI()),
                        1 << 20)
                .valueStream()
                .map(c -> new Spelling(
                        c.path("name").stringValue(),
                        c.path("old").toString(),
                        c.path("new").toString(),
                        c.has("prefixes")
                                ? c.path("prefixes")
                                        .valueStream()
                                        .map(JsonNode::stringValue)
                                        .toList()
                                : List.of("model.", "model.")));
    }

    @Override
    public String toString() {
        return name;
    }
}
