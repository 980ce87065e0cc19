"""What the tests of the documents read: the repository's Markdown, its code blocks, words and links."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    *(
        f"docs/{name}.md"
        for name in ("playing", "own-kubectl", "scenarios", "architecture", "gaps")
    ),
)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"``\s?(.+?)\s?``(?!`)|`([^`\n]+)`", re.DOTALL)


def text(page: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / page).read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    """Return what stands below the heading *title*, up to the next of its level."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", text(page), re.M | re.S)
    assert found is not None, f"{page} has no section {title!r}"
    return found[2]


def codes(markdown: str) -> list[str]:
    """Return what stands in backticks outside of code blocks, without line breaks."""
    plain = _BLOCK.sub("", markdown)
    return [" ".join((one or two).split()) for one, two in _CODE.findall(plain)]


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of *language*."""
    return [body for name, body in _BLOCK.findall(text(page)) if name == language]


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    plain = _BLOCK.sub("", text(page))
    titles = re.findall(r"^#+ (.+)$", plain, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
