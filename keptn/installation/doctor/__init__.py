"""What a cluster lacks for keptn: one check per thing, each a sentence with what mends it. It changes nothing."""
