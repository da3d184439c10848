# An argument named "nobody" is not expected here

data "kustomization_overlay" "twin" {
  nobody = 1
}
