"""The verbs of `zld`, in the order in which they are shown; none is imported for the list."""

from typing import NamedTuple


class Verb(NamedTuple):
    """Where a verb is written, what it does, and with which others it is shown."""

    module: str
    help: str
    group: str


USAGE = "Usage: zld VERB … [STORE]"

MAKE = "Make a store"
KEEP = "Keep it findable"
READ = "Find and read"
CLUSTER = "On a cluster"
HERE = "This machine"

VERBS = {
    "fake": Verb("make", "a store with random arrays, from the entities of a JSON-LD file", MAKE),
    "add": Verb("add", "entities and measured arrays, or a whole store, into a store", MAKE),
    "copy": Verb("make", "a store from one URL to another; goes on where it was stopped", MAKE),
    "consolidate": Verb("keep", "gather the metadata of all groups and arrays, and index it", KEEP),
    "check": Verb("keep", "all that is wrong with a store", KEEP),
    "ls": Verb("browse", "the groups and arrays: URI, path, kind, shape", READ),
    "tree": Verb("browse", "the same as a tree", READ),
    "find": Verb("find", "where the group or array of a URI is", READ),
    "show": Verb("find", "what a URI names: its properties, its links, a picture", READ),
    "get": Verb("get", "the array of a URI, whole or a slice, into a file", READ),
    "verify": Verb("get", "that a file holds exactly the array of a URI", READ),
    "runs list": Verb("runs", "the runs of flows: id, phase, when, how long", CLUSTER),
    "runs show": Verb("runs", "one run: its parameters, its steps, what went wrong", CLUSTER),
    "runs logs": Verb("runs", "what the steps of a run printed", CLUSTER),
    "runs sync": Verb("runs", "bring a run here, for Metaflow's client, cards and resume", CLUSTER),
    "runs watch": Verb("watch", "tell when a scheduled run failed or is overdue", CLUSTER),
    "doctor": Verb("doctor", "what is missing for local runs, S3 and the cluster", HERE),
}
