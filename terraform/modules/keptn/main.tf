# The manifests of knative/, as they are, with the image, the settings and the Broker of this cluster: there is no other copy of
# one. Secrets are none of terraform's: the output `next` says how they are made.

locals {
  manifests = var.manifests != "" ? var.manifests : "${path.module}/../../../knative/base"

  # What base and the overlays of this repository call the two images.
  called = {
    keptn      = ["keptn", "dev.local/keptn", "registry.example.com/keptn"]
    keptn-test = ["keptn-test", "dev.local/keptn-test", "registry.example.com/keptn-test"]
  }
  images = merge([
    for name, image in { keptn = var.image, keptn-test = var.test_image != "" ? var.test_image : var.image } :
    { for called in local.called[name] : called => regex(local.reference, image) }
  ]...)

  broker_patch = {
    apiVersion = "eventing.knative.dev/v1"
    kind       = "Broker"
    metadata = {
      name        = "default"
      namespace   = "keptn"
      annotations = merge(var.broker.annotations, { "eventing.knative.dev/broker.class" = var.broker.class })
    }
    spec = {
      config = { apiVersion = "v1", kind = "ConfigMap", name = var.broker.config.name, namespace = var.broker.config.namespace }
    }
  }
}

data "kustomization_overlay" "keptn" {
  resources = [local.manifests]

  dynamic "images" {
    for_each = local.images
    content {
      name     = images.key
      new_name = images.value.name
      new_tag  = images.value.digest == null ? images.value.tag : null
      digest   = images.value.digest
    }
  }

  patches {
    target {
      kind = "ConfigMap"
      name = "keptn-settings"
    }
    patch = yamlencode({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "keptn-settings", namespace = "keptn" }, data = var.settings })
  }

  patches {
    target {
      kind = "Broker"
    }
    patch = yamlencode(local.broker_patch)
  }

  dynamic "patches" {
    for_each = var.image_pull_secret == "" ? [] : [var.image_pull_secret]
    content {
      target {
        kind = "ServiceAccount"
      }
      patch = yamlencode([{ op = "add", path = "/imagePullSecrets", value = [{ name = patches.value }] }])
    }
  }

  kustomize_options {
    load_restrictor = "none"
  }
}

# The provider's kustomize takes these for kinds that lie in a namespace.
locals {
  cluster_wide = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]

  objects = {
    for id, manifest in data.kustomization_overlay.keptn.manifests : id => (
      anytrue([for kind in local.cluster_wide : strcontains(id, "/${kind}/")])
      ? jsonencode(merge(jsondecode(manifest), { metadata = { for key, value in jsondecode(manifest).metadata : key => value if key != "namespace" } }))
      : manifest
    )
  }
}

# Namespaces first; then accounts, rights and settings, without which Knative takes no Service; then the steps.
resource "kustomization_resource" "first" {
  for_each = data.kustomization_overlay.keptn.ids_prio[0]

  manifest = local.objects[each.value]

  depends_on = [var.after]
}

resource "kustomization_resource" "second" {
  for_each = toset([for id in data.kustomization_overlay.keptn.ids_prio[1] : id if !strcontains(id, ".knative.dev/")])

  manifest = startswith(each.value, "_/Secret/") ? sensitive(local.objects[each.value]) : local.objects[each.value]

  depends_on = [kustomization_resource.first]
}

resource "kustomization_resource" "steps" {
  for_each = toset([for id in data.kustomization_overlay.keptn.ids_prio[1] : id if strcontains(id, ".knative.dev/")])

  manifest = local.objects[each.value]

  depends_on = [kustomization_resource.second]
}

resource "kustomization_resource" "last" {
  for_each = data.kustomization_overlay.keptn.ids_prio[2]

  manifest = local.objects[each.value]

  depends_on = [kustomization_resource.steps]
}
