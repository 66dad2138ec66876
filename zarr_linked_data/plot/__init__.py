"""Pictures: of an array, and of a store's tree. Cards, the command line and pages share them."""

from zarr_linked_data.plot.arrays import plot_array, save_array_plot
from zarr_linked_data.plot.excerpt import Excerpt, sample_array
from zarr_linked_data.plot.tree import TreeNode, TypeCount, tree_summary
from zarr_linked_data.plot.tree_svg import plot_tree

__all__ = [
    "Excerpt",
    "TreeNode",
    "TypeCount",
    "plot_array",
    "plot_tree",
    "sample_array",
    "save_array_plot",
    "tree_summary",
]
