"""The bar of long verbs: on a terminal, after a second, and nowhere else."""

import subprocess
import sys

from tests.terminal import run_on_terminal

SLOW = """
from zarr_linked_data.cli import progress
progress.PATIENCE_S = {patience}
with progress.progress_bar("Reading metadata") as report:
    for done in range(0, 1001, 250):
        report(done, {total})
        progress.time.sleep(0.12)
import sys
print("rich" in sys.modules)
"""


def test_shows_how_much_of_how_much_is_done():
    shown = run_on_terminal(SLOW.format(patience=0, total=1000))
    assert "Reading metadata" in shown
    assert "750/1000" in shown
    assert shown.endswith("True\n")


def test_shows_how_much_is_done_when_the_whole_is_unknown():
    assert "750/?" in run_on_terminal(SLOW.format(patience=0, total=None))


def test_takes_itself_away_at_the_end():
    shown = run_on_terminal(SLOW.format(patience=0, total=1000))
    assert shown.rstrip("True\n").endswith("\x1b[2K")


def test_is_not_there_for_what_is_done_within_a_second():
    assert run_on_terminal(SLOW.format(patience=1, total=1000)) == "False\n"


def test_is_not_there_on_a_dumb_terminal():
    assert run_on_terminal(SLOW.format(patience=0, total=1000), TERM="dumb") == "False\n"


def test_is_not_there_in_a_pipe():
    command = [sys.executable, "-c", SLOW.format(patience=0, total=1000)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"False\n", b"")
