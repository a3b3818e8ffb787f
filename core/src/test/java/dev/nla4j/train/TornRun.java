package dev.nla4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.train.loop.TrainingLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A run that died and went on, beside one that never stopped.
public final class TornRun {
    private TornRun() {}

    /// Its death.
    public static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /// Dies after so many updates.
    public static TrainingLoop.Listener diesAfter(long updates) {
        return (step, values) -> {
            if (step == updates) {
                throw new Killed();
            }
        };
    }

    /// Both have these files, to the bit the same.
    public static void assertSame(Path torn, Path straight, String... files) {
        for (String file : files) {
            assertThat(torn.resolve(file)).hasSameBinaryContentAs(straight.resolve(file));
        }
    }

    /// Both checkpoints of joint learning have the same weights and moments of both halves.
    public static void assertSameHalves(Path torn, Path straight, long step) {
        for (String part : List.of("av", "av-adamw", "ar", "ar-adamw")) {
            assertSame(torn, straight, "checkpoints/step-" + step + "/" + part + ".safetensors");
        }
    }

    /// Everything that a run has logged but how long it took.
    public static List<MetricsLog.Line> curve(Path run) throws IOException {
        return MetricsLog.read(run.resolve("metrics.jsonl")).stream()
                .map(line -> {
                    Map<String, Double> values = new TreeMap<>(line.values());
                    values.keySet().removeIf(name -> name.startsWith("seconds/") || name.equals("tokens_per_second"));
                    assertThat(values).isNotEmpty();
                    return new MetricsLog.Line(line.step(), values);
                })
                .toList();
    }
}
