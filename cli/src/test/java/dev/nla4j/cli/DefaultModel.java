package dev.nla4j.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.hub.HubSettings;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.hub.ModelRef;
import dev.nla4j.hub.ModelStore;
import java.nio.file.Path;
import java.util.Optional;

/// The default model, for tests that need the real one; without it they are skipped.
final class DefaultModel {
    private DefaultModel() {}

    static LocalModel required() {
        ModelStore store = new ModelStore(HubSettings.from(System.getenv()));
        Optional<LocalModel> model = store.find(ModelRef.parse(Wiring.DEFAULT_MODEL));
        assumeTrue(model.isPresent(), "the default model is not here: ./nla model pull " + Wiring.DEFAULT_MODEL);
        return model.orElseThrow();
    }

    static Path root() {
        return Path.of(System.getProperty("nla.root"));
    }

    static Path shippedPair() {
        return root().resolve("models/smollm2-135m-l20-rl");
    }
}
