"""README.md from nbs/index.ipynb: the same words, links that work on GitHub.

usage: python nbs/_site/readme.py [--check]              `--check` writes nothing and ends with status 1 when README.md is stale
"""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTE = '<!-- Made from nbs/index.ipynb by nbs/_site/readme.py. Edit the notebook. -->\n\n'


def link(m):
    "A link as seen from the repository's root instead of nbs/."
    text, url = m[1], m[2]
    if re.match(r'[a-z]+:|#|/', url): return m[0]
    return f'{text}({url[3:] if url.startswith("../") else "nbs/" + url})'


def prose(md):
    "Markdown as GitHub reads it: links turned, callouts as quotations. Code stays as it is."
    out = []
    for piece in re.split(r'(^```.*?^```|`[^`\n]+`)', md, flags=re.S | re.M):
        out.append(piece if piece.startswith('`') else re.sub(r'(\]|!\[[^\]]*\])\(([^)\s]+)\)', link, piece))

    def callout(m):
        title = (re.search(r'title="([^"]*)"', m[2]) or [None, m[1].capitalize()])[1]
        return '\n'.join(f'> {line}'.rstrip() for line in [f'**{title}**', '', *m[3].strip().splitlines()])
    return re.sub(r'^::: *\{\.callout-(\w+)([^}]*)\}\n(.*?)^:::$', callout, ''.join(out), flags=re.S | re.M)


def code(cell):
    "A code cell: source and outputs as its options say."
    src = ''.join(cell['source'])
    if re.search(r'^#\| *(hide|default_exp|export\b|include: *false)', src, re.M): return []
    body, shown = re.sub(r'^#\|.*\n?', '', src, flags=re.M).strip(), []
    if body and not re.search(r'^#\| *echo: *false', src, re.M): shown.append(f'```python\n{body}\n```')
    for o in cell['outputs']:
        data = o.get('data', {})
        if md := ''.join(data.get('text/markdown', '')): shown.append(prose(md))
        elif text := ''.join(data.get('text/plain', o.get('text', ''))).rstrip(): shown.append(f'```text\n{text}\n```')
    return shown


def readme(nb):
    "The text of README.md."
    out = []
    for c in json.loads(nb.read_text(encoding='utf-8'))['cells']:
        if c['cell_type'] == 'markdown': out.append(prose(''.join(c['source'])).strip())
        elif c['cell_type'] == 'code': out += code(c)
    return NOTE + '\n\n'.join(s for s in out if s) + '\n'


def main():
    file, text = ROOT/'README.md', readme(ROOT/'nbs'/'index.ipynb')
    if '--check' not in sys.argv[1:]: file.write_text(text, encoding='utf-8')
    elif not file.exists() or file.read_text(encoding='utf-8') != text:
        print('README.md is not what nbs/index.ipynb makes; run: python nbs/_site/readme.py', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__': sys.exit(main())
