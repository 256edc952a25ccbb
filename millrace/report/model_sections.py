"""The sections on the model: is it right, and is the world still the one that it was trained on?"""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from evaluation.binary import Binary
from evaluation.drift import Drift, Rule
from evaluation.estimates import Estimate
from evaluation.expected import ExpectedBinary
from millrace.model.drivers import Drivers, trained_shares
from millrace.report import charts
from millrace.report import statistics as st
from millrace.report.markup import h
from millrace.report.parts import figure, section, table, unmeasured
from millrace.report.run import KeptRun
from millrace.report.scale import number

_NAMES = {"f1": "F1", "roc_auc": "ROC AUC", "brier": "Brier score"}
_CURVE_ROWS = 12  # of the table that says the same as a curve with many more points


def quality(run: KeptRun) -> Element:
    variants = sorted({variant for _, variant, _ in run.versions}, key=_champion_first)
    known = {variant: found for variant in variants if (found := run.quality(variant))}
    models = table(
        "Models that predicted",
        ("version", "variant", "predictions"),
        [(version, variant, f"{count:,}") for version, variant, count in run.versions],
    )
    expected = {variant: estimate for variant in variants if (estimate := run.expected(variant))}
    if expected:
        models = h("div", models, _expected(expected))
    if not any(found.ranks.curve() for found in known.values()):
        why = "no outcomes of both kinds are known, or the model is not one of two classes"
        return section("quality", "Model quality", models, unmeasured("ROC and calibration", why))
    champion = next(iter(known.values()))
    pair = h("div", _roc(known), _calibration(champion), class_="pair")
    return section("quality", "Model quality", h("figure", models, _metrics(known)), pair)


def _champion_first(variant: str) -> tuple[bool, str]:
    return variant != "champion", variant


def _metrics(known: Mapping[str, Binary]) -> Element:
    estimates = {variant: found.estimates() for variant, found in known.items()}
    names = next(iter(estimates.values()))
    return table(
        "Against the known outcomes, with 95 % intervals",
        ("metric", *known),
        [
            (_NAMES.get(name, name.replace("_", " ")), *(_estimated(of[name]) for of in estimates.values()))
            for name in names
        ],
        ("outcomes known", *(f"{found.n:,}" for found in known.values())),
    )


def _expected(known: Mapping[str, ExpectedBinary]) -> Element:
    estimates = {variant: found.estimates() for variant, found in known.items()}
    names = next(iter(estimates.values()))
    return table(
        "Expected by the calibrated scores, without outcomes; concept drift is not seen",
        ("metric", *known),
        [
            (_NAMES.get(name, name.replace("_", " ")), *(_estimated(of[name]) for of in estimates.values()))
            for name in names
        ],
        ("predictions", *(f"{found.n:,}" for found in known.values())),
    )


def _estimated(estimate: Estimate) -> str:
    if estimate.value is None:
        return estimate.note
    between = "" if estimate.low is None else f" ({estimate.low:.4f} to {estimate.high:.4f})"
    return f"{estimate.value:.4f}{between}"


def _roc(known: Mapping[str, Binary]) -> Element:
    lines = [charts.ChartSeries(variant, curve) for variant, found in known.items() if (curve := found.ranks.curve())]
    areas = ", ".join(f"{variant} {_estimated(found.ranks.auc())}" for variant, found in known.items())
    return figure(
        "ROC",
        f"AUC: {areas}.",
        charts.roc_chart(lines, f"ROC curve. Area below it: {areas}."),
        table(
            f"Points of the ROC curve, {lines[0].name}",
            ("false-positive rate", "true-positive rate"),
            [(f"{x:.4f}", f"{y:.4f}") for x, y in st.thinned(lines[0].points, _CURVE_ROWS)],
        ),
        legend=[line.name for line in lines],
    )


