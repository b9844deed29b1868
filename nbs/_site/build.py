"""The site, made without Quarto: nbdev's `proc_nbs` prepares the chapters, Pandoc sets them, this file binds them.

usage: python nbs/_site/build.py [OUT] [--check]         anywhere in the repository; OUT is `doc_path` of settings.ini (_docs)

`--check` ends with status 1 when `links.py` finds a broken link, a missing anchor or anything loaded from elsewhere.
The order of the rooms is the order of the sidebar in _quarto.yml; within a room the numbers on the files decide.
"""
import argparse
import ast
import html
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import pypandoc
import yaml
from nbdev.config import get_config
from nbdev.doclinks import _nbpath2html as nbpath2html
from nbdev.serve import proc_nbs
from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, Name
from pygments.util import ClassNotFound

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import links  # noqa: E402

# As in a notebook, a list, a heading or a quotation needs no empty line before it.
MARKDOWN = 'markdown-blank_before_header-blank_before_blockquote+lists_without_preceding_blankline+autolink_bare_uris'
CALLOUTS = 'note|tip|warning|important|caution'


@dataclass
class Page:
    "One chapter on its way from notebook to page."
    src: str                                          # data/03_exact.ipynb, below nbs/
    path: str                                         # data/exact.html, below the site's root
    title: str                                        # of the first cell, Markdown
    promise: str                                      # the sentence below the title
    module: str = ''                                  # opencookbook.data.exact, when the chapter exports one
    md: str = ''                                      # the cells as Markdown; what Pandoc must not touch lies in slots
    slots: list[str] = field(default_factory=list)    # ready HTML: outputs, figures, headings of exported names
    defs: dict[str, str] = field(default_factory=dict)      # names defined here: anchor
    imports: dict[str, str] = field(default_factory=dict)   # names imported from our own modules: module
    body: str = ''                                    # HTML
    ids: set[str] = field(default_factory=set)        # anchors of the body
    figures: dict[str, int] = field(default_factory=dict)   # label of a figure with a caption: its number

    @property
    def room(self): return self.path.rpartition('/')[0]
    @property
    def up(self): return '../' * self.path.count('/')

    def anchor(self, name, at):
        "The `id` attribute of a name, at its first mention; nothing later."
        if name in self.defs: return ''
        self.defs[name] = at if at not in self.defs.values() else name if name not in self.defs.values() else f'{name}-value'
        return f' id="{self.defs[name]}"'

    def slot(self, s):
        "Lay ready HTML aside; Pandoc carries only its number."
        self.slots.append(s)
        return f'\n\n```{{=html}}\n<!--slot {len(self.slots) - 1}-->\n```\n\n'


# ---- reading: a processed notebook becomes Markdown -----------------------------------------------------------------

def inline(s):
    "A title, promise or caption: code, emphasis and nothing else."
    s = html.escape(s, quote=False)
    s = re.sub(r'`([^`]+)`', r'<code>\1</code>', s)
    return re.sub(r'(?<![\w*])\*([^*]+)\*(?![\w*])', r'<em>\1</em>', s)


def plain(s): return re.sub(r'[`*]|\[([^]]*)\]\([^)]*\)', r'\1', s)


