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
    private final RlPair pair;

    @Nullable
    private Known known;

    /// Figures and samples are of the same texts.
    private record Known(long done, HeldOutEvaluation.Result result) {}

    /// @param adaptSteps steps in which the reconstructor learns alone
    /// @param evaluation measures the pair as it is now
    public RlProduct(int adaptSteps, Supplier<HeldOutEvaluation.Result> evaluation, RlPair pair) {
        this.adaptSteps = adaptSteps;
        this.evaluation = evaluation;
        this.pair = pair;
    }

    private HeldOutEvaluation.Result result(long done) {
        if (known == null || known.done != done) {
            known = new Known(done, evaluation.get());
        }
        return known.result;
    }

    /// What may not be exported, because the halves have not met yet, is no best checkpoint either.
    @Override
    public Measured measure(long done) {
        HeldOutEvaluation.Result result = result(done);
        return new Measured(
                done < adaptSteps ? OptionalDouble.empty() : OptionalDouble.of(result.fve()), result.values());
    }

    @Override
    public String samples(long done) {
        return result(done).samples();
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
