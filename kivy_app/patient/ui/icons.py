"""The pictograms of the app: our names, and where they sit in ``assets/fonts/Icons.ttf``.

The four times of day are the same rising sun, noon, sunset and moon everywhere. A status is never told by an
icon alone: a word stands beside it.
"""

FONT = "Icons"

# Our name → code point in Material Design Icons 7 (the name there).
CODES = {
    "morning": 0xF059C,  # weather-sunset-up
    "noon": 0xF0599,  # weather-sunny
    "evening": 0xF059B,  # weather-sunset-down
    "night": 0xF0594,  # weather-night
    "taken": 0xF05E0,  # check-circle
    "late": 0xF0FA8,  # clock-check
    "missed": 0xF0625,  # help-circle-outline
    "skipped": 0xF073A,  # cancel
    "due": 0xF0130,  # checkbox-blank-circle-outline
    "snooze": 0xF068E,  # alarm-snooze
    "home": 0xF02DC,  # home
    "medicines": 0xF0402,  # pill
    "family": 0xF0849,  # account-group
    "settings": 0xF0493,  # cog
    "synced": 0xF1BEB,  # cloud-check
    "offline": 0xF0164,  # cloud-off-outline
    "syncing": 0xF04E6,  # sync
    "waiting": 0xF0167,  # cloud-upload
    "attention": 0xF0026,  # alert
    "urgent": 0xF0028,  # alert-circle
    "back": 0xF004D,  # arrow-left
    "next": 0xF0142,  # chevron-right
    "close": 0xF0156,  # close
    "undo": 0xF054C,  # undo
    "delete": 0xF0A7A,  # trash-can-outline
    "clock": 0xF0150,  # clock-outline
    "minus": 0xF0374,  # minus
    "plus": 0xF0415,  # plus
    "show": 0xF0208,  # eye
    "hide": 0xF0209,  # eye-off
    "language": 0xF05CA,  # translate
    "theme": 0xF050E,  # theme-light-dark
    "text_size": 0xF027F,  # format-size
    "bell": 0xF009A,  # bell
    "sign_out": 0xF0343,  # logout
    "doctor": 0xF0A42,  # doctor
    "edit": 0xF03EB,  # pencil
    "checked": 0xF0132,  # checkbox-marked
    "unchecked": 0xF0131,  # checkbox-blank-outline
    "selected": 0xF043E,  # radiobox-marked
    "unselected": 0xF043D,  # radiobox-blank
}


def glyph(name: str) -> str:
    """The character of an icon. Raises KeyError for a name that is not ours."""
    return chr(CODES[name])
