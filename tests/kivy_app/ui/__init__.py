"""Tests of the app's window. Kivy reads its environment when it is first imported, so it is prepared here."""

import os
import tempfile


def _prepare() -> None:
    """Draw off screen at one pixel a dp, in a window of a small phone, with our text provider."""
    os.environ.pop("DISPLAY", None)
    os.environ.update(
        SDL_VIDEODRIVER="offscreen", SDL_AUDIODRIVER="dummy", LIBGL_ALWAYS_SOFTWARE="1", KIVY_NO_ARGS="1",
        KIVY_NO_FILELOG="1", KIVY_LOG_MODE="PYTHON", KIVY_CLIPBOARD="dummy", KIVY_METRICS_DENSITY="1", KIVY_DPI="160",
        KIVY_HOME=tempfile.mkdtemp(prefix="kivy-"),
    )  # fmt: skip
    from kivy.config import Config

    for section, option, value in (
        ("graphics", "width", "400"),
        ("graphics", "height", "800"),
        ("graphics", "maxfps", "0"),
        ("kivy", "log_level", "warning"),
    ):
        Config.set(section, option, value)
    from patient.ui import text

    text.install()


_prepare()
