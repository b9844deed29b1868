"""The house keeps its own rules: floors, addresses, budgets, names, signatures, outputs.

usage: pytest tests/test_house.py            python tests/test_house.py [nbs/data/03_exact.ipynb ...]   prints the same findings, chapter by chapter

A check is a generator of findings, each one line: file, cell or line, what was found, what is allowed. Chapters are read as JSON and modules as
syntax trees; nothing is imported and nothing is run. The last section breaks a small house on purpose, once for every check.

How we count. A line is neither empty nor a `#|` directive. The largest cell is measured with all its lines; median and ninth tenth of exported cells,
and the length of a function, leave documentation out: lines that hold one documented parameter each, and docstrings. (The house asks for a line a
parameter; counted as code, it would punish whoever documents.) A cell of imports only is neither an exported cell nor a demo cell; a hidden cell
(`#| hide`) is no demo cell. A demo cell shows something if it has an output or if its last statement asserts. Prose is counted in words without code blocks
and links' targets.
"""
import ast
import io
import json
import math
import re
import shutil
import sys
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = 'opencookbook'
FLOORS = (('core',), ('tools',), ('data',), ('tokens',), ('model',), ('post', 'evals'), ('recipes',))
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
HEAVY, HEAVY_FLOOR = ('torch', 'transformers'), FLOOR['model']
DOOR = 'core.engine'  # the only module that may touch the runner and the context of the dataframe engine
FRONT = {'index', 'house'}  # chapters that make no module
LEAST_CELLS = {'index': 10, 'house': 20, 'recipes': 10}  # by chapter or by room; 25 for all others


@dataclass(frozen=True)
class Budget:
    "What a chapter may cost."
    cells: tuple[int, int] = (25, 120)
    export: int = 40            # lines of one exported cell
    export_median: float = 8
    export_p90: int = 20        # lines that nine of ten exported cells have at most
    demo: int = 15              # lines of one demo cell
    demo_median: float = 3
    shows: float = .8           # share of demo cells that end in a value or an assertion
    asserts: float = .4         # share of demo cells that assert something
    words: int = 150            # of one markdown cell
    prose: tuple[float, float] = (2, 5)  # words of prose for a line of code
    hidden: int = 3             # assertions in one hidden cell
    kb: int = 300
    function: int = 20          # lines of one body


BUDGET = Budget()


# ---------------------------------------------------------------- chapters and modules as data

def python_of(source: str) -> str:
    "A cell without the lines that only IPython understands."
    if source.lstrip().startswith('%%'): return ''
    return '\n'.join('' if re.match(r'\s*[%!]', l) else l for l in source.split('\n'))


@dataclass
class Cell:
    n: int
    kind: str
    source: str
    outputs: list = field(default_factory=list)

    @property
    def directives(self) -> list[str]: return [l.strip()[2:].strip() for l in self.source.split('\n') if l.strip().startswith('#|')]
    @property
    def lines(self) -> list[str]: return [l for l in self.source.split('\n') if l.strip() and not l.strip().startswith('#|')]
    @cached_property
    def tree(self) -> ast.Module: return ast.parse(python_of(self.source))
    @property
    def exported(self) -> bool: return any(re.match(r'export[si]?\b', d) for d in self.directives)
    @property
    def hidden(self) -> bool: return 'hide' in self.directives
    @property
    def code(self) -> bool: return self.kind == 'code' and bool(self.lines)
    @property
    def imports(self) -> bool: return self.code and bool(self.tree.body) and all(isinstance(s, (ast.Import, ast.ImportFrom)) for s in self.tree.body)
    @property
    def demo(self) -> bool: return self.code and not (self.exported or self.hidden or self.imports)

    @property
    def n_asserts(self) -> int: return sum(map(is_assertion, ast.walk(self.tree)))

    @property
    def n_code(self) -> int:
        "Lines without documentation."
        tree, told = self.tree, set()
        for n in ast.walk(tree):
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)): told |= {a.lineno for a in parameters(n)} - {n.lineno}
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(n): told |= {*range(n.body[0].lineno, n.body[0].end_lineno + 1)} - {n.lineno}
        return len(self.lines) - len(told)

    @property
    def shows(self) -> bool:
        "Ends in an assertion, or left something to look at."
        body = self.tree.body
        while body and isinstance(body[-1], (ast.For, ast.With, ast.If, ast.Try)): body = body[-1].body
        return bool(self.outputs) or bool(body) and any(map(is_assertion, ast.walk(body[-1])))

    @property
    def said(self) -> str:
        "The outputs as text, pictures in bytes left out."
        text = []
        for o in self.outputs:
            text.append(''.join(o.get('text', '')))
            data = o.get('data', {})
            rich = data.keys() - {'text/plain'}  # then the plain form is a fallback that no page shows
            text += [''.join(v) if isinstance(v, list) else str(v) for k, v in data.items() if k not in ('image/png', 'image/jpeg') and not (rich and k == 'text/plain')]
            text += [o.get('ename', ''), o.get('evalue', ''), *o.get('traceback', [])]
        return '\n'.join(text)


def is_assertion(node: ast.AST) -> bool:
    "`assert`, fastcore's `test_…`, or a context that expects an error."
    if isinstance(node, ast.Assert): return True
    if not isinstance(node, ast.Call): return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, 'id', '')
    return bool(re.match(r'test_|assert_|expect_fail$|ExceptionExpected$|raises$', name))


