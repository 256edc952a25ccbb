"""Commands for the stack on this machine, and for traffic through any stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import BadFraction, Port, Rate, Seed, StackName, build_package, one_line_errors
from millrace.console import signals
from millrace.demo.examples import DEFAULT, EXAMPLES
from terminal.bounds import MOST_EVENTS

if TYPE_CHECKING:
    from millrace.demo.example import Example
    from millrace.deployment.local import LocalPlace
    from millrace.stack import Stack

STREAM, TOPIC = "event_stream", "event_topic"
To = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="NAME=COUNT", help="Number of events to another source; may be repeated."),
]


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up afterwards.")] = False,
    example: Annotated[str, typer.Option(help=f"What to show: {', '.join(EXAMPLES)}.")] = DEFAULT,
    events: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_EVENTS, help="Number of events, or requests; default: the example's own."),
    ] = None,
    topic_events: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_EVENTS, help="Number of events to the event topic; default: the example's own."),
    ] = None,
    to: To = None,
    rate: Rate = 1_000,
    bad_fraction: BadFraction = 0.01,
    seed: Seed = 7,
    port: Port = 4566,
) -> None:
    """Deploy the local stack, train a model, send events, show predictions arrive, and account for every event.

    Where the stack is already up, its release is kept.
    """
    from millrace.demo import examples
    from millrace.demo.traffic import Load
    from millrace.deployment.local import LocalPlace
    from millrace.errors import UserError

    with one_line_errors():
        shown = examples.example(example)
        load = Load(_of_example(shown, events, topic_events, to), rate or None, bad_fraction, seed)
        place = LocalPlace.choose(port)
        place.model, place.parts = shown.model, shown.parts
        with _torn_down(place, on_success=not keep, on_failure=not keep):
            stack = _bring_up(place, shown)
            shown.check(stack.model_store())
            complete = shown.run(place, stack, load)
        if not complete:
            raise UserError("not every event ended where it was due: see the summary")


def up(
    model: Annotated[
        str, typer.Option(help="Name of your own model, which you publish yourself; nothing is trained.")
    ] = "",
    parts: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="PART", help="Deploy an optional part of the stack too; may be repeated."),
    ] = None,
    port: Port = 4566,
) -> None:
    """Start LocalStack and deploy the stack; where no model is released, train the built-in one and publish it."""
    from millrace.console import show
    from millrace.demo import examples
    from millrace.deployment import parts as parts_of
    from millrace.deployment.local import LocalPlace
    from model_store import names

    with one_line_errors():
        place = LocalPlace.choose(port)
        place.model = names.check(model, "--model") if model else ""
        place.parts = parts_of.check(parts or (), "--with")
        with _torn_down(place, on_success=False, on_failure=True):
            stack = _bring_up(place, None if model else examples.example(DEFAULT))
        show.CONSOLE.print(f"up at {place.environment['AWS_ENDPOINT_URL']}: make produce, make watch, make down")
        show.print_table(show.outputs_table(stack.outputs))
        if stack.outputs.get("http"):
            key = stack.http_key()
            show.CONSOLE.print(
                f"page: {stack.http_url()}/{f'  API key: {key}' if key else ''}", markup=False, soft_wrap=True
            )


def down(
    port: Port = 4566,
    forget: Annotated[
        bool, typer.Option("--forget", help="Only forget the stack, where its emulator no longer exists.")
    ] = False,
) -> None:
    """End the local stack and everything that belongs to it, wherever it was deployed."""
    from millrace.console import show
    from millrace.deployment.local import NAME, LocalPlace
    from millrace.stack import Stack

    with one_line_errors():
        if forget:
            return Stack(NAME, {}, {}).forget()
        places = LocalPlace.standing(port)
        if not places:
            show.CONSOLE.print("no local stack is up")
        for place in places:
            if place.localstack is None:
                show.CONSOLE.print(f"at {place.environment['AWS_ENDPOINT_URL']}", markup=False)
            elif place.localstack.process() is None:
                show.CONSOLE.print("LocalStack was not running")
            with show.step("Torn down") as step:
                place.stop(lambda p, step=step: step(p.done, p.planned, p.resource))  # type: ignore[misc]
        return None


def produce(
    count: Annotated[int, typer.Option(min=0, max=MOST_EVENTS, help="Number of events to the event stream.")] = 10_000,
    topic_count: Annotated[
        int, typer.Option(min=0, max=MOST_EVENTS, help="Number of events to the event topic.")
    ] = 500,
    to: To = None,
    rate: Rate = None,
    bad_fraction: BadFraction = 0.01,
    seed: Seed = 7,
    start: Annotated[int, typer.Option(min=0, max=MOST_EVENTS, help="The first session's number.")] = 0,
    stack: StackName = "local",
) -> None:
    """Send synthetic events to the sources of a stack; exit code 1 if any was not accepted."""
    from millrace.console import show
    from millrace.demo.traffic import Load, send
    from millrace.stack import Stack

    with one_line_errors():
        load = Load(_counts(count, topic_count, to), rate or None, bad_fraction, seed, start)
        target = Stack.load(stack)
        with show.bars() as bars:
            tasks = {
                name: bars.add_task(f"sent to {name.replace('_', ' ')}", total=events)
                for name, events in load.events.items()
            }
            reports, _ = send(target, load, lambda source, report: bars.update(tasks[source], completed=report.sent))
        for source, report in zip(tasks, reports, strict=True):
            show.CONSOLE.print(
                f"{source}: sent {report.sent:,} (of them bad on purpose: {report.bad:,}), resent {report.resent:,}, "
                f"failed {report.failed:,}, {report.rate:,.0f} a second"
            )
        if any(report.failed for report in reports):
            raise typer.Exit(1)


def _counts(stream: int, topic: int, others: list[str] | None) -> dict[str, int]:
    """Events by source. others : NAME=COUNT. Raises UserError."""
    return {STREAM: stream, TOPIC: topic} | _others(others)


def _of_example(example: "Example", first: int | None, topic: int | None, others: list[str] | None) -> dict[str, int]:
    """Events by source: the example's own numbers, and those that were given in their place. Raises UserError."""
    counts = dict(example.events)
    if first is not None:
        counts[next(iter(counts))] = first
    if topic is not None:
        counts[TOPIC] = topic
    return counts | _others(others)


