package dev.nla4j.chat.jinja;

/// The `self` of templates, which stands for their blocks; ours have none.
enum SelfReference implements PyObject {
    SELF;

    @Override
    public String display(Budget budget) {
        return "<TemplateReference None>";
    }

    @Override
    public String typeName() {
        return "jinja2.runtime.TemplateReference";
    }
}
