package dev.nla4j.chat.jinja;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The names of one frame (a template, a loop's body, a macro, ...) and where each has its value from when the frame is
/// entered. Jinja decides this before it runs anything, so a name that a frame sets anywhere is the frame's own
/// everywhere in it: `{% for x in y %}{{ z }}{% endfor %}{% set z = 1 %}` prints nothing, even when `z` was passed.
final class Symbols {
    /// A name's value at the start of its frame.
    enum Load {
        /// Set from outside: loop targets, parameters of macros.
        PARAMETER,
        /// What was passed to the template, or a global.
        RESOLVE,
        /// What the name means in the frame around.
        ALIAS,
        /// Nothing until the frame sets it.
        UNDEFINED
    }

    private final @Nullable Symbols parent;
    /// For a branch of an `if`: the names known before it, which it shares with the other branches.
    private final @Nullable Symbols base;
    private final Map<String, Load> loads = new LinkedHashMap<>();
    private final Set<String> stores = new HashSet<>();

    Symbols(@Nullable Symbols parent) {
        this(parent, null);
    }

    private Symbols(@Nullable Symbols parent, @Nullable Symbols base) {
        this.parent = parent;
        this.base = base;
    }

    /// Own names.
    Map<String, Load> loads() {
        return loads;
    }

    private boolean isOwn(String name) {
        for (Symbols part = this; part != null; part = part.base) {
            if (part.loads.containsKey(name)) {
                return true;
            }
        }
        return false;
    }

    private boolean isWritten(String name) {
        for (Symbols part = this; part != null; part = part.base) {
            if (part.stores.contains(name)) {
                return true;
            }
        }
        return false;
    }

    private boolean isKnownOutside(String name) {
        for (Symbols frame = parent; frame != null; frame = frame.parent) {
            if (frame.loads.containsKey(name)) {
                return true;
            }
        }
        return false;
    }

    void read(String name) {
        if (!isOwn(name) && !isKnownOutside(name)) {
            loads.put(name, Load.RESOLVE);
        }
    }

    void write(String name) {
        stores.add(name);
        if (!isOwn(name)) {
            loads.put(name, isKnownOutside(name) ? Load.ALIAS : Load.UNDEFINED);
        }
    }

    void parameter(String name) {
        stores.add(name);
        loads.put(name, Load.PARAMETER);
    }

    private Symbols branch() {
        return new Symbols(parent, this);
    }

    /// Takes in what branches of an `if` may set.
    private void merge(List<Symbols> branches) {
        Set<String> conditional = new HashSet<>();
        branches.forEach(branch -> conditional.addAll(branch.stores));
        conditional.removeIf(this::isWritten);
        for (Symbols branch : branches) {
            loads.putAll(branch.loads);
            stores.addAll(branch.stores);
        }
        conditional.forEach(name -> loads.put(name, isKnownOutside(name) ? Load.ALIAS : Load.RESOLVE));
    }

    void visitAll(List<? extends Node> nodes) {
        nodes.forEach(this::visit);
    }

    /// Notes the names that `node` reads and writes in this frame; frames inside it are left out.
    void visit(Node node) {
        switch (node) {
            case Node.Name name -> read(name.name());
            case Node.NameTarget target -> write(target.name());
            case Node.AttributeTarget target -> read(target.namespace());
            case Node.If branch -> visitIf(branch);
            case Node.Macro macro -> write(macro.name());
            case Node.Set set -> {
                visit(set.value());
                visit(set.target());
            }
            case Node.For loop -> visit(loop.iterable());
            case Node.CallBlock block -> visit(block.call());
            case Node.FilterBlock block -> visit(block.filter());
            case Node.With with -> visitAll(with.values());
            case Node.SetBlock set -> visit(set.target());
            case Node.Autoescape _, Node.Generation _ -> {}
            default -> visitAll(NodeChildren.of(node));
        }
    }

    private void visitIf(Node.If node) {
        visit(node.test());
        Symbols body = branch();
        body.visitAll(node.body());
        Symbols elifs = branch();
        elifs.visitAll(node.elifs());
        Symbols otherwise = branch();
        otherwise.visitAll(node.otherwise());
        merge(List.of(body, elifs, otherwise));
    }

    /// Notes the names of `target` as set from outside.
    void parameters(Node.Target target) {
        switch (target) {
            case Node.NameTarget name -> parameter(name.name());
            case Node.TupleTarget tuple -> tuple.items().forEach(this::parameters);
            case Node.AttributeTarget attribute -> read(attribute.namespace());
        }
    }
}
