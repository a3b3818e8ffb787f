package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Python's equality, order and hash.
final class Comparison {
    private Comparison() {}

    static boolean equal(Value left, Value right, Budget budget) {
        return equal(left, right, budget, 0);
    }

    private static boolean equal(Value left, Value right, Budget budget, int nesting) {
        budget.nesting(nesting);
        if (left == right) {
            return !(left instanceof PyFloat number && Double.isNaN(number.value()));
        }
        if (left instanceof PyText a && right instanceof PyText b) {
            budget.read(Math.min(a.chars().length(), b.chars().length()));
            return a.chars().equals(b.chars());
        }
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            Integer order = Numbers.compare(left, right, budget);
            return order != null && order == 0;
        }
        if (left instanceof PyUndefined || right instanceof PyUndefined) {
            return left instanceof PyUndefined && right instanceof PyUndefined;
        }
        if (left instanceof PyList a && right instanceof PyList b) {
            return equalItems(a.items(), b.items(), budget, nesting);
        }
        if (left instanceof PyTuple a && right instanceof PyTuple b) {
            return equalItems(a.items(), b.items(), budget, nesting);
        }
        if (left instanceof PyDict a && right instanceof PyDict b) {
            return equalEntries(a, b, budget, nesting);
        }
        if (left instanceof PyRange a && right instanceof PyRange b) {
            return equalItems(a.items(), b.items(), budget, nesting);
        }
        if (left instanceof PyDictView a && right instanceof PyDictView b && a.part() == b.part()) {
            return equalViews(a, b, budget, nesting);
        }
        return false;
    }

    private static boolean equalItems(List<Value> a, List<Value> b, Budget budget, int nesting) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            budget.step(); // of items that are one, too; in no method of its own, which nesting would pay for in stack
            if (a.get(i) != b.get(i) && !equal(a.get(i), b.get(i), budget, nesting + 1)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalEntries(PyDict a, PyDict b, Budget budget, int nesting) {
        if (a.size() != b.size()) {
            return false;
        }
        for (Map.Entry<Key, Value> entry : a.entries().entrySet()) {
            Value other = b.entries().get(entry.getKey());
            budget.step();
            if (other == null || (other != entry.getValue() && !equal(entry.getValue(), other, budget, nesting + 1))) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalViews(PyDictView a, PyDictView b, Budget budget, int nesting) {
        return switch (a.part()) {
            case KEYS ->
                a.dict().size() == b.dict().size()
                        && a.dict().entries().keySet().equals(b.dict().entries().keySet());
            case VALUES -> false;
            case ITEMS -> equalEntries(a.dict(), b.dict(), budget, nesting);
        };
    }

    /// `left < right`.
    static boolean less(Value left, Value right, Budget budget) {
        return ordered("<", left, right, budget, 0);
    }

    /// One of `<`, `<=`, `>`, `>=`.
    static boolean ordered(String operator, Value left, Value right, Budget budget) {
        return ordered(operator, left, right, budget, 0);
    }

    private static boolean ordered(String operator, Value left, Value right, Budget budget, int nesting) {
        budget.nesting(nesting);
        if (left instanceof PyText a && right instanceof PyText b) {
            budget.read(Math.min(a.chars().length(), b.chars().length()));
            return holds(operator, compareCodePoints(a.chars(), b.chars()));
        }
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            Integer order = Numbers.compare(left, right, budget);
            return order != null && holds(operator, order);
        }
        if (left instanceof PyList a && right instanceof PyList b) {
            return orderedItems(operator, a.items(), b.items(), budget, nesting);
        }
        if (left instanceof PyTuple a && right instanceof PyTuple b) {
            return orderedItems(operator, a.items(), b.items(), budget, nesting);
        }
        if (left instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        if (right instanceof PyUndefined undefined) {
            throw undefined.failure();
        }
        throw PyError.type("'" + operator + "' not supported between instances of '" + left.typeName() + "' and '"
                + right.typeName() + "'");
    }

    private static boolean orderedItems(String operator, List<Value> a, List<Value> b, Budget budget, int nesting) {
        int common = Math.min(a.size(), b.size());
        for (int i = 0; i < common; i++) {
            budget.step();
            if (a.get(i) != b.get(i) && !equal(a.get(i), b.get(i), budget, nesting + 1)) {
                return ordered(operator, a.get(i), b.get(i), budget, nesting + 1);
            }
        }
        return holds(operator, Integer.compare(a.size(), b.size()));
    }

    private static boolean holds(String operator, int order) {
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            case ">=" -> order >= 0;
            default -> throw new IllegalArgumentException(operator);
        };
    }

    /// Order by code points, which for characters beyond the first plane is not the order of Java's chars.
    static int compareCodePoints(String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean sameKind = Character.isSurrogate(x) == Character.isSurrogate(y);
                return sameKind ? Character.compare(x, y) : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /// Stable sort by `key`, as `sorted` of Python.
    static List<Value> sorted(List<Value> items, Function<Value, Value> key, boolean reverse, Budget budget) {
        List<Value[]> keyed = new ArrayList<>(items.size());
        for (Value item : items) {
            keyed.add(new Value[] {key.apply(item), item});
        }
        // a stable descending sort takes the later one first only when it is greater
        BiPredicate<Value[], Value[]> before =
                reverse ? (a, b) -> less(b[0], a[0], budget) : (a, b) -> less(a[0], b[0], budget);
        List<Value> result = new ArrayList<>(items.size());
        mergeSort(keyed, before).forEach(pair -> result.add(pair[1]));
        return result;
    }

    /// Java's own sort would object to orders that contradict themselves, as those with NaN do.
    static <T> List<T> mergeSort(List<T> items, BiPredicate<T, T> before) {
        if (items.size() < 2) {
            return items;
        }
        int middle = items.size() / 2;
        List<T> left = mergeSort(items.subList(0, middle), before);
        List<T> right = mergeSort(items.subList(middle, items.size()), before);
        List<T> merged = new ArrayList<>(items.size());
        int i = 0;
        int j = 0;
        while (i < left.size() && j < right.size()) {
            merged.add(before.test(right.get(j), left.get(i)) ? right.get(j++) : left.get(i++));
        }
        merged.addAll(left.subList(i, left.size()));
        merged.addAll(right.subList(j, right.size()));
        return merged;
    }

    static int hash(Value value, Budget budget) {
        return hash(value, budget, 0);
    }

    private static int hash(Value value, Budget budget, int nesting) {
        budget.nesting(nesting);
        return switch (value) {
            case PyText text -> text.hashCode();
            case PyInt number -> number.value().hashCode();
            case PyBool bool -> bool.asInteger().hashCode();
            case PyFloat number -> hash(number.value());
            case PyNone _ -> 0;
            case PyUndefined _ -> 1;
            case PyTuple tuple -> {
                int hash = 7;
                for (Value item : tuple.items()) {
                    hash = 31 * hash + hash(item, budget, nesting + 1);
                }
                yield hash;
            }
            case PyRange range -> hash(new PyTuple(range.items()), budget, nesting + 1);
            case PyIterator iterator -> System.identityHashCode(iterator);
            case PyObject object -> System.identityHashCode(object);
            case PyList _, PyDict _, PyDictView _ -> throw PyError.type("unhashable type: '" + value.typeName() + "'");
        };
    }

    private static int hash(double value) {
        boolean integral = !Double.isInfinite(value) && value == Math.rint(value);
        return integral ? Numbers.truncate(value).hashCode() : Double.hashCode(value);
    }

    /// Whether `left is right`. Python leaves it open for equal numbers and strings; here they are the same.
    static boolean same(Value left, Value right) {
        if (left instanceof PyText a && right instanceof PyText b) {
            return a.isMarkup() == b.isMarkup() && a.equals(b);
        }
        if (left instanceof PyInt || left instanceof PyFloat) {
            return left.equals(right);
        }
        return left == right;
    }

    /// The first position from `start` to `end` whose item equals `wanted`, or -1.
    static int indexOf(List<Value> items, Value wanted, int start, int end, Budget budget) {
        for (int i = start; i < end; i++) {
            @Nullable Value item = items.get(i);
            budget.step();
            if (item == wanted || equal(item, wanted, budget)) {
                return i;
            }
        }
        return -1;
    }
}
