"""`nopsa trace`: one referral's trace as a tree with durations, through every service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.tree import Tree

from deploy.cli.running import DEFAULT_DATA_DIR, DataDir, fail
from deploy.local.services import span_dir
from deploy.local.spans import Span, first_trace_of, read_spans, services_in
from deploy.local.spans import tree as span_tree

console = Console(highlight=False)


def trace(
    referral_id: Annotated[str, typer.Argument(help="The id of a referral.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Draw the trace of a referral, from the request to the last consumer."""
    folder = span_dir(data_dir)
    spans = read_spans(folder) if folder.exists() else []
    trace_id = first_trace_of(spans, referral_id)
    if trace_id is None:
        raise fail(
            f"No trace of referral {referral_id} in {folder}. "
            "With an OTLP endpoint set, look in your tracing backend."
        )
    show(span_tree(spans, trace_id))


def show(roots: Sequence[Span]) -> None:
    """Prints the tree; statements to the database are summed up under what they serve."""
    began = min(span.start for span in roots)
    names = ", ".join(sorted(services_in(roots)))
    top = Tree(f"[bold]trace {roots[0].trace_id}[/] through {names}")
    for span in roots:
        _grow(top, span, began)
    console.print(top)


def _grow(branch: Tree, span: Span, began: datetime) -> None:
    twig = branch.add(_label(span, began))
    statements = [child for child in span.children if child.is_database]
    if statements:
        total = sum(child.milliseconds for child in statements)
        twig.add(f"[dim]{total:7.1f} ms  database: {len(statements)} statements[/]")
    for child in span.children:
        if not child.is_database:
            _grow(twig, child, began)


def _label(span: Span, began: datetime) -> str:
    offset = (span.start - began).total_seconds() * 1000
    failed = " [red]failed[/]" if span.failed else ""
    return (
        f"{span.milliseconds:7.1f} ms  [cyan]{span.service}[/] {span.name}"
        f" [dim]at +{offset:.0f} ms[/]{failed}"
    )
