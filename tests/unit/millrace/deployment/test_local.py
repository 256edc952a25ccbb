import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from millrace.deployment.local import STATE_BUCKET, LocalPlace
from millrace.deployment.terraform import Progress
from millrace.errors import UserError
from millrace.stack import Stack
from tests.fakes.localstack import FakeLocalStack
from tests.fakes.terraform import FakeTerraform

EMULATOR = "https://s3.us-east-1.amazonaws.com"  # what moto stands for


@pytest.fixture
def fake(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    fake = FakeTerraform.install(tmp_path / "bin")
    fake.answers("show", {"resource_changes": []})
    fake.answers("output", {"model": {"value": {"name": "sessions"}}})
    monkeypatch.setenv("PATH", str(fake.folder), prepend=os.pathsep)
    return fake


@pytest.fixture
def emulator(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> LocalPlace:
    """An emulator that the user brought."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", EMULATOR)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return LocalPlace.choose(4566)


@pytest.fixture
def localstack(tmp_path: Path) -> FakeLocalStack:
    return FakeLocalStack(tmp_path)


def place_on(localstack: Any) -> LocalPlace:
    """LocalStack without Docker; its state bucket is in moto."""
    return LocalPlace({**localstack.environment(), "AWS_ENDPOINT_URL": EMULATOR}, localstack)


def ignore(progress: Progress) -> None: ...


def test_without_an_endpoint_it_is_localstack_without_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the user")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")

    place = LocalPlace.choose(4599)

    assert place.localstack is not None
    assert place.localstack.port == 4599
    assert place.environment == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4599",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_an_endpoint_of_the_users_is_used_and_localstack_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the user")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-north-1")

    place = LocalPlace.choose(4566)
    place.check()
    place.start()

    assert (place.localstack, place.started) == (None, False)
    assert place.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert place.environment["AWS_ACCESS_KEY_ID"] == "of the user"
    assert place.environment["AWS_SECRET_ACCESS_KEY"] == "test"
    assert place.environment["AWS_REGION"] == "eu-north-1"


def test_start_leaves_a_running_localstack_alone(localstack: FakeLocalStack) -> None:
    localstack.up_on(4566)
    place = place_on(localstack)
    place.start()

    assert (localstack.calls, place.started) == ([], False)


def test_start_takes_the_place_of_a_stale_pid_file(localstack: FakeLocalStack) -> None:
    """A process that is no more is none: process() tells."""
    place = place_on(localstack)
    place.start()

    assert (localstack.calls, place.started) == (["start"], True)


@pytest.mark.parametrize(
    ("port", "answers", "message"),
    [
        (4570, True, "LocalStack runs here already, on port 4570: use that one with PORT=4570 make"),
        (4566, False, "LocalStack runs on port 4566, but does not answer: end it with `make down`"),
    ],
)
def test_a_localstack_that_cannot_be_used(localstack: FakeLocalStack, port: int, answers: bool, message: str) -> None:
    localstack.up_on(port)
    localstack.answers = answers
    place = place_on(localstack)

    with pytest.raises(UserError, match=message):
        place.start()
    place.undo(ignore)

    assert localstack.calls == [], "it belongs to somebody else"


def test_deploy(fake: FakeTerraform, emulator: LocalPlace, aws: Callable[[str], Any]) -> None:
    deployed = emulator.deploy(ignore)

    assert fake.commands == ["init", "plan", "show", "apply", "output"]
    backend = [argument for argument in fake.call("init")["arguments"] if "backend" in argument]
    assert backend == [
        f"-backend-config=bucket={STATE_BUCKET}",
        "-backend-config=key=local/terraform.tfstate",
        "-backend-config=region=us-east-1",
        "-backend-config=use_lockfile=true",
    ]
    assert [bucket["Name"] for bucket in aws("s3").list_buckets()["Buckets"]] == [STATE_BUCKET]
    assert deployed == Stack.load("local")
    assert deployed.outputs == {"model": {"name": "sessions"}}


def test_deploy_again(fake: FakeTerraform, emulator: LocalPlace) -> None:
    """The state bucket is there already."""
    emulator.deploy(ignore)
    emulator.deploy(ignore)

    assert fake.commands.count("apply") == 2


def test_a_deploy_that_fails_is_not_known_afterwards(fake: FakeTerraform, emulator: LocalPlace) -> None:
    fake.answers("apply", status=1)

    with pytest.raises(UserError):
        emulator.deploy(ignore)
    with pytest.raises(UserError, match="no stack 'local'"):
        Stack.load("local")


def test_stop_destroys_what_lies_in_the_users_emulator(fake: FakeTerraform, emulator: LocalPlace) -> None:
    emulator.deploy(ignore)
    LocalPlace.choose(4566).stop(ignore)

    assert fake.commands[-2:] == ["init", "destroy"]
    with pytest.raises(UserError, match="no stack 'local'"):
        Stack.load("local")


def test_stop_of_an_emulator_that_was_begun_anew(fake: FakeTerraform, emulator: LocalPlace) -> None:
    """Its state bucket went with everything else: there is nothing to destroy, and that is no error."""
    Stack("local", {}, {}).save()

    emulator.stop(ignore)

    assert fake.commands == ["init", "destroy"]


def test_what_could_not_be_destroyed_stays_known(fake: FakeTerraform, emulator: LocalPlace) -> None:
    emulator.deploy(ignore)
    fake.answers("destroy", status=1)

    with pytest.raises(UserError):
        emulator.stop(ignore)

    Stack.load("local")


def test_stop_of_localstack_takes_its_resources_along(fake: FakeTerraform, localstack: FakeLocalStack) -> None:
    Stack("local", {}, {}).save()
    localstack.up_on(4570)

    place_on(localstack).stop(ignore)

    assert (localstack.calls, fake.commands) == (["stop"], [])
    with pytest.raises(UserError, match="no stack 'local'"):
        Stack.load("local")


@pytest.mark.usefixtures("aws")
class TestUndo:
    """Only what was begun by this place is ended."""

    def test_localstack_that_was_started_is_stopped(self, fake: FakeTerraform, localstack: FakeLocalStack) -> None:
        place = place_on(localstack)
        place.start()
        place.deploy(ignore)
        place.undo(ignore)

        assert localstack.calls == ["start", "stop"]
        assert "destroy" not in fake.commands

    @pytest.mark.usefixtures("fake")
    def test_a_start_that_was_broken_off_is_stopped(self, localstack: FakeLocalStack) -> None:
        localstack.broken = KeyboardInterrupt()
        place = place_on(localstack)
        with pytest.raises(KeyboardInterrupt):
            place.start()
        place.undo(ignore)

        assert localstack.calls == ["start", "stop"]

    def test_a_stack_on_a_localstack_that_ran_before_is_destroyed(
        self, fake: FakeTerraform, localstack: FakeLocalStack
    ) -> None:
        localstack.up_on(4566)
        place = place_on(localstack)
        place.start()
        place.deploy(ignore)
        place.undo(ignore)

        assert (localstack.calls, fake.commands[-1]) == ([], "destroy")

    def test_a_stack_that_was_up_before_stays(self, fake: FakeTerraform, localstack: FakeLocalStack) -> None:
        localstack.up_on(4566)
        place_on(localstack).deploy(ignore)

        second = place_on(localstack)
        second.start()
        second.deploy(ignore)
        second.undo(ignore)

        assert (localstack.calls, second.deployed) == ([], False)
        assert "destroy" not in fake.commands
        Stack.load("local")

    def test_a_stack_in_the_users_emulator_that_was_up_before_stays(
        self, fake: FakeTerraform, emulator: LocalPlace
    ) -> None:
        LocalPlace.choose(4566).deploy(ignore)
        emulator.deploy(ignore)
        emulator.undo(ignore)

        assert "destroy" not in fake.commands

    def test_a_stack_known_elsewhere_is_not_the_one_here(self, fake: FakeTerraform, emulator: LocalPlace) -> None:
        Stack("local", {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, {}).save()
        emulator.deploy(ignore)
        emulator.undo(ignore)

        assert fake.commands[-1] == "destroy"

    def test_a_deploy_that_was_broken_off_is_destroyed(self, fake: FakeTerraform, emulator: LocalPlace) -> None:
        fake.answers("apply", status=1)
        with pytest.raises(UserError):
            emulator.deploy(ignore)
        emulator.undo(ignore)

        assert fake.commands[-1] == "destroy"

    def test_where_nothing_was_begun_nothing_is_ended(self, fake: FakeTerraform, emulator: LocalPlace) -> None:
        emulator.undo(ignore)

        assert fake.commands == []
