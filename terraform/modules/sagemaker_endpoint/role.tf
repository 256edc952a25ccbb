# What the containers may do: read the model that they serve. SageMaker itself pulls the image and writes the log with it.
data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      identifiers = ["sagemaker.amazonaws.com"]
      type        = "Service"
    }

    condition {
      test     = "StringEquals"
      values   = [data.aws_caller_identity.current.account_id]
      variable = "aws:SourceAccount"
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-endpoint"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "ReadModel"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${var.model_store.bucket}/models/${var.model_store.name}/*"]
  }

  statement {
    sid       = "FindModel"
    actions   = ["s3:ListBucket"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::${var.model_store.bucket}"]
  }

  statement {
    sid       = "UseKey"
    actions   = ["kms:Decrypt"]
    resources = [var.model_store.key_arn]

    condition {
      test     = "StringEquals"
      values   = distinct([for suffix in ["amazonaws.com", data.aws_partition.current.dns_suffix] : "s3.${var.region}.${suffix}"])
      variable = "kms:ViaService"
    }
  }

  statement {
    sid       = "PullImage"
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [var.repository_arn]
  }

  statement {
    #checkov:skip=CKV_AWS_356:the action has no resource
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${data.aws_partition.current.partition}:logs:${var.region}:${data.aws_caller_identity.current.account_id}:log-group:/aws/sagemaker/Endpoints/${var.name}*"]
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "endpoint"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}
