package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelativeNameTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/etc/passwd",
                "../x",
                "a/../x",
                "a/..",
                "..",
                ".",
                "./x",
                "a//b",
                "a/",
                "a\\b",
                "..\\x",
                "C:x",
                "c:/x",
                "a\0b",
                "a\nb",
                "a\u007fb",
                "nul",
                "NUL.txt",
                "a/con.json",
                "aux .x",
                "lpt1",
                "COM9.tar.gz",
                "x.",
                "x ",
                " x",
                "a./b",
                "a<b",
                "a>b",
                "a|b",
                "a?b",
                "a*b",
                "a\"b",
                "é.json",
                "\u202etxt.json",
                "CONIN$"
            })
    void hostile_names_are_refused_in_one_line(String name) {
        assertThatThrownBy(() -> new RelativeName(name))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("file name refused")
                .hasMessageNotContaining("\n")
                .hasMessageNotContaining("\0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "config.json", "av/nla_meta.yaml", "model-00001-of-00002.safetensors", ".gitattributes", "a b.json",
                "..a", "console.json", "nullable", "a+b=c@d,(1)[2]{3}~.gguf", "a/b/c/d"
            })
    void ordinary_names_stay_what_they_are(String name) {
        assertThat(new RelativeName(name).under(Path.of("/root/x"))).isEqualTo(Path.of("/root/x", name));
    }

    @Test
    void very_long_names_are_refused() {
        assertThatThrownBy(() -> new RelativeName("a".repeat(201))).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> new RelativeName("ab/".repeat(200) + "c")).isInstanceOf(InputException.class);
    }

    @Test
    void whatever_is_accepted_lies_below_the_root() {
        var random = new Random(7);
        String alphabet = "a.A/\\:~ \0%\n-_*é";
        Path root = Path.of("/store/models/x");
        int accepted = 0;
        for (int i = 0; i < 200_000; i++) {
            var name = new StringBuilder();
            int length = random.nextInt(9);
            for (int j = 0; j < length; j++) {
                name.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                Path path = new RelativeName(name.toString()).under(root);
                assertThat(path.startsWith(root) && path.getNameCount() > root.getNameCount())
                        .as(name.toString())
                        .isTrue();
                accepted++;
            } catch (InputException e) {
                assertThat(e).hasMessageStartingWith("file name refused");
            }
        }
        assertThat(accepted).isGreaterThan(1000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../../etc", "B179C9523D0E6A0F98A330C7562B682750A6F8C8C15E5BC70EA373728110DB53", "abc"})
    void a_digest_of_another_form_never_becomes_a_path(String hex) {
        assertThatThrownBy(() -> Digest.sha256(hex)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> Digest.gitBlob(hex)).isInstanceOf(InputException.class);
    }

    @Test
    void keys_of_references_are_file_names_and_differ() {
        assertThat(StoreLayout.key("../../x")).matches("[A-Za-z0-9._-]+").doesNotContain("/");
        assertThat(StoreLayout.key("a/b")).isNotEqualTo(StoreLayout.key("a--b"));
        assertThat(StoreLayout.key("a/b")).isNotEqualTo(StoreLayout.key("A/b"));
        assertThat(StoreLayout.key("a".repeat(500))).hasSizeLessThan(120);
    }
}
