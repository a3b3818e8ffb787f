package dev.nla4j.cli;

import dev.nla4j.tensor.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Properties;
import picocli.CommandLine;

/// What `nla --version` prints: the program's own version, as the build wrote it down, and Java's.
final class Version implements CommandLine.IVersionProvider {
    private static final String FILE = "version.properties";

    @Override
    public String[] getVersion() throws IOException {
        return new String[] {"nla4j " + own(), "Java " + Runtime.version()};
    }

    /// What a run notes of the program that made it, by name.
    static Map<String, String> all() throws IOException {
        return Map.of("nla4j", own(), "java", Runtime.version().toString(), "libtorch", Threads.libraryVersion());
    }

    private static String own() throws IOException {
        Properties built = new Properties();
        try (InputStream in = Version.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is missing from the jar");
            }
            built.load(in);
        }
        return built.getProperty("version");
    }
}
