"""Versions, releases, their history and their differences as tables."""

from collections.abc import Iterable
from typing import Any

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from evaluation.comparison import BETTER, NOT_YET_KNOWN, WORSE
from evaluation.estimates import Estimate
from millrace.model.catalogue import ListedVersion
from millrace.model.releases import Entry, roles
from model_store.release import Release
from outcomes.tally import Group
from outcomes.verdict import Verdict

MAX_METRICS = 3
NONE = "[dim]-[/]"
VERDICT_COLOURS = {BETTER: "green", WORSE: "red", NOT_YET_KNOWN: "yellow"}
SETTINGS = ("share", "attributions")
SHORT = ("version", "created", "size", "when", "what", "role")


def versions_table(listed: Iterable[ListedVersion], share: float) -> Table:
    table = _table("version", "created", "objective", "features", "size", "metrics", "role", right=("features", "size"))
    for entry in listed:
        if entry.fault:
            table.add_row(escape(entry.version), f"[red]{escape(entry.fault)}[/]", "", "", "", "", _roles(entry, share))
            continue
        table.add_row(
            escape(entry.version),
            entry.created_at[:16].replace("T", " "),
            escape(entry.objective),
            str(entry.features),
            size(entry.size),
            escape(metrics(entry.metrics or {})),
            _roles(entry, share),
        )
    return table


def release_table(release: Release) -> Table:
    """Who serves; and how that came about."""
    table = _table("", "")
    table.show_header = False
    for role, text in _named(roles(release)).items():
        table.add_row(f"[dim]{role}[/]", text)
    change = release.change
    table.add_row("[dim]since[/]", escape(release.updated_at))
    if change is not None:
        table.add_row("[dim]by[/]", escape(f"{change.by}, {change.action}"))
        table.add_row("[dim]why[/]", escape(change.why) or NONE)
    return table


def changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """What a change did, role by role, the follow-up `previous` left out: "champion 1 → 2, challenger 2 (10 %) → -" """
    if after is None:
        return "→ nothing that can be read"
    one, other = _named(before or {}), _named(after)
    parts = [
        f"{role} {one.get(role, NONE)} → {text}" if before is not None else f"{role} {text}"
        for role, text in other.items()
        if role != "previous" and text != one.get(role, NONE)
    ]
    return ", ".join(parts) or "nothing that serves"


def history_table(entries: Iterable[Entry]) -> Table:
    table = _table("when", "what", "change", "who", "why")
    for entry in entries:
        cells = (entry.by, entry.why)
        table.add_row(
            entry.at[:19].replace("T", " "),
            escape(entry.action) or NONE,
            changes(entry.before, entry.after),
            *(escape(cell) or NONE for cell in cells),
        )
    return table


def manifest_tables(described: dict[str, Any]) -> RenderableType:
    facts = _table("", "")
    facts.show_header = False
    for name, value in described.items():
        if name not in ("features", "metrics"):
            shown = ", ".join(value) if isinstance(value, list) else size(value) if name == "size" else value
            facts.add_row(f"[dim]{name.replace('_', ' ')}[/]", NONE if shown in (None, "") else escape(str(shown)))
    facts.add_row("[dim]metrics[/]", escape(metrics(described["metrics"], len(described["metrics"]))) or NONE)
    features = _table("feature", "path", "type", "missing")
    for feature in described["features"]:
        kind = f"category of {feature['categories']}" if feature["categories"] else feature["type"]
        missing = "allowed" if feature["allow_missing"] else "refused"
        features.add_row(escape(feature["name"]), escape(feature["path"]), kind, missing)
    return Lines(facts, "", features)


def diff_tables(found: dict[str, Any]) -> RenderableType:
    """What differs; what is the same is left out."""
    table = _table("", escape(found["a"]), escape(found["b"]))
    for name, pair in found.items():
        if isinstance(pair, dict) and set(pair) == {"a", "b"} and pair["a"] != pair["b"] and name != "golden_rows":
            show = size if name == "size" else str
            table.add_row(name.replace("_", " "), *(escape(show(pair[side])) for side in ("a", "b")))
    for name, pair in found["metrics"].items():
        table.add_row(escape(name), *(NONE if pair[side] is None else f"{pair[side]:.4f}" for side in ("a", "b")))
    return Lines(table, "", *_feature_lines(found["features"]), "", _golden_table(found))


WARNING = "[dim]expected: by calibrated scores, of all predictions, without outcomes; concept drift is not seen[/]"


