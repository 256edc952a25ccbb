"""What an error of `millrace model train` or `import` advises leads to a model, done as it is written."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from tests.fakes.commands import plain, run_model


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(*options: str) -> tuple[int, str]:
    code, _, err = run_model("train", "--table", "table.csv", "--label", "y", "--rounds", "2", "--out", "out", *options)
    return code, plain(err)


def write(labels: Sequence[str], **columns: Sequence[object]) -> None:
    pl.DataFrame({"x": range(len(labels)), "y": labels} | columns).write_csv("table.csv")


def advised(error: str) -> list[str]:
    """The options that a message advises, as a person would type them."""
    return [
        word
        for option in re.findall(r"--(?:drop|null) (?:'[^']*'|[^\s;,:]+)|--no-stratify", error)
        for word in shlex.split(option)
    ]


# Each way in which few rows of a class can fall, for a seed and an order of rows that decide where they do.
SMALL = ("aaaab", "baaaa", "abaaa", "aabaa", "aaaba", "abcde", "aaaabbbbc", "aaabbbccd", "aaaabbbbccccde", "ab")


@pytest.mark.parametrize("labels", SMALL)
def test_what_a_rare_class_asks_for_leads_to_a_model(labels: str) -> None:
    write(list(labels))
    code, error = train()
    assert code == 1
    if "--no-stratify" in error:
        assert train("--no-stratify") == (0, "")
    else:
        assert train("--no-stratify")[0] == 1
    if "leave its rows out" in error:
        write([label for label in labels if labels.count(label) > 1])
        assert train() == (0, "")
    write([*labels, *labels, *labels])
    assert train() == (0, "")


def test_advice_that_would_not_help_is_not_given() -> None:
    helps = []
    for row in range(5):
        write([*"a" * row, "b", *"a" * (4 - row)])
        helps.append(train()[1].partition("got 1 of 'b': ")[2])

    stratify = "add rows of that class, or split without regard to classes with --no-stratify\n"
    assert sorted(helps) == ["add rows of that class\n", *[stratify] * 4]


def test_every_rare_class_is_named_at_once() -> None:
    write(list("aaaabbbbccccde"))

    assert "got 1 of 'd', 1 of 'e': add rows of that class, or leave its rows out" in train()[1]


@pytest.mark.parametrize(
    "labels",
    [["1", "2", "NA"], ["1", "2", "NA", "not known"], ["0", "1", "$x"]],
    ids=" ".join,
)
def test_texts_among_the_numbers_of_a_label_are_read_as_missing(labels: list[str]) -> None:
    write(labels * 5)
    code, error = train()

    assert (code, len(advised(error)) // 2) == (1, len(labels) - 2)
    assert train(*advised(error)) == (0, "")


def test_a_null_is_one_in_every_format() -> None:
    pl.DataFrame({"x": range(15), "y": ["0", "1", "NA"] * 5}).write_parquet("table.parquet")
    options = ["--table", "table.parquet", "--label", "y", "--rounds", "2", "--out", "out"]
    code, _, error = run_model("train", *options)

    assert (code, advised(plain(error))) == (1, ["--null", "NA"])
    assert run_model("train", *options, "--null", "NA")[0] == 0


def test_classes_of_which_one_is_a_number_are_to_be_texts() -> None:
    write(["1", "other"] * 5)
    code, error = train()

    assert (code, advised(error)) == (1, [])
    assert error.endswith("got 'other' among numbers: if they are classes, write all of them as texts\n")
    write(["one", "other"] * 5)
    assert train() == (0, "")


def test_columns_that_are_no_features_are_left_out_as_it_says() -> None:
    many = [f"text {n}" for n in range(1_100)]
    write(["a", "b"] * 550, **{"an id": many, "-x": many})
    code, error = train()

    assert (code, advised(error)) == (1, ["--drop", "an id", "--drop", "-x"])
    assert train(*advised(error)) == (0, "")


def test_a_table_without_a_feature_needs_one() -> None:
    pl.DataFrame({"y": ["a", "b"] * 550, "id": [f"text {n}" for n in range(1_100)]}).write_csv("table.csv")
    code, error = train()

    assert code == 1
    assert error.endswith("leave it out with --drop id; a model needs another column, as a feature\n")


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        ("abc", ["--task", "binary"]),
        ("ab", ["--task", "multiclass"]),
        (["0.5", "1.5", "2"], ["--task", "binary"]),
        ("ab", ["--params", "objective=reg:squarederror"]),
        ("ab", ["--params", "objective=multi:softprob"]),
        ("ab", ["--params", "objective=rank:ndcg"]),
    ],
    ids=str,
)
def test_what_the_label_does_not_fit_is_to_be_left_out(labels: Sequence[str], options: list[str]) -> None:
    write(list(labels) * 5)
    code, error = train(*options)

    assert code == 1
    assert re.search(r"leave (--task|it) out\n$", error)
    assert train() == (0, "")
    if objective := re.search(r"such as ([\w:]+),", error):
        assert train("--params", f"objective={objective[1]}") == (0, "")


@pytest.mark.parametrize("label", ["y", "purchased", "a b"])
def test_the_label_is_not_dropped(label: str) -> None:
    pl.DataFrame({"x": range(10), label: ["a", "b"] * 5, "z": [1, 2] * 5}).write_csv("table.csv")
    base = ["train", "--table", "table.csv", "--rounds", "2", "--out", "out", "--label"]
    code, _, err = run_model(*base, label, "--drop", label)

    assert (code, plain(err)) == (
        1,
        f"error: --drop {shlex.quote(label)}: expected a column that is not the label: leave the option out, or name "
        "another label with --label\n",
    )
    assert run_model(*base, label)[0] == 0
    assert run_model(*base, "z", "--drop", label)[0] == 0


@pytest.fixture
def model(folder: Path) -> None:
    """A regression, and a sample with a label that it does not predict."""
    values = np.arange(40, dtype=np.float32).reshape(20, 2)
    matrix = xgb.DMatrix(values, values[:, 0], feature_names=["a", "b"])
    xgb.train({"objective": "reg:squarederror"}, matrix, 2).save_model("m.ubj")
    pl.DataFrame({"a": values[:, 0], "b": values[:, 1], "y": ["no", "yes"] * 10}).write_csv("sample.csv")


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("options", [["--label", "y"], []], ids=["as the label", "as a feature"])
def test_a_column_of_a_sample_that_the_model_does_not_know_is_dropped_as_it_says(options: list[str]) -> None:
    base = ["import", "m.ubj", "--name", "m", "--sample", "sample.csv", "--out", "out"]
    code, _, err = run_model(*base, *options)

    assert code == 1
    assert "--drop" in err
    assert run_model(*base, "--drop", "y")[0] == 0
    code, _, err = run_model(*base, "--label", "y", "--drop", "y")
    assert (code, plain(err).partition(": expected")[0]) == (1, "error: --drop y")
