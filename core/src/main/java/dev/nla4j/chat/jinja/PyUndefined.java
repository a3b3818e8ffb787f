package dev.nla4j.chat.jinja;

/// The value of a name, attribute or item that isn't there. It prints as nothing, is false and empty; any other use
/// fails with `problem`.
record PyUndefined(String problem, PyError.Kind kind) implements Value {
    private static final int LONGEST_NAME = 100;

    static PyUndefined because(String problem) {
        return new PyUndefined(problem, PyError.Kind.UNDEFINED);
    }

    static PyUndefined name(String name) {
        return because(quoted(name) + " is undefined");
    }

    static PyUndefined attribute(Value owner, String name) {
        return because("'" + typeOf(owner) + "' has no attribute " + quoted(name));
    }

    static PyUndefined element(Value owner, String element) {
        return because(typeOf(owner) + " has no element " + element);
    }

    /// An attribute that exists in Python and that templates must not have.
    static PyUndefined unsafe(Value owner, String name) {
        return new PyUndefined(
                "access to attribute " + quoted(name) + " of '" + owner.typeName() + "' object is unsafe.",
                PyError.Kind.SECURITY);
    }

    /// A name as messages show it; it may be the template's own string of any length.
    private static String quoted(String name) {
        return Printer.quoted(name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) + "..." : name);
    }

    private static String typeOf(Value owner) {
        return owner == PyNone.NONE ? "None" : owner.typeName() + " object";
    }

    PyError failure() {
        return new PyError(kind, problem);
    }

    @Override
    public String typeName() {
        return "Undefined";
    }
}
