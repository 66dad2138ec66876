"""What a test asks of a picture: its words, its notes, its contrasts."""

import numpy as np

from zarr_linked_data.plot.style import luminance


def words(figure):
    """All that is written on a picture: heading and notes, axes, cards and tables."""
    texts = list(figure.texts)
    for axes in figure.axes:
        texts += [*axes.texts, axes.xaxis.label, axes.yaxis.label]
    return [text.get_text() for text in texts if text.get_text()]


def note(figure, start):
    """The note that begins so."""
    (found,) = [text for text in words(figure) if text.startswith(start)]
    return found


def contrast(one, other):
    first, second = (
        luminance(tuple(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)))
        for color in (one, other)
    )
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


def chromatogram(length):
    values = np.sin(np.arange(length) / 50)
    values[length // 3] = 640.0
    return values
