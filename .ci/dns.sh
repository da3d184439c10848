#!/usr/bin/env bash
# Have the names below ci.test lead to the Gateway in pods too, as docs/adapters.md says: dns.sh ADDRESS
set -euo pipefail
zone="ci.test {
  template IN A {
    answer \"{{ .Name }} 60 IN A $1\"
  }
  template ANY ANY {
    rcode NOERROR
  }
}"
known=$(kubectl -n kube-system get configmap coredns -o 'jsonpath={.data.Corefile}')
case $known in *"ci.test {"*) exit 0 ;; esac
kubectl -n kube-system create configmap coredns --from-literal="Corefile=$known
$zone" --dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f - >/dev/null
kubectl -n kube-system rollout restart deployment/coredns >/dev/null
kubectl -n kube-system rollout status deployment/coredns --timeout=60s >/dev/null