def themed(svg, n, alt):
    "An SVG figure as a part of the page: ids of its own, greys between the page's ink and paper, so that it reads in the dark."
    svg = svg[svg.index('<svg'):]
    svg = re.sub(r'<metadata>.*?</metadata>|<!--.*?-->', '', svg, flags=re.S)
    svg = re.sub(r'<style[^>]*>\*\{stroke-linejoin: round; stroke-linecap: butt\}</style>', '', svg)
    svg = re.sub(r'\bid="', f'id="s{n}-', svg)
    svg = re.sub(r'href="#', f'href="#s{n}-', svg)
    svg = re.sub(r'url\(#', f'url(#s{n}-', svg)

    def colour(m):
        h = m[1] if len(m[1]) == 6 else ''.join(c * 2 for c in m[1])
        rgb = [int(h[i:i + 2], 16) for i in (0, 2, 4)]
        if max(rgb) - min(rgb) > 34: return f'light-dark(#{h}, color-mix(in oklab, #{h} 72%, white))'
        ink = min(100, round(100 * (1 - sum(rgb) / 765) / .84))
        return f'color-mix(in oklab, var(--ink) {ink}%, var(--paper))'
    svg = re.sub(r'#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})(?=[;"\'])', colour, svg)
    label = html.escape(alt, quote=True)
    return re.sub(r'<svg', f'<svg role="img" aria-label="{label}" stroke-linejoin="round" fill="currentColor"', svg, count=1)


def clean_html(s):
    "A cell's HTML output without scripts and styles of its own."
    s = re.sub(r'<(script|style)\b.*?</\1>', '', s, flags=re.S)
    return re.sub(r' (border|style)="[^"]*"', '', s)


def options(src):
    "Quarto's cell options, the `#| name: value` lines, and the code without them."
    opt = {k: v.strip().strip('"\'') for k, v in re.findall(r'^#\| *([\w-]+): *(.*)$', src, re.M)}
    return opt, re.sub(r'^#\|.*\n?', '', src, flags=re.M).strip('\n')


def fence(code, lang, attrs=''):
    "A fenced block that no line of the code can end."
    tick = '`' * max(3, 1 + max((len(m) for m in re.findall('`+', code)), default=0))
    return f'\n\n{tick}{{.{lang} {attrs}}}\n{code}\n{tick}\n\n'


def output(page, o, opt, heading):
    "One cell output as Markdown or a slot."
    if o['output_type'] == 'error':
        return page.slot(f'<pre class="out err">{html.escape(o["ename"] + ": " + o["evalue"])}</pre>')
    if o.get('name') == 'stderr' and opt.get('warning') == 'false': return ''
    d = {k: ''.join(v) for k, v in o.get('data', {}).items() if isinstance(v, (str, list))}
    cap = opt.get('fig-cap', '')
    alt = plain(opt.get('fig-alt') or cap or f'Figure in the section {heading}')
    pic = None
    if svg := d.get('image/svg+xml'): pic = themed(svg, len(page.slots), alt)
    for kind in ('png', 'jpeg'):
        if not pic and (img := d.get(f'image/{kind}')):
            pic = f'<img src="data:image/{kind};base64,{"".join(img.split())}" alt="{html.escape(alt, quote=True)}">'
    if pic:
        name = opt.get('label', '')
        head = (f'<figure id="{name}">' if name else '<figure>') + pic
        if not cap: return page.slot(head + '</figure>')
        page.figures[name or len(page.figures)] = n = len(page.figures) + 1
        return page.slot(f'{head}\n<figcaption>') + f'[Figure {n}.]{{.no}} {cap}' + page.slot('</figcaption></figure>')
    if md := d.get('text/markdown'): return f'\n\n{md}\n\n'
    if h := d.get('text/html'): return page.slot(f'<div class="html">{clean_html(h)}</div>')
    t = d.get('text/latex')
    if t: return f'\n\n{t}\n\n'
    t = d.get('text/plain') or ''.join(o.get('text', ''))
    return page.slot(f'<pre class="out">{html.escape(t.rstrip())}</pre>') if t.strip() else ''


def names_of(code):
    "What a cell defines, as `(name, anchor)`: nbdev links functions, classes and methods in lower case; constants keep their own."
    for node in statements(code):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node.name.lower()
            for sub in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(sub, (ast.FunctionDef, ast.AsyncFunctionDef)): yield (name := f'{node.name}.{sub.name}'), name.lower()
        for t in node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []:
            if isinstance(t, ast.Name): yield t.id, t.id


def statements(code):
    "The statements of a cell; none when it is no plain Python."
    try: return ast.parse(code).body
    except SyntaxError: return []


