package dev.nla4j.format.safetensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// Files that break the format, each in one way, by what the error must say.
final class BrokenSafetensors {
    private BrokenSafetensors() {}

    record Case(String says, byte[] bytes) {}

    static Map<String, Case> all() {
        Map<String, Case> cases = new LinkedHashMap<>();
        lengths(cases);
        json(cases);
        entries(cases);
        layout(cases);
        return cases;
    }

    private static void lengths(Map<String, Case> cases) {
        cases.put("empty", new Case("holds no header", new byte[0]));
        cases.put("seven_bytes", new Case("holds no header", new byte[7]));
        cases.put("length_zero", new Case("header length: is 0", withLength(0, "{}")));
        cases.put("length_beyond_the_file", new Case("header length: is 3", withLength(3, "{}")));
        cases.put("length_that_overflows", new Case("18446744073709551615", withLength(-1, "{}")));
        cases.put(
                "length_that_overflows_when_8_is_added",
                new Case("9223372036854775807", withLength(Long.MAX_VALUE, "{}")));
        cases.put("length_over_the_bound", new Case("header length: is 100000001", withLength(100_000_001, "{}")));
    }

    private static void json(Map<String, Case> cases) {
        cases.put("leading_space", header("must begin with {", " {}"));
        cases.put("array", header("must begin with {", "[]"));
        cases.put("unclosed", header("not valid JSON", "{\"a\":"));
        cases.put("two_values", header("more than one JSON value", "{} {}"));
        cases.put("trailing_zero_byte", header("not valid JSON", "{}\0"));
        cases.put(
                "trailing_comma",
                header("not valid JSON", "{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]},}"));
        cases.put("nan", header("not valid JSON", "{\"a\":NaN}"));
        cases.put("deep", header("not valid JSON", "{\"a\":{\"x\":" + "[".repeat(200) + "]".repeat(200) + "}}"));
        cases.put(
                "latin_1",
                new Case("not valid JSON in UTF-8", file("{\"\u00e9\":1}".getBytes(StandardCharsets.ISO_8859_1))));
        cases.put("overlong_utf_8", new Case("not valid JSON in UTF-8", file(new byte[] {
            '{', '"', (byte) 0xc0, (byte) 0xaf, '"'
        })));
        cases.put("utf_16", new Case("not valid JSON", file("{}".getBytes(StandardCharsets.UTF_16LE))));
        cases.put(
                "half_a_character_in_a_name",
                header("not valid JSON", "{\"\\ud800\":" + entry("U8", "[]", "[0,0]") + "}"));
        cases.put("half_a_character_in_a_value", header("half a character", "{\"__metadata__\":{\"k\":\"\\udc00\"}}"));
    }

