"""The claims, in the order of the results: each a module whose `measure(bench)` gives its rows.

The first line of a module's docstring is what is claimed, the rest says how it is measured.
"""

CLAIMS = (
    "consolidate",
    "consolidate_again",
    "consolidate_s3",
    "find",
    "read_array",
    "write_fake",
    "copy_to_s3",
    "start",
)
