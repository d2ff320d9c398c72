"""Lists every string of Django's own that a doctor can reach on the portal and that has no Khmer; exit code 1 if any.

Our own strings are the business of ``tools/translations.py --check``. Django's come from the templates and modules that
the portal's pages use: the frame of the admin, lists, sign-in, password change, forms, validators, dates.
"""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
HOUSE = Path(django.__file__).parent
ADMIN = HOUSE / "contrib" / "admin" / "templates"
TEMPLATES = (
    "admin/base.html", "admin/base_site.html", "admin/login.html", "admin/change_list.html",
    "admin/change_list_results.html", "admin/pagination.html", "admin/search_form.html", "admin/filter.html",
    "admin/404.html", "admin/color_theme_toggle.html", "admin/nav_sidebar.html", "admin/app_list.html",
    "registration/logged_out.html", "registration/password_change_form.html", "registration/password_change_done.html",
)  # fmt: skip
MODULES = (
    "contrib/auth/forms.py", "contrib/auth/password_validation.py", "contrib/admin/forms.py",
    "contrib/admin/filters.py",
    "contrib/admin/views/main.py", "forms/fields.py", "forms/formsets.py", "forms/models.py", "forms/forms.py",
    "utils/dates.py", "utils/timesince.py", "views/csrf.py",
)  # fmt: skip
# The help of a form that adds accounts, which the portal has not.
UNREACHED = ("Whether the user will be able to authenticate using a password or not.",)


def strings() -> Iterator[tuple[str, str]]:
    """(file, string), counted ones by their first form."""
    from babel.messages.extract import DEFAULT_KEYWORDS, extract
    from django.utils.translation.template import templatize

    words = DEFAULT_KEYWORDS | {
        "gettext_lazy": None, "gettext_noop": None, "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2),
    }  # fmt: skip
    sources = [(f"templates/{name}", _flat(templatize((ADMIN / name).read_text(), origin=name))) for name in TEMPLATES]
    sources += [(name, (HOUSE / name).read_text()) for name in MODULES if (HOUSE / name).exists()]
    for name, text in sources:
        for _line, found, _comments, context in extract("python", io.BytesIO(text.encode()), words):
            message = found[0] if isinstance(found, tuple) else found
            if message:
                yield name, f"{context}\x04{message}" if context else str(message)


def _flat(text: str) -> str:
    """Without the indentation of the page, which means nothing to the extractor of Python."""
    return "\n".join(line.strip() for line in text.splitlines())


def missing() -> list[tuple[str, str]]:
    """What a Khmer page would show in English."""
    from django.utils import translation

    with translation.override("km"):
        catalogue = translation.trans_real.catalog()  # type: ignore[attr-defined]
        return [
            (name, text)
            for name, text in sorted(set(strings()))
            if any(letter.isalpha() for letter in text)
            and not _said(catalogue, text)
            and not text.startswith(UNREACHED)
        ]


def _said(catalogue: object, text: str) -> bool:
    """Whether the merged Khmer catalogue holds the string, plain or counted."""
    known = catalogue._catalog  # type: ignore[attr-defined]  # noqa: SLF001
    return bool(known.get(text) or known.get((text, 0)))


def main() -> int:
    """Print what is missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dastern.settings.test")
    django.setup()
    found = missing()
    for name, text in found:
        print(f"{name}: {text!r}")
    print(f"{len(found)} strings without Khmer")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
