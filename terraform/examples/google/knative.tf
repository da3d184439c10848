# Knative from its released YAML, with Kourier as its ingress, behind the Gateway of gateway.tf. The core files hold the CRDs too.

locals {
  serving  = "https://github.com/knative/serving/releases/download/knative-v${var.knative_version.serving}"
  eventing = "https://github.com/knative/eventing/releases/download/knative-v${var.knative_version.eventing}"
  kourier  = "https://github.com/knative-extensions/net-kourier/releases/download/knative-v${var.knative_version.kourier}"
}

data "kustomization_overlay" "knative" {
  resources = [
    "${local.serving}/serving-core.yaml",
    "${local.kourier}/kourier.yaml",
    "${local.eventing}/eventing-core.yaml",
    "${local.eventing}/in-memory-channel.yaml",
    "${local.eventing}/mt-channel-broker.yaml",
  ]

  patches {
    target {
      kind      = "ConfigMap"
      name      = "config-network"
      namespace = "knative-serving"
    }
    patch = yamlencode([
      { op = "add", path = "/data/ingress-class", value = "kourier.ingress.networking.knative.dev" },
      { op = "add", path = "/data/default-external-scheme", value = "https" },
    ])
  }

  patches {
    target {
      kind      = "ConfigMap"
      name      = "config-domain"
      namespace = "knative-serving"
    }
    patch = yamlencode([{ op = "add", path = "/data/${var.domain}", value = "" }])
  }

  patches {
    target {
      kind      = "Service"
      name      = "kourier"
      namespace = "kourier-system"
    }
    patch = yamlencode([{ op = "replace", path = "/spec/type", value = "ClusterIP" }])
  }
}

resource "kustomization_resource" "knative_first" {
  for_each = data.kustomization_overlay.knative.ids_prio[0]

  manifest = data.kustomization_overlay.knative.manifests[each.value]
}

resource "kustomization_resource" "knative_second" {
  for_each = data.kustomization_overlay.knative.ids_prio[1]

  manifest = startswith(each.value, "_/Secret/") ? sensitive(data.kustomization_overlay.knative.manifests[each.value]) : data.kustomization_overlay.knative.manifests[each.value]
  wait     = true

  timeouts {
    create = "10m" # nodes may have to be made first
  }

  depends_on = [kustomization_resource.knative_first]
}

resource "kustomization_resource" "knative_last" {
  for_each = data.kustomization_overlay.knative.ids_prio[2]

  manifest = data.kustomization_overlay.knative.manifests[each.value]

  depends_on = [kustomization_resource.knative_second]
}
