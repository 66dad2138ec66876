"""Write a fake store of small arrays.

Each run writes a store that was not there, into a folder of its own: ext4 is 5 to 10 times slower
where trees have just been deleted. zarr-python writes the same tree, documents and sizes by
`create_group` and `create_array`, but only a tenth of it: it would need 20 s for all.
"""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figures, Row
from benchmarks.processes import run_apart, take_turns
from benchmarks.sides import zarr_python
from benchmarks.stores import SHAPE, samples_of, write_store

NODES = 10_000
PEER_NODES = 1_000
PROMISED_RATE = 10_000


def measure(bench: Bench) -> Iterator[Row]:
    """Measure ours and the peer, each in new folders."""
    nodes, peer_nodes = bench.nodes(NODES), bench.nodes(PEER_NODES)
    with bench.stores.new_folder() as folder:
        places = (str(folder / f"{number}.zarr") for number in range(1_000))
        ours, peer = take_turns(
            bench.runs(5),
            lambda: run_apart(write_store, next(places), nodes).value,
            lambda: (
                run_apart(
                    zarr_python.write_store, next(places), samples_of(peer_nodes), SHAPE
                ).value
            ),
        )
    yield Row(
        f"write a fake store of {nodes:,} nodes",
        Figures.of((nodes / seconds for seconds in ours), "nodes/s"),
        target=PROMISED_RATE,
        peer=Figures.of((peer_nodes / seconds for seconds in peer), "nodes/s"),
        peer_name=zarr_python.NAME,
    )
