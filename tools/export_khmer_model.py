"""Turn the Khmer recogniser of the PyPI package smart-kh-ocr into the ONNX file that the product runs.

Run once, in a throw-away environment, never at run time:

    python3.11 -m venv /tmp/export
    /tmp/export/bin/pip install torch==2.13.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.3.5
    /tmp/export/bin/pip install --no-deps smart-kh-ocr==0.1.7
    /tmp/export/bin/python tools/export_khmer_model.py apps/ocr/pipeline/engines/khmer_model

Only the encoder and its CTC head are kept (the attention decoder is slower and no better on printed lines), the
attention is written out so that neither the width of the line nor the batch is baked in, and the weights of the matrix
products are stored as 8-bit integers.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

DIM, HEADS, LAYERS, HEIGHT = 384, 8, 6, 48


class Layer(nn.Module):
    """One pre-norm transformer layer; the names follow the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(DIM, HEADS, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(DIM, 4 * DIM), nn.Linear(4 * DIM, DIM)
        self.norm1, self.norm2 = nn.LayerNorm(DIM), nn.LayerNorm(DIM)

    def forward(self, x: Tensor) -> Tensor:
        """Attention, then the feed-forward part, each added to its input."""
        y = nn.functional.linear(self.norm1(x), self.self_attn.in_proj_weight, self.self_attn.in_proj_bias)
        q, k, v = (part.unflatten(-1, (HEADS, DIM // HEADS)).transpose(1, 2) for part in y.split(DIM, dim=-1))
        weights = (q @ k.transpose(-1, -2) * (DIM // HEADS) ** -0.5).softmax(-1)
        x = x + self.self_attn.out_proj((weights @ v).transpose(1, 2).flatten(2))
        return x + self.linear2(nn.functional.gelu(self.linear1(self.norm2(x))))


class Recogniser(nn.Module):
    """Grey line (batch, 1, 48, width) in [-1, 1] to the probabilities of each column (batch, width / 4, classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        sizes, strides = (1, 48, 96, 160, DIM), ((1, 1), (2, 2), (2, 2), (2, 1))
        parts: list[nn.Module] = []
        for i, stride in enumerate(strides):
            parts += [
                nn.Conv2d(sizes[i], sizes[i + 1], 3, stride, 1, bias=False),
                nn.BatchNorm2d(sizes[i + 1]),
                nn.SiLU(),
            ]
        self.stem = nn.Module()
        self.stem.net = nn.Sequential(*parts)
        self.enc_ln_in, self.enc_ln = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.enc = nn.Module()
        self.enc.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.ctc_head = nn.Sequential(nn.LayerNorm(DIM), nn.Identity(), nn.Linear(DIM, classes))
        half = DIM // 2
        self.register_buffer(
            "rate", torch.exp(torch.arange(0, half, 2) * (-torch.log(torch.tensor(10000.0)) / half)), False
        )

    def positions(self, count: Tensor) -> Tensor:
        """Sines and cosines of each position, (count, DIM / 2)."""
        angle = count.unsqueeze(1) * self.rate
        return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        x = self.stem.net(x)
        ones = torch.ones_like(x[0, 0])
        rows, columns = self.positions(ones[:, 0].cumsum(0) - 1), self.positions(ones[0].cumsum(0) - 1)
        # the mean over the height commutes with adding the positions
        x = x.mean(2).transpose(1, 2)
        x = x + torch.cat((rows.mean(0, keepdim=True).expand(columns.shape[0], -1), columns), dim=-1)
        x = self.enc_ln_in(x)
        for layer in self.enc.layers:
            x = layer(x)
        return self.ctc_head(self.enc_ln(x)).softmax(-1)


def main(target: Path) -> None:
    """Write ``khmer.onnx`` and ``vocab.json`` (the characters of the classes, blank first) into ``target``."""
    spec = importlib.util.find_spec("smart_kh_ocr")
    assert spec is not None
    assert spec.origin is not None
    weights = Path(spec.origin).parent / "weights"
    vocab = json.loads((weights / "vocab.json").read_text(encoding="utf-8"))
    # class 0 is the blank, 1 the padding; the characters follow in the order of their number
    characters = [
        "",
        "",
        *(("" if character == "<unk>" else character) for character, _ in sorted(vocab.items(), key=lambda kv: kv[1])),
    ]
    saved = torch.load(weights / "khmer_ocr_v6.pt", map_location="cpu", weights_only=True)
    state = saved.get("model", saved.get("state_dict", saved))
    model = Recogniser(len(characters))
    wanted = model.state_dict().keys()
    model.load_state_dict({key: value for key, value in state.items() if key in wanted})
    model.eval()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            model,
            (torch.randn(2, 1, HEIGHT, 640),),
            plain,
            input_names=["line"],
            output_names=["probabilities"],
            dynamic_axes={"line": {0: "batch", 3: "width"}, "probabilities": {0: "batch", 1: "time"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(plain, target / "khmer.onnx", weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])
    (target / "vocab.json").write_text(json.dumps(characters, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
