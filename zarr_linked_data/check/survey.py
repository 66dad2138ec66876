"""Going through all folders of a store, and telling where nodes are and where they cannot be."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from zarr_linked_data.check.nodes import Inspector
from zarr_linked_data.check.places import Contents, Places
from zarr_linked_data.check.staleness import Metadata
from zarr_linked_data.errors import StoreError
from zarr_linked_data.jsonld import Context
from zarr_linked_data.node import DOCUMENT_NAMES
from zarr_linked_data.progress import Progress
from zarr_linked_data.walk import FORMAT_3

AT_ONCE = 2_000
"""Folders whose documents are in memory at once."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A folder to look into."""

    folder: str
    """With '/' at its end; the root's is empty."""
    context: Context
    lost_at: str | None = None
    """Why nothing below can be a node; None where it can."""

    @property
    def path(self) -> str:
        """The node's path."""
        return self.folder[:-1]


class Survey:
    """One pass through a store, level by level, so that parents come before children.

    Parameters
    ----------
    pending
        Paths at which somebody adds nodes: nobody can see them yet, and that is right.
    """

    def __init__(
        self,
        places: Places,
        inspector: Inspector,
        metadata: Metadata,
        *,
        zarr_format: int,
        pending: Sequence[str] = (),
    ) -> None:
        self._places = places
        self._inspector = inspector
        self._metadata = metadata
        self._format = zarr_format
        self._names = DOCUMENT_NAMES[zarr_format]
        self._pending = tuple(f"{path}/" for path in pending)
        self._nodes = 0

    def run(self, progress: Progress) -> None:
        """Look into every folder."""
        level = [Visit("", Context.NONE)]
        while level:
            waiting, level = iter(level), []
            while visits := list(islice(waiting, AT_ONCE)):
                level += self._look(visits)
                progress(self._nodes, None)

    def _look(self, visits: list[Visit]) -> list[Visit]:
        """Look into some folders; answer those in them."""
        seen = list(zip(visits, self._places.look([v.folder for v in visits]), strict=True))
        keys = [
            f"{visit.folder}{name}"
            for visit, contents in seen
            if visit.lost_at is None and not isinstance(contents, StoreError)
            for name in contents.documents
            if name in self._names
        ]
        documents = self._places.read(keys)
        below: list[Visit] = []
        for visit, contents in seen:
            if isinstance(contents, StoreError):
                self._unlistable(visit, contents)
            elif visit.lost_at is not None:
                below += self._visit_lost(visit, contents)
            else:
                below += self._visit(visit, contents, documents)
        return below

    def _unlistable(self, visit: Visit, error: StoreError) -> None:
        self._metadata.hide(visit.folder)
        self._inspector.add(visit.path, "unlistable", f"{error} What is below it was not checked.")

    def _visit(
        self, visit: Visit, contents: Contents, documents: Iterator[bytes | StoreError]
    ) -> Iterator[Visit]:
        """Look at a folder that may be a node."""
        self._loops(visit, contents)
        found, failed = {}, False
        for name in contents.documents:
            if name in self._names:
                data = next(documents)
                if isinstance(data, StoreError):
                    failed = True
                    self._metadata.hide(f"{visit.folder}{name}")
                    self._inspector.add(visit.path, "unreadable", str(data))
                else:
                    found[name] = data
        if failed:
            return self._below(visit, contents, visit.context)
        if not any(name in found for name in ("zarr.json", ".zarray", ".zgroup")):
            return self._visit_no_node(visit, contents)
        self._nodes += 1
        self._odd_names(visit, contents)
        is_array, context = self._inspector.look(visit.path, found, visit.context)
        if is_array:
            reason = f"it lies below the array {visit.path!r}"
            return self._below(visit, contents, context, reason, skip_chunks=True)
        return self._below(visit, contents, context)

    def _visit_no_node(self, visit: Visit, contents: Contents) -> Iterator[Visit]:
        """Look at a folder that has no document of a node."""
        if contents.documents:
            other = 2 if self._format == FORMAT_3 else FORMAT_3
            reason = f"it is of Zarr format {other}, and the store of format {self._format}"
            if contents.documents == [".zattrs"] and self._format != FORMAT_3:
                reason = "it has neither '.zgroup' nor '.zarray'"
            self._unreachable(visit, contents, reason)
        document = "'zarr.json'" if self._format == FORMAT_3 else "'.zgroup'"
        reason = f"the folder {visit.path!r} above it has no {document}"
        return self._below(visit, contents, visit.context, reason)

    def _visit_lost(self, visit: Visit, contents: Contents) -> Iterator[Visit]:
        """Look at a folder in which nothing can be a node."""
        self._loops(visit, contents)
        if contents.documents:
            self._unreachable(visit, contents, visit.lost_at or "")
        return self._below(visit, contents, visit.context, visit.lost_at)

    def _below(
        self,
        visit: Visit,
        contents: Contents,
        context: Context,
        lost_at: str | None = None,
        *,
        skip_chunks: bool = False,
    ) -> Iterator[Visit]:
        """Give the folders in a folder."""
        for name in contents.folders:
            if not name.isascii() and not self._is_text(visit, name):
                continue
            if not (skip_chunks and _holds_chunks(name)):
                yield Visit(f"{visit.folder}{name}/", context, lost_at)

    def _is_text(self, visit: Visit, name: str) -> bool:
        """Tell whether a name is Unicode: no JSON document can hold others."""
        try:
            name.encode()
        except UnicodeEncodeError:
            shown = visit.folder + os.fsencode(name).decode(errors="backslashreplace")
            message = f"The name {os.fsencode(name)!r} is not UTF-8. Rename the folder."
            self._inspector.add(shown, "bad-name", message)
            return False
        return True

    def _unreachable(self, visit: Visit, contents: Contents, reason: str) -> None:
        if not visit.folder.startswith(self._pending):
            names = ", ".join(map(repr, sorted(contents.documents)))
            self._inspector.add(
                visit.path,
                "unreachable",
                f"There is {names}, and yet {visit.path!r} is no node: {reason}. Add what is "
                "missing, move it to where it belongs, or remove it.",
            )

    def _loops(self, visit: Visit, contents: Contents) -> None:
        for name in contents.loops:
            path = f"{visit.folder}{name}"
            message = f"The link {path!r} leads back to a folder that holds it. Remove the link."
            self._inspector.add(path, "unlistable", message)

    def _odd_names(self, visit: Visit, contents: Contents) -> None:
        """Tell of a node's name, and of documents that contradict each other."""
        name = visit.path.rpartition("/")[2]
        if name.startswith("__") or (name and not name.strip(".")):
            self._inspector.add(
                visit.path,
                "bad-name",
                f"The name {name!r} is kept for Zarr itself: names that begin with '__' or are all "
                "dots are no node's. Rename the folder.",
            )
        others = [name for name in contents.documents if name not in self._names]
        if others:
            self._inspector.add(
                visit.path,
                "both-formats",
                f"There is {', '.join(map(repr, sorted(others)))} beside the documents of format "
                f"{self._format}, which alone count here. Remove what is not meant.",
            )
        if ".zarray" in contents.documents and ".zgroup" in contents.documents:
            self._inspector.add(
                visit.path,
                "both-kinds",
                "There is '.zarray' beside '.zgroup': it is taken for an array, and what is below "
                "is not found. Remove the one that is not meant.",
            )


def _holds_chunks(name: str) -> bool:
    """Tell whether a folder in an array's is one of chunks."""
    return name == "c" or name.replace(".", "").isdecimal()
