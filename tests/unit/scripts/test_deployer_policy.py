"""The IAM actions of a deployer, from recorded calls."""

from pathlib import Path

import pytest

from scripts import deployer_policy

LOG = """\
2026-11-28T15:07:01.1  INFO --- [et.reactor-0] localstack.request.aws     : AWS s3.HeadBucket => 404 (NoSuchBucket)
2026-11-28T15:07:01.2  INFO --- [et.reactor-0] localstack.request.aws     : AWS kinesis.CreateStream => 200
2026-11-28T15:07:01.3  INFO --- [et.reactor-0] localstack.request.aws     : AWS kinesis.GetRecords => 200
2026-11-28T15:07:01.4  INFO --- [et.reactor-0] localstack.request.http    : GET /_localstack/health => 200
"""


def test_the_modules_file_is_what_is_generated() -> None:
    assert deployer_policy.ACTIONS.read_text() == deployer_policy.written(deployer_policy.recorded())


def test_calls_are_read_from_a_log() -> None:
    calls = deployer_policy.logged(LOG)
    assert calls == {"s3:HeadBucket", "kinesis:CreateStream", "kinesis:GetRecords"}
    assert deployer_policy.deployers(calls) == {"s3:HeadBucket", "kinesis:CreateStream"}, "GetRecords is a poller's"


def test_a_call_becomes_the_action_that_iam_knows() -> None:
    found = deployer_policy.actions(["s3:HeadBucket", "kinesis:CreateStream"])
    assert "s3:ListBucket" in found["s3"]["reads"]
    assert "s3:HeadBucket" not in found["s3"]["reads"]
    assert "kinesis:CreateStream" in found["kinesis"]["writes"]


def test_what_a_deploy_needs_without_a_call_of_its_own_is_there() -> None:
    found = deployer_policy.actions([])
    assert "iam:PassRole" in found["iam"]["writes"]
    assert "kinesis:DeleteStream" in found["kinesis"]["writes"]
    assert "lambda:GetAccountSettings" in found["lambda"]["reads"]


def test_recording_adds_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CALLS", "ACTIONS"):
        monkeypatch.setattr(deployer_policy, name, tmp_path / f"{name}.json")
    log = tmp_path / "log"
    log.write_text(LOG)

    assert deployer_policy.main(["--record", str(log)]) == 0
    assert deployer_policy.recorded() == ["kinesis:CreateStream", "s3:HeadBucket"]
    assert deployer_policy.main(["--check"]) == 0
    log.write_text("AWS sns.CreateTopic => 200")
    assert deployer_policy.main(["--record", str(log)]) == 0
    assert deployer_policy.recorded() == ["kinesis:CreateStream", "s3:HeadBucket", "sns:CreateTopic"]
    (tmp_path / "ACTIONS.json").write_text("{}")
    assert deployer_policy.main(["--check"]) == 1
