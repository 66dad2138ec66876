"""VS Code in the cluster: a person sees it, and deploys a flow from it."""

import json
import shutil
import urllib.request

import pytest

from tests.cluster.commands import forwarded, get, kubectl, secret

CHROMIUM = shutil.which("chromium")

CREATE = "cd ~/work && python flows/retrieval_flow.py --with retry argo-workflows create"

TEMPLATE = ("workflowtemplate", "retrievalflow", "--ignore-not-found")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: make test-tools")
def test_a_person_signs_in_and_sees_the_workbench(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with forwarded("vscode", 8080) as port, playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"http://localhost:{port}")
        page.fill("input[type=password]", secret("zld-vscode", "password"))
        page.press("input[type=password]", "Enter")
        page.wait_for_selector(".monaco-workbench", timeout=60_000)
        page.wait_for_selector(".explorer-folders-view", timeout=60_000)
        page.screenshot(path=tmp_path / "workbench.png")
        browser.close()


def test_who_has_no_password_is_kept_out():
    with forwarded("vscode", 8080) as port:
        answer = urllib.request.urlopen(f"http://localhost:{port}/")
        assert answer.url.partition("?")[0].endswith("/login")


def test_a_flow_is_created_from_its_terminal_by_what_its_account_may():
    kubectl("delete", *TEMPLATE)
    kubectl("exec", "deployment/vscode", "--", "bash", "-lc", CREATE)
    template = get("workflowtemplate", "retrievalflow")
    assert template["metadata"]["annotations"]["metaflow/flow_name"] == "RetrievalFlow"
    kubectl("exec", "deployment/vscode", "--", "bash", "-lc", CREATE)  # and again
    kubectl("delete", *TEMPLATE)  # Metaflow lets nobody replace what another user has deployed


def test_its_doctor_finds_all_that_deploying_needs():
    command = ("exec", "deployment/vscode", "--", "bash", "-lc", "zld doctor --json")
    found = json.loads(kubectl(*command, check=False).stdout)
    states = {(each["area"], each["name"]): each["state"] for each in found}
    assert states["Cluster", "rights"] == "ok"
    assert states["S3", "runs"] == "ok"
    assert states["Cluster", "Secret"] == "off"  # it may not look for Secrets
