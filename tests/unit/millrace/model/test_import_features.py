import json
import math

import numpy as np
import polars as pl
import pytest

from millrace.errors import UserError
from millrace.model import import_features, import_file
from model_store.feature import Feature
from predictors.xgboost import ubj
from tests.fakes import artifacts
from tests.fakes.ubj import encode

LISTED = [
    {"name": "pages", "type": "int", "allow_missing": False},
    {"name": "spend", "type": "float"},
    {"name": "returning", "type": "bool"},
    {"name": "device", "type": "category", "categories": ["desktop", "mobile", "tablet"]},
    {"name": "referrer", "type": "category", "categories": ["ads", "search"], "unknown_category": "missing"},
]
CSV = """name,type,allow_missing,categories,unknown_category
pages,int,FALSE,,
spend,float,,,
returning,bool,true,,
device,category,,desktop|mobile|tablet,
referrer,category,,ads|search,missing
"""
SAMPLE = pl.DataFrame(
    {
        "pages": [3, 1, 2],
        "spend": [1.5, None, 0.1],
        "returning": [True, None, False],
        "device": ["mobile", "tablet", None],
        "referrer": ["ads", "ads", "search"],
    }
)


def read(tmp_path, change=lambda model: None):
    model = ubj.decode(artifacts.artifact("categorical").model)
    change(model)
    (tmp_path / "model").write_bytes(encode(model))
    return import_file.read(tmp_path / "model")


def nameless(model):
    model["learner"]["feature_names"] = []


@pytest.fixture
def model(tmp_path):
    """Names its features, but not its categories."""
    return read(tmp_path)


@pytest.fixture
def framed(tmp_path):
    """Trained on a data frame: names its categories too."""
    return read(tmp_path, artifacts.keep_categories)


def listed(path, text, model):
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return import_features.from_file(path, model)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f.json", LISTED),
        ("f.json", {"features": LISTED}),
        ("f.json", list(reversed(LISTED))),
        ("f.csv", CSV),
        ("f.CSV", CSV),
    ],
    ids=["array", "object", "in another order", "CSV", "CSV in capitals"],
)
def test_a_file_lists_the_features_in_any_order(tmp_path, model, name, text):
    assert listed(tmp_path / name, text, model) == artifacts.FEATURES


def test_a_manifest_is_such_a_file(tmp_path, model):
    manifest = artifacts.artifact("categorical").manifest
    assert listed(tmp_path / "manifest.json", manifest.to_bytes().decode(), model) == manifest.features


def test_categories_that_the_model_keeps_need_not_be_listed(tmp_path, framed):
    bare = [{key: value for key, value in row.items() if key != "categories"} for row in LISTED]
    assert listed(tmp_path / "f.json", bare, framed) == artifacts.FEATURES


def test_without_names_in_the_model_the_order_is_the_files(tmp_path):
    plain = read(tmp_path, nameless)
    assert [f.name for f in listed(tmp_path / "f.json", LISTED[::-1], plain)] == artifacts.NAMES[::-1]
    with pytest.raises(UserError, match="expected the model's 5 features, in its order, got 4"):
        listed(tmp_path / "f.json", LISTED[:4], plain)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LISTED[:3], "features that the model names: missing are device, referrer"),
        ([*LISTED, {"name": "x", "type": "int"}], "the model does not know x"),
        ([*LISTED, LISTED[0]], "each feature name once"),
        ([{**LISTED[0], "type": "number"}, *LISTED[1:]], r"f.json: pages.type: expected one of float, int"),
        ([{**LISTED[0], "allow_missing": "no"}, *LISTED[1:]], "pages.allow_missing: expected true or false"),
        ([*LISTED[:3], {"name": "device", "type": "category"}, LISTED[4]], "device.categories: expected exactly"),
        ([1], r"features\[0\]: expected an object"),
        ({"columns": []}, "features: expected an array"),
        ("[{]", "f.json: expected a JSON array or object, got .* at character 2$"),
        ("", "f.json: expected a JSON array or object, got .* at character 0$"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_by_its_entry(tmp_path, model, text, message):
    with pytest.raises(UserError, match=message):
        listed(tmp_path / "f.json", text, model)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.splitlines()[0].title() + "\n" + text.partition("\n")[2],
        lambda text: text.splitlines()[0].upper().replace(",", " , ") + "\n" + text.partition("\n")[2],
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("int", "Int"),
        lambda text: text + "\n,,,,\n",
    ],
    ids=["BOM", "semicolons", "tabs", "capitals", "spaces", "CRLF", "types in capitals", "empty lines"],
)
def test_a_csv_file_is_read_as_spreadsheets_write_it(tmp_path, model, change):
    assert listed(tmp_path / "f.csv", change(CSV), model) == listed(tmp_path / "g.csv", CSV, model)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("feature,dtype\na,float\n", "expected the columns name and type, and optionally path, .*; got feature, dtype"),
        ("name,type,nullable\na,float,\n", "got name, type, nullable"),
        ("", "expected the columns name and type.*; got nothing"),
        ("name,type\npages,int,false\n", "f.csv, line 2: expected 2 values, got 3; quote those with ,"),
    ],
)
def test_a_csv_file_with_other_columns_is_refused(tmp_path, model, text, message):
    with pytest.raises(UserError, match=message):
        listed(tmp_path / "f.csv", text, model)


