"""The page of `zld --help`."""

from itertools import groupby

from zarr_linked_data.cli.terminal import paint
from zarr_linked_data.cli.verbs import USAGE, VERBS

EXAMPLES = (
    "zld consolidate s3://lab/campaign.zarr",
    "zld get http://www.catplus.ch/ontology/concepts/sample1 campaign.zarr -o sample1.npy",
)
CLOSING = """\
STORE is a folder, s3://bucket/prefix, or http(s):// URL; without it, ZLD_STORE is used.
`zld VERB --help` says more of a verb; each takes --json to print one JSON document."""


def overview() -> str:
    """List the verbs, one line each, in their groups."""
    width = max(map(len, VERBS))
    lines = [USAGE, "", "Find any Zarr array by its URI.", ""]
    for group, verbs in groupby(VERBS.items(), key=lambda item: item[1].group):
        lines.append(paint(group, "bold"))
        lines += [f"  {paint(name.ljust(width), 'cyan')}  {verb.help}" for name, verb in verbs]
        lines.append("")
    lines.append(paint("Examples", "bold"))
    lines += [f"  {example}" for example in EXAMPLES]
    return "\n".join([*lines, "", CLOSING, ""])