@dataclass
class Chapter:
    path: Path   # relative to nbs/
    size: int
    cells: list[Cell]

    @property
    def room(self) -> str: return self.path.parts[0] if len(self.path.parts) > 1 else ''
    @property
    def name(self) -> str: return re.sub(r'^\d+[a-z]?_', '', self.path.stem)
    @property
    def module(self) -> str | None: return f'{self.room}.{self.name}' if self.room else None
    def at(self, cell: Cell, what: str) -> str: return f'nbs/{self.path} cell {cell.n}: {what}'
    def all(self, what: str) -> str: return f'nbs/{self.path}: {what}'


@dataclass
class Module:
    path: Path   # relative to the package
    source: str

    @cached_property
    def tree(self) -> ast.Module: return ast.parse(self.source)
    @property
    def room(self) -> str: return self.path.parts[0] if len(self.path.parts) > 1 else ''
    @property
    def name(self) -> str: return '.'.join(self.path.with_suffix('').parts)
    def at(self, node: ast.AST | int, what: str) -> str: return f'{PACKAGE}/{self.path} line {getattr(node, "lineno", node)}: {what}'

    @cached_property
    def public(self) -> list[str]:
        "What `__all__` lists."
        for s in self.tree.body:
            if isinstance(s, ast.Assign) and any(getattr(t, 'id', '') == '__all__' for t in s.targets): return ast.literal_eval(s.value)
        return []


@dataclass
class House:
    root: Path

    @cached_property
    def chapters(self) -> list[Chapter]:
        nbs, found = self.root/'nbs', []
        for p in sorted(nbs.rglob('*.ipynb')):
            if any(s[0] in '_.' for s in p.relative_to(nbs).parts): continue
            cells = [Cell(i, c['cell_type'], ''.join(c['source']), c.get('outputs', [])) for i, c in enumerate(json.loads(p.read_text(encoding='utf-8'))['cells'])]
            found.append(Chapter(p.relative_to(nbs), p.stat().st_size, cells))
        return found

    @cached_property
    def modules(self) -> list[Module]:
        pkg = self.root/PACKAGE
        return [Module(p.relative_to(pkg), p.read_text(encoding='utf-8')) for p in sorted(pkg.rglob('*.py')) if p.name not in ('_modidx.py',) and '__pycache__' not in p.parts]


def imported(tree: ast.AST, module: str = '') -> Iterator[tuple[ast.AST, str]]:
    "Every import of a tree, also inside functions, as (node, absolute dotted name); relative ones are resolved from `module`."
    here = [PACKAGE, *module.split('.')] if module else []
    for n in ast.walk(tree):
        if isinstance(n, ast.Import): yield from ((n, a.name) for a in n.names)
        elif isinstance(n, ast.ImportFrom):
            base = '.'.join([*here[:len(here) - n.level], *([n.module] if n.module else [])]) if n.level else n.module
            yield from ((n, f'{base}.{a.name}' if a.name != '*' else base) for a in n.names)


def readable(house: House) -> list[Chapter]: return [c for c in house.chapters if not list(parses(c, house))]


def own_modules(house: House) -> set[str]: return {m.name for m in house.modules}


# ---------------------------------------------------------------- checks of one chapter

def parses(c: Chapter, house: House) -> Iterator[str]:
    for cell in c.cells:
        if cell.kind != 'code': continue
        try: cell.tree
        except SyntaxError as e: yield c.at(cell, f'is no Python ({e.msg}, line {e.lineno}); the other checks of this chapter wait')


def address(c: Chapter, house: House) -> Iterator[str]:
    said = [(cell, d.split()[-1]) for cell in c.cells for d in cell.directives if d.startswith('default_exp')]
    if c.module is None:
        if c.name not in FRONT: yield c.all(f'lies in no room; allowed outside of a room: {", ".join(sorted(FRONT))}')
        if said: yield c.at(said[0][0], 'makes a module, but lies in no room')
        return
    if c.room not in FLOOR: yield c.all(f'the room {c.room!r} is not on the map: {", ".join(FLOOR)}')
    if len(c.path.parts) != 2 or not re.match(r'\d\d[a-z]?_[a-z]', c.path.name): yield c.all('a chapter is called <room>/<two digits, a letter if need be>_<name>.ipynb')
    if not said or said[0][0].n != 0: yield c.all(f'cell 0 must be `#| default_exp {c.module}`')
    for cell, name in said:
        if name != c.module: yield c.at(cell, f'default_exp {name} is not the address; write {c.module}')
        if len(cell.lines): yield c.at(cell, 'default_exp shares its cell with code')
    others = [o.path for o in house.chapters if o.module == c.module and o.path != c.path]
    if others: yield c.all(f'makes the same module as {others[0]}')
    if c.module not in own_modules(house): yield c.all(f'has no module {PACKAGE}/{c.room}/{c.name}.py; run nbdev_export')


def promise(c: Chapter, house: House) -> Iterator[str]:
    first = next((cell for cell in c.cells if cell.kind == 'markdown'), None)
    if first is None or first.n != (c.module is not None): yield c.all(f'cell {int(c.module is not None)} must be `# Title`, an empty line, `> A promise.`'); return
    m = re.fullmatch(r'# (?P<title>[^\n]+)\n\n> (?P<promise>[^\n]+)', first.source.strip())
    if not m: yield c.at(first, 'must hold nothing but `# Title`, an empty line, and `> A promise.` on one line')
    elif m['promise'].rstrip()[-1] not in '.?!' or len(m['promise'].split()) > 40: yield c.at(first, 'the promise is one sentence of at most 40 words with a full stop')


def imports_apart(c: Chapter, house: House) -> Iterator[str]:
    for cell in c.cells:
        if not cell.code or cell.imports: continue
        found = [s for s in cell.tree.body if isinstance(s, (ast.Import, ast.ImportFrom))]
        if found: yield c.at(cell, f'imports {ast.unparse(found[0])[:60]!r} beside other code; imports get a cell of their own')


