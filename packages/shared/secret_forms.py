"""Secrets that are known by their own form or by what stands around them, whatever they are called.

Known kinds of token, the paths of webhooks (whoever knows the URL may post), and passwords on command lines:
``curl -u user:password``, ``mysql -ppassword``, ``--password password``, headers, pairs for basic authentication.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TOKEN", "Found", "in_text", "of_path"]

#: Tokens whose issuers gave them a form of their own.
TOKEN: Final = re.compile(
    r"(?<![\w-])(?:eyJ[\w-]{6,}\.[\w-]+\.[\w-]*|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}"
    r"|xapp-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"
    r"|dapi[0-9a-f]{32}(?:-\d+)?|sk-[\w-]{20,}|[rs]k_(?:live|test)_\w{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|hf_\w{30,}"
    r"|npm_\w{36}|pypi-[\w-]{50,}|dop_v1_\w{32,}|dckr_[op]at_[\w-]{20,}|shp(?:at|ca|pa|ss)_\w{32,}|ATATT3[\w=-]{20,}"
    r"|-----BEGIN[A-Z ]*-----(?:(?!-----BEGIN)[\s\S])*?(?:-----END[A-Z ]*-----|\Z))"
)

#: Webhooks whose path is the secret, from the host on.
_PATHS: Final = (
    r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(.+)",
    r"(?:[\w-]+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d+/([^/]+)",
    r"[\w.-]+\.webhook\.office\.com/webhookb2/(.+)",
    r"outlook\.office(?:365)?\.com/webhook/(.+)",
    r"api\.telegram\.org/(?:file/)?bot([^/]+)",
    r"hooks\.zapier\.com/hooks/(?:[a-z]+/)?\d+/(.+)",
    r"hook(?:\.[\w-]+)?\.(?:make|integromat)\.com/(.+)",
    r"maker\.ifttt\.com/(?:use/|trigger/(?:.*/)?key/)(.+)",
    r"events\.pagerduty\.com/integration/([^/]+)",
    r"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/([^/]+)",
    r"hc-ping\.com/(.+)",
    # Kestra's own: namespace, flow, key.
    r"[^/]+/api/v1/(?:[^/]+/)?executions/webhook/[^/]+/[^/]+/([^/]+)",
    # Mattermost, Rocket.Chat and others: something long that is no word.
    r"[^/]+/(?:.*/)?(?:web)?hooks?/(?:[^/]+/)*?((?=[^/]*\d)(?=[^/]*[a-z])[\w-]{16,}(?:/.*)?)",
)
_WEBHOOKS: Final = re.compile("|".join(_PATHS), re.IGNORECASE)

_VALUE: Final = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s"',;|]+)"""
#: Between an option and its value, also as items of a list.
_GAP: Final = r"""(?:=|["']?(?:\s*,\s*|[ \t]+|\s*\\\n\s*))"""
#: The rest of a command: up to the next one.
_REST: Final = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[,\\]\s*\n|[^\n|;&"']|&(?!&)|["'])*"""
_PAIR: Final = rf"""(?P<value>{_VALUE})"""

#: Commands, and their options that are followed by user:password.
_USERS: Final = ((r"curl", r"-[a-zA-Z]*[uU]|--user|--proxy-user"), (r"https?|xhs?", r"-a|--auth"))
#: Commands, and their options that are followed by a password.
_PASSWORDS: Final = (
    (r"curl", rf"(?:--oauth2-bearer|--pass|--proxy-pass){_GAP}"),
    (r"(?:mysql|mariadb)[\w-]*", r"-p(?![\w-]*=)"),
    (r"sshpass", rf"-p(?:{_GAP})?"),
    (r"(?:docker|podman|oras|skopeo|buildah|az|helm|nerdctl)\s[^\n|;&]*?\blogin", rf"-p{_GAP}"),
    (r"sqlcmd|bcp|unzip|zip", rf"-P(?:{_GAP})?"),
    (r"redis-cli", rf"-a{_GAP}"),
    (r"mongo(?:sh|dump|restore|import|export)?", rf"-p{_GAP}"),
)


def _command(words: str) -> re.Pattern[str]:
    return re.compile(rf"""(?<![\w./-])(?:[\w./-]*/)?(?:{words})(?=["'\s])(?P<rest>{_REST})""")


#: A command, its option with the value, and whether the value is user:password.
_COMMANDS: Final = [
    *((_command(one), re.compile(rf"""(?<=[\s"'])(?:{options})(?:{_GAP})?{_PAIR}"""), True) for one, options in _USERS),
    *((_command(one), re.compile(rf"""(?<=[\s"'])(?:{options}){_PAIR}"""), False) for one, options in _PASSWORDS),
]
_LONG: Final = re.compile(
    r"""(?<![\w-])--(?:[A-Za-z]\w*-)*(?:password|passwd|passphrase|pwd|secret|token|api-?key|secret-?key|access-?key)"""
    rf"""(?P<gap>{_GAP})(?!-){_PAIR}"""
)
_HEADER: Final = re.compile(
    r"""authorization["']?\]?\s*[:=]\s*[fF]?["']?(?:basic|bearer|token|apikey|digest|splunk|genie\w*)\s+"""
    r"""(?P<value>[^\s"',;]+)""",
    re.IGNORECASE,
)
_NAMED_HEADER: Final = re.compile(
    rf"""(?:-H|--header){_GAP}["']?(?:[\w-]*-)?(?:token|key|secret|password|cookie)\s*:\s*(?P<value>[^\s"',;]+)""",
    re.IGNORECASE,
)
_PAIR_OF_AUTH: Final = re.compile(
    r"""(?:\bauth\s*=\s*\(|Auth(?:entication)?\()\s*(?:\w+\s*=\s*)?(?P<q>["'])[^"'\n]*(?P=q)\s*,\s*(?:\w+\s*=\s*)?"""
    r"""(?P<value>["'][^"'\n]+["'])"""
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where in a string a secret is.

    Attributes:
        start: Where it begins.
        end: Behind its last character.
        is_sure: Whether it cannot be the next word of a sentence, as in "--password is required".
    """

    start: int
    end: int
    is_sure: bool = True


def of_path(place: str) -> tuple[int, int] | None:
    """Where in the host and path of a URL the secret of a webhook is.

    Args:
        place: ``hooks.slack.com/services/…``, without scheme, user and query.
    """
    host, slash, path = place.partition("/")
    name, colon, port = host.rpartition(":")
    bare = name if colon and port.isdigit() else host
    found = _WEBHOOKS.fullmatch(f"{bare}{slash}{path.rstrip('/')}") or _WEBHOOKS.match(f"{bare}{slash}{path}")
    if found is None or found.lastindex is None:
        return None
    start, end = found.span(found.lastindex)
    return start + len(host) - len(bare), end + len(host) - len(bare)


#: A part of a connection string, such as ``host=h password=p``.
_CONNECTING: Final = re.compile(
    r"""(?<![\w\-?&%.])(?:password|passwd|pwd)=(?P<value>'[^'\n]+'|[^\s'"`;,&(){}\[\]<>]+)""", re.IGNORECASE
)


def in_text(text: str) -> Iterator[Found]:
    """The secrets of commands, headers and programs in a string, and the known tokens, in no order."""
    for found in _CONNECTING.finditer(text):
        yield from _of_value(text, *found.span("value"), is_sure=False)
    for found in TOKEN.finditer(text):
        yield Found(*found.span())
    for command, option, is_pair in _COMMANDS:
        for whole in command.finditer(text):
            yield from _of_options(text, whole.span("rest"), option, is_pair=is_pair)
    for found in _LONG.finditer(text):
        yield from _of_value(text, *found.span("value"), is_sure="=" in found["gap"])
    for pattern in (_HEADER, _NAMED_HEADER, _PAIR_OF_AUTH):
        for found in pattern.finditer(text):
            yield from _of_value(text, *found.span("value"))


def _of_options(text: str, span: tuple[int, int], option: re.Pattern[str], *, is_pair: bool) -> Iterator[Found]:
    for found in option.finditer(text, *span):
        start, end = found.span("value")
        if is_pair:
            _, colon, _ = text[start:end].partition(":")
            if not colon:
                continue
            quote = text[start] if text[start] in "'\"" else ""
            end -= len(quote)
            start = text.index(":", start) + 1
            if start < end:
                yield Found(start, end)
        else:
            yield from _of_value(text, start, end)


def _of_value(text: str, start: int, end: int, *, is_sure: bool = True) -> Iterator[Found]:
    if text[start] in "'\"":
        start, end = start + 1, end - 1
    if start < end:
        yield Found(start, end, is_sure)


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_-"
