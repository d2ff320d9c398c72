"""QR codes on the form: they repeat the patient's code and so confirm it; nothing else in them is used."""

import cv2
import numpy as np

from apps.ocr.pipeline.engines.base import Image


def read_codes(photo: Image) -> tuple[str, ...]:
    """The texts of the QR codes in a photo; empty where there is none or the reader is not installed."""
    try:
        import zxingcpp
    except ImportError:
        return ()
    grey = np.asarray(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), np.uint8)
    for scale in (1.0, 2.0):
        picture = grey if scale == 1.0 else cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        found = zxingcpp.read_barcodes(
            np.ascontiguousarray(picture), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
        if found:
            return tuple(dict.fromkeys(code.text.strip() for code in found if code.text))
    return ()
