"""What a built page holds and where it points; `problems` finds what is broken.

usage: python nbs/_site/links.py SITE
"""
import posixpath
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {'script': 'src', 'img': 'src', 'iframe': 'src', 'source': 'src', 'video': 'src', 'audio': 'src', 'embed': 'src', 'object': 'data', 'input': 'src'}
SKIP = {'svg', 'math', 'style', 'script'}      # their text is not prose
QUIET = {'out', 'src', 'imports'}              # outputs, source links and imports are not searched
VOID = set('area base br col embed hr img input link meta source track wbr'.split())


@dataclass
class Scan(HTMLParser):
    "Anchors, links, loaded files and sections of a piece of HTML."
    ids: set = field(default_factory=set)
    twice: list = field(default_factory=list)      # anchors given more than once
    hrefs: list = field(default_factory=list)      # what a reader can follow
    loads: list = field(default_factory=list)      # what a browser fetches by itself
    mute: list = field(default_factory=list)       # pictures without words
    parts: list = field(default_factory=list)      # [anchor, heading, text]

    def __post_init__(self):
        super().__init__(convert_charrefs=True)
        self.parts.append(['', '', []])
        self.off, self.heading = [], None

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if ident := a.get('id'):
            if ident in self.ids: self.twice.append(ident)
            self.ids.add(ident)
        if tag == 'a' and a.get('href') is not None: self.hrefs.append(a['href'])
        if tag == 'link' and a.get('rel') in ('stylesheet', 'icon', 'preload', 'modulepreload', 'manifest'): self.loads.append(a.get('href', ''))
        if tag in LOADS and a.get(LOADS[tag]): self.loads.append(a[LOADS[tag]])
        if tag == 'image': self.loads += [v for k, v in attrs if k in ('href', 'xlink:href') and v]
        if a.get('srcset'): self.loads += [s.split()[0] for s in a['srcset'].split(',')]
        if a.get('style'): self.loads += css_loads(a['style'])
        if tag == 'img' and not (a.get('alt') or '').strip(): self.mute.append(a.get('src', '')[:60])
        if tag == 'svg' and a.get('aria-hidden') != 'true' and not a.get('aria-label'): self.mute.append('svg')
        if (tag in SKIP or QUIET & set((a.get('class') or '').split())) and tag not in VOID: self.off.append(tag)
        elif self.off and tag == self.off[-1]: self.off.append(tag)
        if tag in ('h2', 'h3', 'h4') and a.get('id') and not self.off:
            self.parts.append([a['id'], '', []])
            self.heading = tag
        if tag == 'summary' and not self.off: self.off.append(tag)

    def handle_endtag(self, tag):
        if self.off and self.off[-1] == tag: self.off.pop()
        if tag == self.heading: self.heading = None
        if not self.off and tag in ('p', 'pre', 'li', 'td', 'th', 'div'): self.parts[-1][2].append(' ')

    def handle_data(self, data):
        if self.off:
            if self.off[-1] == 'style': self.loads += css_loads(data)
        elif self.heading: self.parts[-1][1] += data
        else: self.parts[-1][2].append(data)


def scan(text):
    s = Scan()
    s.feed(text)
    return s


def sections(text):
    "`(anchor, heading, prose and code)` of each section of a page's body."
    for ident, heading, words in scan(text).parts:
        words = re.sub(r'\s+', ' ', ''.join(words)).strip()
        if heading or words: yield ident, heading.strip(), words


def relative(page, target):
    "The link from one page of the site to another, both named from its root."
    path, _, frag = target.partition('#')
    frag = f'#{frag}' if frag else ''
    if path == page: return frag or posixpath.basename(page)
    return posixpath.relpath(path, posixpath.dirname(page) or '.') + frag


def css_loads(css): return [u for u in re.findall(r'(?:url\(|@import)\s*["\']?([^"\')\s;]+)', css) if not u.startswith('#')]


def problems(site):
    "One line for each broken link, missing or doubled anchor, picture without words, and anything loaded from elsewhere."
    site, wrong = Path(site).resolve(), []
    read = cache(lambda f: scan(f.read_text(encoding='utf-8')))
    for css in sorted(site.rglob('*.css')):
        wrong += [f'{css.relative_to(site)}: loads {u} from elsewhere' for u in css_loads(css.read_text(encoding='utf-8')) if not u.startswith('data:')]
    for file in sorted(site.rglob('*.html')):
        page, name = read(file), file.relative_to(site).as_posix()
        wrong += [f'{name}: anchor #{i} given {n + 1} times' for i, n in Counter(page.twice).items()]
        wrong += [f'{name}: picture without words ({m})' for m in page.mute]
        for url in page.loads:
            part = urlsplit(url)
            if part.scheme == 'data': continue
            if part.scheme or part.netloc: wrong.append(f'{name}: loads {url} from elsewhere')
            elif not (file.parent/unquote(part.path)).is_file(): wrong.append(f'{name}: {url} is not there')
        for url in dict.fromkeys(page.hrefs):
            part = urlsplit(url)
            if part.scheme or part.netloc: continue
            target = (file.parent/unquote(part.path)).resolve() if part.path else file
            if target.is_dir(): target /= 'index.html'
            if not target.is_relative_to(site) or not target.is_file(): wrong.append(f'{name}: link to {url}, which is not there')
            elif part.fragment and target.suffix == '.html' and unquote(part.fragment) not in read(target).ids:
                wrong.append(f'{name}: link to {url}, which has no such anchor')
    return wrong


if __name__ == '__main__':
    found = problems(sys.argv[1])
    print('\n'.join(found))
    sys.exit(1 if found else 0)
