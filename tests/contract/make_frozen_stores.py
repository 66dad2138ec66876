"""Write the frozen stores in `data/`, as others write theirs; the contract tests read them.

Each is written by one version of zarr-python and then kept, so that old stores stay readable. Run
again only to add to them, with that version in a throw-away environment, and look at the diff::

    python -m venv /tmp/zarr2 && /tmp/zarr2/bin/pip install "zarr==2.18.7" "numcodecs<0.16"
    /tmp/zarr2/bin/python tests/contract/make_frozen_stores.py        # writes data/zarr2.zarr

    python -m venv /tmp/zarr3 && /tmp/zarr3/bin/pip install "zarr==3.1.6"
    /tmp/zarr3/bin/python tests/contract/make_frozen_stores.py        # writes data/zarr3*.zarr

Every array of numbers holds 0, 1, 2… in C order.
"""

import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import zarr

DATA = Path(__file__).parent / "data"
LAB = "http://lab.example/onto#"
OWN = "http://lab.example/data/"


def counted(shape, dtype):
    """Give an array of 0, 1, 2…"""
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


def fresh(name):
    """Give the path of a store that is not there yet."""
    shutil.rmtree(DATA / name, ignore_errors=True)
    return str(DATA / name)


def expanded(name, kind, *, text=(), links=()):
    """Describe an entity in expanded JSON-LD, as the prototype did: all values are strings."""
    described = {"@id": OWN + name, "@type": [LAB + kind]}
    described.update({LAB + key: [{"@value": value}] for key, value in text})
    described.update({LAB + key: [{"@id": OWN + target}] for key, target in links})
    return described


def write_zarr2():
    """Write a lab's store in Zarr 2: expanded JSON-LD, arrays without a URI, `.all_metadata`."""
    store = zarr.DirectoryStore(fresh("zarr2.zarr"))
    root = zarr.group(store)
    root.attrs.put(
        expanded(
            "campaign", "Campaign", text=[("name", "Solvents")], links=[("hasBatch", "batch1")]
        )
    )
    batch = root.create_group("batch1")
    batch.attrs.put(expanded("batch1", "Batch", text=[("title", "Suzuki coupling")]))
    for name in ("sample1", "sample10", "sample2"):
        sample = batch.create_group(name)
        links = [("hasDataset", f"{name}Dataset"), ("hasChemical", "acetonitrile")]
        sample.attrs.put(
            expanded(name, "Sample", text=[("quantity", "2.25"), ("unit", "mL")], links=links)
        )
    batch["sample1"].create_dataset(
        "sample1Dataset", data=counted((6, 5), "<f8"), chunks=(6, 5), compressor=None
    )
    batch["sample10"].create_dataset("sample10Dataset", data=counted((6, 5), "<f8"), chunks=(4, 3))
    batch["sample2"].create_dataset(
        "sample2Dataset", data=counted((6, 5), "<i4"), chunks=(3, 5), dimension_separator="/"
    )
    chemical = batch.create_group("sample1/acetonitrile")
    text = [("CASNumber", "75-05-8"), ("smiles", "CC#N"), ("inchi", "InChI=1S/C2H3N/c1-2-3/h1H3")]
    chemical.attrs.put(expanded("acetonitrile", "Chemical", text=text))
    chemical.create_group("without attributes")
    write_zarr2_kinds(root.create_group("kinds"))
    zarr.consolidate_metadata(store, metadata_key=".all_metadata")


def write_zarr2_kinds(group):
    """Write an array of each kind that Zarr 2 knows."""
    group.attrs.put({"@id": OWN + "kinds", LAB + "limit": float("nan"), LAB + "top": float("inf")})
    for dtype in ("|b1", "|u1", ">i2", ">f8", "<c16"):
        group.create_dataset(dtype.strip("|<>"), data=counted(2, dtype), compressor=None)
    group.create_dataset("text", data=np.array(["pH", "µL"]))
    group.create_dataset("objects", data=["CC#N", "O"], dtype=str)
    group.create_dataset("times", data=np.array(["2023-01-25T16:14:14"], "M8[s]"))
    peaks = np.array([(1.5, 3)], [("mass", "<f8"), ("count", "<i4")])
    group.create_dataset("peaks", data=peaks, compressor=None)
    group.create_dataset("scalar", data=np.float32(0))
    group.create_dataset("columns", data=counted((3, 2), "<f4"), order="F", compressor=None)
    group["columns"].attrs["@id"] = OWN + "columns"


