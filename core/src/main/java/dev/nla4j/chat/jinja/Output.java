package dev.nla4j.chat.jinja;

/// Where text goes: the rendering itself, or a string that a macro or a block captures.
final class Output {
    private final Budget budget;
    private final boolean captured;
    private final StringBuilder text = new StringBuilder();

    private Output(Budget budget, boolean captured) {
        this.budget = budget;
        this.captured = captured;
    }

    static Output rendering(Budget budget) {
        return new Output(budget, false);
    }

    static Output captured(Budget budget) {
        return new Output(budget, true);
    }

    void append(String more) {
        long length = text.length() + (long) more.length();
        if (captured) {
            budget.grown(length, more.length());
        } else {
            budget.output(length);
            budget.read(more.length());
        }
        text.append(more);
    }

    int length() {
        return text.length();
    }

    String text() {
        return text.toString();
    }
}