def _others(others: list[str] | None) -> dict[str, int]:
    """Of NAME=COUNT, by name. Raises UserError."""
    from millrace.errors import UserError

    counts = {}
    for other in others or ():
        name, _, count = other.partition("=")
        if not (name and count.isdecimal()):
            raise UserError(f"--to: expected NAME=COUNT, such as orders=500, got {other!r}")
        counts[name] = int(count)
    return counts


def _bring_up(place: "LocalPlace", example: "Example | None") -> "Stack":
    """LocalStack, package, Terraform, and a model where none is released: what a stack needs before events may come.

    example : whose model is trained; None where the user publishes their own.
    """
    from millrace.console import show
    from millrace.deployment import aws, disk, parts
    from millrace.deployment.local import NAME
    from millrace.packaging import scorer as package

    place.check()
    disk.check(place.folders)
    with disk.watched(place.folders):
        files = [parts.file(part) for part in place.parts]
        further = aws.further_packages(NAME, files)
        build_package(package.host_architecture(), aws.flavour(NAME, files), **further)
        if place.localstack is not None:
            with show.step("LocalStack's environment"):
                place.localstack.install()
            with show.step("LocalStack without Docker"):
                place.start()
        before = place.known_model()
        with show.step("Terraform apply") as step:
            stack = place.deploy(lambda p: step(p.done, p.planned, p.resource))
        if before not in ("", name := stack.outputs["model"]["name"]):
            show.note(f"the stack served {before}, and now serves {name}: MODEL={before} changes it back")
        _release_if_none(stack, example)
    return stack


def _release_if_none(stack: "Stack", example: "Example | None") -> None:
    """Train and publish the example's model, unless there is a release: it may be the user's own."""
    from millrace.console import show
    from millrace.model import catalogue

    store, name = stack.model_store(), stack.outputs["model"]["name"]
    if release := catalogue.current(store):
        show.CONSOLE.print(f"  kept: the release's champion is {name} {release.champion.version}", markup=False)
        return
    if example is None:
        show.CONSOLE.print(f"  no release of {name} yet: millrace model publish FOLDER", markup=False)
        return
    with show.step("Model trained and published") as step:
        artifact = example.release(stack, step)
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in artifact.manifest.metrics.items())
    show.CONSOLE.print(f"  {artifact.manifest.name} {artifact.manifest.version}: {metrics}", markup=False)


@contextmanager
def _torn_down(place: "LocalPlace", *, on_success: bool, on_failure: bool) -> Iterator[None]:
    """Tear down in the end what this command began. Ctrl-C is a failure; the first one is what is shown."""
    from millrace.console import show

    try:
        yield
    except BaseException:
        if on_failure:
            try:
                _undo(place)
            except Exception as error:
                show.error(f"not everything was torn down: {error}")
        raise
    if on_success and not _undo(place):
        show.CONSOLE.print("the stack was up before, and is left up: make down ends it")


def _undo(place: "LocalPlace") -> bool:
    """End what was begun here, if anything: Ctrl-C or not, and whether or not the output is still read."""
    from millrace.console import show

    if not (place.started or place.deployed):
        return False
    with signals.handled(signals.ENDING, signals.disregard):
        try:
            with show.step("Torn down") as step:
                place.undo(lambda p: step(p.done, p.planned, p.resource))
        except OSError:
            place.undo(lambda progress: None)
    return True
