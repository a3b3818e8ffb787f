package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubSettingsTest {
    @TempDir
    Path home;

    @Test
    void the_store_lies_in_the_platforms_cache_folder() {
        Sandbox machine = Sandbox.in(home);
        assertThat(from(machine, Platform.LINUX).root()).isEqualTo(home.resolve(".cache/nla4j"));
        assertThat(from(machine, Platform.MAC).root()).isEqualTo(home.resolve("Library/Caches/nla4j"));
        assertThat(from(machine.with("LOCALAPPDATA", home + "/local"), Platform.WINDOWS)
                        .root())
                .isEqualTo(home.resolve("local/nla4j"));
        assertThat(from(machine.with("XDG_CACHE_HOME", home + "/xdg"), Platform.DEBIAN)
                        .root())
                .isEqualTo(home.resolve("xdg/nla4j"));
        assertThat(from(machine.with("XDG_CACHE_HOME", home + "/xdg").with("NLA_HOME", home + "/own"), Platform.LINUX)
                        .root())
                .isEqualTo(home.resolve("own"));
    }

    @Test
    void an_empty_variable_counts_as_unset() {
        Sandbox machine =
                Sandbox.in(home).with("NLA_HOME", "").with("HF_ENDPOINT", " ").with("HF_TOKEN", "");
        HubSettings settings = from(machine, Platform.LINUX);
        assertThat(settings.root()).isEqualTo(home.resolve(".cache/nla4j"));
        assertThat(settings.remote().endpoint()).hasToString("https://huggingface.co");
        assertThat(settings.remote().token()).isNull();
    }

    @Test
    void the_cache_of_python_tools_is_where_their_variables_say() {
        Sandbox machine = Sandbox.in(home);
        assertThat(from(machine, Platform.LINUX).huggingFaceCache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
        assertThat(from(machine.with("HF_HOME", home + "/hf"), Platform.LINUX).huggingFaceCache())
                .isEqualTo(home.resolve("hf/hub"));
        assertThat(from(machine.with("HF_HUB_CACHE", home + "/c"), Platform.LINUX)
                        .huggingFaceCache())
                .isEqualTo(home.resolve("c"));
    }

    @Test
    void the_token_is_read_from_variable_or_file_and_never_printed() throws IOException {
        Sandbox machine = Sandbox.in(home);
        Files.createDirectories(home.resolve(".cache/huggingface"));
        Files.writeString(home.resolve(".cache/huggingface/token"), "hf_fromfile\n");
        HubSettings.Token fromFile = from(machine, Platform.LINUX).remote().token();
        assertThat(fromFile).isEqualTo(new HubSettings.Token("hf_fromfile"));
        HubSettings settings = from(machine.with("HF_TOKEN", "hf_given"), Platform.LINUX);
        assertThat(settings.remote().token()).isEqualTo(new HubSettings.Token("hf_given"));
        assertThat(settings.remote().toString()).doesNotContain("hf_given");
    }

    @Test
    void a_token_that_could_break_a_header_is_refused_without_being_printed() {
        assertThatThrownBy(() -> from(Sandbox.in(home).with("HF_TOKEN", "secret\r\nX: y"), Platform.LINUX))
                .isInstanceOf(InputException.class)
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "true", "YES", "On"})
    void both_offline_variables_are_honoured(String value) {
        assertThat(offline("NLA_OFFLINE", value)).isEqualTo("NLA_OFFLINE=" + value);
        assertThat(offline("HF_HUB_OFFLINE", value)).isEqualTo("HF_HUB_OFFLINE=" + value);
    }

    @Test
    void other_values_do_not_mean_offline() {
        assertThat(offline("HF_HUB_OFFLINE", "0")).isNull();
        assertThat(offline("NLA_OFFLINE", "false")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ftp://x", "huggingface.co", "https://", "https://u:p@x", "file:///etc", "https://x/?q", "h t"})
    void an_endpoint_that_is_no_web_address_is_refused(String endpoint) {
        assertThatThrownBy(() -> from(Sandbox.in(home).with("HF_ENDPOINT", endpoint), Platform.LINUX))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("HF_ENDPOINT: ");
    }

    @Test
    void an_endpoint_may_have_a_path_and_slashes_at_its_end() {
        assertThat(from(Sandbox.in(home).with("HF_ENDPOINT", "https://mirror/hf//"), Platform.LINUX)
                        .remote()
                        .endpoint())
                .hasToString("https://mirror/hf");
    }

    private String offline(String name, String value) {
        return from(Sandbox.in(home).with(name, value), Platform.LINUX).remote().offlineBecause();
    }

    private static HubSettings from(Sandbox machine, Platform platform) {
        return HubSettings.from(Map.copyOf(machine.variables()), platform);
    }
}
