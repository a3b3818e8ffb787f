package dev.nla4j.chat.jinja;

/// What a template may use up.
///
/// @param steps evaluated nodes, iterations and list items; eight characters that an operation reads or makes count as
///     one
/// @param outputChars length of the rendering
/// @param valueSize characters of any one string and items of any one list
/// @param depth evaluations inside one another: nested expressions and statements, calls of macros, recursive loops
/// @param sourceChars length of the template
public record Limits(long steps, int outputChars, int valueSize, int depth, int sourceChars) {
    /// A conversation of a million characters passes with room to spare; a hostile template ends within a second.
    /// The deepest nesting takes some 600 KB of a thread's stack at worst (compiled by C1, coverage counted), so
    /// that it fits the usual megabyte with room for the caller.
    public static final Limits DEFAULT = new Limits(10_000_000, 16_000_000, 8_000_000, 500, 1_000_000);

    public Limits {
        if (steps < 1 || outputChars < 1 || valueSize < 1 || depth < 1 || sourceChars < 1) {
            throw new IllegalArgumentException("limits must be positive, were " + steps + " steps, " + outputChars
                    + " output characters, values of " + valueSize + ", depth " + depth + ", source of " + sourceChars
                    + " characters");
        }
    }
}
