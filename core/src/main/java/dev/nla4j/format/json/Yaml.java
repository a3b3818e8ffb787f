package dev.nla4j.format.json;

import java.math.BigDecimal;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.DecimalNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/// Writes YAML that YAML 1.1 and 1.2 readers understand alike: PyYAML (1.1) is what other NLA tools read with.
public final class Yaml {
    private static final YAMLMapper MAPPER = YAMLMapper.builder()
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .disable(YAMLWriteFeature.SPLIT_LINES)
            .build();

    private Yaml() {}

    /// The text of a tree, keys in its order, every string in double quotes so that `no` and dates stay strings.
    public static String write(JsonNode node) {
        // raw line separators would be folded into spaces, a raw byte order mark is no printable character
        return MAPPER.writeValueAsString(withoutExponents(node))
                .replace("\u2028", "\\u2028")
                .replace("\u2029", "\\u2029")
                .replace("\ufeff", "\\ufeff");
    }

    /// YAML 1.1 takes `1.0E10` for a string.
    private static JsonNode withoutExponents(JsonNode node) {
        if (node.isObject()) {
            ObjectNode copy = JsonNodeFactory.instance.objectNode();
            node.properties().forEach(entry -> copy.set(entry.getKey(), withoutExponents(entry.getValue())));
            return copy;
        }
        if (node.isArray()) {
            ArrayNode copy = JsonNodeFactory.instance.arrayNode();
            node.forEach(element -> copy.add(withoutExponents(element)));
            return copy;
        }
        if (node.isFloatingPointNumber() && Double.isFinite(node.doubleValue())) {
            BigDecimal exact = node.decimalValue();
            return DecimalNode.valueOf(exact.setScale(Math.max(1, exact.scale())));
        }
        return node;
    }
}
