"""Documentation is executed, or says why not."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
]
# Blocks in these languages are read, not run; Python has one spelling, which runs.
READ = {"", "bash", "text", "yaml", "toml", "json", "sql", "html", "mermaid", "markdown", "dockerfile", "ini"}


def fences(page: Path) -> list[str]:
    opening = re.findall(r"^ {0,3}```([^\n`]*)$", page.read_text(), re.MULTILINE)
    return [language.strip() for language in opening[::2]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_fence_is_known(page: Path) -> None:
    assert set(fences(page)) <= READ | {"python"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_skipped_block_has_a_reason(page: Path) -> None:
    for directive in re.findall(r"<!--+\s*skip:.*", page.read_text()):
        assert re.search(r"skip: (next|start|end)( if\(.+, reason=.+\)| \".+\"|\s*--+>)", directive), directive
        assert "end" in directive or '"' in directive or "reason" in directive, directive


def test_every_page_with_python_is_run_by_make() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert PAGES
    for page in PAGES:
        if "python" in fences(page) and page.name != "CONTRIBUTING.md":  # test_recipes runs that
            assert str(page.relative_to(ROOT)) in makefile, page


def test_every_decision_is_listed_with_its_title() -> None:
    decisions = ROOT / "docs" / "decisions"
    listed = re.findall(
        r"^- \[(\d{4} .+)\]\((\d{4}-[\w-]+\.md)\)$", (decisions / "README.md").read_text(), re.MULTILINE
    )
    titles = {page.name: page.read_text().partition("\n")[0] for page in sorted(decisions.glob("[0-9]*.md"))}
    assert [(f"# {title}", name) for title, name in listed] == [(title, name) for name, title in titles.items()]
    assert [name for name, title in titles.items() if title[2:6] != name[:4]] == []


@pytest.mark.parametrize("entry", ["README.md", "docs/index.md", "mkdocs.yml"])
def test_every_guide_is_found_from_the_start(entry: str) -> None:
    text = (ROOT / entry).read_text()
    guides = [page.name for page in PAGES if page.parent.name == "guides"]
    assert [name for name in guides if f"guides/{name}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_our_packages_are_installed_from_our_wheels() -> None:
    """Strangers own some of the names on the public index."""
    ours = [path.name for path in (ROOT / "packages").glob("*-*")]
    for page in PAGES:
        for block in re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL):
            for line in re.findall(r"^pip install .*", block, re.MULTILINE):
                if any(name in line for name in ours):
                    assert "--find-links dist" in line, (page, line)


def exported(package: str) -> set[str]:
    """The names that a package offers, of its source: not every package can be imported in one environment."""
    (source,) = (ROOT / "packages").glob(f"*/src/{package}/__init__.py")
    values: dict[str, ast.expr] = {}
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            values[ast.unparse(target)] = node.value
    if "_NAMES" in values:  # a package of parts, each with its names
        return {name for names in ast.literal_eval(values["_NAMES"]).values() for name in names}
    return set(ast.literal_eval(values["__all__"])) - {"__version__"}


@pytest.mark.parametrize(
    ("package", "page", "elsewhere"),
    [
        ("dq_core", "dq-core.md", set()),
        ("moltres", "moltres.md", {"func"}),  # SQLAlchemy's
        ("moltres_airflow", "moltres-airflow.md", {"ETLPipeline"}),  # that of moltres
        ("moltres_prefect", "moltres-prefect.md", {"ETLPipeline"}),
        ("truthound_kestra", "truthound-kestra.md", set()),
    ],
)
def test_the_reference_has_every_exported_name(package: str, page: str, elsewhere: set[str]) -> None:
    text = (ROOT / "docs" / "reference" / page).read_text()
    entries = {name.rpartition(".")[2] for name in re.findall(r"^(?:::: | +heading: )(\S+)$", text, re.MULTILINE)}
    names = exported(package) - elsewhere - entries
    if entries & {"errors", "exceptions"}:  # a module with all errors
        names = {name for name in names if not name.endswith("Error")}
    assert names == set()
