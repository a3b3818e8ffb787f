package dev.nla4j.nla.lint;

import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.model.AdapterTensor;
import dev.nla4j.model.PeftAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;

/// What an adapter's tensors must be on any base: pairs of an A and a B for projections, all of one rank.
/// Whether they are as wide as a base is asked only where there is one.
final class AdapterPairs {
    private static final int SHOWN = 4;

    private final OptionalInt rank;
    private final List<String> problems = new ArrayList<>();
    private final Map<String, Integer> sides = new TreeMap<>();

    private AdapterPairs(OptionalInt rank) {
        this.rank = rank;
    }

    /// What is wrong with them, the first few; empty when nothing is.
    ///
    /// @param rank of the configuration; empty when it can't be read
    static List<String> problems(TensorSource source, OptionalInt rank) {
        if (source.names().isEmpty()) {
            return List.of(source.location() + " holds no tensors: the adapter would add nothing");
        }
        AdapterPairs pairs = new AdapterPairs(rank);
        for (String name : new TreeSet<>(source.names())) {
            if (!AdapterTensor.isBeside(name)) {
                pairs.add(source.tensor(name));
            }
        }
        pairs.sides.forEach((module, found) -> {
            if (found != 3) {
                pairs.problems.add(module + " has lora_" + (found == 1 ? "A" : "B") + " alone");
            }
        });
        int more = pairs.problems.size() - SHOWN;
        List<String> shown =
                new ArrayList<>(pairs.problems.stream().limit(SHOWN).toList());
        if (more > 0) {
            shown.add("and " + more + " more");
        }
        return shown;
    }

    private void add(StoredTensor stored) {
        AdapterTensor name = AdapterTensor.of(stored.name()).orElse(null);
        if (name == null || !PeftAdapter.isModule(name.module())) {
            problems.add(stored.name() + " is not a low-rank tensor of a projection");
            return;
        }
        boolean isA = name.isA();
        String module = "block " + name.block() + ", " + name.module();
        int side = isA ? 1 : 2;
        if ((sides.getOrDefault(module, 0) & side) != 0) {
            problems.add(stored.name() + " stands twice for " + module);
        }
        sides.merge(module, side, (a, b) -> a | b);
        List<Long> shape = stored.shape();
        long own = shape.size() == 2 ? shape.get(isA ? 0 : 1) : -1;
        if (own < 1 || (rank.isPresent() && own != rank.getAsInt())) {
            problems.add(stored.name() + " is " + shape + ", expected "
                    + (isA ? "[r, in]" : "[out, r]")
                    + (rank.isPresent() ? " with r = " + rank.getAsInt() : ""));
        }
    }
}
