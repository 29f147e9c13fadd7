"""Office files are archives: packed again at a fixed moment, so that like contents make like bytes."""

import re
from datetime import datetime
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_ABOUT: Final = "docProps/core.xml"
_CHANGED: Final = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def packed_at(data: bytes, moment: datetime) -> bytes:
    """The archive with every date in it set to a moment, whatever the clock said."""
    made = BytesIO()
    with ZipFile(BytesIO(data)) as read, ZipFile(made, "w", ZIP_DEFLATED) as written:
        for part in read.infolist():
            content = read.read(part)
            if part.filename == _ABOUT:
                content = _CHANGED.sub(
                    rb"\g<1>" + f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode() + rb"\g<2>", content
                )
            fixed = ZipInfo(part.filename, date_time=moment.timetuple()[:6])
            fixed.compress_type = ZIP_DEFLATED
            written.writestr(fixed, content)
    return made.getvalue()
