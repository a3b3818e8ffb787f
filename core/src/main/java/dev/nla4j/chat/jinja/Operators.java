package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.List;

/// The binary operators of expressions.
final class Operators {
    private Operators() {}

    static Value binary(String operator, Value left, Value right, Budget budget) {
        return switch (operator) {
            case "+" -> add(left, right, budget);
            case "-" -> {
                requireNumbers("-", left, right);
                yield Numbers.subtract(left, right, budget);
            }
            case "*" -> multiply(left, right, budget);
            case "/" -> {
                requireNumbers("/", left, right);
                yield Numbers.divide(left, right, budget);
            }
            case "//" -> {
                requireNumbers("//", left, right);
                yield Numbers.floorDivide(left, right, budget);
            }
            case "%" -> modulo(left, right, budget);
            case "**" -> {
                requireNumbers("**", left, right);
                yield Numbers.power(left, right, budget);
            }
            default -> throw new IllegalArgumentException(operator);
        };
    }

    static Value add(Value left, Value right, Budget budget) {
        if (left instanceof PyText a && right instanceof PyText b) {
            if (a.isMarkup() || b.isMarkup()) {
                return joined(Html.escape(a, budget), Html.escape(b, budget), budget);
            }
            return joined(a, b, budget);
        }
        if (left instanceof PyList a && right instanceof PyList b) {
            return new PyList(joined(a.items(), b.items(), budget));
        }
        if (left instanceof PyTuple a && right instanceof PyTuple b) {
            return new PyTuple(joined(a.items(), b.items(), budget));
        }
        if (left instanceof PyText && !(right instanceof PyUndefined)) {
            throw PyError.type("can only concatenate str (not \"" + right.typeName() + "\") to str");
        }
        requireNumbers("+", left, right);
        return Numbers.add(left, right, budget);
    }

    private static PyText joined(PyText a, PyText b, Budget budget) {
        budget.chars(a.chars().length() + (long) b.chars().length());
        return a.like(a.chars() + b.chars());
    }

    private static List<Value> joined(List<Value> a, List<Value> b, Budget budget) {
        budget.items(a.size() + (long) b.size());
        List<Value> all = new ArrayList<>(a.size() + b.size());
        all.addAll(a);
        all.addAll(b);
        return all;
    }

    static Value multiply(Value left, Value right, Budget budget) {
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            return Numbers.multiply(left, right, budget);
        }
        if (Numbers.integer(right) != null && isRepeatable(left)) {
            return repeat(left, Numbers.toIndex(right), budget);
        }
        if (Numbers.integer(left) != null && isRepeatable(right)) {
            return repeat(right, Numbers.toIndex(left), budget);
        }
        requireNumbers("*", left, right);
        throw new IllegalStateException("two numbers are multiplied above");
    }

    private static boolean isRepeatable(Value value) {
        return value instanceof PyText || value instanceof PyList || value instanceof PyTuple;
    }

    private static Value repeat(Value value, int times, Budget budget) {
        int count = Math.max(0, times);
        return switch (value) {
            case PyText text -> {
                budget.chars((long) text.chars().length() * count);
                yield text.like(text.chars().isEmpty() ? "" : text.chars().repeat(count));
            }
            case PyList list -> new PyList(repeat(list.items(), count, budget));
            case PyTuple tuple -> new PyTuple(repeat(tuple.items(), count, budget));
            default -> throw new IllegalArgumentException(value.typeName());
        };
    }

    private static List<Value> repeat(List<Value> items, int count, Budget budget) {
        budget.items((long) items.size() * count);
        List<Value> all = new ArrayList<>(items.size() * count);
        for (int i = 0; i < count && !items.isEmpty(); i++) {
            all.addAll(items);
        }
        return all;
    }

    static Value modulo(Value left, Value right, Budget budget) {
        if (left instanceof PyText text) {
            return PercentFormat.format(text, right, budget);
        }
        requireNumbers("%", left, right);
        return Numbers.modulo(left, right, budget);
    }

    static Value unary(String operator, Value operand) {
        if (operand instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        if (!Numbers.isNumber(operand)) {
            throw PyError.type("bad operand type for unary " + operator + ": '" + operand.typeName() + "'");
        }
        if (operator.equals("-")) {
            return Numbers.negate(operand);
        }
        return operand instanceof PyBool bool ? new PyInt(bool.asInteger()) : operand;
    }

    static boolean compare(String operator, Value left, Value right, Budget budget) {
        return switch (operator) {
            case "==" -> Comparison.equal(left, right, budget);
            case "!=" -> !Comparison.equal(left, right, budget);
            case "in" -> Sequences.contains(right, left, budget);
            case "not in" -> !Sequences.contains(right, left, budget);
            default -> Comparison.ordered(operator, left, right, budget);
        };
    }

    private static void requireNumbers(String operator, Value left, Value right) {
        if (left instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        if (right instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        if (!Numbers.isNumber(left) || !Numbers.isNumber(right)) {
            throw PyError.type("unsupported operand type(s) for " + operator + ": '" + left.typeName() + "' and '"
                    + right.typeName() + "'");
        }
    }
}