def no_star(c: Chapter, house: House) -> Iterator[str]:
    for cell in c.cells:
        if not (cell.code and cell.exported): continue
        for n in ast.walk(cell.tree):
            if isinstance(n, ast.ImportFrom) and n.names[0].name == '*': yield c.at(cell, f'star import of {n.module} in an exported cell; name what you need')


def cell_budget(c: Chapter, house: House) -> Iterator[str]:
    for cell in c.cells:
        n = len(cell.lines)
        if cell.code and cell.exported and n > BUDGET.export: yield c.at(cell, f'exported cell of {n} lines; at most {BUDGET.export}')
        if cell.code and not cell.exported and not cell.imports and n > BUDGET.demo: yield c.at(cell, f'demo cell of {n} lines; at most {BUDGET.demo}')
        if cell.kind == 'markdown' and (w := n_words(cell.source)) > BUDGET.words: yield c.at(cell, f'markdown of {w} words; at most {BUDGET.words}')


def n_words(source: str) -> int:
    "Words of prose: code blocks, links' targets and embedded pictures are none."
    s = re.sub(r'(?s)```.*?```', '', source)
    s = re.sub(r'\]\([^)]*\)|data:\S+|^:::.*$|^\|[\s:|-]+\|$', ' ', s, flags=re.M)
    return sum(any(ch.isalnum() for ch in w) for w in s.split())


