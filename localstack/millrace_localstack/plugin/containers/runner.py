"""Makes what runs what is wanted: tasks, their places at the load balancer, deployments, scaling.

One step looks at every service. Deployments follow ECS: up to twice the wanted number of tasks, never fewer ready ones
than wanted; tasks that end before they were ready count as failures, and the third one rolls the deployment back.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from millrace_localstack.plugin.containers import desired
from millrace_localstack.plugin.containers.balancer import DRAIN, MAINTENANCE, SLOTS, Balancer
from millrace_localstack.plugin.containers.balancer import READY as IN_SERVICE
from millrace_localstack.plugin.containers.desired import Clients, WantedService
from millrace_localstack.plugin.containers.registry import ImageNotFound, pulled
from millrace_localstack.plugin.containers.scaling import CPU, REQUESTS, TargetTracking, TaskLimits, TrackingPolicy
from millrace_localstack.plugin.containers.task import ENDED, READY, STARTING, Task

LOG = logging.getLogger(__name__)

STEP_SECONDS = 0.25
MOST_FAILURES = 3


class RunningService:
    """One service with its tasks and its load balancer. folder : for their logs."""

    def __init__(
        self, wanted: WantedService, balancer: Balancer, clients: Clients, context: "Context", folder: Path
    ) -> None:
        self.wanted, self.balancer, self._clients, self._context, self._folder = (
            wanted,
            balancer,
            clients,
            context,
            folder,
        )
        self.tasks: list[Task] = []
        self._good = ""  # the last task definition of which all tasks became ready
        self._failures = 0
        self._tracking, self._measured_at = TargetTracking(), time.monotonic()
        self._requests, self._cpu = 0, 0.0

    def step(self, wanted: WantedService) -> None:
        if wanted.task_definition != self.wanted.task_definition:
            self._failures = 0  # a new deployment is tried, whatever became of the one before
        self.wanted = wanted
        self._look()
        self._start()
        self._stop()
        if time.monotonic() - self._measured_at >= self._context.minute:
            self._scale()

    def in_state(self, *states: str, old: bool | None = None) -> list[Task]:
        """old : of another task definition than the wanted one; None: any."""
        return [
            task
            for task in self.tasks
            if task.state in states and (old is None or old == (task.definition != self.wanted.task_definition))
        ]

    def _look(self) -> None:
        for task in list(self.tasks):
            if not task.alive:
                self._ended(task)
            elif task.state == STARTING and task.answers(self.wanted.health_path):
                task.state, task.was_ready = READY, True
                self.balancer.set_state(task.slot, IN_SERVICE)
                self._target("register_targets", task)
            else:
                task.enforce()
        ready = self.in_state(READY, old=False)
        if len(ready) >= self.wanted.count > 0:
            self._good, self._failures = self.wanted.task_definition, 0

    def _ended(self, task: Task) -> None:
        self.tasks.remove(task)
        self.balancer.set_state(task.slot, MAINTENANCE)
        if task.state == READY:
            self._target("deregister_targets", task)
        if task.state == STARTING and task.definition == self.wanted.task_definition:
            self._failed("it ended before it was ready")
        task.state = ENDED

    def _failed(self, why: str) -> None:
        """Count a task that did not become ready; the third one rolls the deployment back."""
        self._failures += 1
        LOG.warning("a task of %s failed (%d): %s", self.wanted.key, self._failures, why)
        if (
            self._failures >= MOST_FAILURES
            and self.wanted.rollback
            and self._good not in ("", self.wanted.task_definition)
        ):
            LOG.warning("deployment of %s failed: rolled back to %s", self.wanted.key, self._good)
            self._update(taskDefinition=self._good)
            self._failures = 0

    def _start(self) -> None:
        """As many as are missing, within twice the wanted number."""
        if self._failures >= MOST_FAILURES:
            return
        missing = self.wanted.count - len(self.in_state(STARTING, READY, old=False))
        room = 2 * self.wanted.count - len(self.in_state(STARTING, READY))
        for _ in range(min(missing, room)):
            used = {task.slot for task in self.tasks}
            slot = next((number for number in range(1, SLOTS + 1) if number not in used), None)
            if slot is None:
                return
            wanted = self.wanted
            try:
                image = self._context.image(pulled(self._clients, wanted.image))
            except ImageNotFound as error:
                self._failed(str(error))
                return
            task = Task(wanted.task_definition, slot, self.balancer.address(slot), wanted.port, wanted.stop_seconds)
            environment = self._context.environment | dict(wanted.environment)
            task.start(image, environment, self._folder / f"task{slot}.log")
            self.tasks.append(task)

    def _stop(self) -> None:
        """Of old tasks, those in whose place a new one is ready; of others, the ones too many."""
        spare = len(self.in_state(READY)) - self.wanted.count
        leaving = [*self.in_state(READY, old=True), *reversed(self.in_state(READY, old=False))][: max(0, spare)]
        if not self.in_state(READY, old=True):
            count = len(self.in_state(STARTING, READY, old=False)) - self.wanted.count - len(leaving)
            leaving += self.in_state(STARTING, old=False)[: max(0, count)]
        leaving += self.in_state(STARTING, old=True)
        for task in leaving:
            self.balancer.set_state(task.slot, DRAIN)
            if task.state == READY:
                self._target("deregister_targets", task)
            task.stop()

    def _scale(self) -> None:
        """Feed the scaling policies with what the load balancer and the processes show."""
        now = time.monotonic()
        elapsed, self._measured_at = now - self._measured_at, now
        requests, cpu = self.balancer.requests(), sum(task.cpu_seconds() for task in self.tasks)
        count = len(self.in_state(READY))
        if count:
            per_minute = self._context.minute / elapsed * (requests - self._requests) / count
            share = 100 * max(0.0, cpu - self._cpu) / elapsed / count / self.wanted.cpu
            self._publish(per_minute, share)
            self._apply({REQUESTS: per_minute, CPU: share}, now)
        self._requests, self._cpu = requests, cpu

    def _publish(self, per_minute: float, share: float) -> None:
        group, balancer = self.wanted.group.rpartition(":")[2], self.wanted.balancer.partition("loadbalancer/")[2]
        target = [{"Name": "TargetGroup", "Value": group}, {"Name": "LoadBalancer", "Value": balancer}]
        service = [
            {"Name": "ClusterName", "Value": self.wanted.cluster},
            {"Name": "ServiceName", "Value": self.wanted.name},
        ]
        cloudwatch = self._clients("cloudwatch")
        for namespace, name, dimensions, value in (
            ("AWS/ApplicationELB", "RequestCountPerTarget", target, per_minute),
            ("AWS/ECS", "CPUUtilization", service, share),
        ):
            data = [{"MetricName": name, "Dimensions": dimensions, "Value": value}]
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)

    def _apply(self, measured: dict[str, float], now: float) -> None:
        scaling = self._clients("application-autoscaling")
        where = {"ServiceNamespace": "ecs", "ResourceId": f"service/{self.wanted.key}"}
        targets = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[where["ResourceId"]])[
            "ScalableTargets"
        ]
        if not targets:
            return
        policies = [self._policy(one) for one in scaling.describe_scaling_policies(**where)["ScalingPolicies"]]
        limits = TaskLimits(targets[0]["MinCapacity"], targets[0]["MaxCapacity"])
        count = self._tracking.decide(policies, limits, self.wanted.count, measured, now)
        if count != self.wanted.count:
            LOG.info("%s scales from %d to %d", self.wanted.key, self.wanted.count, count)
            self._update(desiredCount=count)

    def _policy(self, policy: dict[str, Any]) -> TrackingPolicy:
        settings, scale = policy["TargetTrackingScalingPolicyConfiguration"], self._context.minute / 60
        return TrackingPolicy(
            settings["PredefinedMetricSpecification"]["PredefinedMetricType"],
            settings["TargetValue"],
            settings.get("ScaleOutCooldown", 300) * scale,
            settings.get("ScaleInCooldown", 300) * scale,
        )

    def _update(self, **members: Any) -> None:
        self._clients("ecs").update_service(cluster=self.wanted.cluster, service=self.wanted.name, **members)

    def _target(self, operation: str, task: Task) -> None:
        target = [{"Id": task.address, "Port": task.port}]
        getattr(self._clients("elbv2"), operation)(TargetGroupArn=self.wanted.group, Targets=target)

    def end(self) -> None:
        for task in self.tasks:
            task.kill()
        self.balancer.stop()


class Context:
    """What services have in common.

    environment : variables that every task gets, such as credentials and AWS_ENDPOINT_URL. certificates : the PEM of a
    certificate with its key, by ARN.
    """

    def __init__(
        self,
        images: Mapping[str, Mapping[str, str]],
        environment: Mapping[str, str],
        certificates: Callable[[str], str],
        minute: float = 60.0,
    ) -> None:
        self._images, self.environment, self.certificates, self.minute = images, dict(environment), certificates, minute

    def image(self, name: str) -> Mapping[str, str]:
        """By digest, else by repository. Raises KeyError."""
        full = name.rpartition("/")[2]
        return self._images.get(full) or self._images[full.partition("@")[0]]


class Runner:
    """Runs in a thread of its own. folder : for logs, sockets and `state.json`, which says where services are."""

    def __init__(self, clients: Clients, context: Context, folder: Path) -> None:
        self._clients, self._context, self._folder = clients, context, folder
        self.services: dict[str, RunningService] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="containers", daemon=True)

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End every task and load balancer."""
        self._end.set()
        self._thread.join(30)
        for service in self.services.values():
            service.end()

    def _run(self) -> None:
        while not self._end.wait(STEP_SECONDS):
            try:
                self.step()
            except Exception as error:
                LOG.warning("containers: %s", error, exc_info=error)

    def step(self) -> None:
        wanted = {service.key: service for service in desired.services(self._clients)}
        for key in self.services.keys() - wanted.keys():
            self.services.pop(key).end()
        for key, service in wanted.items():
            if key not in self.services:
                self.services[key] = self._make(service, len(self.services))
            self.services[key].step(service)
        self._write()

    def _make(self, wanted: WantedService, number: int) -> RunningService:
        folder = self._folder / wanted.name
        # Each run and service has a network of its own on loopback, as tasks on Fargate have addresses.
        network = f"127.{os.getpid() % 200 + 20}.{(os.getpid() // 200) % 100 + number}"
        balancer = Balancer(wanted, self._context.certificates(wanted.certificate), network, folder)
        return RunningService(wanted, balancer, self._clients, self._context, folder)

    def _write(self) -> None:
        state = {
            key: {
                "url": service.balancer.url,
                "tasks": [
                    {"pid": task.pid, "state": task.state, "definition": task.definition, "address": task.address}
                    for task in service.tasks
                ],
            }
            for key, service in self.services.items()
        }
        written = self._folder / "state.json.new"
        written.write_text(json.dumps(state))
        written.replace(self._folder / "state.json")
