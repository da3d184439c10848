"""The ways through a shipyard, drawn as text and as a Mermaid flow chart."""

from __future__ import annotations

from collections.abc import Iterator

from keptn.simulation.walk import Ending, Node


def as_text(nodes: list[Node]) -> str:
    """Per sequence its tasks, and what each of its ends starts."""
    return "\n".join(line for node in nodes for line in _lines(node))


def as_mermaid(nodes: list[Node]) -> str:
    """One box per sequence, in a frame per stage; one arrow per follower, labelled with the ends that lead there."""
    lines = ["flowchart LR"]
    for stage in dict.fromkeys(node.name.partition(".")[0] for node in nodes):
        lines.append(f'  subgraph {_key(stage)}["{stage}"]')
        lines += [f"    {_box(node)}" for node in nodes if node.name.partition(".")[0] == stage]
        lines.append("  end")
    for node in nodes:
        for follower, endings in arrows(node):
            lines.append(f'  {_key(node.name)} -->|"{label(node, endings)}"| {_key(follower)}')
    return "\n".join(lines)


def _lines(node: Node) -> Iterator[str]:
    yield f"{node.name}: {' → '.join(node.tasks)}"
    groups: dict[tuple[str, ...], list[Ending]] = {}
    for ending in node.endings:
        groups.setdefault(ending.followers, []).append(ending)
    for followers, endings in groups.items():
        yield f"  {label(node, endings)} → {', '.join(followers) or 'end'}"


def arrows(node: Node) -> Iterator[tuple[str, list[Ending]]]:
    """What follows it, and after which of its ends."""
    followers = dict.fromkeys(name for ending in node.endings for name in ending.followers)
    for follower in followers:
        yield follower, [ending for ending in node.endings if follower in ending.followers]


def label(node: Node, endings: list[Ending]) -> str:
    """`fail` alone when it does not matter where."""
    failed = [ending for ending in endings if ending.text.startswith("fail")]
    all_failed = [ending for ending in node.endings if ending.text.startswith("fail")]
    names = [ending.text for ending in endings if not ending.text.startswith("fail")]
    fails = ["fail"] if failed and len(failed) == len(all_failed) else [ending.text for ending in failed]
    return ", ".join(dict.fromkeys([*names, *fails]))


def _box(node: Node) -> str:
    return f'{_key(node.name)}["{node.name.partition(".")[2]}<br/>{" → ".join(node.tasks)}"]'


def _key(name: str) -> str:
    return "s_" + "".join(letter if letter.isalnum() else "_" for letter in name)
