"""Standard output and standard error: what reaches them, and in which form."""

import os
import re
import sys
from typing import TextIO

STYLES = {"bold": "1", "dim": "2", "red": "1;31", "green": "32", "yellow": "33", "cyan": "36"}

# Names and attributes come from anybody's store. Control characters would steer the terminal, marks
# of direction show text in another order than it has, and lone surrogates cannot be written.
HIDDEN = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNSAFE = re.compile(f"[\x00-\x08\x0a-\x1f{HIDDEN}]")  # all but the tab


class Ready(str):
    """A line that may hold colours, for its parts were made `visible` first."""

    __slots__ = ()


def visible(text: str) -> str:
    r"""Show what would steer the terminal instead of sending it.

    Examples
    --------
    >>> print(visible("sample\x1b[2J\n1"))
    sample\x1b[2J\n1
    """
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def on_terminal(stream: TextIO | None = None) -> bool:
    """Tell whether a person looks at the output."""
    stream = stream or sys.stdout
    return stream is not None and stream.isatty()


def paint(text: str, style: str, stream: TextIO | None = None) -> Ready:
    """Give a text, made visible, in a style of `STYLES`; plain in a pipe, and with NO_COLOR."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if plain or not on_terminal(stream):
        return Ready(visible(text))
    return Ready(f"\x1b[{STYLES[style]}m{visible(text)}\x1b[0m")


def write(text: str) -> None:
    """Write to standard output; a reader that has left (`zld ls | head`) is no error."""
    if sys.stdout is None:  # closed by the caller
        return
    try:
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError as error:  # the terminal's encoding lacks a character
            sys.stdout.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_the_rest(sys.stdout)
    except OSError:
        _drop_the_rest(sys.stdout)
        raise


def complain(kind: str, message: str, style: str) -> None:
    """Say in one line on standard error what is wrong."""
    line = visible(re.sub(r"\s*[\r\n]+\s*", " ", message.strip()))
    tell(f"{paint(f'{kind}:', style, sys.stderr)} {line}")


def tell(line: str) -> None:
    """Write a line to standard error, if anybody listens."""
    if sys.stderr is not None:
        try:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        except OSError:
            _drop_the_rest(sys.stderr)


def _drop_the_rest(stream: TextIO) -> None:
    """Let Python's own flush at its end go nowhere: it would complain once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