def imported(code, lib):
    "Names that a cell imports from our own package: module."
    return {a.asname or a.name: n.module for n in statements(code) if isinstance(n, ast.ImportFrom) and (n.module or '').split('.')[0] == lib
            for a in n.names}


def is_setup(cell):
    "Is this cell imports and calls that show nothing, `house_style()` for one?"
    if cell['cell_type'] != 'code' or cell.get('outputs') or exported(cell) or show_doc(cell): return False
    opt, code = options(''.join(cell['source']))
    body = statements(code) if opt.get('echo') != 'false' and opt.get('include') != 'false' else []
    calm = lambda n: isinstance(n, (ast.Import, ast.ImportFrom)) or isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)
    return bool(body) and all(map(calm, body))


def set_up(page, cells):
    "The imports before the first word, folded away: a chapter begins with its need. Returns Markdown and the other cells."
    n = next((i for i, c in enumerate(cells) if c['cell_type'] == 'markdown' and not warning(c)), len(cells))
    first = [c for c in cells[:n] if is_setup(c)]
    if not first: return '', cells
    code = '\n\n'.join(options(''.join(c['source']))[1] for c in first)
    md = page.slot('<details class="imports"><summary>imports of this page</summary>') + fence(code, 'python') + page.slot('</details>')
    return md, [c for c in cells[:n] if c not in first] + cells[n:]


def api_head(page, name, url, level):
    "The heading of an exported name, with the link to its line."
    ident = page.anchor(name, name.lower())
    src = f'<a class="src" href="{html.escape(url)}" aria-label="source of {name}">source</a>' if url else ''
    return page.slot(f'<h{level} class="api"{ident}><code>{html.escape(name)}</code>{src}</h{level}>')


RE_DOC = re.compile(r'\A---\n+(?:\[source\]\((?P<url>[^)]*)\)\{[^}]*\}\n+)?#+ (?P<name>\S+)\n+(?P<rest>.*)\Z', re.S)


def show_doc(cell):
    "What a `show_doc` cell says: source link, name, signature and docstring; None for any other cell."
    if cell['cell_type'] != 'code' or not re.search(r'^show_doc\(', ''.join(cell['source']), re.M): return None
    md = ''.join(''.join(o.get('data', {}).get('text/markdown', '')) for o in cell.get('outputs', []))
    return RE_DOC.match(md)


def warning(cell): return ''.join(cell['source']).startswith('<!-- WARNING')      # nbdev puts it at the top


def exported(cell): return cell['cell_type'] == 'code' and 'code-summary: "Exported source"' in ''.join(cell['source'])


def code_cell(page, cell, here):
    "A code cell: its source as the options say, then its outputs."
    opt, code = options(''.join(cell['source']))
    if opt.get('include') == 'false': return ''
    md, fold = '', opt.get('code-fold')
    if code and opt.get('echo') != 'false':
        if exported(cell):
            anchors = ''.join(f'<span{ident}></span>' for name, at in names_of(code) if (ident := page.anchor(name, at)))
            md = (page.slot(f'{anchors}<details class="exported" open><summary>exported</summary>')
                  + fence(code, 'python') + page.slot('</details>'))
        elif fold in ('true', 'show'):
            is_open = ' open' if fold == 'show' else ''
            label = html.escape(opt.get('code-summary', 'Code'))
            md = page.slot(f'<details{is_open}><summary>{label}</summary>') + fence(code, 'python') + page.slot('</details>')
        else: md = fence(code, 'python')
    if opt.get('output') == 'false': return md
    return md + ''.join(output(page, o, opt, here['heading']) for o in cell.get('outputs', []))


