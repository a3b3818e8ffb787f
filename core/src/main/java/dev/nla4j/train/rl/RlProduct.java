package dev.nla4j.train.rl;

import dev.nla4j.train.loop.Product;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The pair that joint learning makes.
public final class RlProduct implements Product {
    private final int adaptSteps;
    private final Supplier<HeldOutEvaluation.Result> evaluation;
    private final Supplier<String> samples;
    private final RlPair pair;

    @Nullable
    private Known known;

    /// What is measured is shown, too.
    private record Known(long done, HeldOutEvaluation.Result result) {}

    /// @param adaptSteps steps in which the reconstructor learns alone
    /// @param evaluation measures the pair as it is now
    /// @param samples shows some of its texts without that
    public RlProduct(
            int adaptSteps, Supplier<HeldOutEvaluation.Result> evaluation, Supplier<String> samples, RlPair pair) {
        this.adaptSteps = adaptSteps;
        this.evaluation = evaluation;
        this.samples = samples;
        this.pair = pair;
    }

    /// What may not be exported, because the halves have not met yet, is no best checkpoint either.
    @Override
    public Measured measure(long done) {
        HeldOutEvaluation.Result result = evaluation.get();
        known = new Known(done, result);
        return new Measured(
                done < adaptSteps ? OptionalDouble.empty() : OptionalDouble.of(result.fve()), result.values());
    }

    @Override
    public String samples(long done) {
        return known != null && known.done == done ? known.result.samples() : samples.get();
    }

    @Override
    public boolean speaksAtStart() {
        return true;
    }

    @Override
    public void export(Path folder) throws IOException {
        pair.write(folder);
    }
}
