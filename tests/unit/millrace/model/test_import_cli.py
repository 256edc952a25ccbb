"""`millrace model import` as a user types it."""

from pathlib import Path

import pytest

from model_store.artifact import Artifact
from model_store.event_format import EventFormat, IgnoreRule
from model_store.verify import verify
from tests.fakes import artifacts, commands

FEATURES = """name,type,allow_missing,categories
pages,int,false,
spend,float,,
returning,bool,,
device,category,,desktop|mobile|tablet
referrer,category,,ads|search
"""


def run(*arguments: object) -> tuple[int, str, str]:
    return commands.run("model", "import", *arguments)


@pytest.mark.parametrize(("name", "version"), [("../../../evil", "1"), ("m", "v 1/2")])
def test_a_name_that_is_none_is_refused(files: Path, name: str, version: str) -> None:
    code, _, err = run(files / "model.json", "--name", name, "--version", version, "--features", files / "features.csv")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "expected 1 to 100 letters" in err


@pytest.fixture
def files(tmp_path: Path) -> Path:
    artifacts.booster("binary").save_model(tmp_path / "model.json")
    (tmp_path / "features.csv").write_text(FEATURES)
    rows = "".join(f"{n},{n / 3},true,1,0,{n % 2}\n" for n in range(40))
    (tmp_path / "sample.csv").write_text("pages,spend,returning,device,referrer,bought\n" + rows)
    return tmp_path


def test_a_model_and_a_list_of_features_make_an_artifact(files: Path) -> None:
    code, out, _ = run(
        files / "model.json", "--name", "sessions", "--features", files / "features.csv", "--labels", "no,yes",
        "--threshold", 0.25, "--version", "7", "--out", files / "artifact",
    )  # fmt: skip
    assert code == 0
    assert "  3 device: category (desktop, mobile, tablet), may be missing\n" in out
    assert "  labels no, yes, the second from 0.25 on\n" in out
    artifact = Artifact.read(files / "artifact")
    assert (artifact.manifest.name, artifact.manifest.version) == ("sessions", "7")
    assert artifact.manifest.output.labels == ("no", "yes")
    assert verify(artifact)


def test_a_model_and_a_sample_make_an_artifact(files: Path) -> None:
    code, out, _ = run(
        files / "model.json", "--name", "sessions", "--sample", files / "sample.csv", "--label", "bought",
        "--missing", "always", "--out", files / "artifact",
    )  # fmt: skip
    assert code == 0
    assert "golden rows: 32, from the sample" in out
    manifest = Artifact.read(files / "artifact").manifest
    assert all(feature.allow_missing for feature in manifest.features)
    assert manifest.baseline["rows"] == 40
    assert "auc" in manifest.metrics


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.ubj"], "nothing.ubj cannot be read: No such file"),
        (["model.json"], "expected a file that lists the features (--features) or a sample of data (--sample)"),
        (["model.json", "--sample", "nothing.csv"], "nothing.csv"),
        (["model.json", "--sample", "sample.csv"], "the model does not know bought"),
        (["model.json", "--features", "features.csv", "--labels", ""], "a label for each class, got none"),
        (
            ["model.json", "--features", "features.csv", "--labels", "empty"],
            "a label for each class, got none in empty",
        ),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    files: Path, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    (files / "empty").touch()
    code, _, err = run(*arguments, "--name", "sessions")
    assert code == 1
    assert message in err
    assert len(err.splitlines()) == 1


def test_options_say_what_events_look_like(files: Path) -> None:
    code, _, _ = run(
        files / "model.json", "--name", "sessions", "--features", files / "features.csv", "--unwrap", "dms",
        "--event-id", "/data/id", "--integer-id", "--accept-text", "spend", "--path", "pages=/counts/0",
        "--ignore", "/metadata/operation=truncate", "--passthrough", "/metadata/timestamp", "--several",
        "--gzip", 9_000, "--out", files / "artifact",
    )  # fmt: skip
    assert code == 0
    manifest = Artifact.read(files / "artifact").manifest
    assert [feature.path for feature in manifest.features][:2] == ["/counts/0", "/spend"]
    assert [feature.accept_text for feature in manifest.features][:2] == [False, True]
    assert manifest.event == EventFormat(
        "/data/id",
        "integer",
        events_per_record="many",
        max_inflated=9_000,
        unwrap="dms",
        ignore=(
            IgnoreRule("/metadata/record-type", ("control",)),
            IgnoreRule("/metadata/operation", ("delete", "truncate")),
        ),
        passthrough=("/metadata/timestamp",),
    )


def test_an_option_that_makes_no_manifest_is_one_line(files: Path) -> None:
    code, _, err = run(
        files / "model.json", "--name", "sessions", "--features", files / "features.csv", "--unwrap", "kafka"
    )
    assert (code, "event.unwrap: expected one of none, cloudevents" in err) == (1, True)


def test_train_takes_the_same_options(files: Path) -> None:
    rows = "".join(f"{n % 7},{n % 3},{n % 2}\n" for n in range(200))
    (files / "rows.csv").write_text("pages,spend,bought\n" + rows)
    code, _, err = commands.run(
        "model", "train", "--table", files / "rows.csv", "--label", "bought", "--event-id", "none",
        "--features-path", "", "--out", files / "trained",
    )  # fmt: skip
    assert code == 0, err
    manifest = Artifact.read(files / "trained").manifest
    assert (manifest.event.event_id, manifest.features[0].path) == (None, "/pages")


def test_a_sample_is_read_as_a_table_for_training_is(files: Path) -> None:
    rows = "".join(f"{n};{n},5;true;1;{'NA' if n % 3 else 0};{n % 2}\n" for n in range(40))
    (files / "sample.csv").write_text("pages;spend;returning;device;referrer;bought\n" + rows)
    arguments = (
        files / "model.json", "--name", "sessions", "--sample", files / "sample.csv", "--label", "bought",
        "--null", "NA", "--out", files / "artifact",
    )  # fmt: skip

    code, _, err = run(*arguments)
    assert code == 1
    assert "add --decimal-comma where it is a number" in err

    code, out, err = run(*arguments, "--decimal-comma")
    assert (code, err) == (0, "")
    assert "  1 spend: float, must not be missing\n" in out
    assert "  4 referrer: int, may be missing\n" in out


def test_an_artifact_is_no_file(files: Path) -> None:
    code, _, err = run(
        files / "model.json", "--name", "sessions", "--sample", files / "sample.csv", "--out", files / "sample.csv"
    )
    assert (code, len(err.splitlines())) == (1, 1)
    assert err.startswith("error: --out: expected a folder for the artifact, got the file ")
