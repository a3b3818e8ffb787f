package dev.nla4j.train.sft;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorToWrite;
import dev.nla4j.format.json.Yaml;
import dev.nla4j.format.safetensors.SafetensorsWriter;
import dev.nla4j.model.Trainable;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Writes a trained half as a folder that [Nla] opens: adapter or full weights, sidecar, and a reconstructor's matrix.
/// The
/// folder is replaced as a whole: it holds one state of the training and never two.
public final class HalfFolder {
    private HalfFolder() {}

    /// Writes what a folder holds.
    @FunctionalInterface
    public interface Content {
        /// Writes into `folder`, which is there and empty.
        void write(Path folder) throws IOException;
    }

    /// Writes `folder`, in place of the one that may be there.
    ///
    /// @param sidecar the tree of `nla_meta.yaml`; it names the base
    /// @param head `[D, D]` of a reconstructor, null for a verbalizer
    public static void write(Path folder, ObjectNode sidecar, Trainable learned, @Nullable Tensor head)
            throws IOException {
        replace(folder, temporary -> fill(temporary, sidecar, learned, head));
    }

    /// Writes a half into a folder that is there; for whoever replaces the folder above as a whole.
    public static void fill(Path folder, ObjectNode sidecar, Trainable learned, @Nullable Tensor head)
            throws IOException {
        learned.write(folder, sidecar.path("base_checkpoint").asString());
        if (head != null) {
            TensorToWrite weight = TensorToWrite.ofF32(
                    "weight", StoredType.F32, List.of(head.size(0), head.size(1)), Tensors.memory(head));
            SafetensorsWriter.write(folder.resolve(Nla.VALUE_HEAD), List.of(weight), Map.of("format", "pt"));
        }
        AtomicFile.writeString(folder.resolve(NlaMeta.FILE), Yaml.write(sidecar));
        AtomicFile.forceFolder(folder);
    }

    /// Writes `folder` whole, in place of the one that may be there.
    public static void replace(Path folder, Content content) throws IOException {
        Path target = folder.toAbsolutePath().normalize();
        Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
        Path aside = target.resolveSibling("." + target.getFileName() + ".old.tmp");
        AtomicFile.deleteFolder(temporary);
        AtomicFile.deleteFolder(aside);
        Files.createDirectories(temporary);
        content.write(temporary);
        AtomicFile.forceFolder(temporary);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
        }
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.forceFolder(target.resolveSibling("."));
        AtomicFile.deleteFolder(aside);
    }
}
