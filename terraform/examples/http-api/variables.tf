variable "certificate_arn" {
  description = "Certificate of the domain, in ACM and in the stack's region."
  type        = string
}

variable "domain" {
  description = "Domain of the endpoint."
  type        = string
}

variable "issuer" {
  description = "Issuer of the tokens (iss), such as https://cognito-idp.<region>.amazonaws.com/<pool>."
  type        = string
}

variable "packages" {
  description = "Paths of the functions' zips, which `make package HTTP=1` builds."
  type = object({
    authorizer = string
    http       = string
    scorer     = string
  })
  default = {
    authorizer = "../../../build/authorizer-arm64.zip"
    http       = "../../../build/http-arm64.zip"
    scorer     = "../../../build/scorer-arm64.zip"
  }
}

variable "zone_id" {
  description = "Route 53 zone of the domain."
  type        = string
}
