package dev.nla4j.cli;

import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetSidecar;
import dev.nla4j.activation.PositionsPerDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// What an extraction leaves beside its file.
final class BaseSidecar {
    /// Of every activation.
    static final int WIDTH = 4;

    private BaseSidecar() {}

    /// @param target whose activations they are
    static void write(Path activations, String target, int layer, long rows) throws IOException {
        DatasetSidecar.write(
                DatasetSidecar.beside(activations),
                new DatasetMeta(
                        "base_tiny_0a0b0c0d",
                        DatasetMeta.Stage.BASE,
                        rows,
                        new DatasetMeta.Extraction(
                                target,
                                WIDTH,
                                layer,
                                "texts",
                                new DatasetMeta.CorpusSlice(0, 1),
                                PositionsPerDocument.of(10),
                                null,
                                null),
                        true,
                        null,
                        DatasetMeta.PromptTemplates.NONE,
                        null,
                        new DatasetMeta.Provenance(List.of(), "2026-01-01T00:00:00Z", "test", "")));
    }
}
