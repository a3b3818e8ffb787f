package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HubExceptionTest {
    @Test
    void what_no_source_delivers_is_said_on_one_line_with_each_reason_and_at_length_with_all_advice() {
        HubException error = HubException.nothingDelivers(
                "owner/name",
                List.of("store: not there", "hub: can't connect"),
                List.of("bring it here", "or a mirror"));
        assertThat(error.line())
                .isEqualTo("no source delivers owner/name: store: not there; hub: can't connect; bring it here"
                        + " (more with --debug)");
        assertThat(error.getMessage())
                .hasLineCount(6)
                .contains("hub: can't connect")
                .endsWith("or a mirror");
        assertThat(new HubException("a disk is full").line()).isEqualTo("a disk is full");
    }
}