def median(xs: list[int]) -> float:
    xs = sorted(xs)
    return (xs[(len(xs) - 1) // 2] + xs[len(xs) // 2]) / 2


def chapter_budget(c: Chapter, house: House) -> Iterator[str]:
    cells = [cell for cell in c.cells if cell.source.strip()]
    least = LEAST_CELLS.get(c.name if c.module is None else c.room, BUDGET.cells[0])
    if not least <= len(cells) <= BUDGET.cells[1]: yield c.all(f'{len(cells)} cells; {least} to {BUDGET.cells[1]}')
    if c.size > BUDGET.kb * 1000: yield c.all(f'{c.size // 1000} KB; at most {BUDGET.kb}')
    real = sorted(x.n_code for x in cells if x.code and x.exported and not x.imports)
    demo = [x for x in cells if x.demo]
    if real:
        if median(real) > BUDGET.export_median: yield c.all(f'median of exported cells is {median(real):g} lines; at most {BUDGET.export_median:g}')
        if (p90 := real[math.ceil(.9 * len(real)) - 1]) > BUDGET.export_p90: yield c.all(f'one exported cell in ten has more than {p90 - 1} lines; nine of ten may have at most {BUDGET.export_p90}')
    if c.module is None: return
    words, code = sum(n_words(x.source) for x in cells if x.kind == 'markdown'), sum(len(x.lines) for x in cells if x.code)
    low, high = BUDGET.prose
    if code and not low <= round(words / code, 1) <= high: yield c.all(f'{words / code:.1f} words of prose for a line of code; {low:g} to {high:g}')
    for x in cells:
        if x.code and x.hidden and x.n_asserts > BUDGET.hidden: yield c.at(x, f'{x.n_asserts} assertions hidden from the reader; at most {BUDGET.hidden}, dense checks go to tests/')
    if not demo: yield c.all('has no demo cell at all'); return
    if median([len(x.lines) for x in demo]) > BUDGET.demo_median: yield c.all(f'median of demo cells is {median([len(x.lines) for x in demo]):g} lines; at most {BUDGET.demo_median:g}')
    mute = [x for x in demo if not x.shows]
    if len(mute) > (1 - BUDGET.shows) * len(demo): yield c.all(f'{len(mute)} of {len(demo)} demo cells end in neither a value nor an assertion (cells {listed(mute)}); at most {1 - BUDGET.shows:.0%}')
    sure = [x for x in demo if x.n_asserts]
    if len(sure) < BUDGET.asserts * len(demo): yield c.all(f'{len(sure)} of {len(demo)} demo cells assert something; at least {BUDGET.asserts:.0%}')


def listed(cells: list[Cell]) -> str: return ', '.join(str(x.n) for x in cells)


PLACES = re.compile(r'(?<![\w./])/(?:work|root|home|tmp|var/folders|Users)/\w')
CLOCKS = re.compile(r'Wall time|CPU times|per loop|\belapsed\b|(?<![\w.])\d+(?:\.\d+)?\s?(?:ns|µs|μs|ms|sec|seconds|it/s|rows/s|docs/s|files/s|MB/s|tokens/s)\b|(?<![\w.])\d+\.\d+\s?s\b')
OBJECTS = re.compile(r'\bat 0x[0-9a-f]{4,}|<[\w.]+ object>')


def clean_outputs(c: Chapter, house: House) -> Iterator[str]:
    for cell in c.cells:
        if m := PLACES.search(cell.said): yield c.at(cell, f'output shows a path of this machine: {m[0]}…')
        if (m := OBJECTS.search(cell.said)): yield c.at(cell, f'output shows an object and its address, not a value: {m[0]}')
        if (m := CLOCKS.search(cell.said)) and 'results' not in cell.source: yield c.at(cell, f'output shows a time: {m[0]!r}; measured figures are read from results/')
        if any(o.get('output_type') == 'error' for o in cell.outputs): yield c.at(cell, 'output is an error; show it with test_fail')
        if any('image/png' in o.get('data', {}) for o in cell.outputs): yield c.at(cell, 'figure is a PNG; house_style() makes deterministic SVG')


def no_silence(c: Chapter, house: House) -> Iterator[str]:
    for cell in c.cells:
        if any(re.match(r'eval:\s*false', d) for d in cell.directives): yield c.at(cell, '`eval: false` silences a cell; mend it or take it out')
        if cell.code: yield from (c.at(cell, f'line {n.lineno}: {what}') for n, what in swallowed(cell.tree))


def swallowed(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    "Handlers that catch everything and say nothing."
    for n in ast.walk(tree):
        if not isinstance(n, ast.ExceptHandler): continue
        names = {getattr(t, 'id', '') for t in (n.type.elts if isinstance(n.type, ast.Tuple) else [n.type])} if n.type else {''}
        mute = all(isinstance(s, (ast.Pass, ast.Continue)) or isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) for s in n.body)
        if n.type is None: yield n, 'bare `except:`; name the errors that you expect'
        elif names & {'Exception', 'BaseException'} and mute: yield n, '`except Exception: pass`; name the error, or let it go on'


def one_door_here(c: Chapter, house: House) -> Iterator[str]:
    if c.module == DOOR: return
    for cell in c.cells:
        if cell.code: yield from (c.at(cell, what) for _, what in at_the_door(cell.tree))


def at_the_door(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    "Uses of daft's runner and context."
    inner = r'daft\.(runners|context|set_runner_\w+|get_context|get_or_create_runner|set_execution_config|set_planning_config|execution_config_ctx|planning_config_ctx|runner)\b'
    for n, name in imported(tree):
        if re.match(inner, name): yield n, f'imports {name}; only {DOOR} may'
    for n in ast.walk(tree):
        if isinstance(n, ast.Attribute) and re.fullmatch(inner, ast.unparse(n)): yield n, f'uses {ast.unparse(n)}; only {DOOR} may'


def good_names(c: Chapter, house: House) -> Iterator[str]:
    if bad := bad_name(c.path.stem, BAD_MODULES): yield c.all(f'{bad!r} is no name for a chapter; say what lives there')
    for cell in c.cells:
        if cell.code: yield from (c.at(cell, f'{n.name} has {bad!r} in its name; say what it does') for n, bad in badly_named(cell.tree))


BAD_MODULES, BAD_NAMES = {'utils', 'util', 'helpers', 'helper', 'common', 'misc'}, {'utils', 'util', 'helpers', 'helper', 'misc'}


def bad_name(name: str, bad: set[str]) -> str | None:
    return next((w for w in re.findall(r'[A-Z]?[a-z]+', name) if w.lower() in bad), None)


def badly_named(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for n in ast.walk(tree):
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and (bad := bad_name(n.name, BAD_NAMES)): yield n, bad


CHAPTER_CHECKS = [address, promise, imports_apart, no_star, cell_budget, chapter_budget, clean_outputs, no_silence, one_door_here, good_names]


# ---------------------------------------------------------------- checks of one module

def floors(m: Module, house: House) -> Iterator[str]:
    if not m.room: return
    if m.room not in FLOOR: yield f'{PACKAGE}/{m.path}: the room {m.room!r} is not on the map: {", ".join(FLOOR)}'; return
    for node, name in imported(m.tree, m.name.removesuffix('.__init__') + '.x' if m.name.endswith('__init__') else m.name):
        parts = name.split('.')
        if parts[0] != PACKAGE or len(parts) < 2: continue
        room = parts[1]
        if room == m.room or room not in FLOOR: continue
        if FLOOR[room] > FLOOR[m.room]: yield m.at(node, f'{m.room} (floor {FLOOR[m.room]}) imports {name} (floor {FLOOR[room]}); only lower floors may be imported')
        if FLOOR[room] == FLOOR[m.room]: yield m.at(node, f'{m.room} imports {name}, a room of the same floor; rooms of one floor do not know each other')


def light(m: Module, house: House) -> Iterator[str]:
    if FLOOR.get(m.room, 0) >= HEAVY_FLOOR: return
    for node, name in imported(m.tree, m.name):
        if name.split('.')[0] in HEAVY: yield m.at(node, f'imports {name} on floor {FLOOR.get(m.room, 0)}; {" and ".join(HEAVY)} enter on floor {HEAVY_FLOOR}')


def home(m: Module, house: House) -> Iterator[str]:
    if bad := bad_name(m.path.stem, BAD_MODULES): yield f'{PACKAGE}/{m.path}: {bad!r} is no name for a module; say what lives there'
    if 'AUTOGENERATED! DO NOT EDIT!' in m.source and m.name not in {c.module for c in house.chapters}: yield f'{PACKAGE}/{m.path}: exported once, but no chapter makes it any more'


def functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.ClassDef | None]]:
    "Functions of a module and methods of its classes, each with its class."
    for n in tree.body:
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)): yield n, None
        elif isinstance(n, ast.ClassDef): yield from ((f, n) for f in n.body if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)))


def signatures(m: Module, house: House) -> Iterator[str]:
    comments = commented(m.source)
    for n in m.tree.body:
        if isinstance(n, ast.ClassDef) and n.name[0] != '_' and not ast.get_docstring(n): yield m.at(n, f'class {n.name} has no docstring')
    for f, cls in functions(m.tree):
        if f.name[0] == '_' or cls and cls.name[0] == '_' or any('overload' in ast.unparse(d) for d in f.decorator_list): continue
        name = f'{cls.name}.{f.name}' if cls else f.name
        args = parameters(f)[bool(cls) and not any('staticmethod' in ast.unparse(d) for d in f.decorator_list):]
        if bare := [a.arg for a in args if a.annotation is None]: yield m.at(f, f'{name}: no type for {", ".join(bare)}')
        if f.returns is None: yield m.at(f, f'{name}: no type for what it returns')
        if not ast.get_docstring(f) and not (cls and len(f.body) == 1): yield m.at(f, f'{name}: no docstring')
        if cls is None and (silent := undocumented(args, f, comments)): yield m.at(f, f'{name}: no comment (docment) after {", ".join(silent)}')


