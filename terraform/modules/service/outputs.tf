output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "dns_name" {
  description = "Name of the load balancer: the target of an alias record for the certificate's name."
  value       = aws_lb.this.dns_name
}

output "listener_arn" {
  description = "ARN of the HTTPS listener, for further rules."
  value       = aws_lb_listener.https.arn
}

output "service_name" {
  description = "Name of the service."
  value       = aws_ecs_service.this.name
}

output "target_group_arn" {
  description = "ARN of the target group."
  value       = aws_lb_target_group.this.arn
}

output "task_role_name" {
  description = "Name of the tasks' role, for permissions of your own."
  value       = aws_iam_role.task.name
}

output "zone_id" {
  description = "Hosted zone of the load balancer, for an alias record."
  value       = aws_lb.this.zone_id
}
