package dev.nla4j.chat.jinja;

/// What a template can hold: the plain values of Python, and the few objects Jinja itself makes ([PyObject]).
/// Nothing here changes once made, but for a [Namespace]'s attributes and what an iterator has left.
sealed interface Value
        permits PyText,
                PyInt,
                PyFloat,
                PyBool,
                PyNone,
                PyUndefined,
                PyList,
                PyTuple,
                PyDict,
                PyDictView,
                PyRange,
                PyIterator,
                PyObject {
    /// Python's name of the type, for messages.
    String typeName();
}
