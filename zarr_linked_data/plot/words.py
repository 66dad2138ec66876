"""Words for pictures: names cut to size, numbers as people write them."""

import unicodedata

UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a picture: control characters, halves of pairs, the unassigned."""

FORMAT = "Cf"
"""Category of marks without a width, those among them that turn the direction of writing."""

NARROW = frozenset(" ijlftrI.,:;'|!()[]{}`-/\\")
BROAD = frozenset("mwMW@%…—")
"""Letters much narrower or broader than others in the fonts of screens."""

NUMBERS = {"f": "float", "i": "int", "u": "uint", "c": "complex"}
WORDS = {
    "U": "strings",
    "StringDType()": "strings",
    "S": "bytes",
    "V": "raw bytes",
    "object": "objects",
}
"""Names of data types that numpy prints by a letter, or as its own class."""

SIZES = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def printable(words: str) -> str:
    r"""Replace what cannot be shown, or must not be, so that names stay on their line.

    Examples
    --------
    >>> printable("sample\n1\x00")
    'sample 1�'
    """
    if words.isascii() and words.isprintable():
        return words
    return "".join(
        " " if letter.isspace() else "\ufffd" if _unprintable(letter) else letter
        for letter in words
        if unicodedata.category(letter) != FORMAT
    )


def _unprintable(letter: str) -> bool:
    """Tell whether a letter has no picture; the last two of each plane are no letters at all."""
    return unicodedata.category(letter) in UNPRINTABLE


def columns(words: str) -> int:
    """Count the columns that words take: Chinese, Japanese and Korean letters are twice as wide."""
    if words.isascii():
        return len(words)
    return sum(
        0 if unicodedata.combining(letter) else 2 if _wide(letter) else 1 for letter in words
    )


def _wide(letter: str) -> bool:
    """Tell whether a letter is twice as wide."""
    return unicodedata.east_asian_width(letter) in "WF"


def shorten(words: str, room: int) -> str:
    """Cut words to so many columns, in the middle: names of samples differ at their ends.

    Examples
    --------
    >>> shorten("http://www.catplus.ch/ontology/concepts/sample1", 20)
    'http://www…s/sample1'
    """
    if columns(words) <= room:
        return words
    head, tail = 0, len(words)
    left = right = 0
    while True:
        front = left <= right
        width = columns(words[head] if front else words[tail - 1])
        if left + right + width > room - 1:
            break
        if front:
            left, head = left + width, head + 1
        else:
            right, tail = right + width, tail - 1
    return f"{words[:head]}…{words[tail:]}"


def type_name(dtype: str) -> str:
    """Name a data type as people do, from what numpy prints.

    Examples
    --------
    >>> [type_name(dtype) for dtype in ("float64", ">f8", "<U12", "StringDType()")]
    ['float64', 'float64', 'strings', 'strings']
    """
    if dtype.startswith(("[", "{")):
        return "records"
    letters = dtype.lstrip("<>|=")
    if letters[1:].isdecimal() and letters[0] in NUMBERS:
        return f"{NUMBERS[letters[0]]}{8 * int(letters[1:])}"
    short = letters[0] if letters[1:].isdecimal() else letters
    return WORDS.get(short, dtype)


def form_of(shape: tuple[int, ...], dtype: str) -> str:
    """Write shape and data type as people do.

    Examples
    --------
    >>> form_of((900, 1000), "float64")
    '900 × 1,000 float64'
    """
    lengths = " × ".join(f"{length:,}" for length in shape)
    return f"{lengths} {type_name(dtype)}".strip()


def counted(count: int, noun: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "array"), counted(9998, "array")
    ('1 array', '9,998 arrays')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def bytes_as_text(size: int) -> str:
    """Write a number of bytes in the unit that suits it.

    Examples
    --------
    >>> bytes_as_text(7_200_000), bytes_as_text(12)
    ('7.2 MB', '12 bytes')
    """
    power = min(len(SIZES) - 1, (len(str(size)) - 1) // 3)
    if power == 0:
        return counted(size, "byte")
    return f"{size / 1000**power:.3g} {SIZES[power]}"


def text_width(words: str, size: float) -> float:
    """Estimate how wide letters of a size are, in the fonts of screens; rather more than less."""
    return size * sum(_letter_width(letter) for letter in words)


def _letter_width(letter: str) -> float:
    """Estimate the width of a letter, as a share of the size."""
    if letter in NARROW:
        return 0.36
    if letter in BROAD:
        return 1.0
    if letter.isascii():
        return 0.72 if letter.isupper() else 0.6
    return 0.0 if unicodedata.combining(letter) else 1.05 if _wide(letter) else 0.72
