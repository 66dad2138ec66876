"""Small stores for tests, written object by object on any storage."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from zarr_linked_data.node import array_documents, group_documents
from zarr_linked_data.storage import Storage

EX = "http://example.org/"


def put_group(
    storage: Storage, path: str, attributes: Mapping[str, Any] | None = None, zarr_format: int = 3
) -> None:
    """Write one group's documents."""
    for name, data in group_documents(attributes or {}, zarr_format).items():
        storage.write(f"{path}/{name}" if path else name, data)


def put_array(
    storage: Storage,
    path: str,
    values: Any,
    attributes: Mapping[str, Any] | None = None,
    zarr_format: int = 3,
) -> None:
    """Write one array as one chunk."""
    values = np.asarray(values)
    documents = array_documents(
        attributes or {},
        shape=values.shape,
        dtype=values.dtype.name,
        chunks=values.shape,
        zarr_format=zarr_format,
    )
    for name, data in documents.items():
        storage.write(f"{path}/{name}" if path else name, data)
    zeros = ["0"] * values.ndim
    chunk = "/".join(["c", *zeros]) if zarr_format == 3 else ".".join(zeros) or "0"
    storage.write(f"{path}/{chunk}" if path else chunk, values.tobytes())


def put_lab(storage: Storage, samples: int = 3, zarr_format: int = 3) -> None:
    """Write a campaign with so many samples, each with an array named only by its group's link."""
    put_group(storage, "", {"@id": f"{EX}campaign", "@type": [f"{EX}Campaign"]}, zarr_format)
    for number in range(1, samples + 1):
        name = f"sample{number}"
        links = {f"{EX}hasDataset": [{"@id": f"{EX}{name}Dataset"}]}
        attributes = {"@id": f"{EX}{name}", "@type": [f"{EX}Sample"], **links}
        put_group(storage, name, attributes, zarr_format)
        values = np.arange(12, dtype="float64").reshape(3, 4) + number
        put_array(storage, f"{name}/{name}Dataset", values, {}, zarr_format)
