package dev.nla4j.hub;

import java.io.IOException;
import java.net.URI;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Fills a partial from an address: goes on where it stands when the server can, begins anew when it can't.
record Download(HubHttp http, URI address, Retries retries) implements Intake.Filler {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\\*)");

    @Override
    public void fill(Partial part) throws SourceFailure, InterruptedException {
        retries.run(
                () -> {
                    if (!part.isFull()) {
                        once(part);
                    }
                    return part;
                },
                part::size);
    }

    private void once(Partial part) throws SourceFailure, TemporaryFailure, InterruptedException {
        String range = part.size() == 0 ? null : "bytes=" + part.size() + "-";
        try (HubHttp.Answer answer = http.get(address, range)) {
            begin(part, answer);
            part.takeFrom(answer.body());
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw new TemporaryFailure(broken(part) + ": " + Reasons.of(e), e);
        }
        if (!part.isFull()) {
            throw new TemporaryFailure(broken(part));
        }
    }

    private static String broken(Partial part) {
        return "the connection ended after " + part.size() + " of "
                + part.wanted().size() + " bytes";
    }

    /// Makes the partial stand where the answer's first byte belongs.
    private static void begin(Partial part, HubHttp.Answer answer) throws SourceFailure, TemporaryFailure {
        long size = part.wanted().size();
        switch (answer.status()) {
            case 200 -> {
                OptionalLong length = answer.length();
                if (length.isPresent() && length.getAsLong() != size) {
                    throw new SourceFailure("the server has " + length.getAsLong() + " bytes of "
                            + part.wanted().name().base() + ", " + size + " are expected");
                }
                if (part.size() > 0) {
                    part.restart();
                }
            }
            case 206 -> {
                if (part.size() == 0 || !continues(answer, part.size(), size)) {
                    part.restart();
                    throw new TemporaryFailure("the server sent another range than asked for");
                }
            }
            default -> {
                part.restart();
                throw new TemporaryFailure("the server refused the range asked for");
            }
        }
    }

    private static boolean continues(HubHttp.Answer answer, long from, long size) {
        String header = answer.header("content-range");
        Matcher matcher = CONTENT_RANGE.matcher(header == null ? "" : header);
        return matcher.matches()
                && Long.parseLong(matcher.group(1)) == from
                && Long.parseLong(matcher.group(2)) < size
                && (matcher.group(3).equals("*") || Long.parseLong(matcher.group(3)) == size);
    }
}
