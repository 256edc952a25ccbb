"""`millrace model …` on what is in the model store: what it does, what it prints, how it ends."""

import json
import re
from collections.abc import Callable
from copy import replace
from pathlib import Path
from typing import Any

import pytest

import millrace.stack
from millrace.model import checks, fit
from millrace.stack import Stack
from model_store.memory import needed
from model_store.store import ModelStore
from tests.fakes import artifacts
from tests.fakes.commands import answer, publish, run_model, said
from tests.fakes.signing import FakeKms
from tests.fakes.stack import stack

COMMANDS = (
    "list",
    "show",
    "evaluation",
    "promote",
    "split",
    "shadow",
    "attributions",
    "rollback",
    "verify",
    "diff",
    "history",
)
VERSIONS = {"1": artifacts.artifact(), "2": artifacts.artifact(version="2", seed=2)}


@pytest.fixture
def store(scratch: Path, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModelStore:
    """A stack in memory, with versions 1 and 2 in its model store: 2 is champion, 1 was before."""
    deployed = stack(aws)
    monkeypatch.setattr(millrace.stack.Stack, "load", classmethod(lambda cls, name: deployed))
    monkeypatch.setattr(millrace.stack.Stack, "client", lambda self, service, config=None: aws(service))
    for version, artifact in VERSIONS.items():
        artifact.write(tmp_path / version)
        publish(tmp_path / version, "-m", f"publish {version}")
    return deployed.model_store()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    code, out, _ = run_model(command, "--help")
    assert code == 0
    assert f"Usage: root model {command}" in out
    assert "--json" in out


def test_versions_are_listed_with_their_roles(store: ModelStore) -> None:
    listed = answer("list")
    assert [(entry["version"], entry["roles"]) for entry in listed] == [("1", ["previous"]), ("2", ["champion"])]
    assert listed[0]["size"] == len(VERSIONS["1"].model)
    lines = said("list").splitlines()
    assert lines[0].split() == ["version", "created", "objective", "features", "size", "metrics", "role"]
    assert re.fullmatch(r"2 2026-01-02 03:04 binary:logistic 5 \d+\.\d kB champion", lines[2])


def test_a_version_whose_manifest_cannot_be_read_is_listed_as_such(
    store: ModelStore, aws: Callable[[str], Any]
) -> None:
    aws("s3").put_object(Bucket="models", Key="models/sessions/3/manifest.json", Body=b"{")
    aws("s3").put_object(Bucket="models", Key="models/sessions/4/model.ubj", Body=b"half an upload")
    faults = {entry["version"]: entry["fault"] for entry in answer("list")}
    assert faults.keys() == {"1", "2", "3"}
    assert faults["3"].startswith("manifest: expected a JSON object")
    assert "manifest: expected a JSON object" in said("list")


def test_a_version_that_running_containers_cannot_load_is_noted_when_it_gets_a_role(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(VERSIONS["1"].model)
    monkeypatch.setattr(fit, "memory", lambda outputs: needed(size, alongside=True) - 1)

    code, _, err = run_model("split", "--challenger", "1", "--share", "0.1")

    assert code == 0
    assert "version 1: " in err
    assert "running containers keep that version until they end" in err
    assert said("split", "--share", "0.2"), "it serves already: nothing is noted"


def test_the_release_is_shown(store: ModelStore) -> None:
    shown = answer("show")
    assert (shown["champion"]["version"], shown["change"]["why"]) == ("2", "publish 2")
    assert "champion 2\n" in said("show")
    assert "why publish 2" in said("show")


def test_a_version_is_shown(store: ModelStore) -> None:
    shown = answer("show", "1")
    assert (shown["version"], shown["golden_rows"], len(shown["features"])) == ("1", 4, 5)
    assert "device category of 3 allowed" in said("show", "1")


def test_a_split_is_begun_promoted_and_rolled_back(store: ModelStore) -> None:
    assert said("split", "--challenger", 1, "--share", 0.1) == "challenger - → 1 (0.1 of the keys)"
    assert said("split", "--share", 0.25) == "challenger 1 (0.1 of the keys) → 1 (0.25 of the keys)"
    assert said("promote").endswith("\nchampion 2 → 1, challenger 1 (0.25 of the keys) → -")
    assert said("rollback") == "champion 1 → 2"
    assert said("rollback") == "champion 2 → 1"
    assert said("promote", 2).endswith("\nchampion 1 → 2")


def test_a_shadow_is_set_and_ended(store: ModelStore) -> None:
    assert said("shadow", 1) == "shadow - → 1"
    assert said("shadow", 1) == "nothing to change: the release is so already"
    assert said("shadow", "none") == "shadow 1 → -"


def test_attributions_are_set_shown_and_ended(store: ModelStore) -> None:
    assert said("attributions", "--share", 0.05, "--above", 0.9, "--top", 3) == (
        "attributions - → 0.05 of the predictions, scores from 0.9; top 3"
    )
    setting = {"share": 0.05, "above": 0.9, "top": 3, "max_bytes": 1024}
    assert answer("show")["attributions"] == setting
    assert "attributions 0.05 of the predictions, scores from 0.9; top 3" in said("show")
    assert answer("split", "--challenger", "1", "--share", "0.5")["after"]["attributions"] == setting
    assert said("attributions", "--off").startswith("attributions 0.05 of the predictions")
    assert answer("show")["attributions"] is None
    assert answer("history")[1]["before"]["attributions"] == setting


def test_attributions_out_of_their_bounds_are_refused(store: ModelStore) -> None:
    for options, message in (
        (("--share", 2), "attributions.share: expected 0 to 1, got 2"),
        ((), "expected a share above 0, or a score in above, got neither"),
    ):
        code, _, err = run_model("attributions", *options)
        assert code == 1
        assert message in err


def test_a_change_as_json_tells_from_and_to(store: ModelStore) -> None:
    changed = answer("split", "--challenger", "1", "--share", "0.5", "-m", "try it")
    assert changed["changed"]
    assert (changed["before"]["challenger"], changed["after"]["challenger"], changed["after"]["share"]) == (
        None,
        "1",
        0.5,
    )
    assert (changed["change"]["action"], changed["change"]["why"]) == ("split", "try it")


def test_a_version_can_be_stored_without_a_role(store: ModelStore, tmp_path: Path) -> None:
    third = artifacts.artifact(version="3", seed=3)
    third.write(tmp_path / "3")
    assert said("publish", tmp_path / "3", "--no-release").startswith("stored: 3 (")
    assert answer("show")["champion"]["version"] == "2"


def test_the_history_tells_who_when_from_to_and_why(store: ModelStore) -> None:
    run_model("rollback", "-m", "scores are off")
    entries = answer("history")
    assert [(entry["action"], entry["why"]) for entry in entries] == [
        ("rollback", "scores are off"), ("publish", "publish 2"), ("publish", "publish 1"),
    ]  # fmt: skip
    assert (entries[0]["before"]["champion"], entries[0]["after"]["champion"]) == ("2", "1")
    assert entries[-1]["before"] is None
    assert {entry["by"] for entry in entries} == {"arn:aws:sts::123456789012:user/moto"}
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d rollback champion 2 → 1 arn:aws:\S+ scores are off",
                    said("history").splitlines()[1])  # fmt: skip
    assert len(answer("history", "--last", "2")) == 2
    assert answer("history", "--last", "2")[-1]["before"]["champion"] == "1"


def test_what_others_wrote_is_in_the_history(store: ModelStore, aws: Callable[[str], Any]) -> None:
    aws("s3").put_object(Bucket="models", Key="models/sessions/release.json", Body=b"{")
    newest = answer("history")[0]
    assert (newest["action"], newest["after"], newest["before"]["champion"]) == ("damaged or deleted", None, "2")


def test_without_an_identity_the_user_of_the_machine_is_named(
    store: ModelStore, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def client(self: Stack, service: str, config: Any = None) -> Any:
        if service != "sts":
            return aws(service)
        sts = aws("sts")
        sts.get_caller_identity = lambda: sts.assume_role()  # refused by the client itself
        return sts

    monkeypatch.setattr(millrace.stack.Stack, "client", client)
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    run_model("rollback")
    assert re.fullmatch(r"ada@\S+", answer("history")[0]["by"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["promote"], "expected a challenger to promote"),
        (["promote", "9"], "expected version '9' of 'sessions' in the model store, found none"),
        (["split", "--share", "0.1"], "name one with --challenger"),
        (["split", "--challenger", "2", "--share", "0.1"], "expected another challenger than the champion"),
        (["split", "--challenger", "1", "--share", "1.5"], "expected a share from 0 to 1, got 1.5"),
        (["shadow", "2"], "expected another shadow than the champion"),
        (["rollback", "-m", "x" * 1_001], "expected at most 1000 characters that say why, got 1001"),
        (["show", "9"], "expected version '9'"),
        (["diff", "1", "9"], "expected version '9'"),
        (["verify", "9"], "expected version '9'"),
        (["verify", "no/such/folder"], "no/such/folder: expected an artifact"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(store: ModelStore, arguments: list[str], message: str) -> None:
    before = store.release()
    code, out, err = run_model(*arguments)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert message in err
    assert store.release() == before


@pytest.mark.parametrize("arguments", [["rollback"], ["promote", "1"], ["split", "--challenger", "1", "--share", "0.1"],
                                       ["shadow", "1"]], ids=lambda words: words[0])  # fmt: skip
def test_a_version_that_does_not_verify_gets_no_role(
    store: ModelStore, aws: Callable[[str], Any], arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the model had been damaged after it was published."""
    before = store.release()
    real = ModelStore.artifact

    def artifact(self: ModelStore, pointer: Any) -> Any:
        found = real(self, pointer)
        return type(found)(found.manifest, found.model[:-1], found.signature)

    monkeypatch.setattr(ModelStore, "artifact", artifact)
    code, _, err = run_model(*arguments)
    assert code == 1
    assert "refused by the size check" in err
    assert store.release() == before


def test_of_two_operators_one_hears_of_the_conflict(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other was faster: between reading and writing."""
    real = ModelStore.put_release

    def put_release(self: ModelStore, release: Any, *, replacing: Any) -> None:
        monkeypatch.setattr(ModelStore, "put_release", real)
        assert run_model("shadow", "1", "-m", "the other")[0] == 0
        real(self, release, replacing=replacing)

    monkeypatch.setattr(ModelStore, "put_release", put_release)
    code, out, err = run_model("rollback", "-m", "the one")
    assert (code, out) == (1, "")
    assert err == "error: the release of 'sessions' was changed by another operator: read it again, then decide again\n"
    assert [entry["why"] for entry in answer("history")] == ["the other", "publish 2", "publish 1"]


def test_verifying_tells_what_was_checked(store: ModelStore, tmp_path: Path) -> None:
    checks = "size, SHA-256, structure, load and 4 golden rows pass; unsigned"
    assert said("verify") == f"✓ 2 (champion): {checks}\n✓ 1 (previous): {checks}"
    assert said("verify", 1) == f"✓ 1 (previous): {checks}"
    assert said("verify", tmp_path / "1") == f"✓ 1: {checks}"
    assert answer("verify", 1) == [{"version": "1", "roles": ["previous"], "verified": True, "signature": "unsigned"}]


def test_a_version_that_is_refused_is_exit_code_1(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "1" / "model.ubj").write_bytes(b"damaged")
    code, out, _ = run_model("verify", tmp_path / "1")
    assert (code, out.startswith("✗ 1: model artifact refused by the size check")) == (1, True)
    code, out, _ = run_model("verify", tmp_path / "1", "--json")
    assert (code, json.loads(out)[0]["verified"]) == (1, False)


@pytest.fixture
def signed(
    scratch: Path, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., None]:
    """A stack that signs, whose champion is 1; plants version 2, which nobody signed, in the release as somebody could
    who may write to the store and not sign."""
    kms = FakeKms()
    deployed = Stack("signed", {}, {**stack(aws).outputs, **kms.create()})
    monkeypatch.setattr(millrace.stack.Stack, "load", classmethod(lambda cls, name: deployed))
    monkeypatch.setattr(
        millrace.stack.Stack, "client", lambda self, service, config=None: kms if service == "kms" else aws(service)
    )
    VERSIONS["1"].write(tmp_path / "1")
    said("publish", tmp_path / "1")

    def plant(role: str, **members: Any) -> None:
        planted = ModelStore(aws("s3"), "models", "sessions").publish(VERSIONS["2"])
        seen = deployed.model_store().release()
        assert seen is not None
        deployed.model_store().put_release(replace(seen.release, **{role: planted}, **members), replacing=seen)

    return plant


def test_where_signing_is_on_what_an_operator_names_is_signed(signed: Callable[..., None]) -> None:
    signed("shadow")
    code, out, _ = run_model("verify")
    assert code == 1
    assert re.search(r"✓ 1 \(champion\): .* signed by [0-9a-f]{12}\n", out)
    assert "✗ 2 (shadow): model artifact refused by the signature check" in out

    said("promote", 2)
    code, out, _ = run_model("verify")
    assert (code, len(re.findall("signed by", out))) == (0, 2)


@pytest.mark.parametrize(
    ("role", "members", "command"),
    [("previous", {}, ["rollback"]), ("challenger", {"share": 0.1}, ["promote"])],
    ids=["rollback", "promote"],
)
def test_what_was_planted_in_the_release_is_refused_and_never_signed(
    signed: Callable[..., None], role: str, members: dict[str, Any], command: list[str], aws: Callable[[str], Any]
) -> None:
    signed(role, **members)
    code, _, err = run_model(*command)
    assert (code, "refused by the signature check" in err) == (1, True)
    assert answer("show")["champion"]["version"] == "1"
    listed = aws("s3").list_objects_v2(Bucket="models", Prefix="models/sessions/2/")["Contents"]
    assert not [entry["Key"] for entry in listed if entry["Key"].endswith(".sig")]


def test_a_folder_needs_no_stack(tmp_path: Path, scratch: Path) -> None:
    for version, artifact in VERSIONS.items():
        artifact.write(tmp_path / version)
    assert run_model("verify", tmp_path / "1")[0] == 0
    assert run_model("diff", tmp_path / "1", tmp_path / "2")[0] == 0
    assert run_model("verify", "1")[0] == 1


def test_two_versions_are_compared(store: ModelStore) -> None:
    found = answer("diff", "1", "2")
    assert (found["a"], found["b"], found["features"]["changed"]) == ("1", "2", {})
    assert found["golden_rows"]["a"]["mean_difference"] > 0
    shown = said("diff", "1", "2")
    assert "features: the same" in shown
    assert "golden rows of rows mean of 1 mean of 2 mean difference largest labels changed" in shown


def test_without_a_release_there_is_nothing_to_change(
    scratch: Path, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = stack(aws)
    monkeypatch.setattr(millrace.stack.Stack, "load", classmethod(lambda cls, name: deployed))
    monkeypatch.setattr(millrace.stack.Stack, "client", lambda self, service, config=None: aws(service))
    for command in (["rollback"], ["show"], ["verify"]):
        code, _, err = run_model(*command)
        assert (code, "publish a model with `millrace model publish`" in err) == (1, True)
    assert (answer("list"), answer("history")) == ([], [])


def test_a_reason_in_brackets_is_no_style(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "of_folder", lambda folder: [checks.Result("1", (), "member [/x]: expected [red]")])
    assert run_model("verify", "a/")[:2] == (1, "✗ 1: member [/x]: expected [red]\n")
