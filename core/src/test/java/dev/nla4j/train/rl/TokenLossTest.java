package dev.nla4j.train.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.model.Decoder;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.TinyModels;
import dev.nla4j.model.Weights;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Matrix;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.train.config.KlKind;
import dev.nla4j.train.config.RlConfig;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Two tokens of a vocabulary of three, against sums that are written out.
class TokenLossTest {
    private static final double LN2 = Math.log(2);
    private static final double LN3 = Math.log(3);
    private static final double[][] POLICY = {{0.5, 0.25, 0.25}, {0.125, 0.125, 0.75}};
    private static final double[][] WARM_START = {{0.25, 0.25, 0.5}, {0.5, 0.25, 0.25}};

    /// A head that writes the first three numbers of a residual stream as they are.
    private static Decoder decoder() {
        ModelConfig config = TinyModels.ofVocabulary(TinyModels.llama(0), 3);
        float[] head = new float[3 * TinyModels.DIM];
        float[] norm = new float[TinyModels.DIM];
        for (int i = 0; i < 3; i++) {
            head[i * TinyModels.DIM + i] = 1;
        }
        Arrays.fill(norm, 1);
        Tensor matrix = Tensors.of(head, 3, TinyModels.DIM);
        return new Decoder(
                config,
                new Weights(
                        DType.FP32, matrix, List.of(), Tensors.of(norm, TinyModels.DIM), Matrix.stored(matrix), false));
    }

    /// Logits of these probabilities, moved by 1, which the softmax does not see; the fourth number makes the stream as
    /// long as its norm leaves it.
    private static Tensor residual(double[][] probabilities) {
        float[] rows = new float[probabilities.length * TinyModels.DIM];
        for (int row = 0; row < probabilities.length; row++) {
            double left = TinyModels.DIM;
            for (int i = 0; i < 3; i++) {
                double logit = Math.log(probabilities[row][i]) + 1;
                rows[row * TinyModels.DIM + i] = (float) logit;
                left -= logit * logit;
            }
            rows[row * TinyModels.DIM + 3] = (float) Math.sqrt(left);
        }
        return Tensors.of(rows, probabilities.length, TinyModels.DIM);
    }

    private static TokenLoss.Sums sums(KlKind kind) {
        TokenLoss loss =
                new TokenLoss(new PolicyLoss(4, 0), new RlConfig.Loss(RlConfig.Method.GRPO, kind, 0.5, 0, false));
        TokenLoss.Tokens tokens = new TokenLoss.Tokens(
                Tensors.longs(new long[] {0, 2}, 2), Tensors.of(new float[2], 2), Tensors.of(new float[] {1, -2}, 2));
        return loss.backward(
                decoder(), residual(POLICY).set_requires_grad(true), decoder(), residual(WARM_START), tokens);
    }

    @Test
    void entropy_is_that_of_the_policy() {
        try (Scope _ = Scope.open()) {
            double first = 0.5 * LN2 + 2 * 0.25 * 2 * LN2;
            double second = 2 * 0.125 * 3 * LN2 + 0.75 * (2 * LN2 - LN3);
            assertThat(sums(KlKind.EXACT).entropy()).isCloseTo(first + second, within(1e-6));
        }
    }

    /// In the loss that of the drawn tokens alone by k2 and k3: the first has ratio 2, the second 3. The exact one is
    /// logged whatever the loss takes.
    @ParameterizedTest
    @EnumSource(KlKind.class)
    void divergence_is_the_policys_from_the_warm_start_and_weighs_in_the_loss(KlKind kind) {
        try (Scope _ = Scope.open()) {
            TokenLoss.Sums sums = sums(kind);
            double exact = 0.5 * LN2 + 0.25 * -LN2 + 0.125 * -2 * LN2 + 0.125 * -LN2 + 0.75 * LN3;
            double divergence = switch (kind) {
                case EXACT -> exact;
                case K2 -> LN2 * LN2 / 2 + LN3 * LN3 / 2;
                case K3 -> 0.5 - 1 + LN2 + 1 / 3.0 - 1 + LN3;
            };
            double gained = Math.log(0.5) - 2 * Math.log(0.75);
            assertThat(sums.divergence()).isCloseTo(exact, within(1e-6));
            assertThat(sums.loss()).isCloseTo(-gained / 4 + 0.5 * divergence / 4, within(1e-6));
            assertThat(sums.tokens()).isEqualTo(2);
        }
    }
}