def api_group(page, group, here):
    "Neighbouring signatures and sources, which nbdev leaves in an order of its own: each name, then its source, nothing said twice."
    docs = {d['name']: d for c in group if (d := show_doc(c))}
    own = {id(c): [n for n, _ in names_of(options(''.join(c['source']))[1]) if n in docs] for c in group if exported(c)}
    sourced = {n for names in own.values() for n in names}
    head = lambda d: api_head(page, d['name'], d['url'], min(4, here['level'] + 1))
    for c in group:
        if not (d := show_doc(c)): yield from (*(head(docs[n]) for n in own[id(c)]), code_cell(page, c, here))
        elif d['name'] not in sourced: yield from (head(d), f"\n\n{d['rest']}\n\n")


def to_markdown(page, cells):
    "All cells of a chapter; references to figures get their numbers."
    md, cells = set_up(page, cells)
    here, out = dict(heading=plain(page.title), level=1), [md]
    for together, group in groupby(cells, key=lambda c: bool(show_doc(c) or exported(c))):
        if together: out += api_group(page, list(group), here); continue
        for cell in group:
            src = ''.join(cell['source'])
            if cell['cell_type'] == 'code': out.append(code_cell(page, cell, here))
            elif cell['cell_type'] == 'markdown' and not warning(cell):
                out.append(f'\n\n{src}\n\n')
                fenced = re.sub(r'^(```+|~~~+).*?^\1', '', src, flags=re.S | re.M)
                for marks, text in re.findall(r'^(#+) +(.*?)\s*(?:\{.*\})?$', fenced, re.M):
                    here.update(heading=plain(text), level=len(marks))
    return re.sub(r'@(fig-[\w-]+)', lambda m: f'[Figure {page.figures[m[1]]}](#{m[1]})' if m[1] in page.figures else m[0], ''.join(out))


def read(nb, root, nbs):
    "A page from a processed notebook and, for what nbdev has taken out, from the notebook itself."
    cells = json.loads(nb.read_text(encoding='utf-8'))['cells']
    src = nb.relative_to(root)
    fm = yaml.safe_load(''.join(cells[0]['source']).strip('-\n ')) if cells and cells[0]['cell_type'] == 'raw' else None
    page = Page(src.as_posix(), nbpath2html(src).as_posix(), (fm or {}).get('title', src.stem), (fm or {}).get('description', ''))
    lib = get_config().lib_name
    for c in json.loads((nbs/src).read_text(encoding='utf-8'))['cells']:
        text = ''.join(c['source'])
        if c['cell_type'] != 'code': continue
        if m := re.search(r'^#\| *default_exp +(\S+)', text, re.M): page.module = f'{lib}.{m[1]}'
        page.imports.update(imported(text, lib))
    page.md = to_markdown(page, cells[1:] if fm else cells)
    return page


def reading_order(pages, config):
    "Pages as the sidebar of _quarto.yml lists them: single pages first, then room by room."
    listed = config.get('website', {}).get('sidebar', {}).get('contents', [])
    first = [c for c in listed if isinstance(c, str)]
    rooms = [c['section'] for c in listed if isinstance(c, dict)]
    at = lambda seq, x: seq.index(x) if x in seq else len(seq)
    return sorted(pages, key=lambda p: (p.room != '', at(first, p.src), at(rooms, p.room), p.src))


# ---- setting: Markdown becomes HTML ---------------------------------------------------------------------------------

def pandoc(md):
    "Markdown to HTML; mathematics becomes MathML, tables keep their natural widths."
    cmd = [pypandoc.get_pandoc_path(), '-f', MARKDOWN, '-t', 'html5', '--mathml', '--wrap=none', '--columns=9999', '--syntax-highlighting=none']
    r = subprocess.run(cmd, input=md, text=True, capture_output=True, encoding='utf-8')
    if r.returncode: raise SystemExit(f'pandoc: {r.stderr.strip()}')
    return r.stdout


