package dev.nla4j.cli;

import dev.nla4j.format.json.Json;
import dev.nla4j.hub.LocalModel;
import dev.nla4j.model.ModelExport;
import dev.nla4j.nla.PairExport;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `nla export`: writes a pair in the layout of released ones.
@Command(
        name = "export",
        description =
                "Write a pair as released pairs are: av/ and ar/ with sidecars, and weights with their tokenizer or adapters.",
        footer = {
            "",
            "Without --full or --adapter each half keeps its form. The folder appears when all of it is written.",
            "Example: nla export --full --out ./my-pair",
            "Example: nla export --nla ./run/pair --rank 16 --dtype bf16 --out ./small-pair"
        })
final class ExportCommand implements Callable<Integer> {
    @Mixin
    PairOptions.Named pair = new PairOptions.Named();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to make; it must not exist.")
    Path out = Path.of("");

    @ArgGroup
    Form form = new Form();

    /// One of the two, or neither.
    static final class Form {
        @Option(
                names = "--full",
                description =
                        "Write full weights; adapters are merged into their base in fp32, the AR is cut to K + 1 blocks.")
        boolean full;

        @Option(names = "--adapter", description = "Write adapters only; refuse a half that has full weights.")
        boolean adapter;
    }

    @Option(
            names = "--dtype",
            paramLabel = "fp32|bf16",
            description = "Dtype of what is written. Default: as it is; fp32 for what is merged or cut to a rank.")
    @Nullable
    DType dtype;

    @Option(
            names = "--rank",
            paramLabel = "N",
            description = "Rank of adapters, where theirs is higher: the nearest product of that rank is written."
                    + " Default: their own.")
    @Nullable
    Integer rank;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        PairExport.requireFree(out);
        Wiring wiring = new Wiring();
        PairFolder folder = wiring.pairFolder(pair);
        PairExport.Form wanted =
                form.full ? PairExport.Form.FULL : form.adapter ? PairExport.Form.ADAPTER : PairExport.Form.AS_IS;
        if (rank != null && (wanted == PairExport.Form.FULL || !folder.needsBase())) {
            throw new IllegalArgumentException(
                    "--rank: is for adapters, and both halves are written with full weights");
        }
        PairExport.Base base = null;
        if (PairExport.needsBase(folder, wanted)) {
            LocalModel found = wiring.target(folder, pair.target);
            String sha256 = found.sha256(wiring.progress()).orElse(null);
            base = new PairExport.Base(found.path(), sha256, pair.allowOtherBase);
        }
        Threads.useAllProcessors();
        PairExport.Options options = new PairExport.Options(wanted, dtype, rank, ModelExport.SHARD_BYTES);
        List<PairExport.Kept> kept = PairExport.write(folder, base, out, options, wiring.progress());
        PairSession.tellPeak(pair.verbose);
        if (json) {
            System.out.println(document(kept));
            return ExitCode.OK;
        }
        for (PairExport.Kept half : kept) {
            System.err.printf(
                    Locale.ROOT,
                    "nla: %s: rank %d keeps %.2f %% of the adapter's squared norm%n",
                    half.half(),
                    half.rank(),
                    half.share() * 100);
        }
        System.out.println(out);
        return ExitCode.OK;
    }

    private ObjectNode document(List<PairExport.Kept> kept) {
        ObjectNode document = Json.mapper().createObjectNode().put("folder", out.toString());
        ArrayNode halves = document.putArray("kept");
        for (PairExport.Kept half : kept) {
            halves.addObject().put("half", half.half()).put("rank", half.rank()).put("share", half.share());
        }
        return document;
    }
}
