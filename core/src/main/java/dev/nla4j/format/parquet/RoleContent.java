package dev.nla4j.format.parquet;

/// One chat message as it is stored in a Parquet file.
public record RoleContent(String role, String content) {}
