# The argument "image" is required, but no definition was found

module "twin" {
  source   = "../../modules/keptn"
  settings = {}
}
