package dev.nla4j.train.config;

import dev.nla4j.format.InputException;

/// A configuration that can't be used. The message begins with the key's path: `train.rl.group-size: must be >= 2`.
public final class ConfigException extends InputException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}