def _calibration(found: Binary) -> Element:
    brier, error = (found.estimates()[name].value for name in ("brier", "calibration_error"))
    if brier is None or error is None:
        return unmeasured("Calibration", "the model's scores are no probabilities")
    bins = found.calibration.report()
    dots = [charts.Reliable(one["mean_score"], one["observed"]["value"], one["n"]) for one in bins]
    chance = found.calibration.error_by_chance() or 0.0
    return figure(
        "Calibration",
        f"Brier score {brier:.4f}. Score and share are {error:.3f} apart on average; {chance:.3f} would be chance.",
        charts.reliability_chart(dots, f"Reliability diagram in {len(dots)} bins; Brier score {brier:.4f}."),
        table(
            "Mean score and share of outcomes, by score",
            ("mean score", "share with outcome 1", "predictions"),
            [(f"{one.score:.3f}", f"{one.share:.3f}", f"{one.count:,}") for one in dots],
        ),
    )


def change(run: KeptRun) -> Element:
    return section("change", "Drift", h("div", _scores(run), _drift(run), class_="pair"), _drivers(run))


def _drivers(run: KeptRun) -> Element | None:
    """Of the champion's explained predictions; None where there are none."""
    drivers, version = Drivers(), run.manifest.version if run.manifest else ""
    for one in run.scored:
        if not version or one.prediction.version == version:
            drivers.add(one.prediction.attributions)
    if not drivers.explained:
        return None
    found = drivers.compared(trained_shares(run.manifest) if run.manifest else {})
    return table(
        f"What drives scores: share of the absolute attributions in {drivers.explained:,} explained predictions",
        ("feature", "now", "in training"),
        [(name, f"{now:.1%}", "unknown" if trained is None else f"{trained:.1%}") for name, now, trained in found],
    )


def _scores(run: KeptRun) -> Element:
    by_variant: dict[str, list[float]] = {}
    for one in run.scored:
        by_variant.setdefault(one.prediction.variant, []).append(one.prediction.score)
    if not by_variant:
        return unmeasured("Scores by variant", "no predictions were kept")
    everything = [score for scores in by_variant.values() for score in scores]
    low, high = min(0.0, *everything), max(1.0, *everything)
    names = sorted(by_variant, key=_champion_first)
    series = [(name, st.histogram(by_variant[name], 25, low=low, high=high)) for name in names]
    means = ", ".join(f"{name} {sum(by_variant[name]) / len(by_variant[name]):.3f}" for name in names)
    rows = [st.histogram(by_variant[name], 10, low=low, high=high) for name in names]
    return figure(
        "Scores by variant",
        f"Mean score: {means}.",
        charts.steps_chart(series, "score", f"Distribution of the scores by variant. Mean score: {means}."),
        table(
            "Predictions by score",
            ("score", *names),
            [
                (f"{rows[0].edges[i]:.2f} to {rows[0].edges[i + 1]:.2f}", *(f"{bins.counts[i]:,}" for bins in rows))
                for i in range(len(rows[0].counts))
            ],
        ),
        legend=names,
    )


def _drift(run: KeptRun) -> Element:
    if not run.drift:
        return unmeasured("Drift by feature", "no counts of the features were kept, or the manifest has no baseline")
    found = sorted(run.drift.items(), key=lambda item: -item[1].psi)
    drifted = [name for name, drift in found if drift.drifted]
    said = f"Drifted: {', '.join(drifted)}." if drifted else "Nothing has drifted."
    limit = Rule().psi
    return figure(
        "Drift by feature",
        f"Population stability index against the training data, less what chance gives; the limit is {limit}. {said}",
        charts.bars_chart(
            [_drift_bar(name, drift) for name, drift in found],
            "population stability index",
            f"Drift by feature, as population stability index. {said}",
            [(f"limit {limit}", limit)],
        ),
        table(
            "Drift by feature",
            ("feature", "PSI", "p-value", "missing, change", "reading"),
            [
                (name, f"{drift.psi:.4f}", number(drift.p_value), f"{drift.missing:+.1%}", _reading(drift))
                for name, drift in found
            ],
        ),
    )


def _drift_bar(name: str, drift: Drift) -> charts.Bar:
    index = max(0.0, drift.psi)
    return charts.Bar(name, index, f"{index:.3f}", "much" if drift.drifted else "calm")


def _reading(drift: Drift) -> Element:
    if drift.drifted:
        return h("td", f"drifted: {', '.join(drift.reasons)}", class_="much")
    return h("td", "stable", class_="calm")
