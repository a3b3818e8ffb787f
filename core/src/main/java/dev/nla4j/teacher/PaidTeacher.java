package dev.nla4j.teacher;

/// A teacher whose answers cost money.
public interface PaidTeacher extends Teacher, AutoCloseable {
    /// How many characters a text counts for in [#estimate]: more where one may be a token by itself.
    static long characters(String text) {
        return Asking.characters(text);
    }

    /// About as many dollars as explanations of so many texts cost, each as long as it may be; what the cache already
    /// has is not taken off.
    double estimate(long texts, long characters);

    /// What has been asked so far.
    ApiUsage usage();

    @Override
    void close();
}
