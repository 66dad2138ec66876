"""Commands of a user on a real cluster, and waiting for what they do."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64decode
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.terminal import ZLD

PROJECT = Path(__file__).parents[2]
OVERLAY = "tests/cluster/overlay"
NAMESPACE = "argo"
STORE = f"s3://zld/tests-{time.time():.0f}"
"""Where each test has a store of its own."""


def kubectl(*arguments, check=True, text=None):
    """Run kubectl in our namespace, and give what it printed."""
    command = ["kubectl", "-n", NAMESPACE, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=text)
    assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout if check else done


def get(*arguments):
    """Give objects of the cluster as they are now."""
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def eventually(test, *, timeout=180, every=1.0, what=""):
    """Wait until something is so, and give it."""
    deadline = time.monotonic() + timeout
    while True:
        found = test()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {timeout} s: {what or test}"
        time.sleep(every)


def make(*targets, **variables):
    """Run make as a user would, on the tests' overlay."""
    environment = os.environ | {"OVERLAY": OVERLAY} | variables
    done = subprocess.run(
        ["make", "-s", *targets],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, f"make {targets}: {done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def forwarded(service, port):
    """Bring a port of a service to this machine, also after its pod was restarted; give ours."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        local = free.getsockname()[1]
    forward = f"kubectl -n {NAMESPACE} port-forward service/{service} {local}:{port}"
    command = ["bash", "-c", f"while true; do {forward} >/dev/null 2>&1; sleep 0.3; done"]
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            eventually(lambda: answers(local), timeout=30, every=0.1, what=f"a port of {service}")
            yield local
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def answers(port):
    """Tell whether somebody listens."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def secret(name, key):
    """Read one value of a Secret."""
    return b64decode(get("secret", name)["data"][key]).decode()


class Shell:
    """Programs run as by a user with the cluster's settings, in a folder of their own."""

    def __init__(self, environment, folder):
        self.environment = environment
        self.folder = folder

    def run(self, *command, **variables):
        """Run a program; give its exit code, standard output and error."""
        return subprocess.run(
            [str(word) for word in command],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def succeed(self, *command, **variables):
        """Run a program that must succeed; give what it printed."""
        done = self.run(*command, **variables)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def zld(self, *arguments, **variables):
        """Run `zld … --json`, and give its document."""
        command = [sys.executable, "-c", ZLD, *arguments, "--json"]
        return json.loads(self.succeed(*command, **variables))

    def flow(self, name, *arguments, before=("--no-pylint",), **variables):
        """Run a flow's file."""
        file = PROJECT / f"flows/{name}_flow.py"
        return self.run(sys.executable, file, *before, *arguments, **variables)

    def create(self, name, **variables):
        """Create a flow on Argo, as the README says."""
        done = self.flow(name, "argo-workflows", "create", before=("--with", "retry"), **variables)
        assert done.returncode == 0, done.stdout + done.stderr

    def trigger(self, name, **parameters):
        """Start a flow on Argo, and give the name of its Workflow."""
        options = [word for key, value in parameters.items() for word in (f"--{key}", str(value))]
        done = self.flow(name, "argo-workflows", "trigger", *options)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        (run,) = {word.strip(".,()*") for word in said.split() if word.startswith("argo-")}
        return run.removeprefix("argo-")


def workflow(name):
    return get("workflow", name)


def phase(name):
    return workflow(name).get("status", {}).get("phase", "Pending")


def finished(name, timeout=400):
    """Wait until a run has ended, and give its phase."""
    ended = {"Succeeded", "Failed", "Error"}
    eventually(lambda: phase(name) in ended, timeout=timeout, what=f"the end of {name}")
    return phase(name)


def succeeded(name, timeout=400):
    """Wait until a run has succeeded, and say what went wrong if it has not."""
    if finished(name, timeout) != "Succeeded":
        nodes = workflow(name)["status"].get("nodes", {}).values()
        said = [f"{node['displayName']}: {node.get('message')}" for node in nodes]
        logs = kubectl("logs", "-l", f"workflows.argoproj.io/workflow={name}", "-c", "main")
        pytest.fail(f"{name} did not succeed:\n" + "\n".join([*said, logs]))
