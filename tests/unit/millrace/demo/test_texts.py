"""The data of the examples that the trainer trains: texts from catalogues of gettext, digits as arrays."""

from pathlib import Path

import numpy as np

from millrace.demo import texts
from millrace.demo.digits import SIDE, Digits
from millrace.demo.examples import digits as digits_example
from millrace.demo.examples import text as text_example
from millrace.demo.texts import Text
from trainer import tables

CATALOGUE = """# Translators
msgid ""
msgstr ""
"Language: de\\n"

msgid "Delete %(name)s?"
msgstr "Wirklich <b>%(name)s</b> löschen?"

#, fuzzy
msgid "Doubtful"
msgstr "Ein zweifelhafter Satz"

msgctxt "many"
msgid "%d object"
msgid_plural "%d objects"
msgstr[0] "%d Gegenstand gefunden"
msgstr[1] ""
"%d Gegenstände "
"gefunden"

msgid "short"
msgstr "kurz"
"""


def test_texts_are_the_translations_without_what_is_the_same_everywhere(tmp_path: Path) -> None:
    for language in ("de", "en"):
        place = tmp_path / "app" / "locale" / language / "LC_MESSAGES"
        place.mkdir(parents=True)
        (place / "django.po").write_text(CATALOGUE, "utf-8")
    assert sorted(texts.read(tmp_path)) == [
        Text("Gegenstand gefunden", "de"),
        Text("Gegenstände gefunden", "de"),
        Text("Wirklich löschen?", "de"),
    ]
    assert texts.read(tmp_path) == texts.read(tmp_path)


def test_the_trainer_reads_the_tables_of_the_examples() -> None:
    pixels = np.linspace(0, 1, 2 * SIDE * SIDE, dtype=np.float32).reshape(2, -1)
    found = tables.read(digits_example.table(Digits(pixels, np.array([3, 7]))), "digits.npz", digits_example.LABEL)
    assert np.abs(found.values - pixels).max() <= 0.5 / 255 + 1e-6
    assert found.labels.tolist() == ["3", "7"]
    sent = [Text('a "quoted", text', "de"), Text("123", "fr")]
    found = tables.read(text_example.table(sent), "texts.csv", text_example.LABEL, texts=True)
    assert [*zip(found.values, found.labels.tolist(), strict=True)] == sent
