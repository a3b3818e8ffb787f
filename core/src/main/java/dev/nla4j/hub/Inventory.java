package dev.nla4j.hub;

import java.util.List;

/// What the store holds.
///
/// @param models whole models, by reference
/// @param problems manifests that can't be read, one line each
/// @param unfinished bytes of downloads that were cut off and can go on
public record Inventory(List<LocalModel> models, List<String> problems, long unfinished) {
    public Inventory {
        models = List.copyOf(models);
        problems = List.copyOf(problems);
    }
}
