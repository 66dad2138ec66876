"""All errors of this library, in one tree.

The tree::

    ZldError
    ├── NotFoundError (KeyError)            what was asked for is not there
    │   ├── EntityNotFoundError             no node has this URI
    │   └── ArrayNotFoundError              the node is there, but it is, or has, no array
    ├── InvalidInputError (ValueError)      the request or its data must change
    │   ├── AmbiguousEntityError            several nodes have this URI
    │   ├── AmbiguousArrayError             the group has several arrays
    │   ├── InvalidJsonLdError              not JSON-LD, or not a tree of entities
    │   └── InvalidTableError               not a table of numbers
    ├── StoreError (OSError)                the store cannot be read or written
    │   ├── StoreNotFoundError              no Zarr hierarchy at this URL
    │   ├── NotConsolidatedError            nobody has run `zld consolidate` yet
    │   ├── ConcurrentUpdateError           somebody else wrote at the same time
    │   └── CorruptDocumentError            an object does not hold what it must
    └── WorkflowError                       a cluster, or a flow on it, cannot be asked or used

Each says in one line what was asked, what was found, and what to do. Catch `ZldError` for all of
them, or the built-in class in brackets.
"""


class ZldError(Exception):
    """Something that this library refuses or cannot do; its text says what to do about it."""


class NotFoundError(ZldError, KeyError):
    """What was asked for is not there; also a `KeyError`, as a Mapping needs."""

    def __str__(self) -> str:
        """Give the message plain: `KeyError` would put it in quotes."""
        return str(self.args[0]) if self.args else ""


class EntityNotFoundError(NotFoundError):
    """No node of the store has this URI, or none is at this path."""


class ArrayNotFoundError(NotFoundError):
    """The node is there, but it is not an array and holds none of that name."""


class InvalidInputError(ZldError, ValueError):
    """The request, or the data that came with it, must change before it can be done."""


class AmbiguousEntityError(InvalidInputError):
    """Several nodes have this URI, and one was asked for."""


class AmbiguousArrayError(InvalidInputError):
    """The group has several arrays, and one was asked for."""


class InvalidJsonLdError(InvalidInputError):
    """The JSON-LD does not parse, or its entities do not make one tree."""


class InvalidTableError(InvalidInputError):
    """The table holds something else than numbers, or its rows differ in length."""


class StoreError(ZldError, OSError):
    """The store cannot be read, listed or written."""


class StoreNotFoundError(StoreError):
    """There is no Zarr hierarchy at this URL."""


class NotConsolidatedError(StoreError):
    """The store has no consolidated metadata yet."""


class ConcurrentUpdateError(StoreError):
    """Somebody else changed the store between our reading and our writing."""


class CorruptDocumentError(StoreError):
    """An object of the store does not hold what its name says."""


class WorkflowError(ZldError):
    """A cluster does not answer or refuses, or a flow on it cannot be looked at."""


class ZldWarning(UserWarning):
    """Something in a store that works, and that its owner would want to know of."""
