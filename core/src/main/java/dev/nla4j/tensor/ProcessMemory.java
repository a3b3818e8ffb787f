package dev.nla4j.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What the system lets this process have, and what it has taken, in bytes; empty where the system does not tell
/// (anything but Linux).
public final class ProcessMemory {
    private static final Pattern FIELD = Pattern.compile("(\\w+):?\\s+(\\d+)(?:\\s+kB)?");
    private final Path root;

    private ProcessMemory(Path root) {
        this.root = root;
    }

    /// Of this machine.
    public static ProcessMemory ofThisMachine() {
        return new ProcessMemory(Path.of("/"));
    }

    /// Of a machine whose `/proc` and `/sys` are below `root`.
    static ProcessMemory below(Path root) {
        return new ProcessMemory(root);
    }

    /// What can still be taken: the machine's available memory, or what the control group of this process leaves of
    /// its limit when that is less. Memory of the page cache counts as available in both.
    public OptionalLong available() {
        OptionalLong machine = kilobytes("proc/meminfo", "MemAvailable");
        OptionalLong group = leftInGroup();
        if (machine.isEmpty() || group.isEmpty()) {
            return machine.isPresent() ? machine : group;
        }
        return OptionalLong.of(Math.min(machine.getAsLong(), group.getAsLong()));
    }

    /// The most that was ever resident.
    public OptionalLong peak() {
        return kilobytes("proc/self/status", "VmHWM");
    }

    /// The least that any group from this process's own up to the root leaves; version 2 of control groups, else 1.
    private OptionalLong leftInGroup() {
        OptionalLong least = OptionalLong.empty();
        for (String line : lines("proc/self/cgroup")) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3 || parts[2].contains("..")) {
                continue;
            }
            boolean unified = parts[0].equals("0") && parts[1].isEmpty();
            if (!unified && !List.of(parts[1].split(",", -1)).contains("memory")) {
                continue;
            }
            String mount = unified ? "sys/fs/cgroup" : "sys/fs/cgroup/memory";
            // In a container the group's own path is often not visible: its mount is the group then.
            for (String group = parts[2]; ; group = group.substring(0, Math.max(0, group.lastIndexOf('/')))) {
                OptionalLong left = unified
                        ? left(mount + group, "memory.max", "memory.current", "inactive_file")
                        : left(mount + group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
                if (left.isPresent() && (least.isEmpty() || left.getAsLong() < least.getAsLong())) {
                    least = left;
                }
                if (group.isEmpty()) {
                    break;
                }
            }
        }
        return least;
    }

    private OptionalLong left(String folder, String limitFile, String usedFile, String cacheField) {
        OptionalLong limit = number(folder + "/" + limitFile);
        OptionalLong used = number(folder + "/" + usedFile);
        if (limit.isEmpty() || used.isEmpty()) {
            return OptionalLong.empty();
        }
        long cache = field(folder + "/memory.stat", cacheField).orElse(0);
        return OptionalLong.of(Math.max(0, limit.getAsLong() - used.getAsLong() + cache));
    }

    private OptionalLong kilobytes(String file, String name) {
        OptionalLong value = field(file, name);
        return value.isPresent() ? OptionalLong.of(value.getAsLong() * 1024) : value;
    }

    private OptionalLong field(String file, String name) {
        for (String line : lines(file)) {
            Matcher matcher = FIELD.matcher(line);
            if (matcher.lookingAt() && matcher.group(1).equals(name)) {
                return OptionalLong.of(Long.parseLong(matcher.group(2)));
            }
        }
        return OptionalLong.empty();
    }

    /// A file of one number; `max` means no limit.
    private OptionalLong number(String file) {
        List<String> lines = lines(file);
        return lines.size() == 1 && lines.get(0).strip().matches("\\d{1,18}")
                ? OptionalLong.of(Long.parseLong(lines.get(0).strip()))
                : OptionalLong.empty();
    }

    private List<String> lines(String file) {
        try {
            Path path = root.resolve(file);
            return Files.isReadable(path) ? Files.readAllLines(path) : List.of();
        } catch (IOException e) {
            // The system does not tell, which is what an empty answer means.
            return List.of();
        }
    }
}
