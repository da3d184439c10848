"""Registries and monitors that no code knows: a mapping file says where in a notification what stands.

    keptn/webhooks/mappings/registry/quay.yaml    shipped with keptn, by the name in the URL (`…/receive-artifact/quay`)
    $KEPTN_WEBHOOK_MAPPINGS/ours.yaml             an operator's own; of one name with a shipped one it takes its place

`expressions` says what a value may be, `file` reads a mapping file, `reading` a notification by it, `shelf` finds the
file. What the fields mean is the business of who asks: `senders/mapped.py` for
registries, `senders/mapped_monitor.py` for monitors.
"""