def highlight(code, lang, refs):
    "Code as spans; a name of ours that is called, or imported, is a link to where it is explained. Long lines wrap below themselves."
    try: lexer = get_lexer_by_name(lang, stripnl=False)
    except ClassNotFound: lexer = get_lexer_by_name('text', stripnl=False)
    toks, out, prev, importing = list(lex(code, lexer)), [], '', False
    for n, (kind, value) in enumerate(toks):
        if value == 'import': importing = True
        elif '\n' in value: importing = False
        href = None
        if kind in Name and value in refs and prev not in ('.', 'def', 'class'):
            after = next((v for _, v in toks[n + 1:n + 3] if v.strip()), '')
            if after[:1] == '(' or importing or (value.isupper() and after[:1] != '='): href = refs[value]
        css = STANDARD_TYPES.get(kind, '')
        for k, piece in enumerate(value.split('\n')):
            if k: out.append('\n')
            text = html.escape(piece)      # quotes too: what looks like a link in code stays code
            if href: text = f'<a class="ref" href="{href}">{text}</a>'
            out.append(f'<span class="{css}">{text}</span>' if piece.strip() and css not in ('', 'n', 'p', 'w') else text)
        if value.strip(): prev = value.strip()
    lines = ''.join(out).rstrip('\n').split('\n')
    indent = lambda s: len(s) - len(s.lstrip())
    if lang in ('text', 'default'): return '\n'.join(lines)      # a drawing in letters keeps its shape
    return '\n'.join(f'<span class="l" style="--i:{indent(raw)}">{line}</span>' if len(raw) > 40 else line
                     for line, raw in zip(lines, code.split('\n')))


def callouts(body):
    "Quarto's callouts: the title is a line of its own, a bare one gets the name of its kind."
    def head(m):
        attrs = dict(re.findall(r'([\w-]+)="([^"]*)"', m['rest']))
        title = attrs.get('title') or attrs.get('data-title') or (m['h'] or m['kind'].capitalize())
        ident = f' id="{m["id"]}"' if m['id'] else ''
        return f'<div class="callout {m["kind"]}"{ident} role="note"><p class="label">{title}</p>\n'
    return re.sub(rf'<div(?: id="(?P<id>[^"]*)")? class="callout-(?P<kind>{CALLOUTS})[^"]*"(?P<rest>[^>]*)>\s*'
                  r'(?:<h\d[^>]*>(?P<h>.*?)</h\d>)?', head, body)


def finish(page, known):
    "Fill the slots and make Pandoc's HTML the page's own: callouts, tables, code. Links wait until every page is known."
    body = page.body
    for _ in range(2): body = re.sub(r'<!--slot (\d+)-->', lambda m: page.slots[int(m[1])], body)
    body = callouts(body)
    body = re.sub(r'<table\b.*?</table>', lambda m: f'<div class="table">{m[0]}</div>', body, flags=re.S)
    refs = {n: f'#{a}' for n, a in page.defs.items()}
    for name, mod in page.imports.items():
        if (p := known.get(mod)) and name in p.defs: refs[name] = links.relative(page.path, f'{p.path}#{p.defs[name]}')

    def code(m):
        lang = m[1].split()[0] if m[1] else 'text'
        return f'<pre class="code"><code class="language-{lang}">{highlight(html.unescape(m[2]), lang, refs)}</code></pre>'
    body = re.sub(r'<pre(?: class="([^"]*)")?><code>(.*?)</code></pre>', code, body, flags=re.S)
    taken = set(page.defs.values())    # an exported name keeps its anchor; a heading of the same words steps aside
    body = re.sub(r'<(h[1-6]) id="([^"]+)">', lambda m: f'<{m[1]} id="{m[2]}-section">' if m[2] in taken else m[0], body)
    page.body, page.ids = body, links.scan(body).ids


# ---- binding: links, contents, search, the sheet around the text -----------------------------------------------------

def site_root(cfg): return f"{cfg.doc_host.rstrip('/')}/{cfg.doc_baseurl.strip('/')}/".replace('//', '/').replace(':/', '://')


