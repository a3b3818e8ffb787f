package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HalfSidecarTest {
    @TempDir
    Path folder;

    @Test
    void a_half_says_where_the_tokens_stood_that_it_learned_from() throws IOException {
        try (TinyTask tiny = TinyTask.in(folder)) {
            Examples data = tiny.examples(Stage.AV_SFT, "av", 3, 1);
            assertThat(trained(data)).isEmpty();
            assertThat(trained(placed(data, 21, 96, 50))).hasValue(new NlaMeta.Span(20, 95));
            // a row that does not say is no row at position -1
            assertThat(trained(placed(data, 0, 96, 50))).hasValue(new NlaMeta.Span(49, 95));
        }
    }

    @Test
    void the_injection_scale_is_the_third_quartile_of_the_norms() {
        List<float[]> five = List.of(of(3, 0), of(0, 1), of(-5, 0), of(0, 2), of(4, 0));
        assertThat(HalfSidecar.injectionScale(five)).isCloseTo(4, within(1e-9));
        assertThat(HalfSidecar.injectionScale(List.of(of(2, 0), of(0, 1)))).isCloseTo(1.75, within(1e-9));
        assertThat(HalfSidecar.injectionScale(List.of(of(3, 4)))).isCloseTo(5, within(1e-9));
    }

    private static float[] of(float... values) {
        return values;
    }

    private static Optional<NlaMeta.Span> trained(Examples data) {
        HalfSidecar.Base base = new HalfSidecar.Base("nobody/tiny", Optional.empty());
        return HalfSidecar.meta(
                        data.file(),
                        HalfSidecar.tree(Role.VERBALIZER, base, data, OptionalDouble.of(1), OptionalDouble.empty()))
                .trained();
    }

    private static Examples placed(Examples data, long... tokens) {
        List<Example> rows = new java.util.ArrayList<>();
        for (int i = 0; i < tokens.length; i++) {
            Example row = data.rows().get(i);
            Example.Source source = new Example.Source(row.document(), row.context(), tokens[i]);
            rows.add(new Example(row.activation(), row.explanation(), row.response(), source));
        }
        return new Examples(data.file(), data.meta(), rows);
    }
}