def evaluation_tables(groups: Iterable[Group], verdicts: Iterable[Verdict], hours: int) -> RenderableType:
    """A column for each version and variant: every metric with its 95 % interval; and the verdicts below."""
    shown = list(groups)
    if not shown:
        return "no evaluation yet: no hour has predictions, or none was evaluated"
    names = [f"{group.version} {group.variant}" for group in shown]
    table = _table(f"{hours} h", *(escape(name) for name in names), right=[escape(name) for name in names])
    table.add_row("[dim]predictions[/]", *(str(group.coverage.predictions) for group in shown))
    table.add_row("[dim]with an outcome[/]", *(_estimate(group.coverage.estimate()) for group in shown))
    if any(group.refused for group in shown):
        table.add_row("[dim]outcomes refused[/]", *(str(group.refused) for group in shown))
    estimates = [{} if group.quality is None else group.quality.estimates() for group in shown]
    for name in dict.fromkeys(name for each in estimates for name in each):
        table.add_row(f"[dim]{name.replace('_', ' ')}[/]", *(_estimate(each.get(name)) for each in estimates))
    expected = [{} if group.expected is None else group.expected.estimates() for group in shown]
    for name in dict.fromkeys(name for each in expected for name in each):
        table.add_row(f"[dim]expected {name.replace('_', ' ')}[/]", *(_estimate(each.get(name)) for each in expected))
    warning = [WARNING] if any(expected) else []
    notes = [escape(f"{name}: {group.note}") for name, group in zip(names, shown, strict=True) if group.note]
    return Lines(table, "", *warning, *notes, *(verdict_line(verdict) for verdict in verdicts))


def verdict_line(verdict: Verdict) -> str:
    colour = VERDICT_COLOURS.get("" if verdict.comparison is None else verdict.comparison.verdict, "dim")
    return f"[{colour}]{escape(verdict.line())}[/]"


def _estimate(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return NONE
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.4f}"
    return f"{estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})"


def size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"


def metrics(values: dict[str, float], most: int = MAX_METRICS) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in list(values.items())[:most])


def _feature_lines(features: dict[str, Any]) -> Iterable[str]:
    for what in ("added", "removed"):
        if features[what]:
            yield f"features {what}: {escape(', '.join(features[what]))}"
    for name, members in features["changed"].items():
        told = ", ".join(f"{member} {pair['a']} → {pair['b']}" for member, pair in members.items())
        yield f"feature {escape(name)}: {escape(told)}"
    if features["order_changed"]:
        yield "features are in another order"
    if not any(features.values()):
        yield "features: the same"


def _golden_table(found: dict[str, Any]) -> Table:
    a, b = escape(found["a"]), escape(found["b"])
    columns = ("golden rows of", "rows", f"mean of {a}", f"mean of {b}", "mean difference", "largest", "labels changed")
    table = _table(*columns, right=columns[1:])
    for side in ("a", "b"):
        of = found["golden_rows"][side]
        if "why_not" in of:
            table.add_row(escape(found[side]), str(of["rows"]), f"not compared: {escape(of['why_not'])}")
        else:
            means = (of["mean_a"], of["mean_b"], of["mean_difference"], of["largest_difference"])
            cells = (str(of["rows"]), *(f"{value:.4f}" for value in means), str(of["labels_changed"]))
            table.add_row(escape(found[side]), *cells)
    return table


def _roles(entry: ListedVersion, share: float) -> str:
    named = [f"{role} ({share:.0%})" if role == "challenger" else role for role in entry.roles]
    return ", ".join(f"[green]{role}[/]" if role == "champion" else role for role in named)


def _named(of: dict[str, Any]) -> dict[str, str]:
    """The roles as text, the share next to its challenger."""
    texts = {role: escape(version) if version else NONE for role, version in of.items() if role not in SETTINGS}
    if of.get("challenger"):
        texts["challenger"] += f" ({of['share']:.4g} of the keys)"
    texts["attributions"] = _explained(of.get("attributions"))
    return texts


def _explained(setting: dict[str, Any] | None) -> str:
    """ "0.05 of the predictions, scores from 0.9; top 5" """
    if setting is None:
        return NONE
    of = [f"{setting['share']:.4g} of the predictions"] if setting["share"] else []
    of += [] if setting["above"] is None else [f"scores from {setting['above']:.4g}"]
    return f"{', '.join(of)}; top {setting['top']}"


def _table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table without lines; where the terminal is too narrow for it, what is long continues below."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(
            column, justify="right" if column in right else "left", no_wrap=column in SHORT, overflow="fold"
        )
    return table
