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
    "scan": 0xF0624,  # line-scan
    "camera": 0xF0100,  # camera
    "gallery": 0xF02E9,  # image
    "chart": 0xF0128,  # chart-bar
    "calendar": 0xF0E17,  # calendar-month
    "heart": 0xF05F6,  # heart-pulse
    "glucose": 0xF058C,  # water
    "weight": 0xF0473,  # scale-bathroom
    "temperature": 0xF050F,  # thermometer
    "sos": 0xF078F,  # alarm-light
    "call": 0xF03F2,  # phone
    "message": 0xF0369,  # message-text
    "share": 0xF0497,  # share-variant
    "save": 0xF0193,  # content-save
    "search": 0xF0349,  # magnify
    "person": 0xF0004,  # account
    "person_add": 0xF0014,  # account-plus
    "people": 0xF000E,  # account-multiple
    "switch": 0xF0019,  # account-switch
    "lock": 0xF033E,  # lock
    "private": 0xF1C06,  # eye-lock
    "history": 0xF02DA,  # history
    "inbox": 0xF01F0,  # email-outline
    "read": 0xF05EF,  # email-open-outline
    "stock": 0xF03D6,  # package-variant
    "refill": 0xF0112,  # cart-plus
    "needed": 0xF18B6,  # hand-extended
    "batch": 0xF0076,  # basket
    "plan": 0xF04CF,  # star-circle
    "pay": 0xF0432,  # qrcode
    "bank": 0xF0070,  # bank
    "device": 0xF011C,  # cellphone
    "log": 0xF09ED,  # text-box-outline
    "download": 0xF01DA,  # download
    "pdf": 0xF0226,  # file-pdf-box
    "speak": 0xF057E,  # volume-high
    "info": 0xF02FC,  # information
    "check": 0xF012C,  # check
    "stop": 0xF0666,  # stop-circle
    "pause": 0xF03E5,  # pause-circle
    "play": 0xF040C,  # play-circle
    "copy": 0xF018F,  # content-copy
    "nudge": 0xF1821,  # hand-wave
    "verified": 0xF0791,  # check-decagram
    "location": 0xF034E,  # map-marker
    "shield": 0xF088F,  # shield-account
    "help": 0xF02D7,  # help-circle
    "flame": 0xF0238,  # fire
    "safe": 0xF0565,  # shield-check
    "meal": 0xF025A,  # food
    "list": 0xF0279,  # format-list-bulleted
    "oxygen": 0xF1084,  # lungs
    "pictures": 0xF02F9,  # image-multiple
    "versions": 0xF062C,  # source-branch
    "battery": 0xF0083,  # battery-alert
    "palette": 0xF03D8,  # palette
    "ruler": 0xF046D,  # ruler
}


def glyph(name: str) -> str:
    """The character of an icon. Raises KeyError for a name that is not ours."""
    return chr(CODES[name])
