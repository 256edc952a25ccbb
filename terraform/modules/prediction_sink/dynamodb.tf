# An item for each prediction, by its id.
resource "aws_dynamodb_table" "predictions" {
  count = var.type == "dynamodb" && var.existing == null ? 1 : 0

  name                        = "${var.name}-${var.content}"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.dynamodb.deletion_protection
  hash_key                    = "prediction_id"

  attribute {
    name = "prediction_id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = var.dynamodb.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.key_arn
  }
}

locals {
  dynamodb = one([for table in aws_dynamodb_table.predictions : {
    arn    = table.arn
    name   = table.name
    target = table.arn
  }])
}
