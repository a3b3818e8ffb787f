package dev.nla4j.activation;

import dev.nla4j.activation.Extraction.Start;
import dev.nla4j.activation.ExtractionSettings.Target;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Path;

/// A process of its own that extracts slowly enough to be killed in the middle.
final class ExtractionChild {
    private ExtractionChild() {}

    /// Arguments: corpus, out, milliseconds a batch.
    public static void main(String[] args) {
        long pause = Long.parseLong(args[2]);
        FakeModel model = new FakeModel(true);
        try {
            ExtractionResult result = extraction(Path.of(args[0]), model, (windows, positions) -> {
                        try {
                            Thread.sleep(pause);
                        } catch (InterruptedException e) {
                            throw new IllegalStateException("nobody interrupts this", e);
                        }
                        return model.activations(windows, positions);
                    })
                    .run(Path.of(args[1]), Start.RESUME);
            System.out.println(result);
        } catch (IOException e) {
            System.out.println("failed: " + e.getMessage());
        }
    }

    static Extraction extraction(Path corpus, FakeModel model, ActivationSource source) {
        var sampler = new PositionSampler(42, 20, PositionsPerDocument.of(10));
        var target = new Target("org/Fake-Model", "sha256:1", 20, FakeModel.DIMENSION);
        var settings = new ExtractionSettings(target, sampler, new Windowing(96, 96), 4096, 2000, "test");
        return new Extraction(settings, Corpus.open(corpus, CorpusOptions.DEFAULT), model, source, Progress.NONE);
    }
}