def linker(page, pages, cfg, assets):
    "A function from a link as written to a link that works from this page."
    site = site_root(cfg)
    by_src, by_path = {p.src: p for p in pages}, {p.path: p for p in pages}
    repo, nbs = Path(cfg.config_path), Path(cfg.nbs_path)
    hub = f'{cfg.git_url}/blob/{cfg.branch}/'

    def anchor(target, frag):
        if not frag or frag in target.ids: return frag
        for other in (frag.lower(), frag.rpartition('.')[0].lower()):
            if other in target.ids: return other
        return frag

    def link(url):
        url = html.unescape(url)
        if url.startswith(site) or url == site.rstrip('/'):                # a name that nbdev has linked
            path, _, frag = url[len(site):].partition('#')
            target = by_path.get(path or 'index.html')
            if target is None: return url
            frag = anchor(target, frag)
            return links.relative(page.path, f'{target.path}#{frag}' if frag in target.ids else target.path)
        part = urlsplit(url)
        if part.scheme or url.startswith('//'): return url
        if not part.path: return '#' + anchor(page, part.fragment)
        at = posixpath.normpath(posixpath.join(posixpath.dirname(page.src), part.path))
        if target := by_src.get(at) or by_path.get(at):
            frag = anchor(target, part.fragment)
            return links.relative(page.path, target.path + (f'#{frag}' if frag else ''))
        file = Path(os.path.normpath(nbs/at))
        if file.is_relative_to(nbs) and file.is_file() and file.suffix != '.ipynb':
            assets.add(at)
            return links.relative(page.path, at)
        if file.exists() and file.is_relative_to(repo):
            return hub + file.relative_to(repo).as_posix()
        return url
    return link


def contents(body):
    "The list of a page's sections and exported names."
    items = ''
    for level, attrs, text in re.findall(r'<h([2-4])([^>]*)>(.*?)</h\1>', body, re.S):
        ident = re.search(r'id="([^"]+)"', attrs)
        if not ident or (level == '4' and 'class="api"' not in attrs): continue
        text = re.sub(r'<a class="src".*?</a>', '', text)
        text = re.sub(r'</?a\b[^>]*>', '', text)
        items += f'<li class="l{level}"><a href="#{ident[1]}">{text}</a></li>\n'
    return items and f'<nav class="toc" aria-label="On this page"><details open><summary>On this page</summary><ol>\n{items}</ol></details></nav>'


def rooms_nav(page, pages):
    "The list of chapters, room by room."
    out, room = [], None
    for p in pages:
        if p.room != room:
            if room is not None: out.append('</ul>')
            if p.room: out.append(f'<p id="room-{p.room}">{p.room}</p>')
            out.append(f'<ul aria-labelledby="room-{p.room}">' if p.room else '<ul>')
            room = p.room
        here = ' aria-current="page"' if p is page else ''
        out.append(f'<li><a href="{links.relative(page.path, p.path)}"{here}>{inline(p.title)}</a></li>')
    return '\n'.join(out) + '</ul>'


def sheet(page, pages, cfg):
    "The whole HTML file of a page."
    at = pages.index(page)
    blob = f'{cfg.git_url}/blob/{cfg.branch}'
    made = [f'<a href="{blob}/{page.module.replace(".", "/")}.py"><code>{page.module}</code></a>'] if page.module else []
    made += [f'<a href="{blob}/{cfg.nbs_path.name}/{page.src}">notebook</a>']
    turn = ''
    for step, rel, word in ((-1, 'prev', 'Before'), (1, 'next', 'Next')):
        if 0 <= at + step < len(pages):
            p = pages[at + step]
            turn += f'<a rel="{rel}" href="{links.relative(page.path, p.path)}"><small>{word}</small>{inline(p.title)}</a>'
    name = plain(page.title)
    values = dict(
        up=page.up, lang='en', site=cfg.title, page_title=html.escape(name if name == cfg.title else f'{name} · {cfg.title}'),
        description=html.escape(plain(page.promise), quote=True), nav=rooms_nav(page, pages),
        room=f'<p class="room">{page.room}</p>' if page.room else '', title=inline(page.title),
        promise=f'<p class="promise">{inline(page.promise)}</p>' if page.promise else '', made=' · '.join(made),
        toc=contents(page.body), body=page.body, turn=turn, git=cfg.git_url, author=html.escape(cfg.author))
    return re.sub(r'\{\{(\w+)\}\}', lambda m: str(values[m[1]]), (HERE/'page.html').read_text(encoding='utf-8'))


