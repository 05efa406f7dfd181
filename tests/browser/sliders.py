"""Which cells of a lesson its sliders need: their own, and those that bind the names they use."""

import ast

from nbformat import NotebookNode


def needed(notebook: NotebookNode) -> list[int]:
    """Places of the cells to run, in order, so that sliders work.

    All sliders that need no cell but the lesson's first are there, and the first slider with
    whatever it needs.
    """
    trees = {
        place: ast.parse(cell.source)
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    }
    slices = [_slice(trees, place) for place in trees if "explore" in _called(trees[place])]
    free = [places for places in slices if len(places) == 2 and min(trees) in places]
    return sorted(set().union(*slices[:1], *free))


def _slice(trees: dict[int, ast.Module], last: int) -> set[int]:
    """The cell `last`, and those before it that bind a name which it, or one of them, uses."""
    found, wanted = {last}, _names(trees[last], ast.Load)
    for place in sorted((place for place in trees if place < last), reverse=True):
        if _bound(trees[place]) & wanted:
            found.add(place)
            wanted |= _names(trees[place], ast.Load)
    return found


def _called(tree: ast.Module) -> set[str]:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {function.id for function in calls if isinstance(function, ast.Name)}


def _names(tree: ast.Module, context: type) -> set[str]:
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, context)}


def _bound(tree: ast.Module) -> set[str]:
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    aliases = [alias for node in imports for alias in node.names]
    made = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imported = {(alias.asname or alias.name).partition(".")[0] for alias in aliases}
    return made | imported | _names(tree, ast.Store)