def parameters(f: ast.FunctionDef) -> list[ast.arg]:
    a = f.args
    return [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs, *([a.kwarg] if a.kwarg else [])]


def commented(source: str) -> set[int]:
    "Lines that carry a comment with words in it."
    return {t.start[0] for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type == tokenize.COMMENT and re.search(r'\w', t.string)}


def undocumented(args: list[ast.arg], f: ast.FunctionDef, comments: set[int]) -> list[str]:
    "Parameters without a comment of their own between their line and the next parameter."
    ends = [b.lineno - 1 for b in args[1:]] + [(f.returns or f.body[0]).lineno - 1]
    return [a.arg for a, end in zip(args, ends) if not any(l in comments for l in range(a.lineno, max(end, a.lineno) + 1)) or sum(b.lineno == a.lineno for b in args) > 1]


def function_length(m: Module, house: House) -> Iterator[str]:
    rows = m.source.split('\n')
    for f, cls in functions(m.tree):
        body = f.body[1:] if ast.get_docstring(f) else f.body
        if not body: continue
        n = sum(bool(l.strip()) for l in rows[body[0].lineno - 1:f.end_lineno])
        if n > BUDGET.function: yield m.at(f, f'{f.name} has a body of {n} lines; at most {BUDGET.function}')


def no_silence_in_module(m: Module, house: House) -> Iterator[str]: return (m.at(n, what) for n, what in swallowed(m.tree))


def one_door(m: Module, house: House) -> Iterator[str]:
    if m.name != DOOR: yield from (m.at(n, what) for n, what in at_the_door(m.tree))


def good_names_in_module(m: Module, house: House) -> Iterator[str]: return (m.at(n, f'{n.name} has {bad!r} in its name; say what it does') for n, bad in badly_named(m.tree))


def no_machine(m: Module, house: House) -> Iterator[str]:
    for i, l in enumerate(m.source.split('\n'), 1):
        if x := re.search(r'(?<![\w.])/(?:work|root)/\w+', l): yield m.at(i, f'names a place of one machine: {x[0]}')


MODULE_CHECKS = [floors, light, home, signatures, function_length, no_silence_in_module, one_door, good_names_in_module, no_machine]


# ---------------------------------------------------------------- checks of the whole house

def no_cycles(house: House) -> Iterator[str]:
    names, edges = own_modules(house), defaultdict(set)
    for m in house.modules:
        for _, name in imported(m.tree, m.name):
            for n in range(2, len(name.split('.')) + 1):
                target = '.'.join(name.split('.')[1:n])
                if name.startswith(PACKAGE + '.') and target in names and target != m.name: edges[m.name].add(target)
    done, path = set(), []

    def visit(name: str) -> Iterator[str]:
        if name in path: yield f'import cycle: {" -> ".join([*path[path.index(name):], name])}'; return
        if name in done: return
        path.append(name)
        for target in sorted(edges[name]): yield from visit(target)
        path.pop()
        done.add(name)
    for name in sorted(names): yield from visit(name)


def names_are_taught(house: House) -> Iterator[str]:
    "Every public name is used in a demo cell of its own chapter, or of another that imports it."
    used, brought = {}, {}
    for c in readable(house):
        used[c.path] = {x for cell in c.cells if cell.code and not cell.exported and not cell.imports for x in names_in(cell.tree)}
        brought[c.path] = {name for cell in c.cells if cell.code for _, name in imported(cell.tree)}
    for m in house.modules:
        for name in m.public:
            def here(c: Chapter) -> bool:
                return c.module == m.name or {f'{PACKAGE}.{m.name}.{name}', f'{PACKAGE}.{m.name}'} & brought[c.path]
            if not any(name in used[c.path] and here(c) for c in readable(house)): yield f'{PACKAGE}/{m.path}: {name} is public, but no lesson uses it; show it, or call it _{name}'


def names_in(tree: ast.AST) -> Iterator[str]:
    for n in ast.walk(tree):
        if isinstance(n, ast.Name): yield n.id
        elif isinstance(n, ast.Attribute): yield n.attr


HOUSE_CHECKS = [no_cycles, names_are_taught]


# ---------------------------------------------------------------- the tests

def findings(checks: list[Callable], what: Chapter | Module, house: House) -> list[str]: return [f for check in checks for f in check(what, house)]


def chapter_findings(c: Chapter, house: House) -> list[str]: return list(parses(c, house)) or findings(CHAPTER_CHECKS, c, house)


HERE = House(ROOT)


@pytest.mark.parametrize('path', [str(c.path) for c in HERE.chapters])
def test_chapter(path):
    [chapter] = [c for c in HERE.chapters if str(c.path) == path]
    found = chapter_findings(chapter, HERE)
    assert not found, '\n' + '\n'.join(found)


@pytest.mark.parametrize('path', [str(m.path) for m in HERE.modules])
def test_module(path):
    found = findings(MODULE_CHECKS, *[m for m in HERE.modules if str(m.path) == path], HERE)
    assert not found, '\n' + '\n'.join(found)


@pytest.mark.parametrize('check', HOUSE_CHECKS, ids=lambda f: f.__name__)
def test_house(check):
    found = [*check(HERE)]
    assert not found, '\n' + '\n'.join(found)


def test_there_is_a_house():
    "An empty folder would keep every rule."
    assert len(HERE.chapters) >= 10 and len(HERE.modules) >= 10
    assert {c.room for c in HERE.chapters} >= {'core', 'data', 'tokens'}


# ---------------------------------------------------------------- a small house, broken on purpose

