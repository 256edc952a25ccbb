"""The endpoint's page through the deployed gateway, in a browser: it asks for the key, and shows the score."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

from millrace.paths import ROOT
from model_store.artifact import Artifact
from tests.browser.conftest import FOLDER, chromium  # noqa: F401 - the fixture
from tests.integration.harness import Harness
from tests.integration.test_http import Caller, ready

EVENT = {"visitor_type": "returning", "device": "desktop", "weekend": False, "hour": 20, "pages_viewed": 9} | {
    "product_pages": 4,
    "searches": 1,
    "seconds_on_site": 240.5,
    "cart_items": 2,
    "cart_value": 80.0,
}


def shown(browser: str, url: str, key: str, features: dict[str, Any]) -> dict[str, Any]:
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in features.items()}
    command = ["node", ROOT / "tests" / "browser" / "gateway.mjs", browser, url, key, json.dumps(values)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_page_asks_for_the_key_and_shows_the_score(
    harness: Callable[[str], Harness],
    artifact: Artifact,
    chromium: str,  # noqa: F811
) -> None:
    stack = harness("queued").stack
    shop = Caller(stack, x_api_key=stack.http_key())
    ready(shop, {"features": EVENT}, artifact.manifest.version)
    names = [feature.name for feature in artifact.manifest.features]
    features = {name: value for name, value in EVENT.items() if name in names}

    found = shown(chromium, stack.http_url(), stack.http_key(), features)

    assert (found["asked"], found["opened"]) == ("", [])  # its style and its script were served without a key
    assert found["refused"].startswith("INVALID_API_KEY: ")
    prediction = json.loads(shop.post("/predict", {"features": features}).data)
    assert f"Label: {prediction['label']}" in found["answer"]
    assert f"{prediction['score']:.6g}".rstrip("0") in found["answer"]
    assert f"Model version {artifact.manifest.version}, champion" in found["answer"]
    assert "What moved the score most" in found["answer"]
