"""Charts as pictures, made offline: lines for the web and for print, points for Word."""

from collections.abc import Mapping
from typing import Any, Final

import vl_convert

_VERSION: Final = "6.4"  # of Vega-Lite, which the charts are written in
_TIMES: Final = 2.5  # as many points as on a screen, so that print is sharp


def as_svg(spec: Mapping[str, Any]) -> str:
    """A chart as a drawing."""
    drawing: str = vl_convert.vegalite_to_svg(dict(spec), vl_version=_VERSION, allowed_base_urls=[])
    return drawing


def as_png(spec: Mapping[str, Any]) -> bytes:
    """A chart as a picture of points."""
    return vl_convert.vegalite_to_png(dict(spec), vl_version=_VERSION, scale=_TIMES, allowed_base_urls=[])
