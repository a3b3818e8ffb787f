package dev.nla4j.format.gguf;

import static dev.nla4j.format.gguf.GgufBytes.ARRAY;
import static dev.nla4j.format.gguf.GgufBytes.BOOL;
import static dev.nla4j.format.gguf.GgufBytes.STRING;
import static dev.nla4j.format.gguf.GgufBytes.U32;
import static dev.nla4j.format.gguf.GgufBytes.U8;
import static dev.nla4j.format.gguf.GgufBytes.oneTensor;
import static dev.nla4j.format.gguf.GgufBytes.start;

import java.util.LinkedHashMap;
import java.util.Map;

/// Files that break the format, each in one way, by what the error must say.
final class BrokenGguf {
    private static final String ALIGNMENT = "general.alignment";

    private BrokenGguf() {}

    record Case(String says, byte[] bytes) {}

    static Map<String, Case> all() {
        Map<String, Case> cases = new LinkedHashMap<>();
        preamble(cases);
        counts(cases);
        values(cases);
        arrays(cases);
        alignments(cases);
        tensors(cases);
        layout(cases);
        return cases;
    }

    private static void preamble(Map<String, Case> cases) {
        put(cases, "empty", "magic: is cut off", new GgufBytes());
        put(
                cases,
                "other_magic",
                "magic: must be GGUF, was 50414e47",
                new GgufBytes().text("PANG").zeros(20));
        put(cases, "no_version", "version: is cut off", new GgufBytes().text("GGUF"));
        put(
                cases,
                "version_0",
                "must be 2 or 3, was 0",
                new GgufBytes().text("GGUF").i32(0).zeros(16));
        put(
                cases,
                "version_1",
                "must be 2 or 3, was 1",
                new GgufBytes().text("GGUF").i32(1).zeros(16));
        put(
                cases,
                "version_4",
                "must be 2 or 3, was 4",
                new GgufBytes().text("GGUF").i32(4).zeros(16));
        put(
                cases,
                "big_endian",
                "big-endian",
                new GgufBytes().text("GGUF").bytes(0, 0, 0, 3).zeros(16));
        put(
                cases,
                "no_counts",
                "tensor count: is cut off",
                new GgufBytes().text("GGUF").i32(3).zeros(7));
    }

    private static void counts(Map<String, Case> cases) {
        put(cases, "tensors_beyond_the_file", "tensor count: counts 1, must be at most 0", start(1, 0));
        put(cases, "tensors_that_overflow", "counts 18446744073709551615", start(-1, 0));
        put(
                cases,
                "tensors_by_the_billion",
                "counts 4611686018427387904",
                start(1L << 62, 0).zeros(100));
        put(
                cases,
                "too_many_tensors",
                "counts 65537, must be at most 65536",
                start(65_537, 0).zeros(65_537 * 24));
        put(
                cases,
                "keys_beyond_the_file",
                "metadata count: counts 1, must be at most 0",
                start(0, 1).zeros(13));
        put(
                cases,
                "keys_that_overflow",
                "metadata count: counts 9223372036854775808",
                start(0, Long.MIN_VALUE).zeros(64));
        put(
                cases,
                "too_many_keys",
                "counts 65537, must be at most 65536",
                start(0, 65_537).zeros(65_537 * 14));
    }

