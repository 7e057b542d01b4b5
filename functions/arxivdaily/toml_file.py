"""The files that an operator writes, as TOML: channels, glossary, institutions."""

from __future__ import annotations

import codecs
import tomllib
from pathlib import Path
from typing import Any

from arxivdaily.errors import ConfigurationError

# What Windows' editors call "Unicode". A longer mark first: UTF-32's begins like UTF-16's.
_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The content of a file in UTF-8, with or without a byte order mark; `what` it is goes into messages.

    Raises ConfigurationError with the file's name, and the place in it where there is one.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: the {what} cannot be read: {error.strerror}") from error
    for mark, encoding in _OTHER_ENCODINGS:
        if body.startswith(mark):
            raise ConfigurationError(f"{path.name}: this is {encoding}; save it as UTF-8")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + (len(codecs.BOM_UTF8) if body.startswith(codecs.BOM_UTF8) else 0)
        raise ConfigurationError(f"{path.name}: not UTF-8 at byte {at}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The message ends with line and column, or says that the document ended too early. Two entries spelt
        # alike come here too: "Cannot overwrite a value".
        last = f"at the end, line {text.count(chr(10)) + 1}"
        message = str(error).replace("at end of document", last)
        raise ConfigurationError(f"{path.name}: not valid TOML: {message}") from error
