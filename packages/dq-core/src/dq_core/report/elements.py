"""HTML that is escaped by construction: text becomes markup only through ``element``."""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is HTML already. Only this module makes any; every other string is escaped when it is put in."""

    __slots__ = ()


def element(tag: str, *children: str | None, **attributes: str | bool | None) -> Markup:
    """One HTML element.

    Args:
        tag: Its name.
        *children: Markup goes in as it is, any other string is escaped, None is left out.
        **attributes: A trailing underscore is dropped (``class_``), other underscores become dashes (``aria_label``);
            True gives the name alone, None and False are left out.

    Returns:
        The element as markup.
    """
    written = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_text(value)}"')
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: str | None) -> Markup:
    """Children one after the other, each escaped unless it is markup."""
    return Markup(
        "".join(child if isinstance(child, Markup) else _text(child) for child in children if child is not None)
    )


def _text(value: str) -> str:
    # A lone surrogate cannot be written as UTF-8, and HTML knows no NUL.
    return escape(value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\ufffd"), quote=True)
