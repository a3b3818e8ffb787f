package dev.nla4j.teacher;

import dev.nla4j.format.InputException;
import java.util.Map;
import java.util.regex.Pattern;

/// A secret from the environment: sent to its endpoint and never printed.
///
/// @param secret empty when the endpoint wants none
public record ApiKey(String secret) {
    /// Stands above [#NONE], which it checks.
    private static final Pattern FORM = Pattern.compile("[!-~]{0,512}");

    /// For servers of one's own.
    public static final ApiKey NONE = new ApiKey("");

    public ApiKey {
        if (!FORM.matcher(secret).matches()) {
            throw new InputException("an API key is not one printable ASCII word");
        }
    }

    /// The key that a variable holds.
    ///
    /// @throws InputException when it is not set
    public static ApiKey from(Map<String, String> environment, String variable) {
        String value = environment.getOrDefault(variable, "").strip();
        if (value.isEmpty()) {
            throw new InputException("environment variable " + variable + ": is not set; it holds the API key");
        }
        return new ApiKey(value);
    }

    boolean isNone() {
        return secret.isEmpty();
    }

    @Override
    public String toString() {
        return "ApiKey[…]";
    }
}
