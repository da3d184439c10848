data "kustomization_overlay" "gateway" {
  resources = ["${path.module}/gateway"]

  patches {
    target {
      kind = "Gateway"
    }
    patch = yamlencode([
      { op = "replace", path = "/metadata/annotations/networking.gke.io~1certmap", value = module.google.address.certificate_map },
      { op = "replace", path = "/spec/addresses/0/value", value = module.google.address.name },
    ])
  }

  patches {
    target {
      kind = "HTTPRoute"
    }
    patch = yamlencode([{ op = "replace", path = "/spec/hostnames/0", value = "*.keptn.${var.domain}" }])
  }
}

resource "kustomization_resource" "gateway_first" {
  for_each = data.kustomization_overlay.gateway.ids_prio[0]

  manifest = data.kustomization_overlay.gateway.manifests[each.value]
}

resource "kustomization_resource" "gateway" {
  for_each = data.kustomization_overlay.gateway.ids_prio[1]

  manifest = data.kustomization_overlay.gateway.manifests[each.value]

  depends_on = [kustomization_resource.gateway_first, kustomization_resource.knative_second]
}
