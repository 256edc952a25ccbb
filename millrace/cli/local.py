"""Commands for the stack on this machine, and for traffic through any stack."""

from typing import TYPE_CHECKING, Annotated

import typer

from millrace.cli.common import BadFraction, Port, Rate, Seed, StackName, build_package, one_line_errors

if TYPE_CHECKING:
    from millrace.local import LocalPlace
    from millrace.stack import Stack
    from millrace.traffic import Load


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up afterwards.")] = False,
    events: Annotated[int, typer.Option(help="Events to the event stream.")] = 10_000,
    topic_events: Annotated[int, typer.Option(help="Events to the event topic.")] = 500,
    rate: Rate = 1_000,
    bad_fraction: BadFraction = 0.01,
    seed: Seed = 7,
    port: Port = 4566,
) -> None:
    """The main job from end to end: deploy, train, produce, watch predictions arrive, account for every event."""
    from millrace.errors import UserError
    from millrace.local import LocalPlace
    from millrace.traffic import Load

    with one_line_errors():
        place = LocalPlace.choose(port)
        try:
            stack = _bring_up(place)
            complete = _run(place, stack, Load(events, topic_events, rate, bad_fraction, seed))
        finally:
            if not keep:
                _tear_down(place)
        if not complete:
            raise UserError("not every event ended where it was due: see the summary")


def up(port: Port = 4566) -> None:
    """Start LocalStack, deploy the stack on it, train a model on the built-in task and publish it."""
    from millrace import show
    from millrace.local import LocalPlace

    with one_line_errors():
        place = LocalPlace.choose(port)
        stack = _bring_up(place)
        show.CONSOLE.print(f"up at {place.environment['AWS_ENDPOINT_URL']}: make produce, make watch, make down")
        for name, output in stack.outputs.items():
            show.CONSOLE.print(f"  [bold]{name}[/] {output}")


def down(port: Port = 4566) -> None:
    """End the local stack and everything that belongs to it."""
    from millrace.local import LocalPlace

    with one_line_errors():
        _tear_down(LocalPlace.choose(port))


def produce(
    count: Annotated[int, typer.Option(help="Events to the event stream.")] = 10_000,
    topic_count: Annotated[int, typer.Option(help="Events to the event topic.")] = 500,
    rate: Rate = None,
    bad_fraction: BadFraction = 0.01,
    seed: Seed = 7,
    start: Annotated[int, typer.Option(help="The first session's number.")] = 0,
    stack: StackName = "local",
) -> None:
    """Send synthetic events to a stack on both ways; exit code 1 if any was not taken."""
    from millrace import show
    from millrace.stack import Stack
    from millrace.traffic import Load, send

    with one_line_errors():
        with show.bars() as bars:
            tasks = {
                "event_stream": bars.add_task("sent to event stream", total=count),
                "event_topic": bars.add_task("sent to event topic", total=topic_count),
            }
            reports, _ = send(
                Stack.load(stack),
                Load(count, topic_count, rate, bad_fraction, seed, start),
                lambda way, report: bars.update(tasks[way], completed=report.sent),
            )
        for way, report in zip(tasks, reports, strict=True):
            show.CONSOLE.print(
                f"{way}: sent {report.sent:,} (of them bad on purpose: {report.bad:,}), resent {report.resent:,}, "
                f"failed {report.failed:,}, {report.rate:,.0f} a second"
            )
        if any(report.failed for report in reports):
            raise typer.Exit(1)


def watch(
    from_start: Annotated[bool, typer.Option("--from-start", help="Begin with the oldest prediction kept.")] = False,
    stack: StackName = "local",
) -> None:
    """Show predictions as they arrive in the sink, until Ctrl-C."""
    from millrace.stack import Stack
    from millrace.watch import watch as show_predictions

    with one_line_errors():
        show_predictions(Stack.load(stack), from_start=from_start)


def _bring_up(place: "LocalPlace") -> "Stack":
    """LocalStack, package, Terraform, model: what a stack needs before events may come."""
    from millrace import package, show, training
    from millrace.model.publish import publish

    build_package(package.host_architecture())
    if place.localstack is not None:
        with show.step("LocalStack's environment"):
            place.localstack.install()
        with show.step("LocalStack without Docker"):
            place.start()
    with show.step("Terraform apply") as step:
        stack = place.deploy(lambda p: step(p.done, p.planned, p.resource))
    with show.step("Model trained and published") as step:
        artifact = training.train_built_in(stack.outputs["model"]["name"], step)
        publish(stack.model_store(), artifact)
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in artifact.manifest.metrics.items())
    show.CONSOLE.print(f"  {artifact.manifest.name} {artifact.manifest.version}: {metrics}")
    return stack


def _run(place: "LocalPlace", stack: "Stack", load: "Load") -> bool:
    """Send the load, show what comes of it, keep the records; whether every event ended where it was due."""
    from millrace import demo, show

    receipts, settled = demo.Run(stack, load)()
    logs = [place.terraform().folder / "plan.json"]
    logs += [place.localstack.log_file] if place.localstack else []
    folder = demo.keep(stack, receipts, settled, logs)
    show.CONSOLE.print(show.summary_table(settled))
    show.CONSOLE.print(f"kept in {folder}: receipts, summary, plan, logs of the function and of LocalStack")
    return settled.complete


def _tear_down(place: "LocalPlace") -> None:
    from millrace import show

    with show.step("Torn down") as step:
        place.stop(lambda p: step(p.done, p.planned, p.resource))
