"""Files that lie beside their source and hold what we generate; `make golden` rewrites them."""

import json
import os
import re
from pathlib import Path

VARYING = {
    r'\\"(repo_url|branch_name|commit_sha)\\": \\"[^"\\]*\\", ': "",
    r'\\"has_uncommitted_changes\\": (true|false), ': "",
    r'\\"(python_version|python_version_code|platform)\\": \\"[^"]*\\"': r'\\"\1\\": \\"<this>\\"',
    r'"metaflow/deployment_timestamp": "[^"]*"': '"metaflow/deployment_timestamp": "<when>"',
    r"/data/[0-9a-f]{2}/[0-9a-f]{40}": "/data/<code package>",
    r"\b[0-9a-f]{40}\b": "<sha>",
    r"http://127\.0\.0\.1:\d+": "<S3>",
}
"""What differs from one deployment to the next."""


def without_nulls(value):
    """Leave out the members that say nothing; Metaflow writes hundreds."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


def steady(template, **known):
    """Write a template so that it changes only with its flow, Metaflow, or the settings."""
    text = json.dumps(without_nulls(template), indent=2, sort_keys=True) + "\n"
    for file in set(re.findall(r"set_parameters (\w+)", text)):
        text = text.replace(file, "<parameter file>")
    for name, value in known.items():
        text = text.replace(value, f"<{name}>")
    for pattern, replacement in VARYING.items():
        text = re.sub(pattern, replacement, text)
    return text


def check_golden(path: Path, text: str):
    """Compare with the file, or write it when ZLD_REGENERATE is set."""
    if os.environ.get("ZLD_REGENERATE"):
        path.write_text(text)
    assert path.exists(), f"{path} is missing; write it with `make golden`"
    assert text == path.read_text(), f"{path} is old; look at the change after `make golden`"
