package dev.nla4j.nla.lint;

import java.util.Locale;

/// What a check came to.
public enum State {
    OK,
    /// Worth knowing; the numbers are not wrong for it.
    WARN,
    /// The checkpoint is faulty.
    FAIL,
    /// Something the check needs was not given or could not be read; what could not be read fails in a row of its own.
    NOT_RUN;

    /// As JSON spells it.
    public String json() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// As people read it.
    public String text() {
        return json().replace('_', ' ');
    }
}
