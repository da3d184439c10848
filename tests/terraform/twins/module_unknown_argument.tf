# An argument named "nobody" is not expected here

module "twin" {
  source     = "../../modules/google"
  project_id = "a-project"
  region     = "europe-west3"
  nobody     = 1
}
