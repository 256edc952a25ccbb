"""The release, and what it names: read and verified as the scorer does it."""

from collections.abc import Callable, Sequence

from millrace.doctor.ask import Answer, Known
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok, warning
from millrace.model import fit
from millrace.model.checks import Result
from model_store.errors import ModelStoreError, ReleaseMissing

# Roles that serve: where one of these is refused, the scorer falls back, or has nothing at all.
SERVING = {"champion", "challenger"}


def release(place: ExaminedStack, answer: Answer[Sequence[Result] | ModelStoreError]) -> list[Finding]:
    """Every version that the release names verifies; there is a champion."""
    check = "release"
    if isinstance(answer, Known) and not isinstance(answer.value, ModelStoreError):
        return [_version(place, result) for result in answer.value]

    def judge(found: Sequence[Result] | ModelStoreError) -> Finding:
        publish = place.millrace("model publish <folder>")
        if isinstance(found, ReleaseMissing):
            return fault(check, "there is none: the scorer has no model", publish)
        return fault(check, f"it cannot be read: {found}", 'docs/runbook.md, "A release is refused"')

    return [judged(check, answer, judge, place.deploy)]


def _version(place: ExaminedStack, result: Result) -> Finding:
    check = f"release, {' and '.join(result.roles) or 'no role'}"
    if not result.refused:
        if note := fit.swap_note(result.size, fit.memory(place.outputs)):
            return warning(check, f"{result.version} verifies; {note}", place.deploy)
        return ok(check, f"{result.version} verifies; {result.signature}")
    tell: Callable[[str, str, str], Finding] = fault if SERVING & set(result.roles) else warning
    return tell(check, f"{result.version} is refused: {result.refused}", _fix(place, result.roles))


def _fix(place: ExaminedStack, roles: Sequence[str]) -> str:
    if "champion" in roles:
        return place.millrace("model rollback -m refused")
    if "challenger" in roles:
        return place.millrace("model split --share 0")
    if "shadow" in roles:
        return place.millrace("model shadow none")
    return place.millrace("model publish <folder>")