def toy_cells() -> list[tuple[str, str]]:
    "A chapter that keeps every rule: (source, output); sources that begin with `#` and a blank are markdown."
    cells = [('#| default_exp data.toy', ''), ('# Toy\n\n> Double what is small.', ''), ('#| export\nfrom opencookbook.core.base import ONE', ''),
             ('from fastcore.test import test_eq', ''), ('# ' + 'Some words about why. ' * 20, '')]
    for i in range(7):
        cells += [('# A number, and its double.', ''),
                  (f'#| exports\ndef double_{i}(\n    n: int, # any number\n) -> int: # twice as large\n    "Twice the number."\n    return n + n * ONE', ''),
                  (f'test_eq(double_{i}({i}), {2 * i})\ndouble_{i}({i})', str(2 * i))]
    return cells


def build(root: Path, cells: list[tuple[str, str]], modules: dict[str, str], path: str = 'data/01_toy.ipynb', more: dict[str, list] | None = None) -> House:
    "Write a toy house: notebooks and the modules that export would make of them."
    for name, cs in {path: cells, **(more or {})}.items():
        book = [dict(cell_type='markdown' if s.startswith('# ') else 'code', source=s,
                     **({} if s.startswith('# ') else dict(outputs=o if isinstance(o, list) else [dict(output_type='execute_result', data={'text/plain': [o]})] if o else []))) for s, o in cs]
        (root/'nbs'/name).parent.mkdir(parents=True, exist_ok=True)
        (root/'nbs'/name).write_text(json.dumps(dict(cells=book)))
    for name, source in modules.items():
        (root/PACKAGE/name).parent.mkdir(parents=True, exist_ok=True)
        (root/PACKAGE/name).write_text(source)
    return House(root)


def toy_modules(cells: list[tuple[str, str]]) -> dict[str, str]:
    code = [s for s, _ in cells if re.match(r'#\| exports?\b', s)]
    names = re.findall(r'^(?:def|class) ([a-z]\w*)', '\n'.join(code), re.M)
    return {'core/base.py': '__all__ = []\nONE = 1\n', 'data/toy.py': f'__all__ = {names!r}\n' + '\n\n'.join(code)}


def everything(house: House) -> list[str]:
    return ([f for c in house.chapters for f in chapter_findings(c, house)] + [f for m in house.modules for f in findings(MODULE_CHECKS, m, house)]
            + [f for check in HOUSE_CHECKS for f in check(house)])


def put(at: int, source: str, output='') -> Callable: return lambda cells: cells[:at] + [(source, output)] + cells[at:]
def swap(at: int, source: str, output='') -> Callable: return lambda cells: cells[:at] + [(source, output)] + cells[at + 1:]
def long_text(n: int) -> str: return '# ' + 'word ' * n


