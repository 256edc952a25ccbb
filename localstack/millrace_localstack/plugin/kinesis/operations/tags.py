"""Tags of streams and consumers."""

from collections.abc import Collection

from millrace_localstack.plugin.kinesis import account, pages
from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.errors import invalid_argument
from millrace_localstack.plugin.kinesis.operations import Answer, Request, stream_of

MOST_TAGS = 50


def add_to_stream(caller: KinesisAccount, request: Request) -> Answer:
    _add(stream_of(caller, request).tags, request["Tags"])
    return None


def remove_from_stream(caller: KinesisAccount, request: Request) -> Answer:
    _remove(stream_of(caller, request).tags, request["TagKeys"])
    return None


def list_of_stream(caller: KinesisAccount, request: Request) -> Answer:
    tags = sorted(stream_of(caller, request).tags.items())
    size = request.get("Limit", MOST_TAGS)
    listed, more = pages.page(tags, lambda tag: tag[0], request.get("ExclusiveStartTagKey"), size)
    return {"Tags": [{"Key": key, "Value": value} for key, value in listed], "HasMoreTags": more}


def tag(caller: KinesisAccount, request: Request) -> Answer:
    _add(_tags(request), request["Tags"])
    return None


def untag(caller: KinesisAccount, request: Request) -> Answer:
    _remove(_tags(request), request["TagKeys"])
    return None


def list_of_resource(caller: KinesisAccount, request: Request) -> Answer:
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(_tags(request).items())]}


def check_tags(present: dict[str, str], added: dict[str, str]) -> None:
    if len(present.keys() | added.keys()) > MOST_TAGS:
        raise invalid_argument(f"Failed to add tags: a resource can have up to {MOST_TAGS} tags.")
    if reserved := [key for key in added if key.startswith("aws:")]:
        raise invalid_argument(f"Failed to add tags: the key {reserved[0]} begins with aws:, which is reserved.")


def _tags(request: Request) -> dict[str, str]:
    arn = request["ResourceARN"]
    if "/consumer/" in arn:
        return account.of_arn(arn)[0].consumer(arn)[1].tags
    return account.stream_of_arn(arn).tags


def _add(tags: dict[str, str], added: dict[str, str]) -> None:
    check_tags(tags, added)
    tags.update(added)


def _remove(tags: dict[str, str], keys: Collection[str]) -> None:
    for key in keys:
        tags.pop(key, None)


OPERATIONS = {
    "AddTagsToStream": add_to_stream,
    "RemoveTagsFromStream": remove_from_stream,
    "ListTagsForStream": list_of_stream,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_of_resource,
}
