"""What is measured: ours and the peers', each module with no more imports than its side needs.

Each function runs in a process of its own, takes and gives what JSON can hold, and times only
what it is about.
"""
