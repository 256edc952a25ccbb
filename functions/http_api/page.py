"""The page at `/`: a form made from the manifest, for a try without a client."""

from __future__ import annotations

import json
import math
import os
from html import escape

from http_api.event_schema import pointer_of, training_range
from http_api.settings import API_KEY, IAM, TOKEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from http_api.variant import HttpServing
    from model_store.feature import Feature
    from model_store.manifest import Manifest

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILES = {
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_STATIC = os.path.join(os.path.dirname(__file__), "static")  # noqa: PTH118, PTH120 - pathlib would delay a cold start
# Pictures that are drawn rather than typed: the pixels of a side.
LEAST_SIDE, MOST_SIDE = 8, 64
# The control for an input that is no feature, and what is said of it, by its kind.
CONTROLS = {
    "image": (
        '<input type="file" accept="image/jpeg,image/png" {}>',
        "a JPEG or PNG file, or on a phone the camera's picture",
    ),
    "text": ('<textarea rows="6" {}></textarea>', "text"),
}
# What the page asks for, by the endpoint's access control: label, header, prefix of the value, and that of curl.
_CREDENTIALS = {
    API_KEY: ("API key", "x-api-key", "", "x-api-key: $API_KEY"),
    TOKEN: ("Token", "authorization", "Bearer ", "authorization: Bearer $TOKEN"),
}


def file(name: str) -> bytes:
    """One of the page's files."""
    with open(os.path.join(_STATIC, name), "rb") as opened:  # noqa: PTH118, PTH123 - as above
        return opened.read()


def page(model: str, serving: HttpServing, access: str) -> str:
    """The HTML document. access : of the settings."""
    variant = serving.champion
    manifest = variant.manifest
    side = _side(manifest)
    fields = (
        _DRAWING.format(side=side)
        if side
        else "\n".join(
            _field(i, feature, training_range(manifest, feature)) for i, feature in enumerate(manifest.features)
        )
    )
    # An event in an envelope is not what the form makes: an array of values is in none.
    form = "event" if manifest.event.unwrap == "none" and not side else "vector"
    # What is explained is the features: a text or an image has none.
    explained = "true" if manifest.preparation is None else "false"
    note = '<p class="wide">Requests must be signed with IAM: use <code>millrace predict --iam</code>.</p>'
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(model)}: predictions</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the form</a>
<header>
<h1>{escape(model)}</h1>
<p class="faint">Version {escape(variant.version)}, {escape(manifest.task)}, {escape(manifest.framework.described)}</p>
</header>
<main id="content" tabindex="-1">
<h2 id="event">Event</h2>
<form aria-labelledby="event" data-form="{form}" data-explained="{explained}">
{fields}
{note if access == IAM else _credential(access)}
<p class="wide"><button type="submit">Predict</button></p>
</form>
<h2>Prediction</h2>
<div id="answer" role="status"><p class="faint">Fill in the form, then predict.</p></div>
<h2>The same request with curl</h2>
<pre id="curl" tabindex="0" role="region" aria-label="curl command"></pre>
<p><button type="button" class="plain" id="copy">Copy</button> <span id="copied" role="status"></span></p>
</main>
<footer><p class="faint"><a href="openapi.json">OpenAPI document</a></p></footer>
</body>
</html>
"""


def _side(manifest: Manifest) -> int:
    """Of a model of small square pictures, whose features are the pixels p000, p001 … row by row: the pixels of a side;
    else 0.
    """
    side = math.isqrt(len(manifest.features))
    pixels = ((f"p{i:03}", "float", False) for i in range(side * side))
    found = ((feature.name, feature.type, feature.allow_missing) for feature in manifest.features)
    return side if LEAST_SIDE <= side <= MOST_SIDE and list(found) == list(pixels) else 0


_DRAWING = """<p class="wide">
<span id="drawing-note">Draw with the mouse or a finger; what is drawn becomes {side} × {side} pixels.</span>
<canvas id="drawing" width="280" height="280" data-side="{side}" role="img" aria-label="Drawing"
aria-describedby="drawing-note"></canvas>
</p>
<p class="wide"><button type="button" class="plain" id="clear">Clear</button></p>"""


def _field(number: int, feature: Feature, seen: str) -> str:
    """A labelled field; its path in the event is in `data-path`. seen : the range in the training data."""
    name, path = f"f{number}", escape(json.dumps(feature.tokens))
    required = "" if feature.allow_missing else " required"
    attributes = (
        f'id="{name}" data-path="{path}" data-pointer="{escape(pointer_of(feature))}" data-type="{feature.type}" '
        f'aria-describedby="{name}-note"{required}'
    )
    return f"""<p>
<label for="{name}">{escape(feature.name)}</label>
{_control(feature, attributes)}
<small id="{name}-note">{"; ".join(filter(None, [_note(feature), seen]))}</small>
</p>"""


_NOTES = {"float": "number", "int": "whole number", "bool": "true or false", "category": "one of a list"}


def _control(feature: Feature, attributes: str) -> str:
    if feature.type in ("bool", "category"):
        values = ("true", "false") if feature.type == "bool" else feature.categories
        options = "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in values)
        return f'<select {attributes}><option value=""></option>{options}</select>'
    if feature.type in CONTROLS:
        return CONTROLS[feature.type][0].format(attributes)
    step = "1" if feature.type == "int" else "any"
    return f'<input type="number" inputmode="decimal" step="{step}" {attributes}>'


def _note(feature: Feature) -> str:
    kind = CONTROLS[feature.type][1] if feature.type in CONTROLS else _NOTES[feature.type]
    return f"{kind}; {'may be empty' if feature.allow_missing else 'required'}"


def _credential(access: str) -> str:
    if access not in _CREDENTIALS:
        return ""
    label, header, prefix, curl = _CREDENTIALS[access]
    return f"""<p class="wide">
<label for="credential">{label}</label>
<input type="password" id="credential" autocomplete="off" required
data-header="{header}" data-prefix="{prefix}" data-curl="{curl}">
</p>"""
