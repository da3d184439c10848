# An input variable with the name "nobody" has not been declared

locals {
  twin = var.nobody
}
