package dev.nla4j.tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Who hands out native memory here: the system's malloc, or a library that was loaded instead of it.
///
/// Allocators keep what is freed, for whoever asks next. How much that is, chance decides: where a small piece lands in
/// the midst of a large one that was freed, the next large one is taken from the system anew.
///
/// @param name `tcmalloc`, `mimalloc` or `jemalloc` where one was loaded, else `system`
/// @param library its file; null for the system's
public record Allocator(String name, @Nullable Path library) {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Pattern LIBRARY = Pattern.compile("/(?:.*/)?lib(tcmalloc|mimalloc|jemalloc)[^/]*$");

    /// Of this process; the system's where nobody tells (anything but Linux).
    public static Allocator ofThisProcess() {
        try {
            return Files.isReadable(MAPS) ? in(Files.readAllLines(MAPS)) : in(List.of());
        } catch (IOException e) {
            return in(List.of());
        }
    }

    /// By the libraries that a process has loaded.
    ///
    /// @param maps lines of proc(5) `maps`
    static Allocator in(List<String> maps) {
        for (String line : maps) {
            Matcher matcher = LIBRARY.matcher(line);
            if (matcher.find()) {
                return new Allocator(matcher.group(1), Path.of(matcher.group()));
            }
        }
        return new Allocator("system", null);
    }

    /// Gives memory that was freed back to the system: after large pieces that were needed once, and where much work
    /// ends. jemalloc does so by itself, after ten seconds. Nothing depends on it.
    public static void giveBack() {
        MethodHandle release = Release.FREED;
        if (release != null) {
            try {
                release.invoke();
            } catch (Throwable e) {
                throw new IllegalStateException("the allocator can't give memory back", e);
            }
        }
    }

    /// Looked up once.
    private static final class Release {
        static final @Nullable MethodHandle FREED = of(ofThisProcess());

        private static @Nullable MethodHandle of(Allocator allocator) {
            return switch (allocator.name()) {
                case "tcmalloc" ->
                    function(allocator, "MallocExtension_ReleaseFreeMemory", FunctionDescriptor.ofVoid());
                // bool force
                case "mimalloc" ->
                    function(allocator, "mi_collect", FunctionDescriptor.ofVoid(ValueLayout.JAVA_BOOLEAN), true);
                // size_t of what is kept; glibc has it and no other libc
                case "system" ->
                    function(
                            allocator,
                            "malloc_trim",
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG),
                            0L);
                default -> null;
            };
        }

        @SuppressWarnings("restricted") // functions of C interfaces that touch no memory of ours
        private static @Nullable MethodHandle function(
                Allocator allocator, String name, FunctionDescriptor type, Object... arguments) {
            try {
                SymbolLookup symbols = allocator.library() == null
                        ? Linker.nativeLinker().defaultLookup()
                        : SymbolLookup.libraryLookup(allocator.library(), Arena.global());
                return symbols.find(name)
                        .map(at -> Linker.nativeLinker().downcallHandle(at, type))
                        .map(handle -> MethodHandles.insertArguments(handle, 0, arguments))
                        .orElse(null);
            } catch (IllegalArgumentException _) {
                return null; // its file is gone since it was loaded
            }
        }
    }
}
