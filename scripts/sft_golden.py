#!/usr/bin/env python3
"""Makes core/src/test/resources/sft-golden: losses and adapter gradients of both supervised losses, computed by Hugging Face transformers.

Set up:  python3 -m venv V && V/bin/pip install torch transformers safetensors
Run:     V/bin/python scripts/sft_golden.py core/src/test/resources/sft-golden
A random Llama of two blocks with a low-rank adapter on all projections; whole rows, no shared prefix, one row at a time.
"""
import json, sys
from pathlib import Path
import torch, torch.nn as nn, torch.nn.functional as F
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(11)
D, RANK, ALPHA, LAYER, SCALE, MARKER = 16, 2, 6.0, 0, 3.0, 40
out = Path(sys.argv[1]); out.mkdir(parents=True, exist_ok=True)
config = LlamaConfig(vocab_size=64, hidden_size=D, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                     head_dim=4, max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=1000.0, tie_word_embeddings=False,
                     bos_token_id=1, eos_token_id=2, attn_implementation="eager")
model = LlamaForCausalLM(config).float().eval()
with torch.no_grad():
    for name, p in model.named_parameters():
        p.copy_(torch.randn_like(p) * (0.2 if p.dim() == 2 else 0.1) + (0 if p.dim() == 2 else 1))
        p.requires_grad_(False)


class Lora(nn.Module):
    def __init__(self, linear):
        super().__init__(); self.linear = linear
        self.a = nn.Parameter(torch.randn(RANK, linear.in_features) * 0.3); self.b = nn.Parameter(torch.randn(linear.out_features, RANK) * 0.3)
    def forward(self, x): return self.linear(x) + ALPHA / RANK * F.linear(F.linear(x, self.a), self.b)


save_file({k: v.clone().contiguous() for k, v in model.state_dict().items()}, out / "model.safetensors", metadata={"format": "pt"})
(out / "config.json").write_text(json.dumps({
    "model_type": "llama", "vocab_size": 64, "hidden_size": D, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 4, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 1000.0,
    "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2}, indent=1) + "\n")
leaves = {}
for i, block in enumerate(model.model.layers):
    for part, names in (("self_attn", "q_proj k_proj v_proj o_proj"), ("mlp", "gate_proj up_proj down_proj")):
        for n in names.split():
            parent = getattr(block, part); lora = Lora(getattr(parent, n)); setattr(parent, n, lora)
            base = f"base_model.model.model.layers.{i}.{part}.{n}"
            leaves[base + ".lora_A.weight"] = lora.a; leaves[base + ".lora_B.weight"] = lora.b
save_file({k: v.detach().clone() for k, v in leaves.items()}, out / "adapter_model.safetensors", metadata={"format": "pt"})
(out / "adapter_config.json").write_text(json.dumps({
    "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "random", "r": RANK, "lora_alpha": ALPHA, "lora_dropout": 0.0,
    "bias": "none", "fan_in_fan_out": False, "inference_mode": True,
    "target_modules": "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj".split()}, indent=1) + "\n")

# Everything below in double: what is tested is fp32, and its rounding shall not count twice.
save = lambda tensors, path: save_file({k: v.float().contiguous() for k, v in tensors.items()}, path, metadata={"format": "pt"})
model.double()
golden = {"layer": LAYER, "scale": SCALE, "marker": MARKER, "prompt": [1, 5, 9, MARKER, 12, 33, 7]}
av = [{"activation": torch.randn(D).double(), "ids": ids} for ids in ([20, 21, 22, 2], [50, 3, 2], [8])]
loss = 0
for row in av:
    ids = torch.tensor([golden["prompt"] + row["ids"]])
    embeddings = model.model.embed_tokens(ids).clone()
    embeddings[0, golden["prompt"].index(MARKER)] = SCALE * F.normalize(row["activation"], dim=0)
    logits = model(inputs_embeds=embeddings, use_cache=False).logits[0]
    first = len(golden["prompt"]) - 1
    loss = loss + F.cross_entropy(logits[first:-1], ids[0, first + 1:], reduction="sum")
loss.backward()
gradients = {"av." + k: v.grad.clone() for k, v in leaves.items()}
golden["av"] = {"loss": loss.item(), "rows": [{"activation": r["activation"].tolist(), "ids": r["ids"]} for r in av]}

for leaf in leaves.values(): leaf.grad = None
head = nn.Parameter((torch.eye(D) + 0.1 * torch.randn(D, D)).double())
ar = [{"activation": torch.randn(D).double(), "ids": ids} for ids in ([1, 4, 6, 30, 31], [1, 17], [1, 60, 61, 62])]
loss = 0
for row in ar:
    states = []
    hook = model.model.layers[LAYER].register_forward_hook(lambda _, __, output: states.append(output[0] if isinstance(output, tuple) else output))
    model(torch.tensor([row["ids"]]), use_cache=False); hook.remove()
    residual = states[0].reshape(len(row["ids"]), D)[-1]
    loss = loss + 2 * (1 - F.cosine_similarity(head @ residual, row["activation"], dim=0))
loss.backward()
gradients |= {"ar." + k: v.grad.clone() for k, v in leaves.items() if v.grad is not None} | {"ar.head": head.grad.clone(), "head": head.detach().clone()}
golden["ar"] = {"loss": loss.item(), "rows": [{"activation": r["activation"].tolist(), "ids": r["ids"]} for r in ar]}
save(gradients, out / "gradients.safetensors")
(out / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
