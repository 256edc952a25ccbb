"""The deployer's policy has every call of this session's apply, and the recorded calls are those that are made."""

from scripts import deployer_policy


def test_the_policy_allows_every_call_of_an_apply(apply_log: str) -> None:
    made = deployer_policy.deployers(deployer_policy.logged(apply_log))
    assert len(made) > 50, "the log of LocalStack names the calls"
    missing = made - set(deployer_policy.recorded())
    assert not missing, "record them: scripts/deployer_policy.py --record .millrace/localstack/tests/log/localstack.log"
