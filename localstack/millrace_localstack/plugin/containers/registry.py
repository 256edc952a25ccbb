"""Images in ECR: what a task definition names must be there, by digest or tag, as ECS pulls it."""

import re
from typing import Any

from millrace_localstack.plugin.containers.desired import Clients

_ECR = re.compile(
    r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.[^/]+/(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class ImageNotFound(Exception):
    """ECR has no such image. ECS: CannotPullContainerError."""


def pulled(clients: Clients, image: str) -> str:
    """An image of ECR as `repository@digest`; one of another registry as it is. Raises ImageNotFound."""
    found = _ECR.fullmatch(image)
    if found is None:
        return image
    wanted: dict[str, Any] = {"imageDigest": found["digest"]} if found["digest"] else {}
    if found["tag"] or not found["digest"]:
        wanted["imageTag"] = found["tag"] or "latest"
    ecr = clients("ecr")
    try:
        answer = ecr.batch_get_image(repositoryName=found["repository"], imageIds=[wanted])
    except ecr.exceptions.RepositoryNotFoundException:
        raise ImageNotFound(f"expected the repository {found['repository']} in ECR, found none") from None
    if not answer["images"]:
        raise ImageNotFound(f"expected {image} in ECR, found no such image; push it")
    return f"{found['repository']}@{answer['images'][0]['imageId']['imageDigest']}"
