"""All that is wrong with a store: found in one pass, and never an error.

>>> from zarr_linked_data.storage import open_storage
>>> check_store(open_storage("lab.zarr"))  # doctest: +SKIP
[Finding(kind='dangling-link', path='sample1', uri='http://lab.example/sample1', message=…)]
"""

from operator import attrgetter

from zarr_linked_data.check.finding import KINDS, Finding
from zarr_linked_data.check.nodes import Inspector
from zarr_linked_data.check.places import open_places
from zarr_linked_data.check.staleness import Metadata
from zarr_linked_data.check.survey import Survey
from zarr_linked_data.check.unfinished import find_unfinished
from zarr_linked_data.garbage import no_garbage_collection
from zarr_linked_data.jsonld import DATASET_LINK
from zarr_linked_data.metadata import read_head
from zarr_linked_data.progress import Progress, silent
from zarr_linked_data.storage import Storage
from zarr_linked_data.walk import detect_format

__all__ = ["KINDS", "Finding", "check_store"]


def check_store(
    storage: Storage, *, dataset_link: str | None = None, progress: Progress | None = None
) -> list[Finding]:
    """Find all that is wrong with a store, sorted by path.

    A store that cannot be listed is checked by its consolidated metadata alone.

    Parameters
    ----------
    dataset_link
        Local name of the property by which groups point at their arrays; by default what the
        store's consolidated metadata say, else `hasDataset`.
    progress
        Called now and then with the nodes looked at so far.

    Raises
    ------
    StoreNotFoundError
        There is no Zarr store here.
    StoreError
        The server does not answer, or the store can be neither listed nor read.
    """
    zarr_format = detect_format(storage)
    head = read_head(storage)
    link = dataset_link or (head.dataset_link if head else DATASET_LINK)
    with no_garbage_collection():
        metadata = Metadata(storage, head)
        inspector = Inspector(link, metadata)
        findings, pending = find_unfinished(storage)
        places = open_places(storage)
        if places is not None:
            survey = Survey(places, inspector, metadata, zarr_format=zarr_format, pending=pending)
            survey.run(progress or silent)
        found = [*findings, *inspector.all_findings()]
        return sorted(found, key=attrgetter("path", "kind", "message"))
