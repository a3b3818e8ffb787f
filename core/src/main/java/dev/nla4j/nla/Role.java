package dev.nla4j.nla;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Which half of a pair.
public enum Role {
    VERBALIZER("av", "actor"),
    RECONSTRUCTOR("ar", "critic");

    private final String label;
    private final String other;

    Role(String label, String other) {
        this.label = label;
        this.other = other;
    }

    /// What its folder, its sidecar and configurations call it here: `av` or `ar`.
    public String label() {
        return label;
    }

    /// All that released pairs call it, the label first.
    public List<String> names() {
        return List.of(label, other);
    }

    /// The half of that name.
    public static Optional<Role> of(String name) {
        return Arrays.stream(values())
                .filter(role -> role.names().contains(name))
                .findFirst();
    }
}
