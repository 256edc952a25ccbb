import gzip
import math
import shlex
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_producers import InputUnreadable, feature_specs, read_table
from stream_producers.csv_table import CsvFormat


def csv(path: Path, text: str, nulls: list[str] | None = None) -> pl.DataFrame:
    (path / "in.csv").write_text(text, encoding="utf-8")
    return read_table(path / "in.csv", CsvFormat(nulls or ()))


def column(path: Path, *values: str) -> list[object]:
    """The values of a CSV column, as they were read."""
    return csv(path, "\n".join(["x,last", *(f"{value},end" for value in values)]) + "\n")["x"].to_list()


def typed(values: list[object]) -> list[tuple[type, object]]:
    return [(type(value), value) for value in values]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["0", "-7", "12"], [0, -7, 12]),
        (["1", "", "3"], [1, None, 3]),
        (["9223372036854775808", "1"], [2**63, 1]),
        (["0", "0.5", "-1e3"], [0.0, 0.5, -1000.0]),
        ([".5", "5.", "+1"], [0.5, 5.0, 1.0]),
        (["TRUE", "FALSE", ""], [True, False, None]),
        (["True", "false"], [True, False]),
        (["1", "TRUE"], ["1", "TRUE"]),
        (["007", "12"], ["007", "12"]),
        (["1_000", "2"], ["1_000", "2"]),
        ([" 1", "2"], [" 1", "2"]),
        (["1", "NA"], ["1", "NA"]),
        (["9" * 60, "1"], ["9" * 60, "1"]),
        (["-0", "1"], [-0.0, 1.0]),
        (["Feb", "June"], ["Feb", "June"]),
        (["", ""], [None, None]),
    ],
)
def test_a_csv_column_has_the_type_of_its_values(tmp_path: Path, written: list[str], read: list[object]) -> None:
    assert typed(column(tmp_path, *written)) == typed(read)


def test_a_text_can_stand_for_null(tmp_path: Path) -> None:
    assert csv(tmp_path, "x\n1\nNA\n", ["NA"])["x"].to_list() == [1, None]


def test_types_do_not_depend_on_the_first_rows(tmp_path: Path) -> None:
    assert column(tmp_path, *["1"] * 20_000, "0.5")[-2:] == [1.0, 0.5]


def test_quoted_names_and_line_ends_of_other_systems(tmp_path: Path) -> None:
    table = csv(tmp_path, '"a, b","c"\r\n1,"x ""y"""\r\n')
    assert table.to_dicts() == [{"a, b": 1, "c": 'x "y"'}]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float_keeps_its_value_in_csv(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    read = column(tmp_path_factory.mktemp("csv"), *map(repr, values), "0.5")
    assert [math.copysign(1, x) * x for x in read[:-1]] == [math.copysign(1, x) * x for x in values]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_every_integer_keeps_its_value_in_csv(tmp_path_factory: pytest.TempPathFactory, values: list[int]) -> None:
    assert column(tmp_path_factory.mktemp("csv"), *map(str, values)) == values


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pl.DataFrame({"i": [1, None], "f": [0.1, math.nan], "b": [True, False], "s": ["a", "b"]})
    table.with_columns(d=pl.Series(["1.50", "2.25"]).cast(pl.Decimal(10, 2))).write_parquet(tmp_path / "in.parquet")
    read = read_table(tmp_path / "in.parquet")
    assert typed(list(read.row(0))) == typed([1, 0.1, True, "a", 1.5])
    assert read.row(1) == (None, None, False, "b", 2.25)


def test_json_lines_keep_their_types_and_know_null_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    lines = ['{"i": 1, "f": 1, "b": true, "s": "é"}', '{"i": 2, "f": 0.1, "b": null}', '{"late": 3}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    read = read_table(tmp_path / "in.jsonl")
    assert typed(list(read.row(0))) == typed([1, 1.0, True, "é", None])
    assert read.rows()[1:] == [(2, 0.1, None, None, None), (None, None, None, None, 3)]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float_keeps_its_value_in_json_lines(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "in.jsonl"
    path.write_text("".join(f'{{"x": {value!r}}}\n' for value in [*values, 0.5]))
    assert read_table(path)["x"].to_list() == [*values, 0.5]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.txt", b"x\n1\n", r"expected a \.csv, \.tsv, \.parquet, \.jsonl or \.ndjson file"),
        ("in.csv", b"", "cannot be read"),
        ("in.csv", b"a,b\n1,2,3\n", "cannot be read"),
        ("in.csv", b"a\n\xff\n", "cannot be read"),
        ("in.parquet", b"no parquet", "cannot be read"),
        ("in.jsonl", b"{", "cannot be read"),
        ("in.csv", b"ok,x\n1,1\n2,1e999\n", "column x, row 1 .from 0.: expected a finite number"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputUnreadable, match=message):
        read_table(tmp_path / name)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="cannot be read"):
        read_table(tmp_path / "none.csv")


def test_columns_are_features(tmp_path: Path) -> None:
    specs = feature_specs(csv(tmp_path, "i,f,b,s\n1,0.5,TRUE,x\n"))
    assert [(spec.name, spec.type, spec.allow_missing) for spec in specs] == [
        ("i", "int", True),
        ("f", "float", True),
        ("b", "bool", True),
        ("s", "category", True),
    ]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_the_separator_is_the_one_of_the_header(tmp_path: Path, separator: str) -> None:
    (tmp_path / "in.csv").write_text(f"a{separator}b\n1{separator}x,y\n")
    assert read_table(tmp_path / "in.csv").to_dicts() == [{"a": 1, "b": "x,y"}]


def test_a_separator_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b:c\n1-2:3\n")
    assert read_table(tmp_path / "in.csv", CsvFormat(separator=":")).to_dicts() == [{"a,b": "1-2", "c": 3}]


@pytest.mark.parametrize("separator", ["", "ab", "é", "\n", "\r", '"', "\0"])
def test_what_can_separate_nothing_is_refused(tmp_path: Path, separator: str) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputUnreadable, match=r"separator: expected one ASCII character, or tab, .* got "):
        read_table(tmp_path / "in.csv", CsvFormat(separator=separator))


@pytest.mark.parametrize("name", ["in.tsv", "in.tsv.gz", "in.csv.gz", "in.jsonl.gz"])
def test_tsv_and_gzip(tmp_path: Path, name: str) -> None:
    text = {"t": "a\tb c\n1\tx\n", "c": "a,b c\n1,x\n", "j": '{"a": 1, "b c": "x"}\n'}[name[3]].encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert read_table(tmp_path / name).to_dicts() == [{"a": 1, "b c": "x"}]


def test_decimal_commas_are_numbers_only_where_that_is_stated(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a;b;c\n0,126;1.5;1\n-1;2;2\n")
    read = read_table(tmp_path / "in.csv", CsvFormat(decimal_comma=True))
    assert read.to_dicts() == [{"a": 0.126, "b": 1.5, "c": 1}, {"a": -1.0, "b": 2.0, "c": 2}]
    assert read_table(tmp_path / "in.csv", CsvFormat(decimal_comma=False))["a"].to_list() == ["0,126", "-1"]
    with pytest.raises(InputUnreadable, match=r"column 'a': .* got '0,126', .* --decimal-comma"):
        read_table(tmp_path / "in.csv")


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="column 'a': expected each name once in the header, got it again"):
        csv(tmp_path, "a,a,y\n1,2,3\n")


def test_the_index_of_pandas_is_left_out_with_a_note(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(",a\n0,5\n1,6\n")
    pl.DataFrame({"a": [5, 6], "__index_level_0__": [0, 1]}).write_parquet(tmp_path / "in.parquet")
    for name, at in (("in.csv", 1), ("in.parquet", 2)):
        notes: list[str] = []
        assert read_table(tmp_path / name, note=notes.append).to_dicts() == [{"a": 5}, {"a": 6}]
        assert notes == [f"column {at} has no name and numbers the rows, as pandas writes it: left out"]


def test_another_column_without_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="column 1: expected a name in the header"):
        csv(tmp_path, ",a\n7,5\n1,6\n")


def test_a_row_with_too_many_fields_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="expected 2 fields in each row, as in the header, separated by ','") as e:
        csv(tmp_path, "a,b\n1,2\n1,2,3\n")
    assert len(str(e.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"a,b\n1,x\n"),
        "a,b\n1,x\n".encode("utf-16"),
        gzip.compress("a,b\n1,x\n".encode("utf-16")),
        b"\xef\xbb\xbfa,b\n1,x\n",
    ],
    ids=["gzip", "UTF-16", "UTF-16 in gzip", "a byte order mark"],
)
def test_how_text_is_encoded_shows_in_its_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    assert read_table(tmp_path / "in.csv").rows() == [(1, "x")]
    assert read_table(tmp_path / "in.csv").columns == ["a", "b"]


