package dev.nla4j.chat.jinja;

enum PyNone implements Value {
    NONE;

    @Override
    public String typeName() {
        return "NoneType";
    }
}