    private static void values(Map<String, Case> cases) {
        put(
                cases,
                "empty_key",
                "key 0: must have 1",
                start(0, 1).key("", U32).i32(1).zeros(8));
        put(
                cases,
                "long_key",
                "had 65536",
                start(0, 1).key("k".repeat(65_536), U8).bytes(1));
        put(
                cases,
                "key_beyond_the_file",
                "key 0: counts 1000",
                start(0, 1).i64(1000).zeros(20));
        put(
                cases,
                "key_not_utf_8",
                "key 0: is not valid UTF-8",
                start(0, 1).i64(1).bytes(0xff).i32(U32).i32(0));
        put(
                cases,
                "duplicate_key",
                "k: stands there twice",
                start(0, 2).key("k", U32).i32(1).key("k", U32).i32(1));
        put(
                cases,
                "unknown_value_type",
                "k: has the unknown type 13",
                start(0, 1).key("k", 13).zeros(8));
        put(
                cases,
                "negative_value_type",
                "unknown type 4294967295",
                start(0, 1).key("k", -1).zeros(8));
        put(cases, "value_cut_off", "k: is cut off", start(0, 1).key("k", U32).zeros(3));
        put(
                cases,
                "boolean_2",
                "k: must be 0 (false) or 1 (true), was 2",
                start(0, 1).key("k", BOOL).bytes(2));
        put(
                cases,
                "string_beyond_the_file",
                "k: counts 2, must be at most 1",
                start(0, 1).key("k", STRING).i64(2).text("a"));
        put(
                cases,
                "string_that_overflows",
                "counts 18446744073709551615",
                start(0, 1).key("k", STRING).i64(-1).zeros(9));
        put(
                cases,
                "string_not_utf_8",
                "k: is not valid UTF-8",
                start(0, 1).key("k", STRING).i64(2).bytes('a', 0xc0));
        put(
                cases,
                "string_of_a_surrogate",
                "not valid UTF-8",
                start(0, 1).key("k", STRING).i64(3).bytes(0xed, 0xa0, 0x80));
        put(
                cases,
                "overlong_utf_8",
                "not valid UTF-8",
                start(0, 1).key("k", STRING).i64(2).bytes(0xc0, 0xaf));
    }

    private static void arrays(Map<String, Case> cases) {
        put(
                cases,
                "array_without_a_length",
                "k: is cut off",
                start(0, 1).key("k", ARRAY).i32(U32).zeros(7));
        put(
                cases,
                "array_beyond_the_file",
                "counts 2, must be at most 1",
                array(U32).i64(2).i32(1));
        put(
                cases,
                "array_by_the_billion",
                "counts 2147483648",
                array(U8).i64(1L << 31).zeros(8));
        put(
                cases,
                "array_that_overflows",
                "counts 4611686018427387905",
                array(U32).i64((1L << 62) + 1).zeros(8));
        put(cases, "array_of_an_unknown_type", "unknown type 99", array(99).i64(0));
        put(
                cases,
                "strings_beyond_the_file",
                "counts 3, must be at most 2",
                array(STRING).i64(3).zeros(16));
        put(
                cases,
                "string_in_an_array_beyond_the_file",
                "k: counts 9",
                array(STRING).i64(1).i64(9).zeros(8));
        put(cases, "booleans_of_2", "was 2", array(BOOL).i64(2).bytes(1, 2));
        put(
                cases,
                "arrays_beyond_the_file",
                "counts 2, must be at most 1",
                array(ARRAY).i64(2).zeros(12));
        put(
                cases,
                "arrays_three_deep",
                "nested deeper than 2",
                array(ARRAY).i64(1).i32(ARRAY).i64(1).i32(ARRAY).i64(0));
        GgufBytes deep = start(0, 1).key("k", ARRAY);
        for (int i = 0; i < 10_000; i++) {
            deep.i32(ARRAY).i64(1);
        }
        put(cases, "arrays_ten_thousand_deep", "nested deeper than 2", deep);
    }

    private static void alignments(Map<String, Case> cases) {
        put(
                cases,
                "alignment_0",
                "must be 1 to 1048576, was 0",
                start(0, 1).key(ALIGNMENT, U32).i32(0));
        put(
                cases,
                "alignment_48",
                "must be a power of two, was 48",
                start(0, 1).key(ALIGNMENT, U32).i32(48));
        put(
                cases,
                "alignment_2_to_the_31",
                "was 2147483648",
                start(0, 1).key(ALIGNMENT, U32).i32(1 << 31));
        put(
                cases,
                "alignment_of_u64",
                "was 18446744073709551615",
                start(0, 1).key(ALIGNMENT, 10).i64(-1));
        put(
                cases,
                "alignment_text",
                "must be an integer, was the string 32",
                start(0, 1).key(ALIGNMENT, STRING).string("32"));
    }

