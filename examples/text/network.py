"""A network of PyTorch for prepared texts: trained, and exported as ONNX. Runs in Debian's Python, with python3-torch.

    /usr/bin/python3 examples/text/network.py FOLDER

FOLDER/rows.npz : `known` and `held_out`, int64, texts × grams, 0 for padding; `labels`, of `known`, from 0; `buckets`.
Writes FOLDER/net.onnx, and FOLDER/scores.npy, PyTorch's own scores of the texts that were held out.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

WIDTH, NEURONS = 16, 64
EPOCHS, BATCH, RATE = 8, 32, 4e-3
OPSET = 16


class TextNetwork(nn.Module):
    """The embeddings of a text's grams, summed by the root of their number; a layer of neurons; a margin of each class.

    Embedding with a mask: EmbeddingBag with its padding cannot be exported.
    """

    def __init__(self, buckets: int, classes: int) -> None:
        super().__init__()
        self.table = nn.Embedding(buckets, WIDTH)
        self.layers = nn.Sequential(nn.Dropout(0.3), nn.Linear(WIDTH, NEURONS), nn.ReLU(), nn.Linear(NEURONS, classes))
        nn.init.normal_(self.table.weight, std=0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        there = (x > 0).float().unsqueeze(2)
        total = (self.table(x) * there).sum(dim=1)
        return self.layers(total / there.sum(dim=1).clamp(min=1.0).sqrt())


def trained(rows: np.ndarray, labels: np.ndarray, buckets: int) -> TextNetwork:
    torch.manual_seed(1)
    net = TextNetwork(buckets, int(labels.max()) + 1)
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    x, y = torch.from_numpy(rows), torch.from_numpy(labels)
    for _ in range(EPOCHS):
        for places in torch.randperm(len(x)).split(BATCH):
            batch = x[places]
            batch = batch[:, : max(1, int((batch > 0).sum(dim=1).max()))]  # the rest is padding
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(batch), y[places]).backward()
            optimiser.step()
    return net.eval()


def main(folder: Path) -> None:
    with np.load(folder / "rows.npz") as file:
        known, held_out, labels, buckets = (file[name] for name in ("known", "held_out", "labels", "buckets"))
    probabilities = nn.Sequential(trained(known, labels, int(buckets)), nn.Softmax(dim=1)).eval()
    with torch.no_grad():
        scores = [probabilities(part) for part in torch.from_numpy(held_out).split(256)]
    np.save(folder / "scores.npy", torch.cat(scores).numpy())
    warnings.filterwarnings("ignore", "The shape inference of prim::Constant")  # the bound of `clamp`
    torch.onnx.export(
        probabilities,
        torch.from_numpy(held_out[:2]),
        str(folder / "net.onnx"),
        input_names=["x"],
        output_names=["y"],
        dynamic_axes={"x": {0: "n"}, "y": {0: "n"}},
        opset_version=OPSET,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
