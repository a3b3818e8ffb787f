package dev.nla4j.chat.jinja;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Finds which of some special names (`loop`, `caller`, ...) a body reads before anything in it sets them.
final class NameSearch {
    private final Set<String> wanted;
    private final Set<String> found = new HashSet<>();

    private NameSearch(Set<String> wanted) {
        this.wanted = new HashSet<>(wanted);
    }

    static Set<String> undeclared(List<? extends Node> body, Set<String> names) {
        NameSearch search = new NameSearch(names);
        body.forEach(search::visit);
        return search.found;
    }

    private void visit(Node node) {
        switch (node) {
            case Node.Name name -> {
                if (wanted.contains(name.name())) {
                    found.add(name.name());
                }
            }
            case Node.NameTarget target -> wanted.remove(target.name());
            case Node.Macro macro -> {
                macro.signature().parameters().forEach(wanted::remove);
                NodeChildren.of(node).forEach(this::visit);
            }
            case Node.CallBlock block -> {
                visit(block.call());
                block.signature().parameters().forEach(wanted::remove);
                block.signature().defaults().forEach(this::visit);
                block.body().forEach(this::visit);
            }
            default -> NodeChildren.of(node).forEach(this::visit);
        }
    }

    /// Whether something in `node` assigns to `name`; parameters don't count.
    static boolean isAssigned(String name, Node node) {
        return switch (node) {
            case Node.NameTarget target -> target.name().equals(name);
            case Node.With with ->
                with.values().stream().anyMatch(value -> isAssigned(name, value))
                        || with.body().stream().anyMatch(stmt -> isAssigned(name, stmt));
            default -> NodeChildren.of(node).stream().anyMatch(child -> isAssigned(name, child));
        };
    }
}
