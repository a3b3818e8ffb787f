package dev.nla4j.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A tokenizer in the native library, called directly: the library's own Java class pads, truncates, reads further
/// files and may download a build for the graphics card.
final class NativeTokenizer implements Tokenizer {
    private final TokenizersLibrary library;
    private final Vocabulary vocabulary;
    private final int[] idsWithoutUse;
    private final int maxBaseId;
    private final SpecialTokens specials;
    private final int longestText;
    /// Many may read while the handle lives; closing waits for them.
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    private long handle;

    private NativeTokenizer(TokenizersLibrary library, TokenizerDefinition definition, long handle) {
        this.library = library;
        this.vocabulary = definition.vocabulary();
        this.idsWithoutUse = IntStream.rangeClosed(0, vocabulary.maxId())
                .filter(id ->
                        vocabulary.token(id) == null || definition.unused().contains(id))
                .toArray();
        this.maxBaseId = definition.maxBaseId();
        this.specials = definition.specials();
        this.longestText = definition.longestText();
        this.handle = handle;
    }

    static NativeTokenizer of(TokenizerDefinition definition) {
        TokenizersLibrary library = library();
        try {
            return new NativeTokenizer(library, definition, library.createTokenizerFromString(definition.json()));
        } catch (RuntimeException e) {
            // the library throws plain RuntimeExceptions, for instance for merges of unknown tokens
            throw new FormatException(definition.file(), -1, "tokenizer", String.valueOf(e.getMessage()), e);
        }
    }

    private static TokenizersLibrary library() {
        preset("RUST_FLAVOR", "cpu");
        preset("ai.djl.offline", "true");
        try {
            LibUtils.checkStatus();
            return TokenizersLibrary.LIB;
        } catch (EngineException | LinkageError e) {
            throw new InputException(
                    "the native tokenizers library can't be loaded on " + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch") + ": " + e,
                    e);
        }
    }

    /// Sets a property that the library reads when its classes load, unless the user did.
    private static void preset(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    @Override
    public List<TokenSpan> encode(String text, boolean addSpecials) {
        return encode(text, addSpecials, (source, encoding) -> {
            long[] ids = library.getTokenIds(encoding);
            @Nullable CharSpan[] spans = library.getTokenCharSpans(encoding);
            CodePointOffsets offsets = CodePointOffsets.of(source);
            List<TokenSpan> tokens = new ArrayList<>(ids.length);
            for (int i = 0; i < ids.length; i++) {
                tokens.add(span((int) ids[i], spans[i], offsets));
            }
            return List.copyOf(tokens);
        });
    }

    @Override
    public int[] ids(String text, boolean addSpecials) {
        return encode(
                text,
                addSpecials,
                (_, encoding) -> Arrays.stream(library.getTokenIds(encoding))
                        .mapToInt(Math::toIntExact)
                        .toArray());
    }

    private TokenSpan span(int id, @Nullable CharSpan span, CodePointOffsets offsets) {
        int start = span == null ? 0 : offsets.utf16(span.getStart());
        int end = span == null ? 0 : offsets.utf16(span.getEnd());
        return new TokenSpan(id, token(id), start, end, specials.ids().contains(id));
    }

    /// Reads what is wanted from a native encoding, which is freed afterwards.
    private interface Reading<T> {
        T read(String source, long encoding);
    }

    private <T> T encode(String text, boolean addSpecials, Reading<T> reading) {
        if (text.length() > longestText) {
            throw new InputException("a text has " + text.length() + " characters; at most " + longestText
                    + " can be tokenized at once");
        }
        String source = SurrogateRepair.repair(text);
        lock.readLock().lock();
        try {
            long encoding = encodeNatively(source, addSpecials);
            try {
                return reading.read(source, encoding);
            } finally {
                library.deleteEncoding(encoding);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /// The library throws plain RuntimeExceptions, for instance for a character it doesn't know when its
    /// unknown token isn't in the model's vocabulary.
    private long encodeNatively(String source, boolean addSpecials) {
        long tokenizer = open();
        try {
            return library.encode(tokenizer, source, addSpecials);
        } catch (RuntimeException e) {
            throw new InputException("the tokenizer can't read a text: " + e.getMessage(), e);
        }
    }

    @Override
    public String decode(int[] ids, boolean skipSpecials) {
        for (int id : ids) {
            token(id);
        }
        long[] kept = Arrays.stream(ids)
                .filter(id -> !skipSpecials || !specials.ids().contains(id))
                .asLongStream()
                .toArray();
        lock.readLock().lock();
        try {
            return library.decode(open(), kept, false);
        } finally {
            lock.readLock().unlock();
        }
    }

    private long open() {
        if (handle == 0) {
            throw new IllegalStateException("the tokenizer is closed");
        }
        return handle;
    }

    @Override
    public String token(int id) {
        String token = vocabulary.token(id);
        if (token == null) {
            throw new InputException("no token has the id " + id + "; the largest is " + vocabulary.maxId());
        }
        return token;
    }

    @Override
    public OptionalInt id(String token) {
        Integer id = vocabulary.id(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int maxId() {
        return vocabulary.maxId();
    }

    @Override
    public int[] idsWithoutUse() {
        return idsWithoutUse.clone();
    }

    @Override
    public int maxBaseId() {
        return maxBaseId;
    }

    @Override
    public SpecialTokens specials() {
        return specials;
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (handle != 0) {
                library.deleteTokenizer(handle);
                handle = 0;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
