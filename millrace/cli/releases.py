"""`millrace model …` for what is in the model store: list, show, release, roll back, verify, compare.

Each has `--json`. Each change is one conditional write: where another operator was faster, it ends with exit code 1.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millrace.cli.common import MOST_DAYS, StackName, one_line_errors

if TYPE_CHECKING:
    from millrace.model.releases import Changed, Releases
    from millrace.stack import Stack
    from outcomes.verdict import Verdict

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Why = Annotated[str, typer.Option("--why", "-m", help="The reason, for the history.")]
Version = Annotated[str, typer.Argument(help="A version in the model store.")]
VersionOrFolder = Annotated[str, typer.Argument(help="A version in the store; or an artifact's folder, with a slash.")]


MOST_CHANGES = 10_000  # that are listed; each is a read of the store
# The roles whose versions are compared with the champion.
BESIDE = ("challenger", "shadow")


def register(app: typer.Typer) -> None:
    """Add these commands to `millrace model`."""
    app.command("list")(list_versions)
    for command in (show, evaluation, promote, split, shadow, attributions, rollback, verify, diff, history):
        app.command()(command)


def list_versions(stack: StackName = "local", json: Json = False) -> None:
    """List the versions in the model store, with each one's role in the release."""
    from millrace.console import show_models
    from millrace.model import catalogue
    from records.values import as_dict

    with one_line_errors():
        store = _stack(stack).model_store()
        listed, release = catalogue.versions(store), catalogue.current(store)
        table = show_models.versions_table(listed, release.share if release else 0.0)
        emit([as_dict(entry) for entry in listed], table, json)


