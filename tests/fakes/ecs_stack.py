"""The resources of terraform/modules/service, made by AWS's API: for the runner's tests without Terraform."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


class EcsStack:
    """clients : of one account. image : by digest."""

    def __init__(
        self, clients: Callable[[str], Any], certificate: str, image: str, environment: Mapping[str, str]
    ) -> None:
        self._clients, self._environment = clients, environment
        ec2, elb, self._ecs = clients("ec2"), clients("elbv2"), clients("ecs")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]][:2]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for i, zone in enumerate(zones)
        ]
        (balancer,) = elb.create_load_balancer(Name="web", Subnets=subnets, Scheme="internal")["LoadBalancers"]
        (group,) = elb.create_target_group(
            Name="web", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip", HealthCheckPath="/v2/health/ready"
        )["TargetGroups"]
        self.group, self.balancer = group["TargetGroupArn"], balancer["LoadBalancerArn"]
        (listener,) = elb.create_listener(
            LoadBalancerArn=self.balancer,
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": certificate}],
            DefaultActions=[fixed_response(404)],
        )["Listeners"]
        for priority, paths, action in (
            (10, ["/v2/health/*"], fixed_response(404)),
            (20, ["/predict", "/v2", "/v2/*"], {"Type": "forward", "TargetGroupArn": self.group}),
        ):
            conditions = [{"Field": "path-pattern", "PathPatternConfig": {"Values": paths}}]
            elb.create_rule(
                ListenerArn=listener["ListenerArn"], Priority=priority, Conditions=conditions, Actions=[action]
            )
        self._ecs.create_cluster(clusterName="web")
        self._ecs.create_service(
            cluster="web",
            serviceName="web",
            taskDefinition=self.task_definition(image),
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": subnets, "securityGroups": []}},
            loadBalancers=[{"targetGroupArn": self.group, "containerName": "server", "containerPort": 8080}],
        )

    def task_definition(self, image: str, **environment: str) -> str:
        """The ARN of a new revision."""
        container = {
            "name": "server",
            "image": image,
            "environment": [{"name": k, "value": v} for k, v in (self._environment | environment).items()],
            "memory": 2048,
            "stopTimeout": 40,
        }
        registered = self._ecs.register_task_definition(family="web", cpu="1024", containerDefinitions=[container])
        arn: str = registered["taskDefinition"]["taskDefinitionArn"]
        return arn

    def deploy(self, image: str, **environment: str) -> str:
        arn = self.task_definition(image, **environment)
        self._ecs.update_service(cluster="web", service="web", taskDefinition=arn)
        return arn

    def scale_by_requests(self, per_minute: float, least: int, most: int, **cooldowns: int) -> None:
        where = {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/web/web",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        scaling = self._clients("application-autoscaling")
        scaling.register_scalable_target(**where, MinCapacity=least, MaxCapacity=most)
        scaling.put_scaling_policy(
            **where,
            PolicyName="requests",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": per_minute,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"},
                **cooldowns,
            },
        )

    @property
    def service(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ecs.describe_services(cluster="web", services=["web"])["services"][0]
        return found

    def healthy(self) -> int:
        """The number of healthy targets."""
        found = self._clients("elbv2").describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        return len([one for one in found if one["TargetHealth"]["State"] == "healthy"])


def fixed_response(status: int) -> dict[str, Any]:
    return {
        "Type": "fixed-response",
        "FixedResponseConfig": {"StatusCode": str(status), "ContentType": "application/json", "MessageBody": "{}"},
    }


def parts_of(pem: Path) -> tuple[bytes, bytes]:
    """The certificate, and its key."""
    text = pem.read_bytes()
    end = text.index(b"-----BEGIN PRIVATE KEY")
    return text[:end], text[end:]


def put_image(ecr: Any, repository: str, tag: str, layer: str) -> str:
    """The digest of an image: what pushing one leaves in ECR. layer : the digest of its one layer."""
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": {}, "layers": [{"digest": layer, "size": 1}]}
    answer = ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag)
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest
