package dev.nla4j.hub;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// What differs between operating systems here: where caches live and how Python's pip is installed.
public enum Platform {
    /// Debian and what descends from it: Ubuntu, Mint, Raspberry Pi OS.
    DEBIAN("sudo apt-get install python3-pip"),
    /// Any other Linux or Unix.
    LINUX("python3 -m ensurepip --upgrade"),
    MAC("python3 -m ensurepip --upgrade"),
    WINDOWS("py -m ensurepip --upgrade");

    private final String installPip;

    Platform(String installPip) {
        this.installPip = installPip;
    }

    /// The platform this process runs on.
    public static Platform current() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (name.startsWith("windows")) {
            return WINDOWS;
        }
        if (name.startsWith("mac")) {
            return MAC;
        }
        return Files.exists(Path.of("/etc/debian_version")) ? DEBIAN : LINUX;
    }

    /// The command line that installs pip.
    String installPip() {
        return installPip;
    }

    /// What brings Python itself, pip included.
    String installPython() {
        return switch (this) {
            case DEBIAN -> "sudo apt-get install python3 python3-pip";
            case LINUX -> "your package manager, package python3 (and python3-pip)";
            case MAC -> "xcode-select --install";
            case WINDOWS -> "winget install Python.Python.3.13";
        };
    }

    /// File names under which a Python 3 is looked for, best first.
    List<String> pythonNames() {
        return this == WINDOWS ? List.of("python3.exe", "python.exe") : List.of("python3", "python");
    }
}
