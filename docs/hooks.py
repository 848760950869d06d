"""What `mkdocs build` needs beside the pages: those outside of docs/, links as on a code host, equations as MathML."""

import html
import json
import os
import re
from pathlib import Path

from latex2mathml.converter import convert
from mkdocs.structure.files import File

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
PAGES = ["CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md", *ROOT.glob("results/**/README.md")]
LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(([^()\s#]+)(#[^()\s]*)?\)")
EQUATION = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.S)
PICTURES = {".png", ".svg"}
NOTEBOOK = re.compile(r"<!-- NOTEBOOK (\S+) -->")


def on_files(files, config):
    """Add the pages that lie outside of docs/, and the pictures that they show."""
    for page in (ROOT / name for name in PAGES):
        targets = [page.parent / match[3] for match in LINK.finditer(page.read_text(encoding="utf-8"))]
        for path in [page, *(target.resolve() for target in targets if target.suffix in PICTURES)]:
            uri = str(path.relative_to(ROOT))
            if files.get_file_from_path(uri) is None:
                files.append(File(uri, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown, page, files, **_):
    """Links are written for a code host, relative to the file: here to the page; to what is no page, plain text."""
    source = Path(page.file.abs_src_path).parent

    def link(match: re.Match) -> str:
        picture, text, target, anchor = match.groups(default="")
        if "://" in target:
            return match[0]
        path = Path(os.path.normpath(source / target))
        if (path / "README.md").is_file():
            path /= "README.md"
        uri = str(path.relative_to(DOCS if path.is_relative_to(DOCS) else ROOT))
        if files.get_file_from_path(uri) is None:
            if not path.exists():
                raise FileNotFoundError(f"{page.file.src_uri}: no such file: {target}")
            return text
        return f"{picture}[{text}]({os.path.relpath(uri, os.path.dirname(page.file.src_uri) or '.')}{anchor})"

    return NOTEBOOK.sub(lambda match: notebook(source / match[1]), LINK.sub(link, markdown))


def notebook(path: Path) -> str:
    """An executed notebook as Markdown: its text, its code, and what came out, pictures within the page."""
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
        outputs = [(output, output.get("data", {})) for output in cell.get("outputs", ())]
        lines = [line for output, data in outputs for line in output.get("text", data.get("text/plain", ()))]
        pictures = [data["image/png"] for _, data in outputs if "image/png" in data]
        if lines and not pictures:
            parts.append(f"```text\n{''.join(lines).rstrip()}\n```")
        parts += [f'<img alt="What the code draws" src="data:image/png;base64,{data}">' for data in pictures]
    return "\n\n".join(parts)


def on_page_content(content, **_):
    r"""Equations, which browsers draw themselves: \( \) and \[ \] around LaTeX become MathML."""

    def equation(match: re.Match) -> str:
        latex = html.unescape(match[2]).strip()[2:-2]
        return convert(latex, display="block" if match[1] == "div" else "inline")

    return EQUATION.sub(equation, content)
