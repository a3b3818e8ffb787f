package dev.nla4j.format.gguf;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.internal.FileBytes;
import dev.nla4j.format.internal.OpenTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One GGUF file (version 2 or 3, little endian): metadata, and tensors that are dequantised while they are read.
public final class GgufFile extends OpenTensors {
    private final GgufMetadata metadata;

    private GgufFile(FileBytes file, Map<String, StoredTensor> tensors, GgufMetadata metadata) {
        super(file, tensors);
        this.metadata = metadata;
    }

    /// Opens a file, reads its metadata and proves its layout sound; no tensor is read yet.
    ///
    /// @throws FormatException when the file breaks the format or stores a tensor in a way we can't read
    public static GgufFile open(Path path) {
        FileBytes file = FileBytes.open(path);
        try {
            GgufParser.Header header = GgufParser.parse(file);
            return new GgufFile(file, header.tensors(), header.metadata());
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /// The file that `path` means: itself, or the only one in a folder without a config.json.
    public static @Nullable Path meantBy(Path path) {
        if (Files.isRegularFile(path)) {
            return isGguf(path) ? path : null;
        }
        if (!Files.isDirectory(path) || Files.exists(path.resolve("config.json"))) {
            return null;
        }
        try (Stream<Path> files = Files.list(path)) {
            List<Path> found = files.filter(GgufFile::isGguf).sorted().toList();
            if (found.size() > 1) {
                throw new InputException(path + ": holds " + found.size() + " GGUF files; name the one you mean: "
                        + found.get(0).getFileName() + ", " + found.get(1).getFileName() + " …");
            }
            return found.isEmpty() ? null : found.get(0);
        } catch (IOException e) {
            throw new InputException(path + ": can't be listed: " + FileProblem.reason(e), e);
        }
    }

    private static boolean isGguf(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(".gguf");
    }

    /// Settings, tokenizer and whatever else the file says beside its tensors.
    public GgufMetadata metadata() {
        return metadata;
    }
}
