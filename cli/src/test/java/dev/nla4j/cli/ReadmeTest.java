package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.hub.LocalModel;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The README's Java is real: it is cut out, compiled and run.
@Tag("model")
class ReadmeTest {
    @TempDir
    Path folder;

    @Test
    void the_java_of_the_readme_compiles_and_explains() throws Exception {
        LocalModel model = DefaultModel.required();
        Matcher snippet = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(DefaultModel.root().resolve("README.md")));
        assertThat(snippet.find()).isTrue();
        String source = """
                import dev.nla4j.model.*;
                import dev.nla4j.nla.*;
                import dev.nla4j.progress.Progress;
                import dev.nla4j.tensor.DType;
                import java.nio.file.Path;
                import java.util.*;
                public class Snippet {
                    public static String run(Path modelFile, Path pairFolder, String sha256) {
                        %s
                    }
                }
                """.formatted(snippet.group(1)
                .replaceFirst("\n}\n$", "\nreturn report.results().get(0).best().text().description();\n}\n"));
        compile(source);
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Method run = loader.loadClass("Snippet").getMethod("run", Path.class, Path.class, String.class);
            String sha256 = model.sha256(dev.nla4j.progress.Progress.NONE).orElseThrow();
            assertThat((String) run.invoke(null, model.path(), DefaultModel.shippedPair(), sha256))
                    .contains("Text:");
        }
    }

    private void compile(String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        SimpleJavaFileObject unit =
                new SimpleJavaFileObject(URI.create("string:///Snippet.java"), javax.tools.JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        StringWriter log = new StringWriter();
        List<String> options = List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path"));
        assertThat(compiler.getTask(log, null, null, options, null, List.of(unit))
                        .call())
                .as(log.toString())
                .isTrue();
    }
}
