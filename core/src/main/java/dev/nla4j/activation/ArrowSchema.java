package dev.nla4j.activation;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Map;

/// What tells pyarrow that vectors have a fixed length: Parquet itself knows lists of any length only, and the
/// public
/// data pipeline wants `fixed_size_list<float>[d]`.
///
/// Arrow's libraries look for their own schema, a serialised flatbuffer, under a key of the footer. Ours never
/// changes
/// but for one number, so it is kept as pyarrow 26 writes it.
final class ArrowSchema {
    private static final String KEY = "ARROW:schema";
    private static final int LENGTH_AT = 236;
    private static final String BASE = """
            /////6gBAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAUAAAA4AQAA5AAAAHAAAAAwAAAABAAAAOz+
            //8AAAEFEAAAABgAAAAEAAAAAAAAAAYAAABkb2NfaWQAABj///8U////AAABAhAAAAAkAAAABAAAAAAAAAAQAAAAYWN0aXZhdGlvbl9s
            YXllcgAAAAAI////AAAAAUAAAABQ////AAABEBQAAAAsAAAABAAAAAEAAAAoAAAAEQAAAGFjdGl2YXRpb25fdmVjdG9yAAYACAAEAAYA
            AAAAAAAAkP///wAAAQMQAAAAHAAAAAQAAAAAAAAABAAAAGl0ZW0AAAYACAAGAAYAAAAAAAEAwP///wAAAQUQAAAAMAAAAAQAAAAAAAAA
            GgAAAGRldG9rZW5pemVkX3RleHRfdHJ1bmNhdGVkAAAEAAQABAAAABAAFAAIAAYABwAMAAAAEAAQAAAAAAABAhAAAAAoAAAABAAAAAAA
            AAAMAAAAbl9yYXdfdG9rZW5zAAAAAAgADAAIAAcACAAAAAAAAAFAAAAA
            """;

    private ArrowSchema() {}

    /// The footer's entry for [ActivationSchema#COLUMNS] with vectors of `dimension`.
    static Map<String, String> of(int dimension) {
        byte[] bytes = Base64.getMimeDecoder().decode(BASE);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(LENGTH_AT, dimension);
        return Map.of(KEY, Base64.getEncoder().encodeToString(bytes));
    }
}