def search_index(pages):
    "Every section of every page, as a script: a page opened from a folder may load it too."
    rows = []
    for n, p in enumerate(pages):
        parts = list(links.sections(p.body))
        intro = parts.pop(0)[2] if parts and not parts[0][0] else ''
        rows += [[n, '', '', f'{plain(p.promise)} {intro}'.strip()], *([n, *part] for part in parts)]
    data = dict(pages=[[p.path, plain(p.title), p.room] for p in pages], rows=rows)
    return 'window.siteIndex = ' + json.dumps(data, ensure_ascii=False, separators=(',', ':')) + ';\n'


def build(out):
    "The whole site into `out`; the list of pages."
    if out.is_dir() and any(out.iterdir()) and not (out/'assets'/'index.js').exists():
        raise SystemExit(f'{out} holds files that are no site of ours; name an empty folder')
    cfg = get_config()
    nbs = Path(cfg.nbs_path)
    config = yaml.safe_load((nbs/'_quarto.yml').read_text(encoding='utf-8'))
    root = Path(proc_nbs(str(nbs), force=True, n_workers=min(8, os.cpu_count() or 1)))
    pages = reading_order([read(p, root, nbs) for p in sorted(root.rglob('*.ipynb'))], config)
    twice = {p.path for p in pages if sum(q.path == p.path for q in pages) > 1}
    if twice: raise SystemExit(f'two notebooks share one page: {", ".join(sorted(twice))}; rename one')
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for p, body in zip(pages, pool.map(pandoc, (p.md for p in pages))): p.body = body
    known = {p.module: p for p in pages if p.module}
    for p in pages: finish(p, known)
    shutil.rmtree(out, ignore_errors=True)
    assets: set[str] = set()
    private = re.compile(rf'<a href="{re.escape(site_root(cfg))}[^"]*#(?:\w+\.)?_[^"]*">(<code>.*?</code>)</a>')
    for p in pages:
        link = linker(p, pages, cfg, assets)
        p.body = private.sub(r'\1', p.body)      # nbdev links private names too; a word such as `_docs` is rarely meant so
        p.body = re.sub(r'(?<=\s)(href|src)="(?!data:)([^"]*)"', lambda m: f'{m[1]}="{html.escape(link(m[2]), quote=True)}"', p.body)
        file = out/p.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sheet(p, pages, cfg), encoding='utf-8')
    for a in assets:
        (out/a).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(nbs/a, out/a)
    (out/'assets').mkdir(parents=True, exist_ok=True)
    for name in ('style.css', 'site.js'): shutil.copyfile(HERE/name, out/'assets'/name)
    (out/'assets'/'index.js').write_text(search_index(pages), encoding='utf-8')
    (out/'.nojekyll').touch()
    return pages


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument('out', nargs='?', type=Path, help='folder of the site; doc_path of settings.ini when left out')
    ap.add_argument('--check', action='store_true', help='status 1 when a link is broken')
    a = ap.parse_args()
    out = a.out or Path(get_config().doc_path)
    pages = build(out)
    wrong = links.problems(out)
    for line in wrong: print(line, file=sys.stderr)
    print(f'{len(pages)} pages in {out}, {len(wrong)} broken links')
    return 1 if wrong and a.check else 0


if __name__ == '__main__': sys.exit(main())
