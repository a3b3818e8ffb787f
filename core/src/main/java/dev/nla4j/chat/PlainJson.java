package dev.nla4j.chat;

import dev.nla4j.format.InputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// JSON trees to plain values.
final class PlainJson {
    private PlainJson() {}

    static Map<String, @Nullable Object> map(JsonNode object) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        object.properties().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
        return map;
    }

    static @Nullable Object value(JsonNode node) {
        return switch (node.getNodeType()) {
            case NULL -> null;
            case BOOLEAN -> node.booleanValue();
            case STRING -> node.stringValue();
            case NUMBER -> node.isIntegralNumber() ? node.bigIntegerValue() : (Object) node.doubleValue();
            case ARRAY -> {
                List<@Nullable Object> items = new ArrayList<>();
                node.forEach(item -> items.add(value(item)));
                yield items;
            }
            case OBJECT -> map(node);
            case BINARY, MISSING, POJO ->
                throw new InputException("a conversation holds " + node.getNodeType() + ", which is no JSON");
        };
    }
}
