# A bucket, the stack's own or an existing one, whose new objects the scorer reads. S3 hands notifications to Lambda without
# waiting; what fails after Lambda's retries goes to the failure store.
module "bucket" {
  source = "../private_bucket"
  count  = var.existing == null ? 1 : 0

  bucket        = "${var.name}-events-${var.account.id}-${var.account.region}"
  expire_days   = { (local.kept) = var.keep_days }
  force_destroy = var.force_destroy
  key_arn       = var.key_arn

  # A notification names a version: one that is redriven must find it, also where another object has its key by then.
  noncurrent_days = { (local.kept) = var.on_failure_days }
}

# A bucket has one notification setting: an existing bucket's must not be set elsewhere.
resource "aws_s3_bucket_notification" "objects" {
  bucket = local.bucket.name

  lambda_function {
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = var.prefix == "" ? null : var.prefix
    filter_suffix       = var.suffix
    lambda_function_arn = var.alias.arn
  }

  depends_on = [aws_iam_role_policy.batch, aws_iam_role_policy.read, aws_lambda_permission.bucket]
}

resource "aws_lambda_permission" "bucket" {
  statement_id   = "event-objects"
  action         = "lambda:InvokeFunction"
  function_name  = var.alias.function_name
  principal      = "s3.amazonaws.com"
  qualifier      = var.alias.name
  source_account = var.account.id
  source_arn     = local.bucket.arn
}

resource "aws_iam_role_policy" "read" {
  name   = "event-objects"
  role   = var.role_name
  policy = local.policy
}

# Files of rows that are too large for an invocation: the scorer starts a batch of each.
resource "aws_iam_role_policy" "batch" {
  count = var.batch == null ? 0 : 1

  name = "event-objects-batch"
  role = var.role_name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "states:StartExecution", Resource = var.state_machine_arn }]
  })
}

locals {
  kept = var.prefix == "" ? "events/" : var.prefix

  # The scorer's, where large files are handed over.
  environment = var.batch == null ? tomap({}) : tomap({
    BATCH_OBJECT_GIB    = tostring(var.batch.most_gib)
    BATCH_STATE_MACHINE = var.state_machine_arn
  })

  bucket = var.existing == null ? { arn = module.bucket[0].arn, name = module.bucket[0].bucket } : {
    arn  = var.existing.arn
    name = reverse(split(":", var.existing.arn))[0]
  }

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = "${local.bucket.arn}/*"
      }],
      # Turns S3's answer for an object that is gone from 403 into 404; a schedule lists.
      [{
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = local.bucket.arn
      }],
      # The stack's own key is opened by encryption.
      [for key in try(var.existing.key_arn[*], []) : { Effect = "Allow", Action = ["kms:Decrypt"], Resource = key }],
    )
  })

  # What the stack needs to know of a source, in the form that all sources share (modules/millrace/README.md).
  source = {
    type = "s3"
    name = local.bucket.name
    arn  = local.bucket.arn

    delivery              = "direct"
    queue_url             = null
    dead_letter_queue_url = null

    mapping     = null
    concurrency = 1 # at least one
    policy      = local.policy

    produce = [
      { Effect = "Allow", Action = ["s3:PutObject"], Resource = "${local.bucket.arn}/${var.prefix}*" },
    ]

    metrics = {
      arrivals = { namespace = "AWS/Lambda", name = "AsyncEventsReceived", dimensions = { FunctionName = var.alias.function_name }, label = "notifications of objects" }
      wait     = [{ namespace = "AWS/Lambda", name = "AsyncEventAge", dimensions = { FunctionName = var.alias.function_name }, label = "notifications of objects", right = false }]
    }

    alarms = {}
  }
}
