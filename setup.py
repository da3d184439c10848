"""What pyproject.toml cannot say: the wheel holds manifests, functions and schemas (keptn/shipped.py finds them)."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("functions", "knative", "shipyard-schemas")


class WithShipped(build_py):
    """An editable installation has the checkout."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for name in SHIPPED:
                target = Path(self.build_lib) / "keptn" / "share" / name
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(name, target, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": WithShipped})