    private static void entries(Map<String, Case> cases) {
        String good = entry("U8", "[0]", "[0,0]");
        cases.put("duplicate_tensor", header("a: stands there twice", "{\"a\":" + good + ",\"a\":" + good + "}"));
        cases.put(
                "duplicate_by_escape",
                header("a: stands there twice", "{\"a\":" + good + ",\"\\u0061\":" + good + "}"));
        cases.put(
                "duplicate_dtype",
                header("a.dtype: stands there twice", "{\"a\":" + good.replace("{", "{\"dtype\":\"U8\",") + "}"));
        cases.put(
                "duplicate_shape",
                header("a.shape: stands there twice", "{\"a\":" + good.replace("{", "{\"shape\":[],") + "}"));
        cases.put(
                "duplicate_metadata",
                header("__metadata__: stands there twice", "{\"__metadata__\":{},\"__metadata__\":{}}"));
        cases.put(
                "duplicate_metadata_key",
                header("__metadata__.k: stands there twice", "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}"));
        cases.put("metadata_number", header("__metadata__.k: must be a string", "{\"__metadata__\":{\"k\":1}}"));
        cases.put("metadata_object", header("__metadata__.k: must be a string", "{\"__metadata__\":{\"k\":{}}}"));
        cases.put("metadata_list", header("__metadata__: must be an object", "{\"__metadata__\":[]}"));
        cases.put("metadata_null", header("__metadata__: must be an object", "{\"__metadata__\":null}"));
        cases.put("tensor_number", header("a: must be an object", "{\"a\":1}"));
        cases.put("no_dtype", header("a: must have", "{\"a\":{\"shape\":[],\"data_offsets\":[0,0]}}"));
        cases.put("no_shape", header("a: must have", "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,0]}}"));
        cases.put("no_offsets", header("a: must have", "{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}"));
        cases.put("one_offset", tensor("a: must have", "U8", "[0]", "[0]", 0));
        cases.put("three_offsets", tensor("more than 2", "U8", "[0]", "[0,0,0]", 0));
        cases.put("unknown_dtype", tensor("is Q4_0; what can be read is BOOL, U8", "Q4_0", "[0]", "[0,0]", 0));
        cases.put("dtype_number", header("a.dtype: must be a string", "{\"a\":{\"dtype\":1}}"));
        cases.put("negative_dimension", tensor("negative number -1", "U8", "[-1]", "[0,0]", 0));
        cases.put("minus_zero", tensor("negative number -0", "U8", "[-0]", "[0,0]", 0));
        cases.put("fraction", tensor("whole numbers", "U8", "[1.0]", "[0,1]", 1));
        cases.put("exponent", tensor("whole numbers", "U8", "[1e0]", "[0,1]", 1));
        cases.put("dimension_in_quotes", tensor("whole numbers", "U8", "[\"1\"]", "[0,1]", 1));
        cases.put("nested_shape", tensor("whole numbers", "U8", "[[1]]", "[0,1]", 1));
        cases.put("number_beyond_63_bits", tensor("beyond 63 bits", "U8", "[9223372036854775808]", "[0,0]", 0));
        cases.put("too_many_dimensions", tensor("more than 16", "U8", "[0" + ",1".repeat(16) + "]", "[0,0]", 0));
        cases.put(
                "shape_that_overflows",
                tensor("more than any file holds", "U8", "[4294967296,4294967296]", "[0,0]", 0));
        cases.put(
                "shape_that_overflows_before_a_zero",
                tensor("more than any", "U8", "[4294967296,4294967296,0]", "[0,0]", 0));
        cases.put(
                "bytes_that_overflow", tensor("more than any file holds", "F64", "[2305843009213693952]", "[0,0]", 0));
    }

    private static void layout(Map<String, Case> cases) {
        cases.put("hole_at_the_start", tensor("must begin at 0", "U8", "[1]", "[1,2]", 2));
        cases.put("hole_between", two("must begin at 1", "[0,1]", "[2,3]", 3));
        cases.put("overlap", two("must begin at 1", "[0,1]", "[0,1]", 1));
        cases.put("end_before_begin", tensor("must begin at 0", "U8", "[1]", "[1,0]", 1));
        cases.put("size_too_small", tensor("span 3 bytes", "F32", "[1]", "[0,3]", 3));
        cases.put("size_too_large", tensor("needs 4", "F32", "[1]", "[0,5]", 5));
        cases.put("bytes_after_the_last", tensor("tensors end at byte 1", "U8", "[1]", "[0,1]", 2));
        cases.put("file_cut_off", tensor("tensors end at byte 4", "F32", "[1]", "[0,4]", 3));
        cases.put(
                "bytes_without_tensors",
                new Case("tensors end at byte 0", file("{}".getBytes(StandardCharsets.UTF_8), 1)));
    }

    static String entry(String dtype, String shape, String offsets) {
        return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    static byte[] file(byte[] header, int dataBytes) {
        return ByteBuffer.allocate(8 + header.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }

    static byte[] file(String header, int dataBytes) {
        return file(header.getBytes(StandardCharsets.UTF_8), dataBytes);
    }

    private static byte[] file(byte[] header) {
        return file(header, 0);
    }

    private static byte[] withLength(long length, String header) {
        byte[] bytes = file(header, 0);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        return bytes;
    }

    private static Case header(String says, String header) {
        return new Case(says, file(header, 0));
    }

    private static Case tensor(String says, String dtype, String shape, String offsets, int dataBytes) {
        return new Case(says, file("{\"a\":" + entry(dtype, shape, offsets) + "}", dataBytes));
    }

    private static Case two(String says, String offsetsA, String offsetsB, int dataBytes) {
        String header = "{\"a\":" + entry("U8", "[1]", offsetsA) + ",\"b\":" + entry("U8", "[1]", offsetsB) + "}";
        return new Case(says, file(header, dataBytes));
    }
}
