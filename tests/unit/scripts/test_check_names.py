from pathlib import Path

import pytest

from scripts import check_names


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in check_names.FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "millrace" / "report.py").write_text("class Report:\n    class Line: ...\n\n\nclass _Row: ...\n")
    (tmp_path / "functions" / "rows.py").write_text("class _Row: ...\n\n\ndef made():\n    class Report: ...\n")
    return tmp_path


def test_the_projects_own_names_are_unique(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_names.main() == 0, capsys.readouterr().err


def test_private_names_and_classes_in_functions_may_repeat(project: Path) -> None:
    assert check_names.main(project) == 0


@pytest.mark.parametrize(("text", "line"), [("class Report: ...\n", 1), ("if True:\n    class Report: ...\n", 2)])
def test_a_repeated_name_is_reported_with_both_places(
    text: str, line: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "stream_producers" / "report.py").write_text(text)

    assert check_names.main(project) == 1
    assert capsys.readouterr().err == (
        f"class Report: millrace/report.py:1, stream_producers/report.py:{line}\n"
        "expected each class name once; rename one of each\n"
    )


def test_a_class_inside_of_another_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "benchmarks" / "line.py").write_text("class Line: ...\n")

    assert check_names.main(project) == 1
    assert "class Line: benchmarks/line.py:1, millrace/report.py:2" in capsys.readouterr().err
