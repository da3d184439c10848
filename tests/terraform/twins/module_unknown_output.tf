# This object does not have an attribute named "nobody"

module "twin" {
  source   = "../../modules/keptn"
  image    = "a:1"
  settings = {}
}

locals {
  twin = module.twin.nobody
}
