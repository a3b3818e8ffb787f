package dev.nla4j.chat.jinja;

record PyFloat(double value) implements Value {
    @Override
    public String typeName() {
        return "float";
    }
}
