# A local value with the name "nobody" has not been declared

locals {
  twin = local.nobody
}
