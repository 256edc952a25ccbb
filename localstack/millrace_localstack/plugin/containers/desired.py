"""What is wanted: the services of the account with their task definitions, target groups and listeners."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Clients = Callable[[str], Any]


@dataclass(frozen=True)
class ListenerRule:
    """A listener's rule. paths : patterns. status : of a fixed response; None: requests go to the tasks."""

    paths: tuple[str, ...]
    status: int | None


@dataclass(frozen=True)
class WantedService:
    """cluster, name, task_definition : as ECS has them. command, environment, stop_seconds : of the container.

    cpu : vCPUs of a task. group, balancer : the ARNs of target group and load balancer. certificate : its ARN.
    """

    cluster: str
    name: str
    count: int
    task_definition: str
    image: str
    environment: tuple[tuple[str, str], ...]
    cpu: float
    stop_seconds: int
    port: int
    rollback: bool
    group: str
    balancer: str
    health_path: str
    certificate: str
    rules: tuple[ListenerRule, ...]

    @property
    def key(self) -> str:
        return f"{self.cluster}/{self.name}"


def services(clients: Clients) -> Iterator[WantedService]:
    """The services that have a load balancer with an HTTPS listener."""
    ecs = clients("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        names = ecs.list_services(cluster=cluster)["serviceArns"]
        found = ecs.describe_services(cluster=cluster, services=names)["services"] if names else []
        for service in found:
            if service["status"] == "ACTIVE" and service.get("loadBalancers"):
                wanted = _service(clients, cluster.rpartition("/")[2], service)
                if wanted:
                    yield wanted


def _service(clients: Clients, cluster: str, service: dict[str, Any]) -> WantedService | None:
    elb = clients("elbv2")
    target = service["loadBalancers"][0]
    (group,) = elb.describe_target_groups(TargetGroupArns=[target["targetGroupArn"]])["TargetGroups"]
    if not group["LoadBalancerArns"]:
        return None
    balancer = group["LoadBalancerArns"][0]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    listener = next((one for one in listeners if one["Protocol"] == "HTTPS"), None)
    if listener is None:
        return None
    described = clients("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    container = next(one for one in described["containerDefinitions"] if one["name"] == target["containerName"])
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    breaker = service.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    return WantedService(
        cluster=cluster,
        name=service["serviceName"],
        count=service["desiredCount"],
        task_definition=described["taskDefinitionArn"],
        image=container["image"],
        environment=tuple(sorted((one["name"], one["value"]) for one in container.get("environment", ()))),
        cpu=int(described.get("cpu", 1024)) / 1024,
        stop_seconds=container.get("stopTimeout", 30),
        port=target["containerPort"],
        rollback=breaker.get("rollback", True),
        group=group["TargetGroupArn"],
        balancer=balancer,
        health_path=group["HealthCheckPath"],
        certificate=listener["Certificates"][0]["CertificateArn"],
        rules=tuple(map(_rule, sorted(rules, key=lambda rule: _priority(rule["Priority"])))),
    )


def _priority(text: str) -> float:
    return float("inf") if text == "default" else int(text)


def _rule(rule: dict[str, Any]) -> ListenerRule:
    paths: list[str] = []
    for condition in rule["Conditions"]:
        paths += condition.get("PathPatternConfig", {}).get("Values", ()) or condition.get("Values", ())
    fixed = rule["Actions"][0].get("FixedResponseConfig")
    return ListenerRule(tuple(dict.fromkeys(paths)), int(fixed["StatusCode"]) if fixed else None)


def images(text: str) -> dict[str, dict[str, str]]:
    """MILLRACE_IMAGES: by the repository's name, or repository@digest, `app` and `python` of what the image holds."""
    found: dict[str, dict[str, str]] = json.loads(text or "{}")
    return found
