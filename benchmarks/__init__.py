"""Measures what the project claims of its speed, each claim beside a peer, and writes `RESULTS.md`.

`make bench` measures all, `python -m benchmarks NAME…` some, and `--quick` shows in a minute that
the programs work. The data's way: `stores.py` and `servers.py` hold what is measured; a program
in `claims/` measures in processes of their own (`processes.py`) and gives rows of `figures.py`;
`report.py` writes them down.
"""
