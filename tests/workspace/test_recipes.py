"""The recipes of CONTRIBUTING.md, replayed in a copy of the tree: the files and the commands are those of the page."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from support.tools import load_tool

ROOT = Path(__file__).resolve().parents[2]
NOT_REPLAYED = {"make lint types test": "the tests run anyway, and this one is among them"}

new = load_tool("new")


def commands(heading: str) -> list[str]:
    """The commands of a section, without their comments."""
    blocks = re.findall(r"^```bash\n(.*?)^```$", new.section(heading), re.MULTILINE | re.DOTALL)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@dataclass(frozen=True)
class Tree:
    """A copy of the tree; its environments are the one that runs this test."""

    folder: Path
    uv: str

    def run(self, command: str, *, succeeds: bool = True) -> str:
        """Run a command of the page; what it says."""
        words = shlex.split(command)
        if words[0] in ("python3", "pytest") or words[0].startswith(".venvs/"):
            program = Path(words[0]).name.replace("python3", "python")
            words[0] = str(Path(sys.executable).with_name(program))
        if words[0].endswith("pytest"):
            # Servers that must be installed have legs of their own.
            words += ["-q", "-p", "no:cacheprovider", "--hypothesis-profile=ci", "-m", "not engines"]
            words += [f"--junitxml={self.folder / 'ran.xml'}"]
        sources = [self.folder, *self.folder.glob("packages/*/src")]
        path = [str(Path(sys.executable).parent), str(Path(self.uv).parent), os.environ["PATH"]]
        person = {f"GIT_{role}_{what}": "tests" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {
            **os.environ,
            **person,
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": os.pathsep.join(map(str, sources)),
        }
        environment.pop("MOLTRES_PROOFS", None)  # a part of the suites runs here
        environment["MOST_CASES"] = "1"
        done = subprocess.run(words, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert (done.returncode == 0) is succeeds, f"{command}\n{said}"
        return said

    def replay(self, heading: str) -> None:
        """Run the commands of a section."""
        asked = [one for one in commands(heading) if one not in NOT_REPLAYED]
        assert len(asked) > 1
        for command in asked:
            self.run(command)

    def passed(self) -> set[str]:
        """The tests that have just passed."""
        cases = ET.parse(self.folder / "ran.xml").getroot().iter("testcase")
        return {f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}" for case in cases if not len(case)}


@pytest.fixture(scope="session")
def uv() -> str:
    asked = [sys.executable, str(ROOT / "tools" / "setup.py"), "--uv"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()[-1]


@pytest.fixture
def tree(tmp_path: Path, uv: str) -> Tree:
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name, follow_symlinks=False)
    return Tree(tmp_path, uv)


def test_a_kind_of_check_runs_on_every_database(tree: Tree) -> None:
    tree.replay("A kind of check")
    passed = tree.passed()
    for place in ("sqlite", "duckdb", "postgresql", "parquet", "csv", "pandas", "polars", "arrow", "rows"):
        assert f"TestStartsWith.test_case[{place}-text]" in passed
    page = (tree.folder / "docs" / "guides" / "checks.md").read_text(encoding="utf-8")
    assert "| `starts_with` | **column**, **prefix** | Every value starts with the prefix. |" in page


def test_what_is_missing_of_a_kind_is_named(tree: Tree) -> None:
    start, *_ = commands("A kind of check")
    tree.run(start)
    looks = "pytest tests/dq_core/test_kinds.py tests/dq_core/test_rules_documentation.py"
    assert "run python tools/rules_table.py" in tree.run(looks, succeeds=False)
    rules = Path("tests", "support", "engine_conformance.py")
    shutil.copy(ROOT / rules, tree.folder / rules)
    (tree.folder / "tests" / "dq_core" / "test_check_starts_with.py").unlink()
    said = tree.run(looks, succeeds=False)
    assert "test_check_starts_with.py is missing" in said
    assert "RULES of tests/support/engine_conformance.py lacks a rule of the type 'starts_with'" in said


def test_an_adapter_does_what_every_adapter_does(tree: Tree) -> None:
    tree.replay("An adapter")
    passed = tree.passed()
    assert {"sqlite", "duckdb", "postgresql"} <= {name.rpartition("[")[2].rstrip("]") for name in passed}
    assert len(passed) > 40


NANODB = """
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class NanoDB(SQLiteDialect_pysqlite):
    name = "nanodb"
    supports_statement_cache = True
"""


def test_a_database_passes_the_suite(tree: Tree) -> None:
    """The package that brings the dialect of SQLAlchemy is made here: SQLite under another name."""
    installed = tree.folder / "nanodb_for_sqlalchemy-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: nanodb-for-sqlalchemy\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[sqlalchemy.dialects]\nnanodb = nanodb_for_sqlalchemy:NanoDB\n")
    (tree.folder / "nanodb_for_sqlalchemy.py").write_text(NANODB)
    tree.replay("A database")
    assert len(tree.passed()) > 100


def test_a_release_is_prepared_and_built(tree: Tree) -> None:
    for command in ("git init -q", "git add -A", "git commit -qm before"):
        tree.run(command)
    changes = tree.folder / "packages" / "dq-core" / "CHANGELOG.md"
    if "## Unreleased" not in changes.read_text():
        changes.write_text(changes.read_text().replace("# Changes\n", "# Changes\n\n## Unreleased\n\n- New.\n", 1))
    tree.replay("A release")
    (built,) = tree.folder.glob("dist/dq-core-*/*.whl")
    version = re.search(r"-(\d+\.\d+\.0)-", built.name)
    assert version is not None
    assert f"## {version[1]} - " in changes.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("kind Starts-With", "no name in lower case"),
        ("kind length", "checks/kinds/length.py exists"),
        ("kind class", "no name"),
        ("room x", "invalid choice"),
    ],
)
def test_a_start_that_cannot_be_made_is_refused_and_nothing_is_written(tree: Tree, arguments: str, said: str) -> None:
    before = sorted(path for path in tree.folder.rglob("*.py"))
    assert said in tree.run(f"python3 tools/new.py {arguments}", succeeds=False)
    assert sorted(path for path in tree.folder.rglob("*.py")) == before


def test_every_command_of_the_recipes_is_one_that_can_be_replayed() -> None:
    for heading in (*(heading for heading, _ in new.RECIPES.values()), "A release"):
        for line in commands(heading):
            assert line in NOT_REPLAYED or line.startswith(("python3 ", ".venvs/", "git ")), line
