"""The evaluation step: finds the gate file, measures, keeps the verdict. The rules are in `keptn/quality`."""
