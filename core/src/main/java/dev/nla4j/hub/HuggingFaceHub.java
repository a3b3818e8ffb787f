package dev.nla4j.hub;

import dev.nla4j.format.InputException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The Hugging Face hub, or a mirror of it, over HTTPS.
record HuggingFaceHub(HubSettings settings, HuggingFaceCache cache) implements Source {
    @Override
    public String name() {
        return "Hugging Face hub " + settings.remote().endpoint();
    }

    @Override
    public Delivery deliver(ModelRef.Named named, Intake intake) throws SourceFailure, InterruptedException {
        KnownModel model = named.model();
        try (HubHttp http = connect()) {
            URI address = resolve(
                    model.file(),
                    model.file().revision(),
                    String.valueOf(model.file().file()));
            StoredFile file = intake.take(model.wanted(), download(http, address));
            return new Delivery(model.file().revision(), model.licence(), List.of(file));
        }
    }

    @Override
    public Delivery deliver(ModelRef.Repository repository, Intake intake) throws SourceFailure, InterruptedException {
        try (HubHttp http = connect()) {
            HubListing listing = list(http, repository);
            if (Digest.isOf(Digest.Kind.GIT_BLOB, repository.revision())
                    && !listing.commit().equals(repository.revision())) {
                throw new SourceFailure("the listing is of commit " + listing.commit() + ", not of the one asked for");
            }
            List<WantedFile> wanted = listing.wanted(repository);
            List<WantedFile> fetched = wanted.stream()
                    .filter(file -> !cache.holds(repository, file))
                    .toList();
            intake.requireSpace(fetched, repository.id());
            List<StoredFile> files = new ArrayList<>();
            for (WantedFile file : wanted) {
                files.add(take(http, repository, listing.commit(), file, intake));
            }
            return new Delivery(listing.commit(), listing.licence(), files);
        } catch (InputException e) {
            // a listing that breaks its format: the next source may do better
            throw new SourceFailure(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw intake.disk().failed(settings.root(), e);
        }
    }

    private HubHttp connect() throws SourceFailure {
        String offline = settings.remote().offlineBecause();
        if (offline != null) {
            throw new SourceFailure("not asked: " + offline);
        }
        return new HubHttp(settings.remote(), settings.patience());
    }

    private StoredFile take(HubHttp http, ModelRef.Repository repository, String commit, WantedFile file, Intake intake)
            throws SourceFailure, InterruptedException {
        Optional<StoredFile> local = cache.adopt(repository, file, intake);
        return local.isPresent()
                ? local.get()
                : intake.take(
                        file,
                        download(http, resolve(repository, commit, file.name().text())));
    }

    private Download download(HubHttp http, URI address) {
        return new Download(http, address, new Retries(settings.patience()));
    }

    private HubListing list(HubHttp http, ModelRef.Repository repository) throws SourceFailure, InterruptedException {
        URI address =
                address("api/models/" + repository.id() + "/revision/" + encode(repository.revision()), "?blobs=true");
        String json = new Retries(settings.patience()).run(() -> body(http, address), () -> 0);
        return HubListing.parse(repository.id(), json);
    }

    private static String body(HubHttp http, URI address) throws SourceFailure, TemporaryFailure, InterruptedException {
        try (HubHttp.Answer answer = http.get(address, null)) {
            byte[] bytes = answer.body().readNBytes(HubListing.MOST_BYTES + 1);
            if (bytes.length > HubListing.MOST_BYTES) {
                throw new SourceFailure("the listing is longer than " + HubListing.MOST_BYTES + " bytes");
            }
            if (answer.status() != 200 || answer.length().orElse(bytes.length) != bytes.length) {
                throw new TemporaryFailure("the listing is cut off");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw new TemporaryFailure("the listing is cut off: " + Reasons.of(e), e);
        }
    }

    private URI resolve(ModelRef.Repository repository, String revision, String file) {
        String path =
                Arrays.stream(file.split("/", -1)).map(HuggingFaceHub::encode).collect(Collectors.joining("/"));
        return address(repository.id() + "/resolve/" + encode(revision) + "/" + path, "");
    }

    private URI address(String path, String query) {
        return URI.create(settings.remote().endpoint() + "/" + path + query);
    }

    private static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
