package dev.nla4j.tensor;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorHandleOptional;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;
import org.jspecify.annotations.Nullable;

/// An operator of libtorch's that the binding has no function for: found by its name, called through the dispatcher
/// with arguments in the order of its schema (`native_functions.yaml`). Lives as long as the process.
public final class Operator {
    private final OperatorHandle handle;

    private Operator(OperatorHandle handle) {
        this.handle = handle;
    }

    /// An operator that every libtorch has.
    ///
    /// @param name with its namespace, such as `aten::_weight_norm_interface`
    /// @throws IllegalStateException when this one has it not
    public static Operator of(String name) {
        Operator operator = find(name, "");
        if (operator == null) {
            throw new IllegalStateException("this libtorch has no operator " + name);
        }
        return operator;
    }

    /// Null where libtorch was built without it.
    public static @Nullable Operator find(String name, String overload) {
        try (OperatorName key = new OperatorName(name, overload);
                OperatorHandleOptional found = Dispatcher.singleton().findSchema(key)) {
            return found.has_value()
                    ? new Operator(Scope.constant(Dispatcher.singleton().findSchemaOrThrow(name, overload)))
                    : null;
        }
    }

    /// Its results, which are tensors and belong to the open scope.
    ///
    /// @param arguments tensors, lists of them, numbers, texts, [IValue]s; null for none
    public Tensor[] call(@Nullable Object... arguments) {
        try (Scope scope = Scope.open()) {
            IValueVector stack = called(arguments);
            Tensor[] results = new Tensor[Math.toIntExact(stack.size())];
            for (int i = 0; i < results.length; i++) {
                // A view, since the stack owns what it returns.
                results[i] = scope.keep(new Tensor(stack.get(i).toTensor()));
            }
            return results;
        }
    }

    /// Its one result, whatever it is, which belongs to the open scope.
    ///
    /// @param arguments as of [#call]
    IValue value(@Nullable Object... arguments) {
        try (Scope scope = Scope.open()) {
            return scope.keep(new IValue(called(arguments).get(0)));
        }
    }

    private IValueVector called(@Nullable Object[] arguments) {
        IValue[] values = new IValue[arguments.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(arguments[i]);
        }
        IValueVector stack = new IValueVector(values);
        handle.callBoxed(stack);
        return stack;
    }

    private static IValue value(@Nullable Object argument) {
        return switch (argument) {
            case null -> new IValue();
            case IValue value -> value;
            case Tensor tensor -> new IValue(tensor);
            case Double number -> new IValue(number);
            case Long number -> new IValue(number);
            case Boolean choice -> new IValue(choice);
            case String text -> new IValue(text);
            case List<?> tensors -> list(tensors);
            default -> throw new IllegalArgumentException("no argument of an operator: " + argument.getClass());
        };
    }

    private static IValue list(List<?> tensors) {
        GenericList list = new GenericList(new Type.TypePtr(TensorType.get()));
        for (Object tensor : tensors) {
            list.push_back(new IValue((Tensor) tensor));
        }
        return new IValue(list);
    }

    /// An empty list of the type that an argument has.
    IValue emptyList(long argument) {
        return new IValue(new GenericList(
                handle.schema().arguments().getPointer(argument).type().get().containedType(0)));
    }
}
