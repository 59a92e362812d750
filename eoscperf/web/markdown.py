"""Text of users as HTML: Markdown without raw HTML and images, cleaned once more at the end."""

from __future__ import annotations

import functools

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}

SCHEMES = {"http", "https", "mailto"}

_parser = (
    MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 20})
    .enable("table")
    .disable("image")
)


@functools.lru_cache(maxsize=512)
def render(text: str) -> Markup:
    """The HTML of a text. Headings begin at the third level, those of the page stand above them."""
    tokens = _parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    made = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(
        made, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow ugc noopener"
    )
    return Markup(clean)  # noqa: S704  cleaned in the line above


def markdown(text: str | None) -> Markup:
    """The filter `markdown` of templates; nothing for no text."""
    return render(text) if text else Markup("")
