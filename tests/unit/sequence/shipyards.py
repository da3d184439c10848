"""The two shipyards of these tests, in the product's form and in the talk's, and a delivery through the second."""

from keptn import events
from tests.unit.sequence.driver import Driver

PRODUCT = """\
apiVersion: spec.keptn.sh/0.2.3
kind: Shipyard
metadata: {name: sockshop}
spec:
  stages:
  - name: dev
    sequences:
    - name: delivery
      tasks:
      - {name: deployment, properties: {deploymentstrategy: direct, nested: {a: 1}}}
      - {name: evaluation}
      - {name: release}
    - name: rollback
      triggeredOn: [{event: dev.delivery.finished, selector: {match: {result: fail}}}]
      tasks: [{name: rollback}]
    - name: report
      triggeredOn: [{event: dev.delivery.finished, selector: {match: {release.result: pass}}}]
      tasks: [{name: mail, triggeredAfter: 30s}]
  - name: east
    sequences:
    - {name: delivery, triggeredOn: [{event: dev.delivery.finished}], tasks: [{name: deployment}]}
  - name: west
    sequences:
    - {name: delivery, triggeredOn: [{event: dev.delivery.finished}], tasks: [{name: deployment}]}
  - name: loop
    sequences:
    - name: again
      triggeredOn: [{event: loop.again.finished, selector: {match: {try.result: fail}}}]
      tasks: [{name: try}]
    - {name: many, tasks: [{name: build, properties: {executors: 2}}]}
    - {name: quick, tasks: [{name: build, properties: {timeout: 5s}}]}
    - {name: free, tasks: [{name: build}, {name: pack}]}
    - {name: called, tasks: [{name: smoke, properties: {webhook: here}}, {name: pack}]}
"""
TALK = """\
stages:
  - {name: dev, deployment_strategy: dark, test_strategy: functional}
  - name: prod
    deployment_strategy: blue_green
    remediation: {triggered_after: 3s, timeframe: 5s}
"""
LIVE = {"release": {"live": {"digest": "sha256:carts:0.1", "image": "carts:0.1", "colour": "blue"}}}


def delivered(driver: Driver, id: str = "one", image: str = "carts:0.1") -> None:
    """A version goes through the talk's shipyard and is live in both stages."""
    driver.trigger("dev", id=id, image=image)
    live = {"live": {"digest": f"sha256:{image}", "image": image, "colour": "blue"}}
    while driver.open:
        name = events.parse_type(driver.open[0].type).name
        driver.finish(name, **({"release": live} if name == "release" else {}))
