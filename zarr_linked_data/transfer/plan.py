"""What is to be copied, found before anything is written; and what is refused."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import md5

from zarr_linked_data.errors import InvalidInputError
from zarr_linked_data.journal import JOURNAL
from zarr_linked_data.metadata import METADATA_KEY
from zarr_linked_data.node import CONSOLIDATED_BY_OTHERS, DOCUMENTS
from zarr_linked_data.storage import FolderStorage, Found, Storage, describe_overlap
from zarr_linked_data.transfer.checksums import checksum_like, is_checksum, opened, same_bytes
from zarr_linked_data.transfer.order import is_ours
from zarr_linked_data.transfer.parallel import in_parallel
from zarr_linked_data.walk.folder import says_array

ROOT_DOCUMENTS = ("zarr.json", ".zgroup", ".zarray")

Places = tuple[Storage, Storage]
"""Source and target."""

Listing = Mapping[str, Found]
"""Objects by key, without ours."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What lies where, and what is to be done."""

    source: Listing
    target: Listing
    todo: list[Found]
    """Of the source, in the order of keys: what the target has not, or has otherwise."""
    differing: frozenset[str]
    """Those that the target has otherwise."""
    extra: list[str]
    """What the source has not, by key."""

    @property
    def same(self) -> int:
        """Count what is there already."""
        return len(self.source) - len(self.todo)


def list_objects(storage: Storage) -> Listing:
    """List what belongs to a store itself; what we keep in it to save time does not."""
    return {found.key: found for found in storage.list() if not is_ours(found.key)}


def make_plan(
    storages: Places, source: Listing, target: Listing, watch: Callable[[int], None]
) -> Plan:
    """Find out what differs: sizes first, then checksums.

    Parameters
    ----------
    watch
        Told now and then how many objects were found to be the same.
    """
    shared = [found for key, found in source.items() if key in target]
    differing = {found.key for found in shared if found.size != target[found.key].size}
    compared = [found for found in shared if found.key not in differing]
    same: set[str] = set()
    trusted = any(_may_be_same(found, target) for found in compared) and all(
        _makes_checksums(*pair) for pair in zip(storages, (source, target), strict=True)
    )

    def compare(found: Found) -> None:
        other = target[found.key]
        is_same = _is_same(storages, found, other, trusted=trusted)
        (same if is_same else differing).add(found.key)

    in_parallel(compare, compared, storages, lambda: watch(len(same)))
    return Plan(
        source,
        target,
        [found for key, found in sorted(source.items()) if key not in same],
        frozenset(differing),
        sorted(key for key in target if key not in source),
    )


def _may_be_same(found: Found, target: Listing) -> bool:
    """Tell whether the tags alone could prove two objects the same."""
    return is_checksum(found.tag) and found.tag == target[found.key].tag


def _makes_checksums(storage: Storage, listing: Listing) -> bool:
    """Find out by one small object whether a server's tags are checksums: some are of times."""
    names = [name for name in ROOT_DOCUMENTS if name in listing]
    if not names:
        return False
    data = storage.read(names[0]) or b""
    return md5(data, usedforsecurity=False).hexdigest() == listing[names[0]].tag


def _is_same(storages: Places, found: Found, other: Found, *, trusted: bool) -> bool:
    """Tell whether two objects of one size have the same content."""
    if trusted and is_checksum(found.tag) and found.tag == other.tag:
        return True
    source, target = storages
    if is_checksum(other.tag):
        with opened(source, found) as pieces:
            if checksum_like(other.tag, pieces, found.size) == other.tag:
                return True
    # Tags of folders are no checksums; those of encrypted buckets only look like them.
    with opened(source, found) as pieces, opened(target, other) as others:
        return same_bytes(pieces, others)


def refuse_same_place(source: Storage, target: Storage) -> None:
    """Refuse to copy a store onto itself, or into or out of a folder of its own."""
    if overlap := describe_overlap(source, target):
        raise InvalidInputError(
            f"Cannot copy {source.url!r} to {target.url!r}: they {overlap}. Choose another target."
        )


def refuse_overwriting(plan: Plan, names: tuple[str, str], *, resumed: bool) -> None:
    """Refuse to change anything in the target, unless an earlier run of this copy put it there.

    Parameters
    ----------
    names
        The URLs of source and target.
    resumed
        The target is an unfinished copy of this source.
    """
    wrong = sorted([*plan.extra, *(() if resumed else plan.differing)])
    if not wrong:
        return
    first = wrong[0]
    what = "differs from the source's" if first in plan.differing else "the source has not"
    others = f", and {len(wrong) - 1:,} more objects" if len(wrong) > 1 else ""
    raise InvalidInputError(
        f"Cannot copy {names[0]!r} to {names[1]!r}: the target holds {first!r}, which {what}"
        f"{others}. Choose an empty target, or make it equal to the source with --overwrite."
    )


def refuse_other_things(target: Storage, names: tuple[str, str], source: Listing) -> Listing:
    """List a target that is no store; refuse it if it holds anything that is not of this copy."""
    listing = {}
    for found in target.list():
        if is_ours(found.key):
            continue
        if found.key not in source:
            raise _other_things(names, found.key)
        listing[found.key] = found
    return listing


def refuse_strays(plan: Plan, target: Storage, names: tuple[str, str]) -> None:
    """Refuse to remove what is no part of a Zarr store, though it lies in one."""
    kinds: dict[str, bool] = {}

    def is_array(folder: str) -> bool:
        if folder not in kinds:
            document = f"{folder}zarr.json"
            data = target.read(document) if document in plan.target else None
            kinds[folder] = f"{folder}.zarray" in plan.target or (
                data is not None and says_array(data)
            )
        return kinds[folder]

    for key in plan.extra:
        if not _is_metadata(key) and not any(map(is_array, _folders(key))):
            raise _other_things(names, key)


def _is_metadata(key: str) -> bool:
    name = key.rpartition("/")[2]
    other = name == CONSOLIDATED_BY_OTHERS or key.startswith(JOURNAL)
    return name in DOCUMENTS or other or key == METADATA_KEY


def _folders(key: str) -> Iterable[str]:
    """Name the folders above an object, with '/' at the end, the innermost first."""
    parts = key.split("/")[:-1]
    return ("".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts), -1, -1))


def _other_things(names: tuple[str, str], key: str) -> InvalidInputError:
    """Say that the target is in use for something else."""
    return InvalidInputError(
        f"Cannot copy {names[0]!r} to {names[1]!r}: the target holds {key!r}, which is no part of "
        "a Zarr store. Choose an empty target, or move that away."
    )


def refuse_links(plan: Plan, target: Storage) -> None:
    """Refuse to remove what lies elsewhere and is only linked into the target."""
    if not isinstance(target, FolderStorage):
        return
    root = target.root.resolve()
    for folder in sorted({key.rpartition("/")[0] for key in plan.extra}):
        if not (target.root / folder).resolve().is_relative_to(root):
            raise InvalidInputError(
                f"Cannot overwrite {target.url!r}: a link leads from {folder!r} to another place, "
                "where things would be removed. Remove the link first."
            )
