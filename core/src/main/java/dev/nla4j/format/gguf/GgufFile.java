package dev.nla4j.format.gguf;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.internal.FileBytes;
import dev.nla4j.format.internal.OpenTensors;
import java.nio.file.Path;
import java.util.Map;

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

    /// Settings, tokenizer and whatever else the file says beside its tensors.
    public GgufMetadata metadata() {
        return metadata;
    }
}
