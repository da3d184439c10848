"""The demo's system: what it begins, it can end."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.sockshop.demo.system import System, to_the_end


def test_ctrl_c_while_a_process_begins_comes_after_it(tmp_path, monkeypatch):
    """Between its begin and its name a process would belong to nobody, and live on."""
    begun = []

    class InterruptedPopen(subprocess.Popen):
        def __init__(self, *_args, **_kwargs):
            super().__init__([sys.executable, "-c", "import time; time.sleep(600)"])
            begun.append(self)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", InterruptedPopen)
    system = System(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        system.start()
    system.stop()
    assert begun[0].poll() is not None


def test_a_thread_begins_a_process_as_well():
    """Python lets only the main thread have signals; they interrupt no other."""

    def begun() -> bool:
        with to_the_end():
            return True

    with ThreadPoolExecutor() as pool:
        assert pool.submit(begun).result()
