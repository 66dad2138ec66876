"""The picture of how time and memory grow with the number of nodes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

OURS, PEER, INK = "#1f6f8b", "#c8553d", "#333333"

STYLE: Any = {"svg.hashsalt": "zld", "svg.fonttype": "none", "font.size": 11, "axes.titlesize": 12}
"""Text is kept as text, which takes less room than drawn letters."""


class Point(NamedTuple):
    """What a store of so many nodes needs."""

    nodes: int
    seconds: float
    gigabytes: float


def draw_scaling(
    file: Path, ours: Sequence[Point], peers: Sequence[Point], *, peer_name: str
) -> None:
    """Draw `<file>.svg` and `<file>.png`: ours with a straight line through it, and the peer."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 4.4), layout="constrained")
        panels = figure.subplots(1, 2)
        for axes, field, unit in zip(panels, ("seconds", "gigabytes"), ("s", "GB"), strict=True):
            _draw_panel(axes, ours, peers, field, unit, peer_name)
        panels[0].set_title("Time to consolidate, with the index", loc="left")
        panels[1].set_title("Peak memory", loc="left")
        figure.savefig(file.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(file.with_suffix(".png"), dpi=100, metadata={"Software": None})


def _draw_panel(
    axes: Axes,
    ours: Sequence[Point],
    peers: Sequence[Point],
    field: str,
    unit: str,
    peer_name: str,
) -> None:
    """Draw one quantity over the nodes, both in powers of ten."""
    nodes, values = _column(ours, field)
    constant, slope = fit_line(nodes, values)
    line = np.geomspace(nodes.min(), nodes.max(), 100)
    label = f"straight line: {constant:.2g} {unit} + {1e6 * slope:.2g} {unit} a million nodes"
    axes.plot(line, constant + slope * line, "--", color=OURS, lw=1.2, label=label)
    axes.plot(nodes, values, "o", color=OURS, ms=7, label="zarr-linked-data")
    _write_values(axes, nodes, values, unit, below=True)
    if peers:
        nodes, values = _column(peers, field)
        axes.plot(nodes, values, "s:", color=PEER, ms=6, lw=1, label=peer_name)
        _write_values(axes, nodes, values, unit, below=False)
    axes.set(xscale="log", yscale="log", xlabel="nodes", ylabel=unit)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(color="#dddddd", lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.2, y=0.2)
    axes.legend(frameon=False, loc="upper left", fontsize=9)


def _column(points: Sequence[Point], field: str) -> tuple[np.ndarray, np.ndarray]:
    """Give nodes and one quantity."""
    nodes = np.array([point.nodes for point in points], dtype=float)
    return nodes, np.array([getattr(point, field) for point in points])


def _write_values(
    axes: Axes, nodes: np.ndarray, values: np.ndarray, unit: str, *, below: bool
) -> None:
    """Write each value beside its point."""
    for x, y in zip(nodes, values, strict=True):
        axes.annotate(
            f"{y:.2g} {unit}",
            (x, y),
            xytext=(7, -13) if below else (-5, 6),
            textcoords="offset points",
            ha="left" if below else "right",
            fontsize=9,
            color=INK,
        )


def fit_line(nodes: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Fit constant and slope of a straight line, each point with the same weight for its size.

    >>> constant, slope = fit_line(np.array([1.0, 10.0, 100.0]), np.array([3.0, 12.0, 102.0]))
    >>> round(float(constant), 6), round(float(slope), 6)
    (2.0, 1.0)
    """
    matrix = np.column_stack([1 / values, nodes / values])
    (constant, slope), *_ = np.linalg.lstsq(matrix, np.ones(len(values)), rcond=None)
    return float(constant), float(slope)
