package dev.nla4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine;

/// What `nla --version` prints: the program's own version, as the build wrote it down, and Java's.
final class Version implements CommandLine.IVersionProvider {
    private static final String FILE = "version.properties";

    @Override
    public String[] getVersion() throws IOException {
        Properties built = new Properties();
        try (InputStream in = Version.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is missing from the jar");
            }
            built.load(in);
        }
        return new String[] {"nla4j " + built.getProperty("version"), "Java " + Runtime.version()};
    }
}