CONTEXT = {
    "id": "@id",
    "type": "@type",
    "lab": LAB,
    "own": OWN,
    "Sample": "lab:Sample",
    "quantity": "lab:quantity",
    "hasDataset": {"@id": "lab:hasDataset", "@type": "@id"},
}

AWKWARD_NAMES = (
    "sample 1",
    "sample (1)",
    "sample [1]",
    "sample *",
    "échantillon 試料",
    "100%",
    "a+b?c#d",
)


def write_zarr3():
    """Write a lab's store in Zarr 3: compact JSON-LD under a context in the root, many codecs."""
    root = zarr.create_group(
        fresh("zarr3.zarr"), attributes={"@context": CONTEXT, "id": "own:root"}
    )
    for number, name in enumerate(AWKWARD_NAMES, 1):
        attributes = {"id": f"own:sample{number}", "type": "Sample", "quantity": 2.25}
        sample = root.create_group(name, attributes=attributes | {"hasDataset": f"own:run{number}"})
        sample.create_array(
            "data [1]", data=counted((4, 3), "<f4"), attributes={"id": f"own:run{number}"}
        )
    write_zarr3_codecs(root.create_group("codecs", attributes={"id": "own:codecs"}))
    write_zarr3_kinds(root.create_group("kinds"))
    plain = {
        "@id": "http://elsewhere.example/x",
        "limit": float("nan"),
        "low": -float("inf"),
        "n": 2**70 + 1,
    }
    root.create_group("kinds/attributes", attributes=plain)


def write_zarr3_codecs(group):
    """Write the same numbers with each codec."""
    from zarr.codecs import BloscCodec, BytesCodec, GzipCodec, TransposeCodec, ZstdCodec

    numbers = counted((8, 8), "<f8")
    for name, compressors in {
        "none": None,
        "zstd": ZstdCodec(level=3, checksum=True),
        "blosc": BloscCodec(cname="lz4", shuffle="bitshuffle", typesize=8),
        "gzip": GzipCodec(level=5),
    }.items():
        group.create_array(name, data=numbers, chunks=(8, 5), compressors=compressors)
    group.create_array("sharded", data=numbers, chunks=(2, 2), shards=(4, 8))
    group.create_array("big", data=numbers, serializer=BytesCodec(endian="big"), compressors=None)
    group.create_array(
        "transposed", data=numbers, filters=TransposeCodec(order=(1, 0)), compressors=None
    )
    encoding = {"name": "v2", "separator": "."}
    group.create_array(
        "dots", data=numbers, chunks=(5, 5), compressors=None, chunk_key_encoding=encoding
    )
    group.create_array(
        "named", data=numbers, dimension_names=("time", "wavelength"), fill_value=np.nan,
        attributes={"id": "own:named", "offset": float("nan")},
    )  # fmt: skip


def write_zarr3_kinds(group):
    """Write an array of each kind that Zarr 3 knows."""
    for dtype in ("bool", "uint8", "int16", "float16", "complex128"):
        group.create_array(dtype, data=counted(2, dtype), compressors=None)
    group.create_array("scalar", data=counted((), "float32"))
    # Zarr-python warns that these may not be read by others.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group.create_array("text", data=np.array(["pH", "µL"]))
        group.create_array("strings", data=np.array(["CC#N", "O"], np.dtypes.StringDType()))
        group.create_array("times", data=np.array(["2023-01-25T16:14:14"], "M8[s]"))
        peaks = np.array([(1.5, 3)], [("mass", "<f8"), ("count", "<i4")])
        group.create_array("peaks", data=peaks, compressors=None)


def write_zarr3_consolidated():
    """Write a store whose root holds the metadata of all below it, as zarr-python consolidates."""
    root = zarr.create_group(fresh("zarr3_consolidated.zarr"), attributes={"@id": OWN + "campaign"})
    # An attribute of that name is the owner's own.
    attributes = {"@id": OWN + "sample1", "consolidated_metadata": {"kind": "mine"}}
    sample = root.create_group("sample1", attributes=attributes)
    sample.create_array("sample1Dataset", data=counted((6, 5), "float64"), compressors=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(root.store)


if __name__ == "__main__":
    if zarr.__version__.startswith("2.18."):
        write_zarr2()
    elif zarr.__version__.startswith("3.1."):
        write_zarr3()
        write_zarr3_consolidated()
    else:
        sys.exit(
            f"Cannot write frozen stores with zarr {zarr.__version__}. Use 2.18 or 3.1, see above."
        )
