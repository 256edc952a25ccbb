"""The erasure: searches every version of every object, and leaves of each what is not the subject's.

An object with other events is written again without the subject's, on the condition that it has not changed; then the
versions that have the subject's events are deleted. It can be broken off at any point and run again: what was erased
is not found again, and each object is complete by itself.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from botocore.exceptions import ClientError

from aws_client.errors import error_code
from millrace.erasure.contents import Rest
from millrace.erasure.places import SearchedPlace
from millrace.erasure.subject import Subject
from millrace.redrive.objects import UNVERSIONED, Objects, Version
from millrace.redrive.waiting import UnreadableEntry

AT_ONCE = 16  # versions that are read at the same time, and objects ahead of the one that is searched
ATTEMPTS = 5  # of an object that is written again and again while it is erased


@dataclass(slots=True)
class PlaceResult:
    """What was searched in a place, and what was done. removed, failed : by object version."""

    place: SearchedPlace
    objects: int = 0
    versions: int = 0
    events: int = 0
    removed: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)


def erase(
    s3: Any,
    place: SearchedPlace,
    subject: Subject,
    *,
    dry_run: bool,
    after: str = "",
    keep_ids: Callable[[], None] = lambda: None,
) -> Iterator[tuple[str, PlaceResult]]:
    """Search a place, and remove what is the subject's unless it is a dry run: the key and the result of each object.

    after : begin behind this key. keep_ids : called before an object is changed whose ids are the subject's.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        search = _Search(s3, place, subject, pool)
        for key, fetched in search.ahead(_objects(s3, place, after)):
            result = PlaceResult(place, objects=1)
            _erase_object(search, key, fetched, result, None if dry_run else keep_ids)
            yield key, result


type Fetched = list[tuple[dict[str, Any], Future[bytes]]]


@dataclass(frozen=True, slots=True)
class _Search:
    """Reads versions ahead, in a pool, and looks for the subject's events in the order of the keys."""

    s3: Any
    place: SearchedPlace
    subject: Subject
    pool: ThreadPoolExecutor

    def ahead(self, objects: Iterator[list[dict[str, Any]]]) -> Iterator[tuple[str, Fetched]]:
        waiting: deque[Fetched] = deque()
        for versions in objects:
            waiting.append(self.fetch(versions))
            if len(waiting) > AT_ONCE:
                yield waiting[0][0][0]["Key"], waiting.popleft()
        for fetched in waiting:
            yield fetched[0][0]["Key"], fetched

    def fetch(self, versions: list[dict[str, Any]]) -> Fetched:
        return [(version, self.pool.submit(_read, self.s3, self.place.bucket, version)) for version in versions]

    def again(self, key: str) -> Fetched:
        """An object that was written meanwhile; nothing of one that is gone."""
        return self.fetch(next(_objects(self.s3, self.place._replace(prefix=key), "", only=key), []))

    def with_events(self, fetched: Fetched, result: PlaceResult) -> list[tuple[dict[str, Any], Rest]]:
        """The versions that have events of the subject, the newest first."""
        found: list[tuple[dict[str, Any], Rest]] = []
        result.versions, result.failed = len(fetched), []
        for version, future in fetched:
            try:
                body = future.result()
                rest = Rest(0, body) if not body else self.place.without(body, self.subject)
            except UnreadableEntry as error:
                result.failed.append(_failure(self.place, version, str(error)))
            else:
                if rest.events:
                    found.append((version, rest))
        return found


def _erase_object(
    search: _Search, key: str, fetched: Fetched, result: PlaceResult, keep_ids: Callable[[], None] | None
) -> None:
    """keep_ids : None for a dry run."""
    for attempt in range(ATTEMPTS):
        found = search.with_events(fetched, result)
        if not attempt:
            result.events += max((rest.events for _, rest in found), default=0)
        if not found or keep_ids is None:
            result.removed += [_entry(search.place, version, rest, "found") for version, rest in found]
            return
        keep_ids()
        if _remove(search.s3, search.place, found, result):
            return
        fetched = search.again(key)
    result.failed.append(_failure(search.place, found[0][0], "it was written again each time: run it again"))


def _remove(s3: Any, place: SearchedPlace, found: list[tuple[dict[str, Any], Rest]], result: PlaceResult) -> bool:
    """False where the object was written meanwhile: then it must be looked at again."""
    objects, (newest, rest) = Objects(s3, place.bucket, versioned=False), found[0]
    if newest["IsLatest"]:
        version = Version(newest["Key"], newest["ETag"], newest["VersionId"])
        if rest.body is not None:
            try:
                if objects.replace(version, rest.body) is None:
                    return False
            except ClientError as error:  # what has the events of others stays as it is
                result.failed.append(_failure(place, newest, error_code(error)))
                return True
        else:  # older versions go too: one without the subject's events must not come back in its place
            try:
                objects.remove(version)
            except ClientError as error:
                result.failed.append(_failure(place, newest, error_code(error)))
                return True
            result.removed += [_entry(place, one, of, "removed") for one, of in found]
            return True
    for one, of in found:
        replaced = one is newest and newest["IsLatest"]
        try:
            if not (replaced and one["VersionId"] == UNVERSIONED):  # that one is gone, and its id is the new one's
                s3.delete_object(Bucket=place.bucket, Key=one["Key"], VersionId=one["VersionId"])
        except ClientError as error:
            result.failed.append(_failure(place, one, error_code(error)))
        else:
            result.removed.append(_entry(place, one, of, "replaced by the events of others" if replaced else "removed"))
    return True


def _versions(s3: Any, place: SearchedPlace, after: str) -> Iterator[dict[str, Any]]:
    """Every version below the prefix, by key, the newest first; delete markers hold nothing."""
    more = {"KeyMarker": after} if after else {}
    while True:
        page = s3.list_object_versions(Bucket=place.bucket, Prefix=place.prefix, **more)
        yield from (version for version in page.get("Versions", []) if place.part in version["Key"])
        if not page["IsTruncated"]:
            return
        more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


def _objects(s3: Any, place: SearchedPlace, after: str, only: str = "") -> Iterator[list[dict[str, Any]]]:
    """The versions of each object; of one, with `only`."""
    for key, versions in groupby(_versions(s3, place, after), lambda version: version["Key"]):
        if only in ("", key):
            yield list(versions)


def _read(s3: Any, bucket: str, version: dict[str, Any]) -> bytes:
    """A version; nothing of one that is gone since it was listed. Raises UnreadableEntry."""
    try:
        answer = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        body: bytes = answer["Body"].read()
    except ClientError as error:  # no access, or in an archive
        if (code := error_code(error)) in ("NoSuchKey", "NoSuchVersion", "404"):
            return b""
        raise UnreadableEntry(f"not read: {code}") from None
    return body


def _entry(place: SearchedPlace, version: dict[str, Any], rest: Rest, what: str) -> dict[str, Any]:
    return {
        "bucket": place.bucket,
        "key": version["Key"],
        "version_id": version["VersionId"],
        "events": rest.events,
        "done": what,
    }


def _failure(place: SearchedPlace, version: dict[str, Any], why: str) -> dict[str, str]:
    return {"bucket": place.bucket, "key": version["Key"], "version_id": version["VersionId"], "why": why}
