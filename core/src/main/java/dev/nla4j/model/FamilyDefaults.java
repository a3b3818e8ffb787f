package dev.nla4j.model;

/// What a `config.json` means where it is silent: the defaults of transformers' configuration classes. Zero
/// means: derived from other numbers, or absent.
record FamilyDefaults(
        int vocabulary,
        int dim,
        int hidden,
        int layers,
        int queryHeads,
        int keyValueHeads,
        int headWidth,
        int contextLength,
        double normEps,
        double theta,
        int window,
        int firstWindowed,
        double queryScalar,
        double scoreCap,
        double logitCap,
        boolean tiedHead,
        String activation) {
    static FamilyDefaults of(Family family) {
        String silu = "silu";
        String gelu = "gelu_pytorch_tanh";
        return switch (family) {
            case LLAMA ->
                new FamilyDefaults(32000, 4096, 11008, 32, 32, 0, 0, 2048, 1e-6, 1e4, 0, 0, 0, 0, 0, false, silu);
            case MISTRAL ->
                new FamilyDefaults(32000, 4096, 14336, 32, 32, 8, 0, 131072, 1e-6, 1e4, 4096, 0, 0, 0, 0, false, silu);
            case QWEN2 ->
                new FamilyDefaults(
                        151936, 4096, 22016, 32, 32, 32, 0, 32768, 1e-6, 1e4, 4096, 28, 0, 0, 0, false, silu);
            case QWEN3 ->
                new FamilyDefaults(
                        151936, 4096, 22016, 32, 32, 32, 128, 32768, 1e-6, 1e4, 4096, 28, 0, 0, 0, false, silu);
            case GEMMA ->
                new FamilyDefaults(256000, 3072, 24576, 28, 16, 16, 256, 8192, 1e-6, 1e4, 0, 0, 0, 0, 0, true, gelu);
            case GEMMA2 ->
                new FamilyDefaults(
                        256000, 2304, 9216, 26, 8, 4, 256, 8192, 1e-6, 1e4, 4096, 0, 256, 50, 30, true, gelu);
            case GEMMA3 ->
                new FamilyDefaults(
                        262208, 2304, 9216, 26, 8, 4, 256, 131072, 1e-6, 1e6, 4096, 0, 256, 0, 0, true, gelu);
            case PHI3 ->
                new FamilyDefaults(32064, 3072, 8192, 32, 32, 0, 0, 4096, 1e-5, 1e4, 0, 0, 0, 0, 0, false, silu);
        };
    }
}
