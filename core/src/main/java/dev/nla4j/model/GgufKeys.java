package dev.nla4j.model;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.gguf.GgufMetadata;
import dev.nla4j.format.gguf.GgufNumbers;
import dev.nla4j.format.gguf.GgufType;
import dev.nla4j.format.gguf.GgufValue;
import java.nio.file.Path;

/// The keys of one architecture in a GGUF's header: names here are without the architecture before them.
record GgufKeys(Path file, GgufMetadata metadata, String architecture) {
    private static final int LARGEST = 1 << 24;

    boolean has(String name) {
        return metadata.has(key(name));
    }

    /// Whether this is a header of Gemma 3 from Ollama's converter, which calls the base of the sliding
    /// layers local, or, where there are images too, names no base at all. It leaves out other things than
    /// llama.cpp's does.
    boolean isOllamaGemma3() {
        return architecture.equals(Family.GEMMA3.architecture())
                && (has("rope.local.freq_base") || !has("rope.freq_base"));
    }

    /// Whether the key holds an array of booleans.
    boolean hasFlags(String name) {
        return metadata.value(key(name)).orElse(null) instanceof GgufNumbers numbers
                && numbers.elementType() == GgufType.BOOL;
    }

    boolean[] flags(String name) {
        return metadata.flags(key(name));
    }

    /// A size that must be there, 1 or more.
    int integer(String name) {
        return (int) metadata.integer(key(name), 1, LARGEST);
    }

    /// A size, 1 or more; `otherwise` when absent.
    int integer(String name, int otherwise) {
        return (int) integer(name, otherwise, 1, LARGEST);
    }

    /// An integer in [least, most]; `otherwise` when absent.
    long integer(String name, long otherwise, long least, long most) {
        return has(name) ? metadata.integer(key(name), least, most) : otherwise;
    }

    /// A number that must be there. One stored as fp32 is read as the shortest decimal that rounds to it:
    /// that is what the `config.json` said that the header was made from (1e-6, not 9.99999997e-7).
    double number(String name) {
        double number = metadata.number(key(name));
        boolean single = metadata.value(key(name)).map(GgufValue::type).orElse(GgufType.F64) == GgufType.F32;
        return single ? Double.parseDouble(Float.toString((float) number)) : number;
    }

    /// As [#number], `otherwise` when absent.
    double number(String name, double otherwise) {
        return has(name) ? number(name) : otherwise;
    }

    /// A text; `otherwise` when absent.
    String text(String name, String otherwise) {
        return metadata.stringOr(key(name), otherwise);
    }

    /// An error about one key.
    FormatException wrong(String name, String problem) {
        return new FormatException(file, -1, key(name), problem);
    }

    private String key(String name) {
        return architecture + "." + name;
    }
}
