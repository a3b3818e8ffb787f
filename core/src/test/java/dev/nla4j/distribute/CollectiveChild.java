package dev.nla4j.distribute;

import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;

/// One of two processes that sum their gradients.
final class CollectiveChild {
    static final int ROWS = 8;
    static final int WIDTH = 33;

    private CollectiveChild() {}

    /// Arguments: rank, size, meeting file, seconds of patience. Prints the weight's gradient summed over all.
    public static void main(String[] args) {
        int rank = Integer.parseInt(args[0]);
        int size = Integer.parseInt(args[1]);
        Duration patience = Duration.ofSeconds(Long.parseLong(args[3]));
        try (Collective collective = GlooCollective.join(rank, size, Path.of(args[2]), "127.0.0.1", patience);
                Scope _ = Scope.open()) {
            List<Tensor> gradients = gradients(rank * ROWS / size, (rank + 1) * ROWS / size);
            collective.sum(gradients);
            double[] counts = collective.sum(new double[] {rank + 1, 0.25});
            System.out.println("sum " + Arrays.toString(counts));
            gradients.forEach(gradient -> System.out.println(Arrays.toString(Tensors.floats(gradient))));
        } catch (IllegalStateException e) {
            System.out.println("failed: " + e.getMessage());
        }
    }

    /// Gradients of the mean square over all rows, from some rows only.
    static List<Tensor> gradients(int from, int to) {
        Random random = new Random(11);
        float[] inputs = new float[ROWS * WIDTH];
        float[] weights = new float[2 * WIDTH];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian();
        }
        Tensor weight = Tensors.of(weights, 2, WIDTH).set_requires_grad(true);
        Tensor bias = Tensors.of(new float[] {0.5f, -0.5f}, 2).set_requires_grad(true);
        Tensor rows = Tensors.of(inputs, ROWS, WIDTH).narrow(0, from, to - from); // [rows, WIDTH]
        Tensor outputs = rows.matmul(weight.t()).add(bias);
        Tensors.times(outputs.square().sum(), 1.0 / ROWS).backward();
        return List.of(weight.grad(), bias.grad());
    }
}
