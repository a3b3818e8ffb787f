package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The children of nodes, in the order in which Jinja looks through them.
final class NodeChildren {
    private final List<Node> children = new ArrayList<>();

    private NodeChildren() {}

    static List<Node> of(Node node) {
        NodeChildren collector = new NodeChildren();
        switch (node) {
            case Node.Expr expr -> collector.ofExpr(expr);
            case Node.TupleTarget tuple -> collector.children.addAll(tuple.items());
            case Node.NameTarget _, Node.AttributeTarget _ -> {}
            case Node.Stmt stmt -> collector.ofStmt(stmt);
        }
        return collector.children;
    }

    private void ofExpr(Node.Expr expr) {
        switch (expr) {
            case Node.Data _, Node.Literal _, Node.Name _ -> {}
            case Node.TupleExpr tuple -> children.addAll(tuple.items());
            case Node.ListExpr list -> children.addAll(list.items());
            case Node.DictExpr dict ->
                dict.items().forEach(pair -> {
                    children.add(pair.key());
                    children.add(pair.value());
                });
            case Node.Unary unary -> children.add(unary.operand());
            case Node.Binary binary -> {
                children.add(binary.left());
                children.add(binary.right());
            }
            case Node.Logical logical -> {
                children.add(logical.left());
                children.add(logical.right());
            }
            case Node.Not not -> children.add(not.operand());
            case Node.Concat concat -> children.addAll(concat.items());
            case Node.Compare compare -> {
                children.add(compare.first());
                compare.rest().forEach(operand -> children.add(operand.value()));
            }
            case Node.Condition condition -> {
                children.add(condition.test());
                children.add(condition.then());
                add(condition.otherwise());
            }
            case Node.Getattr getattr -> children.add(getattr.target());
            case Node.Getitem getitem -> {
                children.add(getitem.target());
                children.add(getitem.index());
            }
            case Node.Slice slice -> {
                children.add(slice.target());
                add(slice.start());
                add(slice.stop());
                add(slice.step());
            }
            case Node.Call call -> {
                children.add(call.callee());
                add(call.passed());
            }
            case Node.Filter filter -> {
                add(filter.subject());
                add(filter.passed());
            }
            case Node.Test test -> {
                children.add(test.subject());
                add(test.passed());
            }
        }
    }

    private void ofStmt(Node.Stmt stmt) {
        switch (stmt) {
            case Node.Output output -> children.addAll(output.items());
            case Node.If branch -> {
                children.add(branch.test());
                children.addAll(branch.body());
                children.addAll(branch.elifs());
                children.addAll(branch.otherwise());
            }
            case Node.For loop -> {
                children.add(loop.target());
                children.add(loop.iterable());
                children.addAll(loop.body());
                children.addAll(loop.otherwise());
                add(loop.test());
            }
            case Node.Break _, Node.Continue _ -> {}
            case Node.Set set -> {
                children.add(set.target());
                children.add(set.value());
            }
            case Node.SetBlock set -> {
                children.add(set.target());
                add(set.filter());
                children.addAll(set.body());
            }
            case Node.Macro macro -> {
                children.addAll(macro.signature().defaults());
                children.addAll(macro.body());
            }
            case Node.CallBlock block -> {
                children.add(block.call());
                children.addAll(block.signature().defaults());
                children.addAll(block.body());
            }
            case Node.Generation generation -> children.addAll(generation.body());
            case Node.FilterBlock block -> {
                children.addAll(block.body());
                children.add(block.filter());
            }
            case Node.With with -> {
                children.addAll(with.targets());
                children.addAll(with.values());
                children.addAll(with.body());
            }
            case Node.Autoescape autoescape -> {
                children.add(autoescape.value());
                children.addAll(autoescape.body());
            }
        }
    }

    private void add(@Nullable Node node) {
        if (node != null) {
            children.add(node);
        }
    }

    private void add(Node.Passed passed) {
        children.addAll(passed.positional());
        passed.named().forEach(named -> children.add(named.value()));
        add(passed.star());
        add(passed.doubleStar());
    }
}
