package dev.nla4j.chat.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A node of a template's tree; `line` is where it stands.
sealed interface Node permits Node.Expr, Node.Target, Node.Stmt {
    int line();

    /// What has a value.
    sealed interface Expr extends Node
            permits Data,
                    Literal,
                    Name,
                    TupleExpr,
                    ListExpr,
                    DictExpr,
                    Unary,
                    Binary,
                    Logical,
                    Not,
                    Concat,
                    Compare,
                    Condition,
                    Getattr,
                    Getitem,
                    Slice,
                    Call,
                    Filter,
                    Test {}

    /// What can be assigned to.
    sealed interface Target extends Node permits NameTarget, TupleTarget, AttributeTarget {}

    /// What is done for its effect.
    sealed interface Stmt extends Node
            permits Output,
                    If,
                    For,
                    Break,
                    Continue,
                    Set,
                    SetBlock,
                    Macro,
                    CallBlock,
                    Generation,
                    FilterBlock,
                    With,
                    Autoescape {}

    /// Text of the template itself.
    record Data(int line, String text) implements Expr {}

    record Literal(int line, Value value) implements Expr {}

    record Name(int line, String name) implements Expr {}

    record TupleExpr(int line, List<Expr> items) implements Expr {}

    record ListExpr(int line, List<Expr> items) implements Expr {}

    record DictExpr(int line, List<Pair> items) implements Expr {}

    record Pair(Expr key, Expr value) {}

    /// `+` or `-` before a number.
    record Unary(int line, String operator, Expr operand) implements Expr {}

    /// Arithmetic.
    record Binary(int line, String operator, Expr left, Expr right) implements Expr {}

    /// `and` (when `conjunction`) or `or`.
    record Logical(int line, boolean conjunction, Expr left, Expr right) implements Expr {}

    record Not(int line, Expr operand) implements Expr {}

    /// Strings joined by `~`.
    record Concat(int line, List<Expr> items) implements Expr {}

    /// A chain of comparisons.
    record Compare(int line, Expr first, List<Operand> rest) implements Expr {}

    record Operand(String operator, Expr value) {}

    /// `then if test else otherwise`.
    record Condition(
            int line, Expr test, Expr then, @Nullable Expr otherwise) implements Expr {}

    record Getattr(int line, Expr target, String name) implements Expr {}

    record Getitem(int line, Expr target, Expr index) implements Expr {}

    record Slice(
            int line,
            Expr target,
            @Nullable Expr start,
            @Nullable Expr stop,
            @Nullable Expr step) implements Expr {}

    record Call(int line, Expr callee, Passed passed) implements Expr {}

    /// A value passed through a filter.
    ///
    /// @param subject what is filtered; null stands for the body of the block
    record Filter(int line, @Nullable Expr subject, String name, Passed passed) implements Expr {}

    record Test(int line, Expr subject, String name, Passed passed) implements Expr {}

    /// What a call, a filter or a test is given.
    ///
    /// @param star what `*` spreads
    /// @param doubleStar what `**` spreads
    record Passed(
            List<Expr> positional,
            List<Named> named,
            @Nullable Expr star,
            @Nullable Expr doubleStar) {
        static final Passed NOTHING = new Passed(List.of(), List.of(), null, null);
    }

    record Named(String name, Expr value) {}

    record NameTarget(int line, String name) implements Target {}

    record TupleTarget(int line, List<Target> items) implements Target {}

    /// `namespace.attribute`.
    record AttributeTarget(int line, String namespace, String attribute) implements Target {}

    record Output(int line, List<Expr> items) implements Stmt {}

    record If(int line, Expr test, List<Stmt> body, List<If> elifs, List<Stmt> otherwise) implements Stmt {}

    record For(
            int line,
            Target target,
            Expr iterable,
            List<Stmt> body,
            List<Stmt> otherwise,
            @Nullable Expr test,
            boolean recursive)
            implements Stmt {}

    record Break(int line) implements Stmt {}

    record Continue(int line) implements Stmt {}

    record Set(int line, Target target, Expr value) implements Stmt {}

    record SetBlock(int line, Target target, @Nullable Filter filter, List<Stmt> body) implements Stmt {}

    /// What a macro and the body of a call block have in common.
    ///
    /// @param defaults for the last parameters
    record Signature(List<String> parameters, List<Expr> defaults) {
        static final Signature EMPTY = new Signature(List.of(), List.of());

        @Nullable
        Expr defaultOf(int parameter) {
            int place = parameter - (parameters.size() - defaults.size());
            return place < 0 ? null : defaults.get(place);
        }
    }

    record Macro(int line, String name, Signature signature, List<Stmt> body) implements Stmt {}

    record CallBlock(int line, Call call, Signature signature, List<Stmt> body) implements Stmt {}

    /// What the assistant says, as marked for training.
    record Generation(int line, List<Stmt> body) implements Stmt {}

    record FilterBlock(int line, Filter filter, List<Stmt> body) implements Stmt {}

    record With(int line, List<Target> targets, List<Expr> values, List<Stmt> body) implements Stmt {}

    record Autoescape(int line, Expr value, List<Stmt> body) implements Stmt {}
}