def test_a_file_in_another_encoding_is_refused(tmp_path, model):
    (tmp_path / "f.csv").write_bytes(CSV.encode("utf-16"))
    with pytest.raises(UserError, match=r"expected UTF-8, got another encoding.*; save it as CSV UTF-8"):
        import_features.from_file(tmp_path / "f.csv", model)


def test_a_json_file_may_have_a_byte_order_mark(tmp_path, model):
    text = json.dumps([{"name": name, "type": "float"} for name in model.names])
    assert listed(tmp_path / "f.json", "\ufeff" + text, model)


def test_a_csv_value_that_is_neither_true_nor_false_is_refused(tmp_path, model):
    with pytest.raises(UserError, match=r"f.csv: pages.allow_missing: expected true or false"):
        listed(tmp_path / "f.csv", CSV.replace("FALSE", "never"), model)


def test_a_csv_file_says_where_text_is_accepted(tmp_path, model):
    header, *rows = CSV.splitlines()
    text = "\n".join(
        [f"{header},accept_text", *(f"{row},{str(number == 0).upper()}" for number, row in enumerate(rows))]
    )

    first = rows[0].partition(",")[0]
    assert {one.name for one in listed(tmp_path / "f.csv", text, model) if one.accept_text} == {first}


def test_a_file_that_is_not_there_is_refused(tmp_path, model):
    with pytest.raises(UserError, match="cannot be read"):
        import_features.from_file(tmp_path / "nothing.csv", model)


def test_a_samples_columns_are_features_in_the_models_order(framed):
    features = import_features.from_sample(SAMPLE.select(reversed(SAMPLE.columns)), framed, "seen")
    assert features == (
        Feature("pages", "int", allow_missing=False),
        Feature("spend", "float"),
        Feature("returning", "bool"),
        Feature("device", "category", categories=("desktop", "mobile", "tablet")),
        Feature("referrer", "category", allow_missing=False, categories=("ads", "search")),
    )
    assert all(feature.allow_missing for feature in import_features.from_sample(SAMPLE, framed, "always"))


def test_text_whose_codes_nobody_knows_is_refused(model):
    with pytest.raises(UserError, match=r"column 'device': has text, .*in the order of the codes.*--features"):
        import_features.from_sample(SAMPLE, model, "seen")


def test_codes_may_be_integers(model):
    codes = SAMPLE.with_columns(device=pl.Series([1, 2, None]), referrer=pl.Series([0, 0, 1]))
    features = import_features.from_sample(codes, model, "seen")
    assert [feature.type for feature in features] == ["int", "float", "bool", "int", "int"]


def test_a_sample_is_encoded_as_the_scorer_encodes_events():
    matrix = import_features.encode(SAMPLE, artifacts.FEATURES)
    nan = math.nan
    expected = [[3, 1.5, 1, 1, 0], [1, nan, nan, 2, 0], [2, 0.1, 0, nan, 1]]
    np.testing.assert_array_equal(matrix, np.array(expected, np.float32))


def test_integer_categories_are_encoded_by_their_name():
    feature = Feature("zip", "category", categories=("30", "10", "20"))
    matrix = import_features.encode(pl.DataFrame({"zip": [10, 20, None, 30]}), (feature,))
    np.testing.assert_array_equal(matrix.ravel(), [1, 2, math.nan, 0])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (SAMPLE.with_columns(device=pl.lit("watch")), "column 'device': expected one of desktop, .*, got 'watch'"),
        (SAMPLE.drop("spend"), "expected a column 'spend', got pages, returning"),
        (SAMPLE.with_columns(spend=pl.lit(1e39)), "column 'spend': expected numbers that float32 can hold"),
        (SAMPLE.with_columns(spend=pl.lit("much")), "column 'spend': expected a number, got 'much'$"),
    ],
)
def test_a_sample_that_does_not_fit_the_features_is_refused(frame, message):
    with pytest.raises(UserError, match=message):
        import_features.encode(frame, artifacts.FEATURES)
