"""`zarr_linked_data.open(url)`: a store as a mapping from URI to node."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from zarr_linked_data.consolidate import Consolidation, Options, Progress, consolidate
from zarr_linked_data.linked_node import LinkedNode
from zarr_linked_data.lookup import Catalogue, open_catalogue
from zarr_linked_data.storage import Storage, open_storage

if TYPE_CHECKING:
    from zarr_linked_data.lookup.view import DocumentsStore
    from zarr_linked_data.storage import Location

__all__ = ["LinkedNode", "LinkedStore", "open"]


def open(location: "Location", *, cache: Path | None = None) -> "LinkedStore":  # noqa: A001 - as zarr.open
    """Open a store by its URL; nothing is read until something is looked up.

    Parameters
    ----------
    location
        A folder, `s3://bucket/prefix`, `http(s)://…` (read-only), or a Zarr store object.
    cache
        Where indexes of remote stores are kept; by default `$XDG_CACHE_HOME/zld`.

    Raises
    ------
    StoreNotFoundError
        There is no such folder, or no store can be at such a URL.
    """
    return LinkedStore(open_storage(location), cache=cache)


class LinkedStore(Mapping[str, LinkedNode]):
    """The groups and arrays of a store by their URIs.

    It is a mapping: `lab[uri]`, `uri in lab`, `lab.get(uri)`, `len(lab)` and iteration over the
    distinct URIs. What it answers is of one generation of the metadata: `refresh()` takes up a
    newer one.
    """

    def __init__(self, storage: Storage, *, cache: Path | None = None) -> None:
        self.storage = storage
        self._cache = cache
        self._catalogue: Catalogue | None = None
        self._length: int | None = None

    @property
    def url(self) -> str:
        """Where the store is."""
        return self.storage.url

    @property
    def catalogue(self) -> Catalogue:
        """The metadata that look-ups ask; opened at the first one.

        Raises
        ------
        NotConsolidatedError
            Nobody has consolidated the store yet.
        """
        if self._catalogue is None:
            self._catalogue = open_catalogue(self.storage, self._cache)
        return self._catalogue

    @property
    def iri(self) -> str | None:
        """The store's own IRI, None where others wrote its metadata."""
        return self.catalogue.head.iri

    @property
    def generation(self) -> str:
        """The state of the metadata that look-ups answer from."""
        return self.catalogue.index.summary.generation

    def __getitem__(self, uri: str) -> LinkedNode:
        return LinkedNode(self.catalogue, self.catalogue.find(uri))

    def __contains__(self, uri: object) -> bool:
        return isinstance(uri, str) and bool(self.catalogue.find_all(uri))

    def __iter__(self) -> Iterator[str]:
        return self.catalogue.index.uris()

    def __len__(self) -> int:
        if self._length is None:
            self._length = self.catalogue.index.count_uris()
        return self._length

    def find_all(self, uri: str) -> list[LinkedNode]:
        """Find every node with this URI; an empty list where none has it."""
        return [LinkedNode(self.catalogue, node) for node in self.catalogue.find_all(uri)]

    def at(self, path: str) -> LinkedNode:
        """Give the node at this path; the root's is empty."""
        return LinkedNode(self.catalogue, self.catalogue.at(path))

    def search(self, *, type: str | None = None, text: str | None = None) -> list[LinkedNode]:  # noqa: A002 - JSON-LD's word
        """Find the nodes of a type whose metadata hold a text, case ignored.

        Parameters
        ----------
        type
            A local name or an IRI.
        text
            Looked for in a node's URI and attributes.
        """
        found = self.catalogue.search(type_name=type, text=text)
        return [LinkedNode(self.catalogue, node) for node in found]

    @property
    def zarr(self) -> "DocumentsStore":
        """A read-only Zarr store with this one's content, for zarr-python and xarray."""
        from zarr_linked_data.lookup.view import DocumentsStore

        return DocumentsStore(self.catalogue)

    def consolidate(
        self,
        *,
        full: bool = False,
        store_iri: str | None = None,
        dataset_link: str | None = None,
        progress: Progress | None = None,
    ) -> Consolidation:
        """Bring the consolidated metadata up to date, and answer from them.

        The options are those of `zarr_linked_data.consolidate.Options`.
        """
        options = Options(full=full, store_iri=store_iri, dataset_link=dataset_link)
        done = consolidate(self.storage, options=options, cache=self._cache, progress=progress)
        self.refresh()
        return done

    def refresh(self) -> None:
        """Answer from the store's newest generation from now on."""
        if self._catalogue is not None and not self._catalogue.is_current():
            self._catalogue = None
            self._length = None

    def __repr__(self) -> str:
        return f"LinkedStore({self.url!r})"

    def _repr_html_(self) -> str:
        from zarr_linked_data.plot import plot_tree  # noqa: PLC0415 - a start without a notebook needs no plots

        return plot_tree(self.catalogue.nodes(), title=self.url)
