package dev.nla4j.format.safetensors;

import dev.nla4j.format.InputException;
import dev.nla4j.format.TensorSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// Where a model's weights in safetensors are: one file, an index with shards, or a folder that has either.
public final class Safetensors {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = SINGLE + ".index.json";
    private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");
    private static final String CONVERT = "; pickled weights can run code when they are read and are never opened: save"
            + " the model again in Python with save_pretrained(folder, safe_serialization=True)";

    private Safetensors() {}

    /// Opens a `.safetensors` file, a `….index.json`, or a folder with `model.safetensors` or its index (the single
    /// file first, as Hugging Face's loader does).
    public static TensorSource open(Path folderOrFile) {
        if (Files.isDirectory(folderOrFile)) {
            return openFolder(folderOrFile);
        }
        String name = String.valueOf(folderOrFile.getFileName()).toLowerCase(Locale.ROOT);
        if (PICKLES.stream().anyMatch(name::endsWith)) {
            throw new InputException(folderOrFile + " is not a safetensors file" + CONVERT);
        }
        return name.endsWith(".index.json")
                ? ShardedSafetensors.open(folderOrFile)
                : SafetensorsFile.open(folderOrFile);
    }

    private static TensorSource openFolder(Path folder) {
        if (FolderFiles.has(folder, SINGLE)) {
            return SafetensorsFile.open(FolderFiles.resolve(folder, SINGLE, folder));
        }
        if (FolderFiles.has(folder, INDEX)) {
            return ShardedSafetensors.open(FolderFiles.resolve(folder, INDEX, folder));
        }
        boolean pickled =
                FolderFiles.has(folder, "pytorch_model.bin") || FolderFiles.has(folder, "pytorch_model.bin.index.json");
        throw new InputException(folder + " has neither " + SINGLE + " nor " + INDEX + (pickled ? CONVERT : ""));
    }
}
