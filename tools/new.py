"""Start a kind of check, a database or an adapter from the example in CONTRIBUTING.md, under a name of your own.

    python3 tools/new.py kind ends_with
    python3 tools/new.py database cockroachdb
    python3 tools/new.py adapter dagster

It writes the files that the page shows, with your name in place of the example's. Then change what they do.
"""

from __future__ import annotations

import argparse
import keyword
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "CONTRIBUTING.md"
DIALECTS = ROOT / "packages" / "moltres-core" / "src" / "moltres" / "dialects" / "__init__.py"
ENGINES = ROOT / "tests" / "support" / "engine_conformance.py"

# By what is made: the heading of its recipe, and what the example there is called.
RECIPES = {
    "kind": ("A kind of check", "starts_with"),
    "database": ("A database", "nanodb"),
    "adapter": ("An adapter", "plain"),
}


def section(heading: str) -> str:
    """The text of a recipe."""
    text = PAGE.read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n## {heading}\n")
    if not found:
        raise SystemExit(f"new: {PAGE.name} has no section {heading!r}")
    return rest.partition("\n## ")[0]


def files(what: str) -> dict[str, str]:
    """The files of a recipe by their paths: a paragraph that begins with a path in backquotes, and a Python block."""
    pattern = r"^`([\w./-]+\.py)`(?:[^\n]*\n)+?\n```python\n(.*?)^```$"
    return dict(re.findall(pattern, section(RECIPES[what][0]), re.MULTILINE | re.DOTALL))


def camel(name: str) -> str:
    """``starts_with`` as the name of a class."""
    return "".join(word.capitalize() for word in name.split("_"))


def renamed(text: str, example: str, name: str) -> str:
    """The text about another thing."""
    text = text.replace(camel(example), camel(name))
    # Also within names such as moltres_plain and moltres-plain, but not within other words.
    return re.sub(rf"(?<![A-Za-z]){example}(?![A-Za-z])", name, text)


def problems(name: str, made: dict[Path, str]) -> list[str]:
    """Everything that speaks against this name."""
    found = []
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        found.append(f"{name!r} is no name in lower case with underscores")
    found += [f"{path.relative_to(ROOT)} exists" for path in made if path.exists()]
    return found


def add_rule(name: str, test: str) -> None:
    """Give the suite of the engines a rule of the kind, with the options that its test has."""
    options = re.search(r"^    options: ClassVar = \{(.*)\}$", test, re.MULTILINE)
    before = ENGINES.read_text(encoding="utf-8")
    row = f'    "{name}": {{"type": "{name}", "column": "t", {options[1] if options else ""}}},\n'
    after = re.sub(r'^(?=    "a list": )', row, before, count=1, flags=re.MULTILINE)
    if after == before:
        raise SystemExit(f"new: {ENGINES.relative_to(ROOT)} has no rule 'a list' to write this one before")
    ENGINES.write_text(after, encoding="utf-8")


def list_database(name: str) -> None:
    """Let moltres find the dialect by the name of the database."""
    before = DIALECTS.read_text(encoding="utf-8")
    row = f'    "{name}": (".{name}", "{camel(name)}Dialect"),\n'
    after = re.sub(r"(?<=^_MODULES = \{\n)", row, before, count=1, flags=re.MULTILINE)
    if after == before:
        raise SystemExit(f"new: {DIALECTS.relative_to(ROOT)} has no table _MODULES")
    DIALECTS.write_text(after, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=RECIPES)
    parser.add_argument("name")
    given = parser.parse_args()
    example = RECIPES[given.what][1]
    made = {
        ROOT / renamed(path, example, given.name): renamed(text, example, given.name)
        for path, text in files(given.what).items()
    }
    found = problems(given.name, made)
    if found:
        raise SystemExit("\n".join(f"new: {problem}" for problem in found))
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
    if given.what == "kind":
        add_rule(given.name, "".join(text for path, text in made.items() if path.name.startswith("test_")))
    if given.what == "database":
        list_database(given.name)


if __name__ == "__main__":
    main()