    private static void tensors(Map<String, Case> cases) {
        put(
                cases,
                "five_dimensions",
                "has 5 dimensions",
                oneTensor(1, 1, 1, 1, 1).zeros(64));
        put(
                cases,
                "dimensions_by_the_billion",
                "has 4294967295 dimensions",
                start(1, 0).string("t").i32(-1).zeros(64));
        put(
                cases,
                "negative_dimension",
                "dimension 18446744073709551615",
                oneTensor(-1).zeros(64));
        put(
                cases,
                "shape_that_overflows",
                "more than any file holds",
                oneTensor(1L << 32, 1L << 32).zeros(64));
        put(
                cases,
                "bytes_that_overflow",
                "more than any file holds",
                oneTensor(1L << 61).zeros(64));
        put(
                cases,
                "unknown_tensor_type",
                "t: is stored as unknown type 77; what",
                start(1, 0).tensor("t", 77, 0, 1).zeros(64));
        put(
                cases,
                "unreadable_quantisation",
                "t: is stored as IQ3_S; what",
                start(1, 0).tensor("t", 21, 0, 256).zeros(999));
        put(
                cases,
                "removed_quantisation",
                "stored as Q4_2 (which ggml has retired); what",
                start(1, 0).tensor("t", 4, 0, 32).zeros(64));
        put(
                cases,
                "retired_order_of_rows",
                "stored as Q4_0_8_8 (which ggml has retired); what",
                start(1, 0).tensor("t", 33, 0, 32).zeros(64));
        put(
                cases,
                "retired_order_of_nonlinear_rows",
                "stored as IQ4_NL_4_4 (which ggml has retired); what",
                start(1, 0).tensor("t", 36, 0, 32).zeros(64));
        put(
                cases,
                "row_of_half_a_block",
                "must be multiples of 32",
                start(1, 0).tensor("t", 3, 0, 48, 2).zeros(200));
        put(
                cases,
                "blocks_without_dimensions",
                "must be multiples of 32",
                start(1, 0).tensor("t", 3, 0).zeros(200));
        put(
                cases,
                "tensor_name_not_utf_8",
                "name of tensor 0: is not",
                start(1, 0).i64(1).bytes(0x80).zeros(64));
        put(
                cases,
                "tensor_name_beyond_the_file",
                "counts 1000",
                start(1, 0).i64(1000).zeros(64));
        put(
                cases,
                "tensor_cut_off",
                "is cut off",
                start(1, 0).string("t").i32(1).i64(1).i32(0).zeros(7));
        put(
                cases,
                "two_tensors_of_one_name",
                "t: names two tensors",
                start(2, 0).tensor("t", 0, 0, 1).tensor("t", 0, 32, 1).align(32).zeros(64));
    }

    private static void layout(Map<String, Case> cases) {
        put(cases, "no_data", "needs 4 bytes, the file has 0 left", oneTensor(1));
        put(
                cases,
                "data_cut_off",
                "needs 8 bytes, the file has 7 left",
                oneTensor(2).align(32).zeros(7));
        put(
                cases,
                "offset_beyond",
                "must be 0",
                start(1, 0).tensor("t", 0, 1L << 40, 1).align(32).zeros(32));
        put(
                cases,
                "offset_that_overflows",
                "was 18446744073709551584",
                start(1, 0).tensor("t", 0, -32, 1).zeros(64));
        put(
                cases,
                "offset_unaligned",
                "must be 0",
                start(1, 0).tensor("t", 0, 4, 1).align(32).zeros(64));
        put(
                cases,
                "overlap",
                "b.offset: must be 32",
                start(2, 0).tensor("a", 0, 0, 1).tensor("b", 0, 0, 1).align(32).zeros(64));
        put(
                cases,
                "hole",
                "b.offset: must be 32",
                start(2, 0).tensor("a", 0, 0, 1).tensor("b", 0, 64, 1).align(32).zeros(96));
        put(
                cases,
                "second_tensor_cut_off",
                "b: needs 4 bytes, the file has 3 left",
                start(2, 0).tensor("a", 0, 0, 1).tensor("b", 0, 32, 1).align(32).zeros(35));
    }

    private static GgufBytes array(int elementType) {
        return start(0, 1).key("k", ARRAY).i32(elementType);
    }

    private static void put(Map<String, Case> cases, String name, String says, GgufBytes bytes) {
        cases.put(name, new Case(says, bytes.get()));
    }
}
