"""Entities → a tree of paths: which entity becomes which group, and where its arrays lie."""

from zarr_linked_data.hierarchy.places import ArrayPlace, Place
from zarr_linked_data.hierarchy.tree import Tree, build_tree, select_level

__all__ = ["ArrayPlace", "Place", "Tree", "build_tree", "select_level"]