LINES = '\n'.join(f'    x = {i}' for i in range(24))
BROKEN = {  # what is broken: (change of the cells, part of the finding)
    'no default_exp': (lambda c: c[1:], 'cell 0 must be `#| default_exp data.toy`'),
    'default_exp elsewhere': (swap(0, '#| default_exp data.other'), 'default_exp data.other is not the address; write data.toy'),
    'default_exp with code': (swap(0, '#| default_exp data.toy\nx = 1'), 'default_exp shares its cell with code'),
    'no title': (swap(1, '# Toy'), 'must hold nothing but `# Title`'),
    'promise without end': (swap(1, '# Toy\n\n> Double what is small'), 'the promise is one sentence'),
    'imports beside code': (put(8, 'import re\nre.escape("a")', "'a'"), "imports 'import re' beside other code"),
    'star': (swap(2, '#| export\nfrom opencookbook.core.base import *\nfrom opencookbook.core.base import ONE'), 'star import of opencookbook.core.base'),
    'long export': (put(6, '#| exports\n' + '\n'.join(f'A{i} = {i}' for i in range(41))), 'exported cell of 41 lines; at most 40'),
    'long demo': (put(8, '\n'.join(f'a{i} = {i}' for i in range(15)) + '\na1', '1'), 'demo cell of 16 lines; at most 15'),
    'long text': (put(5, long_text(151)), 'markdown of 151 words; at most 150'),
    'too few cells': (lambda c: c[:20], '20 cells; 25 to 120'),
    'too many cells': (lambda c: c + [('# More.', '')] * 100, '126 cells; 25 to 120'),
    'too large': (put(5, '# ' + 'x' * 301_000), 'KB; at most 300'),
    'exports long in the middle': (lambda c: [(s + '\n' + '\n'.join(f'B{i} = {i}' for i in range(6)), o) if s.startswith('#| exports') else (s, o) for s, o in c], 'median of exported cells is 9 lines; at most 8'),
    'exports long at the end': (put(6, '#| exports\n' + '\n'.join(f'A{i} = {i}' for i in range(21))), 'nine of ten may have at most 20'),
    'demos long in the middle': (lambda c: [(f'p = 1\nq = 2\n{s}', o) if o else (s, o) for s, o in c], 'median of demo cells is 4 lines; at most 3'),
    'demos that show nothing': (lambda c: c + [('y = 1', '')] * 2, '2 of 9 demo cells end in neither a value nor an assertion (cells 26, 27)'),
    'demos that assert nothing': (lambda c: [(s.split('\n')[1], o) if o and i > 12 else (s, o) for i, (s, o) in enumerate(c)], '2 of 7 demo cells assert something; at least 40%'),
    'much prose': (lambda c: c + [(long_text(140), '')] * 2, '7.8 words of prose for a line of code; 2 to 5'),
    'little prose': (swap(4, '# Why.'), '0.8 words of prose for a line of code; 2 to 5'),
    'hidden tests': (put(8, '#| hide\n' + '\n'.join(f'test_eq(double_0({i}), {2 * i})' for i in range(4))), '4 assertions hidden from the reader; at most 3'),
    'no demo': (lambda c: [x for x in c if not x[1]] + [('# More.', '')] * 9, 'has no demo cell at all'),
    'path in output': (put(8, 'assert 1\nprint("x")', "PosixPath('/home/ann/x')"), 'output shows a path of this machine: /home/a'),
    'temporary path in output': (put(8, 'assert 1\nprint("x")', '/tmp/tmpab12'), 'output shows a path of this machine: /tmp/t'),
    'address in output': (put(8, 'assert 1\nobject()', '<object object at 0x7f2a10>'), 'output shows an object and its address'),
    'time in output': (put(8, 'assert 1\nprint("x")', 'took 3.2 s'), "output shows a time: '3.2 s'"),
    'rate in output': (put(8, 'assert 1\nprint("x")', '31 MB/s'), "output shows a time: '31 MB/s'"),
    'error in output': (put(8, 'assert 1\n1/0', [dict(output_type='error', ename='ZeroDivisionError', evalue='', traceback=[])]), 'output is an error'),
    'png': (put(8, 'assert 1\nplt.show()', [dict(output_type='display_data', data={'image/png': 'iVBO'})]), 'figure is a PNG'),
    'eval false': (put(8, '#| eval: false\nassert double_0(1) == 2'), '`eval: false` silences a cell'),
    'swallowed in a lesson': (put(8, 'try: double_0(None)\nexcept Exception: pass\nassert 1'), '`except Exception: pass`'),
    'bare except': (put(8, 'try: double_0(None)\nexcept: print(1)\nassert 1'), 'bare `except:`'),
    'runner in a lesson': (put(8, 'import daft.context'), 'imports daft.context; only core.engine may'),
    'bad name in a lesson': (put(8, 'def misc_stuff(): assert 1\nmisc_stuff()', '1'), "misc_stuff has 'misc' in its name"),
    'no Python': (put(8, 'if True print(1)'), 'is no Python'),
    'name that nobody teaches': (lambda c: [('double_0(6)\nassert 1', o) if s.startswith('test_eq(double_6') else (s, o) for s, o in c], 'double_6 is public, but no lesson uses it'),
    'no annotation': (lambda c: [(s.replace('n: int,', 'n,'), o) for s, o in c], 'double_0: no type for n'),
    'no return type': (lambda c: [(s.replace(') -> int:', '):'), o) for s, o in c], 'double_0: no type for what it returns'),
    'no docment': (lambda c: [(s.replace(', # any number', ','), o) for s, o in c], 'double_0: no comment (docment) after n'),
    'no docstring': (lambda c: [(s.replace('    "Twice the number."\n', ''), o) for s, o in c], 'double_0: no docstring'),
    'long function': (lambda c: [(s.replace('    return', LINES + '\n    return'), o) if 'double_3(\n' in s else (s, o) for s, o in c], 'double_3 has a body of 25 lines; at most 20'),
    'class without docstring': (put(8, '#| exports\nclass Pair:\n    a = 1'), 'class Pair has no docstring'),
    'method without types': (put(8, '#| exports\nclass Pair:\n    "Two."\n    def first(self, n): return n'), 'Pair.first: no type for n'),
    'torch below': (put(3, '#| export\nimport torch'), 'imports torch on floor 2; torch and transformers enter on floor 4'),
    'torch inside of a function': (put(8, '#| exports\ndef fit(\n    n: int, # a number\n) -> int:\n    "Fit."\n    from transformers import Trainer\n    return n'), 'imports transformers.Trainer on floor 2'),
    'upwards': (put(3, '#| export\nfrom opencookbook.model.train import fit'), 'data (floor 2) imports opencookbook.model.train.fit (floor 4)'),
    'upwards, relative': (put(3, '#| export\nfrom ..tokens import bpe'), 'data (floor 2) imports opencookbook.tokens.bpe (floor 3)'),
    'upwards inside of a function': (put(8, '#| exports\ndef fit(\n    n: int, # a number\n) -> int:\n    "Fit."\n    import opencookbook.evals.suites\n    return n'), 'data (floor 2) imports opencookbook.evals.suites (floor 5)'),
    'swallowed in a module': (put(8, '#| exports\ndef fit(\n    n: int, # a number\n) -> int:\n    "Fit."\n    try: return n\n    except (ValueError, Exception): pass'), 'opencookbook/data/toy.py line'),
    'runner in a module': (put(8, '#| exports\ndef fit(\n    n: int, # a number\n) -> int:\n    "Fit."\n    return daft.set_runner_ray(n)'), 'uses daft.set_runner_ray; only core.engine may'),
    'bad name in a module': (put(8, '#| exports\nclass FitHelper:\n    "Fits."'), "FitHelper has 'Helper' in its name"),
    'place in a module': (put(8, "#| exports\nHOUSE = '/root/house'"), 'names a place of one machine: /root/house'),
}


@pytest.mark.parametrize('name', BROKEN)
def test_broken_chapter_is_found(name, tmp_path):
    change, message = BROKEN[name]
    cells = change(toy_cells())
    found = everything(build(tmp_path, cells, toy_modules(cells)))
    assert any(message in f for f in found), '\n'.join(found) or 'nothing was found'
    assert all(f.startswith('import cycle') or re.match(r'(nbs|opencookbook)/\S+( cell \d+| line \d+)?: ', f) for f in found), found


def test_good_chapter_passes(tmp_path):
    cells = toy_cells()
    assert everything(build(tmp_path, cells, toy_modules(cells))) == []


def other(module: str) -> list[tuple[str, str]]: return [(s.replace('data.toy', module), o) for s, o in toy_cells()]