def test_quotes_in_a_name_are_those_of_the_header(tmp_path: Path) -> None:
    assert csv(tmp_path, '"c""q","new\nline"\n1,2\n').columns == ['c"q', "new\nline"]


def test_a_column_without_a_name_and_values_is_left_out_with_a_note(tmp_path: Path) -> None:
    notes: list[str] = []
    (tmp_path / "in.csv").write_text("a,b,\n1,2,\n3,4,\n")
    assert read_table(tmp_path / "in.csv", note=notes.append).columns == ["a", "b"]
    assert notes == ["column 3 has no name and no values: left out"]


def test_the_command_that_converts_a_table_is_one_for_a_shell(tmp_path: Path) -> None:
    path = tmp_path / "a b.csv"
    path.write_bytes(b"gr\xf6\xdfe,b\n1,2\n")
    with pytest.raises(InputUnreadable) as error:
        read_table(path)
    assert shlex.split(str(error.value).partition(", or run ")[2])[0] == f"<{path}"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "expected a header, got an empty file"),
        ("a.csv", b"PK\x03\x04and more", "got an Excel workbook: save it as CSV UTF-8"),
        ("a.csv", b"\xd0\xcf\x11\xe0and more", "got an Excel workbook: save it as CSV UTF-8"),
        ("a.csv", b"PAR1and more", "got Parquet: name it .parquet"),
        ("a.csv", b"gr\xf6\xdfe,b\n1,2\n", "expected text in UTF-8 or UTF-16: .*, or run <.*/a.csv iconv -f"),
        ("a.csv.gz", gzip.compress(b"gr\xf6\xdfe,b\n1,2\n"), r"or run gunzip -c .*/a.csv.gz \| iconv -f"),
        ("a.csv", b"a,b\n" + b"1,2\n" * 50_000 + b"\xe9,2\n", "expected text in UTF-8 or UTF-16: save it as CSV UTF-8"),
        ("a.xlsx", b"PK\x03\x04", "save the workbook as CSV UTF-8"),
        ("a.json", b"[]", "write an object a line, as .jsonl"),
    ],
)
def test_what_is_no_table_comes_with_the_way_to_make_it_one(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputUnreadable, match=message):
        read_table(tmp_path / name)


@pytest.mark.parametrize("separator", ["\\t", "tab"])
def test_a_tab_can_be_typed(tmp_path: Path, separator: str) -> None:
    (tmp_path / "in.csv").write_text("a,b\tc\n1\t2\n")
    assert read_table(tmp_path / "in.csv", CsvFormat(separator=separator)).columns == ["a,b", "c"]
