package dev.nla4j.format.parquet;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.parquet.Leaf.PhysicalType;
import dev.nla4j.format.parquet.SchemaElement.Repetition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/// Makes top-level columns of the footer's flat list of schema nodes.
final class SchemaTree {
    private static final int DEEPEST = 32;
    /// Each leaf's path repeats the names above it.
    private static final int LONGEST_PATH = 2000;

    private final Path file;
    private final List<SchemaElement> elements;
    private int next;
    private int leaves;

    private SchemaTree(Path file, List<SchemaElement> elements) {
        this.file = file;
        this.elements = elements;
    }

    /// A top-level column with the leaves that hold its values: one, or role and content of a message list.
    record FileColumn(Column column, List<Leaf> leaves) {}

    /// @param totalLeaves leaves of all columns: every row group has a chunk for each
    record Tree(Map<String, FileColumn> columns, int totalLeaves) {}

    private record Node(
            SchemaElement element, List<Node> children, int leaf, String path, int repetition, int definition) {
        boolean repeated() {
            return element.repetition() == Repetition.REPEATED;
        }

        Leaf asLeaf(int elementDefinition) {
            PhysicalType type = Objects.requireNonNull(element.type());
            return new Leaf(leaf, path, type, repetition, definition, elementDefinition);
        }
    }

    static Tree of(Path file, List<SchemaElement> elements) {
        var tree = new SchemaTree(file, elements);
        if (elements.isEmpty() || !elements.getFirst().isGroup()) {
            throw tree.problem("has no columns");
        }
        Node root = tree.node("", 0, 0, 0);
        if (tree.next != elements.size()) {
            throw tree.problem("has " + elements.size() + " nodes, of which only " + tree.next + " hang together");
        }
        Map<String, FileColumn> columns = new LinkedHashMap<>();
        for (Node node : root.children()) {
            if (columns.put(node.element().name(), column(node)) != null) {
                throw tree.problem("has two columns named " + node.element().name());
            }
        }
        return new Tree(columns, tree.leaves);
    }

    private Node node(String parent, int depth, int repetition, int definition) {
        if (depth > DEEPEST) {
            throw problem("is nested deeper than " + DEEPEST);
        }
        if (next >= elements.size()) {
            throw problem("ends before all children were listed");
        }
        SchemaElement element = elements.get(next++);
        String path = depth < 2 ? element.name() : parent + "." + element.name();
        if (path.length() > LONGEST_PATH) {
            throw problem("has a column whose path has more than " + LONGEST_PATH + " characters");
        }
        int myRepetition = repetition;
        int myDefinition = definition;
        if (depth > 0 && element.repetition() != Repetition.REQUIRED) {
            myDefinition++;
            myRepetition += element.repetition() == Repetition.REPEATED ? 1 : 0;
        }
        int leaf = element.isGroup() ? -1 : leaves++;
        List<Node> children = new ArrayList<>();
        for (int i = 0; i < element.children(); i++) {
            children.add(node(path, depth + 1, myRepetition, myDefinition));
        }
        return new Node(element, children, leaf, path, myRepetition, myDefinition);
    }

    private static FileColumn column(Node node) {
        SchemaElement element = node.element();
        if (element.isInteger() && !node.repeated()) {
            return single(node, ColumnKind.INT64);
        }
        if (element.isText() && !node.repeated()) {
            return single(node, ColumnKind.TEXT);
        }
        if (element.isList() && node.children().size() == 1 && node.repetition() == 0) {
            return list(node, node.children().getFirst());
        }
        return other(node, describe(node));
    }

    /// `repeated` is the repeated node below the list: the group that wraps the element, or the element itself.
    private static FileColumn list(Node node, Node repeated) {
        if (!repeated.repeated()) {
            return other(node, describe(node));
        }
        boolean wrapped = repeated.element().isGroup() && repeated.children().size() == 1;
        Node element = wrapped ? repeated.children().getFirst() : repeated;
        int elementDefinition = repeated.definition();
        if (element.repetition() != 1) {
            return other(node, describe(node));
        }
        if (element.element().isFloat()) {
            String number = element.element().type() == PhysicalType.DOUBLE ? "double" : "halffloat";
            String description = element.element().type() == PhysicalType.FLOAT
                    ? ColumnKind.FLOAT_LIST.description()
                    : "list<" + number + ">";
            return new FileColumn(
                    new Column(node.element().name(), ColumnKind.FLOAT_LIST, description),
                    List.of(element.asLeaf(elementDefinition)));
        }
        List<Leaf> messages = new ArrayList<>();
        for (String field : List.of("role", "content")) {
            for (Node child : element.children()) {
                if (child.element().name().equals(field) && child.element().isText() && child.repetition() == 1) {
                    messages.add(child.asLeaf(elementDefinition));
                }
            }
        }
        if (messages.size() != 2) {
            return other(node, describe(node));
        }
        ColumnKind kind = ColumnKind.MESSAGE_LIST;
        String description = element.children().size() == 2 ? kind.description() : describe(node);
        return new FileColumn(new Column(node.element().name(), kind, description), messages);
    }

    private static FileColumn single(Node node, ColumnKind kind) {
        String meaning = node.element().meaning();
        String description = meaning == null ? kind.description() : meaning;
        return new FileColumn(new Column(node.element().name(), kind, description), List.of(node.asLeaf(0)));
    }

    private static FileColumn other(Node node, String description) {
        return new FileColumn(new Column(node.element().name(), ColumnKind.OTHER, description), List.of());
    }

    private static String describe(Node node) {
        SchemaElement element = node.element();
        PhysicalType type = element.type();
        if (type != null) {
            String name = element.isHalf() ? "halffloat" : type.name().toLowerCase(Locale.ROOT);
            return node.repeated() ? "repeated " + name : name;
        }
        if (element.isList() && node.children().size() == 1) {
            Node repeated = node.children().getFirst();
            return "list<"
                    + (repeated.children().size() == 1
                            ? describe(repeated.children().getFirst())
                            : describe(repeated))
                    + ">";
        }
        return "struct of " + node.children().size();
    }

    private FormatException problem(String problem) {
        return new FormatException(file, -1, "schema", problem);
    }
}
