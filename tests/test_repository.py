"""What the repository promises about itself: its tree, its links, its locks, and the names it takes."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = {"domain", "projections", "replay", "consumers", "api", "tests", "docs"}
"""The top level. It is fixed: see README."""
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LOCKS = ["requirements.lock", "requirements-dev.lock"]


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_no_dependency_ships_one_of_our_top_level_names() -> None:
    """Our folders are imported by their plain names: a dependency's folder of that name might come first."""
    owners = packages_distributions()
    taken = {name: set(owners.get(name, [])) - {PROJECT["project"]["name"]} for name in FOLDERS}
    assert not any(taken.values()), taken


def test_the_top_level_has_these_folders_and_no_others() -> None:
    made_by_tools = re.findall(r"^([a-z]+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE)
    found = {path.name for path in ROOT.iterdir() if path.is_dir() and re.fullmatch("[a-z]+", path.name)}
    assert found - set(made_by_tools) == FOLDERS


def test_the_readme_tells_of_every_folder_in_one_line() -> None:
    [tree] = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    told = [re.fullmatch(r"([a-z]+)/ +\S.*", line) for line in tree.splitlines()]
    assert {line[1] for line in told if line} == FOLDERS
    assert all(told)


def test_the_floors_of_the_import_contracts_are_the_packages_that_ship() -> None:
    linter = PROJECT["tool"]["importlinter"]
    floors = next(contract["layers"] for contract in linter["contracts"] if contract["id"] == "floors")
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(floors) == set(linter["root_packages"]) == set(shipped) == FOLDERS - {"tests", "docs"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_decision_is_listed_dated_and_numbered() -> None:
    folder = ROOT / "docs" / "adr"
    decisions = sorted(folder.glob("0*.md"))
    listed = re.findall(r"^\d+\. \[(.*)\]\((.*)\)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert [name for _, name in listed] == [decision.name for decision in decisions]
    for number, (decision, (title, _)) in enumerate(zip(decisions, listed, strict=True), start=1):
        text = decision.read_text()
        assert decision.name.startswith(f"{number:04d}-")
        assert re.match(rf"# {number}\. {re.escape(title)}\n\n\d{{4}}-\d\d-\d\d\n", text)


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    [newest, *_] = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest == PROJECT["project"]["version"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_registry_and_no_place_on_a_machine(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert [
        line for line in text.splitlines() if line.lstrip("# ").startswith(("/", "--index", "--find", "-f", "-i"))
    ] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_a_hash(lock: str) -> None:
    entries = re.split(r"^(?=[a-z0-9-]+==)", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(lock)) > 0
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_locks_agree_and_hold_every_declared_dependency() -> None:
    runtime, development = map(pins, LOCKS)
    assert runtime.items() <= development.items()
    extras = PROJECT["project"]["optional-dependencies"]
    for declared, pinned in ((PROJECT["project"]["dependencies"], runtime), (extras["dev"], development)):
        assert {re.split(r"[\[<>=]", requirement)[0] for requirement in declared} <= pinned.keys()
