"""Copy a store from a folder into S3; run again after a failure, it goes on where it was.

`zld copy FOLDER URL` does the same; this shows how to do it in Python.
"""

import argparse
import os
import sys

from zarr_linked_data.errors import ZldError
from zarr_linked_data.storage import open_storage
from zarr_linked_data.transfer import copy_store


def main() -> None:
    """Copy, and say how much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", metavar="FOLDER", help="the store")
    parser.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        default=os.environ.get("ZLD_STORE"),
        help="s3://bucket/prefix (default: ZLD_STORE)",
    )
    args = parser.parse_args()
    if args.url is None:
        parser.error("give URL, or set ZLD_STORE")
    try:
        done = copy_store(open_storage(args.folder), open_storage(args.url, create=True))
    except ZldError as error:
        sys.exit(f"Error: {error}")
    print(f"{args.url}: {done.objects:,} objects written, {done.skipped:,} were there already")


if __name__ == "__main__":
    main()