ELSEWHERE = {  # broken houses that take more than one file: (what build needs, part of the finding)
    'chapter in no room': (dict(path='notes.ipynb'), 'lies in no room'),
    'room that is not on the map': (dict(path='attic/01_toy.ipynb'), "the room 'attic' is not on the map"),
    'chapter without a number': (dict(path='data/toy.ipynb'), 'a chapter is called <room>/'),
    'chapter with a bad name': (dict(path='data/01_utils.ipynb'), "'utils' is no name for a chapter"),
    'two chapters, one module': (dict(more={'data/02_toy.ipynb': toy_cells()}), 'makes the same module as data/0'),
    'chapter that was not exported': (dict(more={'data/02_new.ipynb': other('data.new')}), 'has no module opencookbook/data/new.py; run nbdev_export'),
    'module without a chapter': (dict(modules={'data/old.py': '# AUTOGENERATED! DO NOT EDIT!\n'}), 'exported once, but no chapter makes it any more'),
    'module with a bad name': (dict(modules={'core/common.py': ''}), "'common' is no name for a module"),
    'module in no room': (dict(modules={'attic/x.py': 'import re\n'}), "the room 'attic' is not on the map"),
    'sideways': (dict(modules={'post/sft.py': 'from ..evals.score import pass_at_k\n'}), 'post imports opencookbook.evals.score.pass_at_k, a room of the same floor'),
    'two modules that need each other': (dict(modules={'core/a.py': 'from .b import x\n', 'core/b.py': 'def f():\n    from opencookbook.core import a\n'}), 'import cycle: core.a -> core.b -> core.a'),
    'three modules in a ring': (dict(modules={'core/a.py': 'from . import b\n', 'core/b.py': 'import opencookbook.core.c\n', 'core/c.py': 'from opencookbook.core.a import x\n'}), 'import cycle: core.a -> core.b -> core.c -> core.a'),
}


@pytest.mark.parametrize('name', ELSEWHERE)
def test_broken_house_is_found(name, tmp_path):
    kw, message = ELSEWHERE[name]
    cells = toy_cells()
    found = everything(build(tmp_path, cells, {**toy_modules(cells), **kw.get('modules', {})}, **{k: v for k, v in kw.items() if k != 'modules'}))
    assert any(message in f for f in found), '\n'.join(found) or 'nothing was found'


def test_every_check_was_broken(tmp_path):
    "Each check finds something in at least one of the broken houses, and nothing in the good one."
    fired = set()
    for i, (change, _) in enumerate(BROKEN.values()):
        cells = change(toy_cells())
        fired |= firing(build(tmp_path/str(i), cells, toy_modules(cells)))
    for i, (kw, _) in enumerate(ELSEWHERE.values()):
        cells = toy_cells()
        fired |= firing(build(tmp_path/f'e{i}', cells, {**toy_modules(cells), **kw.get('modules', {})}, **{k: v for k, v in kw.items() if k != 'modules'}))
    shutil.rmtree(tmp_path)
    assert fired == {f.__name__ for f in [parses, *CHAPTER_CHECKS, *MODULE_CHECKS, *HOUSE_CHECKS]}


def firing(house: House) -> set[str]:
    if any(list(parses(c, house)) for c in house.chapters): return {'parses'}
    fired = {f.__name__ for f in CHAPTER_CHECKS for c in house.chapters if list(f(c, house))}
    fired |= {f.__name__ for f in MODULE_CHECKS for m in house.modules if list(f(m, house))}
    return fired | {f.__name__ for f in HOUSE_CHECKS if list(f(house))}


def test_only_the_door_may_open(tmp_path):
    "The module and the chapter of the engine itself are free to use the runner."
    cells = put(8, 'import daft.context')(toy_cells())
    cells = [(s.replace('data.toy', DOOR), o) for s, o in cells]
    modules = {**toy_modules(cells), 'core/engine.py': toy_modules(cells)['data/toy.py'] + '\ndef _start(): return daft.context.get_context()\n'}
    del modules['data/toy.py']
    assert everything(build(tmp_path, cells, modules, path='core/02_engine.ipynb')) == []


def test_a_name_that_is_used_elsewhere_counts(tmp_path):
    "A lesson of another chapter teaches a name if it imports it, and only then."
    quiet = [('assert ONE == 1\nONE', o) if s.startswith('test_eq(double_6') else (s, o) for s, o in toy_cells()]
    asks = [('#| default_exp tokens.more', '')] + [(s.replace('double', 'triple'), o) for s, o in toy_cells()[1:]] + [('assert double_6(1) == 2', '')]
    brings = asks[:4] + [('from opencookbook.data.toy import double_6', '')] + asks[4:]
    for i, (more, n) in enumerate(((asks, 1), (brings, 0))):
        modules = {**toy_modules(quiet), 'tokens/more.py': toy_modules(more)['data/toy.py']}
        found = everything(build(tmp_path/str(i), quiet, modules, more={'tokens/01_more.ipynb': more}))
        assert sum('double_6 is public' in f for f in found) == n, found


if __name__ == '__main__':
    wanted = [Path(a).resolve() for a in sys.argv[1:]]
    found = {f'nbs/{c.path}': chapter_findings(c, HERE) for c in HERE.chapters if not wanted or (ROOT/'nbs'/c.path) in wanted}
    found |= {f'{PACKAGE}/{m.path}': findings(MODULE_CHECKS, m, HERE) for m in HERE.modules if not wanted}
    if not wanted: found['house'] = [f for check in HOUSE_CHECKS for f in check(HERE)]
    for fs in found.values(): print(*fs, sep='\n', end='\n' if fs else '')
    bad = sum(bool(fs) for fs in found.values())
    print(f'{len(found) - bad} passed, {bad} failed')
    sys.exit(bool(bad))