def show(
    version: Annotated[str | None, typer.Argument(help="A version; the release if left out.")] = None,
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Show the release, or one version."""
    from millrace.console import show_models
    from millrace.model import catalogue
    from records.values import as_dict

    with one_line_errors():
        store = _stack(stack).model_store()
        if version is not None:
            manifest, _ = store.manifest(version)
            described = catalogue.described(manifest)
            return emit(described, show_models.manifest_tables(described), json)
        release = catalogue.released(store)
        return emit(as_dict(release), show_models.release_table(release), json)


def promote(
    version: Annotated[str | None, typer.Argument(help="A version in the store; the challenger if left out.")] = None,
    why: Why = "",
    stack: StackName = "local",
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Promote a version that is worse than the champion, or without reading the evaluation."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Make the challenger the champion, or any version in the store; one that evaluates worse needs --force."""
    from millrace.model import verdict

    with one_line_errors():
        found = verdict.of_promotion(_stack(stack), version)
        verdict.allow(found, force)
        _change(stack, json, lambda releases: releases.promote(version, why), found)


def split(
    share: Annotated[float, typer.Option(help="The challenger's share of the keys, 0 to 1; 0 ends the split.")],
    challenger: Annotated[str | None, typer.Option(help="A version; the current challenger if left out.")] = None,
    why: Why = "",
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Let a challenger serve a share of the partition keys."""
    _change(stack, json, lambda releases: releases.split(challenger, share, why))


def shadow(
    version: Annotated[str, typer.Argument(help="A version in the store; none ends it.")],
    why: Why = "",
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Let a version score alongside the champion, without serving."""
    _change(stack, json, lambda releases: releases.shadow(None if version == "none" else version, why))


def attributions(
    share: Annotated[float, typer.Option(help="The share of the predictions that are explained, 0 to 1.")] = 0.0,
    above: Annotated[float | None, typer.Option(help="Explain predictions with this score or a higher one.")] = None,
    top: Annotated[int, typer.Option(help="How many features are named.")] = 5,
    max_bytes: Annotated[int, typer.Option(help="The most bytes that attributions add to a prediction.")] = 1024,
    off: Annotated[bool, typer.Option("--off", help="Explain no predictions.")] = False,
    why: Why = "",
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Publish feature attributions with all predictions (--share 1), a share of them, or those with high scores."""
    from model_store.attribution_setting import AttributionSetting

    setting = None if off else AttributionSetting(share, above, top, max_bytes)
    _change(stack, json, lambda releases: releases.attributions(setting, why))


def rollback(why: Why = "", stack: StackName = "local", json: Json = False) -> None:
    """Make the previous champion serve again; a second rollback undoes the first."""
    _change(stack, json, lambda releases: releases.rollback(why))


def evaluation(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many days to look back.")] = 7,
    metric: Annotated[str | None, typer.Option(help="What decides; that of the model's objective if left out.")] = None,
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Show the quality of each version, and whether the challenger or the shadow is better than the champion."""
    from millrace.console import show_models
    from millrace.model import catalogue, verdict
    from outcomes.verdict import merged

    with one_line_errors():
        target = _stack(stack)
        store = target.model_store()
        release = catalogue.released(store)
        hours = verdict.Evaluations(target).hours(days)
        groups = merged(hours.values())
        beside = {role: pointer.version for role, pointer in release.roles().items() if role in BESIDE}
        champion = release.champion.version
        found = [verdict.verdict(hours, store, champion, version, metric) for version in beside.values()]
        document = {
            "days": days,
            "hours": len(hours),
            "groups": [verdict.described(group) for group in groups.values()],
            "verdicts": [each.to_json() for each in found],
        }
        emit(document, show_models.evaluation_tables(groups.values(), found, len(hours)), json)


def verify(
    version: Annotated[
        str | None,
        typer.Argument(help="A version, or an artifact's folder with a slash; all that the release names if left out."),
    ] = None,
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Check versions as the scorer would, in full; exit code 1 where one is refused."""
    from rich.markup import escape

    from millrace.console import show
    from millrace.model import checks

    with one_line_errors():
        results = checks.of_folder(version) if version and "/" in version else checks.of_store(_stack(stack), version)
        for result in () if json else results:
            mark = "[red]✗[/]" if result.refused else "[green]✓[/]"
            show.CONSOLE.print(mark, escape(result.told()))
        if json:
            emit([result.described() for result in results], None, json)
        if any(result.refused for result in results):
            raise typer.Exit(1)


def diff(a: VersionOrFolder, b: VersionOrFolder, stack: StackName = "local", json: Json = False) -> None:
    """Compare two versions: features, metrics, size, and scores on the golden rows of both."""
    from millrace.console import show_models
    from millrace.model import catalogue
    from millrace.model.diff import diff as differences

    with one_line_errors():
        one, other = (catalogue.artifact_of(name, lambda: _stack(stack).model_store()) for name in (a, b))
        found = differences(one, other)
        emit(found, show_models.diff_tables(found), json)


def history(
    last: Annotated[int, typer.Option(min=1, max=MOST_CHANGES, help="How many changes to show.")] = 20,
    stack: StackName = "local",
    json: Json = False,
) -> None:
    """Show the release's changes, the newest first: when, what, from, to, who, why."""
    from millrace.console import show_models
    from millrace.model.releases import history as changes
    from records.values import as_dict

    with one_line_errors():
        entries = list(changes(_stack(stack).model_store(), last))
        emit([as_dict(entry) for entry in entries], show_models.history_table(entries), json)


def print_change(changed: "Changed", json: bool, verdict: "Verdict | None" = None) -> None:
    """What a change did; or that there was nothing to do. A promotion's verdict comes before it."""
    from millrace.console import show_models
    from millrace.model.releases import roles
    from records.values import as_dict

    before = None if changed.before is None else roles(changed.before)
    after, changes = roles(changed.after), changed.before != changed.after
    line = show_models.changes(before, after) if changes else "nothing to change: the release is so already"
    told = changed.after.change if changes else None
    document = {"changed": changes, "before": before, "after": after, "change": told and as_dict(told)}
    if verdict is not None:
        document["evaluation"] = verdict.to_json()
        line = f"{show_models.verdict_line(verdict)}\n{line}"
    emit(document, line, json)


def print_fit(changed: "Changed", stack: "Stack") -> None:
    """Notes on versions that running containers have not the memory to load."""
    from millrace.console import show
    from millrace.model import fit

    for note in fit.notes(changed, stack.model_store(), stack.outputs):
        show.note(note, show.ERRORS)


def _change(
    stack: str, json: bool, operation: "Callable[[Releases], Changed]", verdict: "Verdict | None" = None
) -> None:
    from millrace.model.operator import operator
    from millrace.model.releases import Releases

    with one_line_errors():
        target = _stack(stack)
        changed = operation(Releases(target.model_store(), operator(target)))
        print_change(changed, json, verdict)
        print_fit(changed, target)


def _stack(name: str) -> "Stack":
    from millrace.stack import Stack

    return Stack.load(name)


def emit(document: Any, shown: Any, json: bool) -> None:
    """Print a result: the document as JSON, or what is shown of it."""
    from json import dumps

    from millrace.console import show

    if json:
        print(dumps(document, indent=2))
    else:
        (show.CONSOLE if show.CONSOLE.is_terminal else show.PIPE).print(shown)
