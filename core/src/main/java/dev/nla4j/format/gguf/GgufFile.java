package dev.nla4j.format.gguf;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.internal.FileBytes;
import dev.nla4j.format.internal.OpenTensors;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Set;

/// One GGUF file (version 2 or 3, little endian): metadata, and tensors that are dequantised while they are read.
public final class GgufFile implements TensorSource {
    private final Path path;
    private final OpenTensors tensors;
    private final GgufMetadata metadata;

    private GgufFile(Path path, OpenTensors tensors, GgufMetadata metadata) {
        this.path = path;
        this.tensors = tensors;
        this.metadata = metadata;
    }

    /// Opens a file, reads its metadata and proves its layout sound; no tensor is read yet.
    ///
    /// @throws FormatException when the file breaks the format or stores a tensor in a way we can't read
    public static GgufFile open(Path path) {
        FileBytes file = FileBytes.open(path);
        try {
            GgufParser.Header header = GgufParser.parse(file);
            return new GgufFile(path, new OpenTensors(file, header.tensors()), header.metadata());
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /// Settings, tokenizer and whatever else the file says beside its tensors.
    public GgufMetadata metadata() {
        return metadata;
    }

    @Override
    public String location() {
        return path.toString();
    }

    /// In the order of their bytes in the file.
    @Override
    public Set<String> names() {
        return tensors.names();
    }

    @Override
    public StoredTensor tensor(String name) {
        return tensors.tensor(name);
    }

    @Override
    public void readF32(String name, MemorySegment out) {
        tensors.readF32(name, out);
    }

    @Override
    public void readBf16(String name, MemorySegment out) {
        tensors.readBf16(name, out);
    }

    @Override
    public void scanF32(String name, FloatPieces pieces) {
        tensors.scanF32(name, pieces);
    }

    @Override
    public void readRaw(String name, MemorySegment out) {
        tensors.readRaw(name, out);
    }

    @Override
    public void close() {
        tensors.close();
    }
}
