package dev.nla4j.hub;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where models are kept and which sources may be asked: everything the environment says, read once.
///
/// @param root the store's folder
/// @param huggingFaceCache `hub` folder of the cache that Python tools fill; need not exist
/// @param remote the hub on the network
/// @param patience how long to wait for it
/// @param platform decides how missing tools are installed
/// @param environment variables that child processes get; `PATH` finds Python
public record HubSettings(
        Path root,
        Path huggingFaceCache,
        Remote remote,
        Patience patience,
        Platform platform,
        Map<String, String> environment) {
    private static final String PUBLIC_HUB = "https://huggingface.co";
    private static final Set<String> TRUE = Set.of("1", "true", "yes", "on");

    /// The hub on the network.
    ///
    /// @param endpoint address without trailing slash
    /// @param token sent to the endpoint and to no other host
    /// @param offlineBecause the setting that forbids the network, or null when it may be used
    public record Remote(
            URI endpoint, @Nullable Token token, @Nullable String offlineBecause) {}

    /// A secret: never printed.
    public record Token(String secret) {
        private static final Pattern FORM = Pattern.compile("[!-~]{1,512}");

        public Token {
            if (!FORM.matcher(secret).matches()) {
                throw new InputException("the hub's token (HF_TOKEN or token file) is not one printable ASCII word");
            }
        }

        @Override
        public String toString() {
            return "Token[…]";
        }
    }

    /// How long the network is waited for.
    ///
    /// @param connect until a connection stands: short, so that a machine without network goes on to other sources
    /// @param stall without a single byte
    /// @param retry before the first retry; doubled with each further one
    /// @param tries in a row without progress
    public record Patience(Duration connect, Duration stall, Duration retry, int tries) {
        /// What suits people.
        public static final Patience DEFAULT =
                new Patience(Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofSeconds(1), 5);

        public Patience {
            if (tries < 1) {
                throw new IllegalArgumentException("tries: must be 1 or more, was " + tries);
            }
        }
    }

    public HubSettings {
        root = root.toAbsolutePath().normalize();
        huggingFaceCache = huggingFaceCache.toAbsolutePath().normalize();
        environment = Map.copyOf(environment);
    }

    /// The same, but nothing is tried a second time: for what can do without an answer.
    HubSettings hurried() {
        var once = new Patience(patience.connect(), patience.stall(), patience.retry(), 1);
        return new HubSettings(root, huggingFaceCache, remote, once, platform, environment);
    }

    /// What the variables say, on this machine's platform. `HubSettings.from(System.getenv())` is the usual call.
    ///
    /// - the store: `NLA_HOME`, else `nla4j` in the platform's cache folder
    /// - Python tools' cache: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in `~/.cache/huggingface`
    /// - the hub: `HF_ENDPOINT`; its token: `HF_TOKEN`, else the file `HF_TOKEN_PATH`, else `token` in `HF_HOME`
    /// - no network: `NLA_OFFLINE` or `HF_HUB_OFFLINE` is `1`, `true`, `yes` or `on`
    public static HubSettings from(Map<String, String> environment) {
        return from(environment, Platform.current());
    }

    static HubSettings from(Map<String, String> environment, Platform platform) {
        var env = new Variables(environment);
        Path home = env.path("HOME")
                .or(() -> env.path("USERPROFILE"))
                .orElseGet(() -> Path.of(System.getProperty("user.home")));
        Path dotCache = env.path("XDG_CACHE_HOME").orElseGet(() -> home.resolve(".cache"));
        Path platformCache = switch (platform) {
            case DEBIAN, LINUX -> dotCache;
            case MAC -> env.path("XDG_CACHE_HOME").orElseGet(() -> home.resolve("Library/Caches"));
            case WINDOWS ->
                env.path("XDG_CACHE_HOME")
                        .or(() -> env.path("LOCALAPPDATA"))
                        .orElseGet(() -> home.resolve("AppData/Local"));
        };
        Path huggingFace = env.path("HF_HOME").orElseGet(() -> dotCache.resolve("huggingface"));
        return new HubSettings(
                env.path("NLA_HOME").orElseGet(() -> platformCache.resolve("nla4j")),
                env.path("HF_HUB_CACHE").orElseGet(() -> huggingFace.resolve("hub")),
                new Remote(
                        endpoint(env.text("HF_ENDPOINT").orElse(PUBLIC_HUB)),
                        token(env, huggingFace).orElse(null),
                        offline(env).orElse(null)),
                Patience.DEFAULT,
                platform,
                environment);
    }

    private static Optional<Token> token(Variables env, Path huggingFace) {
        Optional<String> given = env.text("HF_TOKEN");
        if (given.isPresent()) {
            return given.map(Token::new);
        }
        Path file = env.path("HF_TOKEN_PATH").orElseGet(() -> huggingFace.resolve("token"));
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        String text = Json.text(file, 4096).strip();
        return text.isEmpty() ? Optional.empty() : Optional.of(new Token(text));
    }

    private static Optional<String> offline(Variables env) {
        for (String name : List.of("NLA_OFFLINE", "HF_HUB_OFFLINE")) {
            String value = env.text(name).orElse("");
            if (TRUE.contains(value.toLowerCase(Locale.ROOT))) {
                return Optional.of(name + "=" + value);
            }
        }
        return Optional.empty();
    }

    private static URI endpoint(String text) {
        String bare = text.replaceAll("/+$", "");
        try {
            var uri = new URI(bare);
            boolean http = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            if (http
                    && uri.getHost() != null
                    && uri.getPort() <= 65_535
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && uri.getFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw new InputException(badEndpoint(bare), e);
        }
        throw new InputException(badEndpoint(bare));
    }

    private static String badEndpoint(String text) {
        return "HF_ENDPOINT: '" + FormatException.printable(text) + "' is not an address such as " + PUBLIC_HUB;
    }

    /// Environment variables; an empty one counts as unset.
    private record Variables(Map<String, String> all) {
        Optional<String> text(String name) {
            return Optional.ofNullable(all.get(name)).map(String::strip).filter(value -> !value.isEmpty());
        }

        Optional<Path> path(String name) {
            return text(name).map(value -> {
                try {
                    return value.startsWith("~/")
                            ? Path.of(System.getProperty("user.home"), value.substring(2))
                            : Path.of(value);
                } catch (InvalidPathException e) {
                    throw new InputException(name + ": '" + FormatException.printable(value) + "' is not a path", e);
                }
            });
        }
    }
}
