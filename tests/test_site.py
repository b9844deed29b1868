"The site builder on a project of two chapters: what a page shows, where its links lead, and that the checker finds planted faults."
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT/'nbs'/'_site'
sys.path.insert(0, str(SITE))
pypandoc = pytest.importorskip('pypandoc')
import links  # noqa: E402
import readme  # noqa: E402

ENV = {**{k: v for k, v in os.environ.items() if k != 'IN_TEST'}, 'PYTHONWARNINGS': 'ignore'}
CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
SVG = ('<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
       '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40pt" height="20pt" viewBox="0 0 40 20">'
       '<metadata>who knows</metadata><defs><style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style>'
       '<path id="m1" d="M0 0" style="stroke: #000000"/></defs><g clip-path="url(#c1)"><use xlink:href="#m1" style="fill: #1f7a6d"/></g>'
       '<clipPath id="c1"><rect width="4" height="4"/></clipPath></svg>')
PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='


def md(s): return dict(cell_type='markdown', metadata={}, source=s)


def py(s, *outputs): return dict(cell_type='code', metadata={}, execution_count=None, source=s, outputs=list(outputs))


def shows(**data): return dict(output_type='display_data', metadata={}, data={k.replace('_', '/', 1).replace('svg', 'svg+xml'): v for k, v in data.items()})


def prints(s, name='stdout'): return dict(output_type='stream', name=name, text=s)


NOUN = [
    py('#| default_exp core.noun'),
    md('# The `Noun` and its *kin*\n\n> One thing, said once & for all.'),
    py('#| export\nfrom dataclasses import dataclass'),
    py('from fastcore.test import test_eq'),
    py('set_style()'),
    md('Costs $5 and $6. The sum is $\\sum_i x_i$, and\n\n$$\\int_0^1 x\\,dx = \\frac{1}{2}$$'),
    md('::: {.callout-note title="The papers say"}\n| | A | B |\n|---|--:|---|\n| unit | 1 | file |\n:::'),
    md('::: {.callout-warning}\nMind the gap.\n:::'),
    md('## As first\n\nA heading with the words of a function.\n- a list\n- that needs no empty line'),
    py('#| exports\n@dataclass\nclass Noun:\n    "A thing."\n    name: str\n    def shout(self) -> str: # in capitals\n        "Say it loudly."\n        return self.name.upper()'),
    py('#| exports\ndef as_first(\n    word: str, # any word\n) -> str: # one letter\n    "The first letter."\n    return word[:1]\n\n'
       'def as_last(\n    word: str, # any word\n) -> str: # one letter\n    "The last letter."\n    return word[-1:]'),
    py('#| exports\nLIMIT = 8'),
    py('#| exports\ndef limit(): "A function with the letters of a constant."'),
    py('#| export\ndef _hidden(): pass\n\ndef quiet(\n    n: int, # how many zebras\n) -> int: # as many\n    "A function whose source is not shown."\n    return n'),
    md('## as_first'),
    py('#| hide\nsecret_hidden_cell = 1'),
    py('#| include: false\nsecret_not_included = 1', prints('secret output')),
    py('#| echo: false\nsecret_not_echoed = 1', prints('said aloud')),
    py('#| output: false\nrun_silently = 1', prints('secret silent')),
    py('#| code-fold: true\n#| code-summary: "Long way"\nfolded = 1'),
    py('as_first("word")', prints("<b>w</b>\n")),
    py('s = \'<a href="../data/02a_verb.ipynb">```</a>\'; ' + 'x = 1; ' * 30 + 'assert as_first(s)'),
    py('#| label: fig-one\n#| fig-cap: "What `one` shows: $x^2$."\nplot()', shows(image_svg=SVG, text_plain='<Figure>')),
    md('See @fig-one, and @nobody.'),
    py('#| fig-cap: Two.\nplot()', shows(image_svg=SVG)),
    py('plot()', shows(image_png=PIXEL)),
    py('table()', shows(text_html='<script>alert(1)</script><style>*{color:red}</style><table border="1"><tr><td>cell</td></tr></table>')),
    py('md()', shows(text_markdown='**strong** result')),
    py('1/0', dict(output_type='error', ename='ZeroDivisionError', evalue='by zero', traceback=[])),
]
VERB = [
    py('#| default_exp data.verb'),
    md('# The verb\n\n> What is done.'),
    py('#| exports\nfrom toy.core.noun import LIMIT, Noun, as_first\nfrom os import path'),
    md('Uses `Noun`, `Noun.shout`, `_hidden`, `quiet` and `nothing`; see [the noun](../core/01_noun.ipynb#as-first), [samples](../../data_samples/README.md) '
       'and [elsewhere](https://example.org/x).\n\n![A dot](dot.png)'),
    py('#| exports\ndef act(\n    noun: Noun, # who acts\n) -> str: # what was done\n    "Act: call `as_first` on the name."\n    return as_first(noun.name)[:LIMIT]'),
    py('as_first = 3\nnoun.as_first(1)\nact(noun=Noun("ox"))'),
]
INDEX = [md('# toy\n\n> A house of two rooms.'), md('Start with [the noun](core/01_noun.ipynb) or `act`.\n\n```sh\nmake cook # now\n```')]
SETTINGS = ('[DEFAULT]\nrepo = toy\nlib_name = toy\nversion = 0.0.1\nmin_python = 3.11\nlicense = apache2\ndoc_path = _docs\nlib_path = toy\nnbs_path = nbs\n'
            'recursive = True\ntst_flags = notest\nuser = u\nauthor = A\nauthor_email = a@b\nbranch = main\ngit_url = https://github.com/u/toy\n'
            'doc_host = https://u.github.io\ndoc_baseurl = /toy/\ntitle = toy\ndescription = d\nkeywords = k\nlanguage = English\naudience = Developers\n'
            'status = 3\ncustom_sidebar = True\nblack_formatting = False\nreadme_nb = index.ipynb\nallowed_metadata_keys =\n'
            'allowed_cell_metadata_keys =\njupyter_hooks = False\nclean_ids = True\nclear_all = False\ncell_number = False\nput_version_in_init = True\n'
            'copyright = c\nupdate_pyproject = False\n')
QUARTO = 'website:\n  sidebar:\n    contents:\n      - index.ipynb\n      - section: data\n        contents: data/*\n      - section: core\n        contents: core/*\n'


def save(path, cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    for i, c in enumerate(cells): c['id'] = f'c{i}'
    path.write_text(json.dumps(dict(cells=cells, metadata=dict(kernelspec=dict(display_name='python3', language='python', name='python3')),
                                    nbformat=4, nbformat_minor=5)))


def build(repo, *args):
    return subprocess.run([sys.executable, SITE/'build.py', *args], cwd=repo, env={**ENV, 'PYTHONPATH': str(repo)}, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope='module')
def repo(tmp_path_factory):
    repo = tmp_path_factory.mktemp('toy')
    for name, text in {'settings.ini': SETTINGS, 'nbs/_quarto.yml': QUARTO, 'data_samples/README.md': '# samples\n', 'toy/__init__.py': '__version__ = "0.0.1"\n',
                       'toy-0.0.1.dist-info/METADATA': 'Metadata-Version: 2.1\nName: toy\nVersion: 0.0.1\n',
                       'toy-0.0.1.dist-info/entry_points.txt': '[nbdev]\ntoy = toy._modidx:d\n'}.items():
        (repo/name).parent.mkdir(parents=True, exist_ok=True)
        (repo/name).write_text(text)
    for name, cells in {'index': INDEX, 'core/01_noun': NOUN, 'data/02a_verb': VERB}.items(): save(repo/f'nbs/{name}.ipynb', cells)
    (repo/'nbs/data/dot.png').write_bytes(b'\x89PNG')
    subprocess.run([Path(sys.executable).with_name('nbdev_export')], cwd=repo, env={**ENV, 'PYTHONPATH': str(repo)}, check=True, capture_output=True)
    return repo


@pytest.fixture(scope='module')
def site(repo):
    r = build(repo, '--check')
    assert r.returncode == 0, r.stdout + r.stderr
    assert '3 pages in' in r.stdout
    return repo/'_docs'


@pytest.fixture(scope='module')
def noun(site): return (site/'core/noun.html').read_text()


@pytest.fixture(scope='module')
def verb(site): return (site/'data/verb.html').read_text()


def article(page): return re.search(r'<article>(.*)</article>', page, re.S)[1]


def test_reading_order_is_the_sidebars(site, noun):
    assert re.findall(r'<a href="([^"]+)"(?: aria-current="page")?>', noun[noun.index('id="the-rooms"'):noun.index('</nav>')]) == ['../index.html', '../data/verb.html', 'noun.html']
    assert '<p id="room-data">data</p>' in noun and 'aria-current="page">The <code>Noun</code>' in noun
    assert 'rel="prev" href="../data/verb.html"' in noun and 'rel="next"' not in noun


def test_head(noun):
    assert '<h1>The <code>Noun</code> and its <em>kin</em></h1>' in noun
    assert '<p class="promise">One thing, said once &amp; for all.</p>' in noun
    assert '<title>The Noun and its kin · toy</title>' in noun
    assert 'href="https://github.com/u/toy/blob/main/toy/core/noun.py"' in noun
    assert 'href="https://github.com/u/toy/blob/main/nbs/core/01_noun.ipynb"' in noun


def test_callouts(noun):
    assert '<div class="callout note" role="note"><p class="label">The papers say</p>' in noun
    assert '<div class="callout warning" role="note"><p class="label">Warning</p>' in noun
    assert '<td style="text-align: right;">1</td>' in noun and '<col ' not in noun


def test_mathematics_is_mathml(noun):
    assert 'Costs $5 and $6.' in noun
    assert noun.count('<math ') >= 3 and '<math display="block"' in noun and '<mfrac>' in noun
    assert '\\sum_i' not in re.sub(r'<annotation.*?</annotation>', '', noun)


def test_lists_need_no_empty_line(noun): assert '<li>that needs no empty line</li>' in noun


def test_exported_source_is_shown_once_below_its_names(noun):
    text = re.sub(r'<[^>]+>', '', article(noun))
    assert text.count('def as_first(') == text.count('def as_last(') == text.count('class Noun') == 1
    assert noun.index('id="as_first"') < noun.index('id="as_last"') < noun.index('>as_first</span>(')
    assert noun.count('<details class="exported" open>') == 4
    assert re.search(r'<h3 class="api" id="noun"><code>Noun</code><a class="src" href="https://github.com/u/toy/blob/main/toy/core/noun.py#L\d+"', noun)
    assert '# any word' in text and '# one letter' in text


def test_hidden_source_shows_signature_and_docments(noun):
    text = re.sub(r'<[^>]+>', '', article(noun))
    assert 'def quiet(' in text and '# how many zebras' in text and 'A function whose source is not shown.' in text
    assert 'return n\n' not in text and '_hidden' not in text


def test_anchors_of_names_win_over_headings(noun):
    page = links.scan(noun)
    assert {'noun', 'noun.shout', 'as_first', 'as_last', 'limit', 'LIMIT', 'quiet', 'as_first-section', 'as-first'} <= page.ids and not page.twice


def test_cell_options(noun):
    for word in ('secret_hidden_cell', 'secret_not_included', 'secret_not_echoed', 'secret output', 'secret silent', '#|', 'default_exp'): assert word not in noun, word
    assert 'said aloud' in noun and 'run_silently' in noun
    assert '<details><summary>Long way</summary>' in noun
    folded = re.search(r'<details class="imports"><summary>.*?</details>', noun, re.S)[0]
    assert 'test_eq' in folded and 'set_style' in folded and 'set_style' not in noun.replace(folded, '')


def test_outputs(noun):
    assert '&lt;b&gt;w&lt;/b&gt;' in noun and '<strong>strong</strong> result' in noun
    assert 'alert(1)' not in noun and 'color:red' not in noun and '<table><tr><td>cell</td></tr></table>' in noun.replace('\n', '')
    assert '<pre class="out err">ZeroDivisionError: by zero</pre>' in noun
    assert f'src="data:image/png;base64,{PIXEL}"' in noun


def test_code_is_text_even_where_it_looks_like_html(noun):
    text = re.sub(r'<[^>]+>', '', article(noun)).replace('&quot;', '"').replace('&lt;', '<').replace('&gt;', '>').replace('&#x27;', "'")
    assert '''s = '<a href="../data/02a_verb.ipynb">```</a>'; x = 1;''' in text
    assert '<span class="l" style="--i:0">' in noun


def test_figures(noun):
    assert noun.count('<figure') == 3 and '<figure id="fig-one"><svg role="img" aria-label="What one shows: $x^2$."' in noun
    assert 'See <a href="#fig-one">Figure 1</a>, and <span class="citation"' in noun or 'See <a href="#fig-one">Figure 1</a>, and @nobody.' in noun
    assert '<span class="no">Figure 2.</span>' in noun and '<span class="no">Figure 3.</span>' not in noun
    svgs = re.findall(r'<figure.*?</figure>', noun, re.S)[:2]
    assert '#000000' not in svgs[0] and 'var(--ink) 100%' in svgs[0] and 'light-dark(#1f7a6d' in svgs[0]
    ids = [set(re.findall(r'\bid="(s[^"]+)"', s)) for s in svgs]
    assert len(ids[0]) == 2 and not ids[0] & ids[1]
    for s, own in zip(svgs, ids): assert set(re.findall(r'(?:href="|url\()#([^")]+)', s)) == own
    assert 'stroke-linejoin: round' not in noun and 'who knows' not in noun


def test_links_between_chapters(verb, site):
    assert '<a href="../core/noun.html#noun"><code>Noun</code></a>' in verb
    assert '<a href="../core/noun.html#noun.shout"><code>Noun.shout</code></a>' in verb
    assert '<a href="../core/noun.html#quiet"><code>quiet</code></a>' in verb
    assert '<code>_hidden</code></a>' not in verb and '<code>nothing</code>' in verb
    assert '<a href="../core/noun.html#as-first">the noun</a>' in verb
    assert '<a href="https://github.com/u/toy/blob/main/data_samples/README.md">samples</a>' in verb
    assert '<img src="dot.png" alt="A dot"' in verb and (site/'data/dot.png').exists()
    assert '<a href="core/noun.html">the noun</a>' in (site/'index.html').read_text()
    assert 'u.github.io' not in verb


def test_code_links_what_it_calls(verb):
    body = article(verb)
    assert body.count('<a class="ref" href="../core/noun.html#as_first">') == 2        # the import and the call; not the variable, not the method
    assert '<a class="ref" href="../core/noun.html#LIMIT">LIMIT</a>' in body
    assert 'noun=' in re.sub(r'<[^>]+>', '', body)


def test_search_index(site):
    text = (site/'assets/index.js').read_text()
    data = json.loads(text.removeprefix('window.siteIndex = ').rstrip(';\n'))
    assert data['pages'] == [['index.html', 'toy', ''], ['data/verb.html', 'The verb', 'data'], ['core/noun.html', 'The Noun and its kin', 'core']]
    rows = {(n, ident): (head, words) for n, ident, head, words in data['rows']}
    assert rows[2, ''][1].startswith('One thing, said once & for all.')
    assert rows[2, 'quiet'][0] == 'quiet' and 'zebras' in rows[2, 'quiet'][1]
    assert 'mind the gap' in rows[2, ''][1].lower() and 'fastcore' not in text
    for n, ident in rows: assert not ident or f'id="{ident}"' in (site/data['pages'][n][0]).read_text()


def test_nothing_is_loaded_from_elsewhere(site):
    assert links.problems(site) == []
    for f in site.rglob('*.*'):
        if f.suffix == '.css': assert links.css_loads(f.read_text()) == []
        if f.suffix == '.js' and f.name != 'index.js': assert 'http' not in f.read_text()
    assert all(u.startswith(('data:', '../assets/', 'dot.png')) for u in links.scan((site/'data/verb.html').read_text()).loads)


def test_a_page_can_be_read_without_eyes_or_mouse(noun):
    assert '<html lang="en"' in noun and 'class="skip" href="#the-text"' in noun and '<main id="the-text"' in noun
    assert noun.count('<h1') == 1
    for tag in re.findall(r'<nav\b[^>]*>', noun): assert 'aria-label=' in tag
    for b in re.findall(r'<button\b([^>]*)>(.*?)</button>', noun, re.S): assert 'aria-label=' in b[0] or re.sub(r'<[^>]+>', '', b[1]).strip()


def test_two_builds_are_equal(repo, site):
    before = {f.relative_to(site): f.read_bytes() for f in site.rglob('*') if f.is_file()}
    assert build(repo).returncode == 0
    assert before == {f.relative_to(site): f.read_bytes() for f in site.rglob('*') if f.is_file()}


FAULTS = {
    'link to gone.html, which is not there': '<a href="gone.html">x</a>',
    'link to #gone, which has no such anchor': '<a href="#gone">x</a>',
    'link to core/noun.html#gone, which has no such anchor': '<a href="core/noun.html#gone">x</a>',
    'link to ../../etc, which is not there': '<a href="../../etc">x</a>',
    'loads https://cdn.example/x.js from elsewhere': '<script src="https://cdn.example/x.js"></script>',
    'loads //cdn.example/x.css from elsewhere': '<link rel="stylesheet" href="//cdn.example/x.css">',
    'loads https://x.example/i.png from elsewhere': '<img src="https://x.example/i.png" alt="i">',
    'loads https://x.example/f.woff from elsewhere': '<style>@font-face{src:url(https://x.example/f.woff)}</style>',
    'loads https://x.example/b.png from elsewhere': '<p style="background:url(\'https://x.example/b.png\')">x</p>',
    'pic.png is not there': '<img src="pic.png" alt="i">',
    'picture without words': '<img src="data:image/png;base64,x">',
    'anchor #the-text given 2 times': '<p id="the-text">x</p>',
}


@pytest.mark.parametrize('said', FAULTS)
def test_checker_finds(site, tmp_path, said):
    copy = shutil.copytree(site, tmp_path/'s')
    page = copy/'index.html'
    page.write_text(page.read_text().replace('</article>', FAULTS[said] + '</article>'))
    found = links.problems(copy)
    assert len(found) == 1 and found[0].startswith('index.html: ') and said in found[0]


def test_a_broken_link_ends_with_status_1_and_a_foreign_folder_is_left_alone(repo, tmp_path):
    other = shutil.copytree(repo, tmp_path/'toy', ignore=shutil.ignore_patterns('_docs', '_proc'))
    save(other/'nbs/index.ipynb', [*INDEX, md('[gone](core/99_gone.ipynb)')])
    r = build(other, '--check')
    assert r.returncode == 1 and 'index.html: link to core/99_gone.ipynb, which is not there' in r.stderr
    (other/'mine').mkdir()
    (other/'mine/thesis.txt').write_text('years')
    r = build(other, 'mine')
    assert r.returncode != 0 and 'holds files' in r.stderr and (other/'mine/thesis.txt').read_text() == 'years'


# ---- colours, order of rooms, README

def colours(theme):
    "The colours of style.css by name in one theme."
    css = (SITE/'style.css').read_text()
    return {name: (light, dark)[theme] for name, light, dark in re.findall(r'--(\w+):light-dark\((#\w{6}),(#\w{6})\)', css)}


def contrast(a, b):
    def lum(h):
        c = [int(h[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (v / 12.92 if v <= .03928 else ((v + .055) / 1.055)**2.4 for v in c)
        return .2126 * r + .7152 * g + .0722 * b
    hi, lo = sorted((lum(a), lum(b)), reverse=True)
    return (hi + .05) / (lo + .05)


def test_contrast_formula(): assert round(contrast('#000000', '#ffffff'), 1) == 21 and round(contrast('#777777', '#ffffff'), 2) == 4.48


@pytest.mark.parametrize('theme', [0, 1], ids=['light', 'dark'])
def test_text_has_contrast(theme):
    c = colours(theme)
    for name in ('ink', 'soft', 'accent', 'red', 'kw', 'str', 'num', 'com', 'def', 'nb'):
        for ground in ('paper', 'tint'): assert contrast(c[name], c[ground]) >= 4.5, (name, ground, contrast(c[name], c[ground]))
    for name, ground in (('accent', 'wash'), ('ink', 'hit'), ('soft', 'wash')): assert contrast(c[name], c[ground]) >= 4.5, (name, ground)


def test_each_room_has_its_place_in_the_sidebar():
    import yaml
    listed = [s['section'] for s in yaml.safe_load((ROOT/'_quarto.yml').read_text())['website']['sidebar']['contents'] if isinstance(s, dict)]
    rooms = {p.parent.name for p in (ROOT/'nbs').glob('[a-z]*/[!_.]*.ipynb')}
    assert rooms <= set(listed), f'add {sorted(rooms - set(listed))} to the sidebar of _quarto.yml'


def test_readme_turns_links_and_callouts():
    assert readme.prose('[a](core/01_doc.ipynb) [b](../LICENSE) [c](https://x.y) [d](#e) `[x](y)`') == '[a](nbs/core/01_doc.ipynb) [b](LICENSE) [c](https://x.y) [d](#e) `[x](y)`'
    assert readme.prose('```sh\n[x](y)\n```') == '```sh\n[x](y)\n```'
    assert readme.prose('::: {.callout-note title="T"}\na\nb\n:::') == '> **T**\n>\n> a\n> b'


def test_readme_is_what_the_front_page_makes(tmp_path):
    nb = tmp_path/'index.ipynb'
    save(nb, [*INDEX, py('#| hide\nx'), py('#| echo: false\ny', shows(text_markdown='| [a](b.ipynb) |')), py('1 + 1', prints('2\n'))])
    text = readme.readme(nb)
    assert text.startswith('<!--') and '| [a](nbs/b.ipynb) |' in text and '```python\n1 + 1\n```\n\n```text\n2\n```' in text
    assert '\nx' not in text and '\ny' not in text
    for target in re.findall(r'\]\(((?!https?:|#)[^)#\s]+)', readme.readme(ROOT/'nbs'/'index.ipynb')): assert (ROOT/target).exists(), target


# ---- in a browser

def dom(tmp_path, url, *args):
    r = subprocess.run([CHROMIUM, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
                        '--disable-component-update', '--disable-sync', f'--user-data-dir={tmp_path}/profile', '--virtual-time-budget=4000', *args,
                        '--dump-dom', url], capture_output=True, text=True, timeout=120)
    return r.stdout


needs_browser = pytest.mark.skipif(not CHROMIUM, reason='no chromium')


@needs_browser
def test_search_finds_a_word_from_a_folder(site, tmp_path):
    out = dom(tmp_path, f'{(site/"data/verb.html").as_uri()}?q=zebras')
    hits = re.search(r'<dialog.*?</dialog>', out, re.S)[0]
    assert '1 section<' in hits and 'href="../core/noun.html#quiet"' in hits and '<mark>zebras</mark>' in hits
    assert 'Nothing found.' in dom(tmp_path, f'{(site/"index.html").as_uri()}?q=walrus')


@needs_browser
def test_no_page_is_wider_than_a_phone(site, tmp_path):
    pages = sorted(p.relative_to(site).as_posix() for p in site.rglob('*.html'))
    probe = site.parent/'probe.html'
    probe.write_text(f'<body><script>for (const p of {json.dumps(pages)}) {{ const f = document.createElement("iframe"); f.width = 390; f.height = 700; f.src = "_docs/" + p;'
                     'f.onload = () => { const d = f.contentDocument, o = document.createElement("p"); o.textContent = p + " " + d.documentElement.scrollWidth + " " + '
                     'd.querySelectorAll(".codebox").length; document.body.append(o); }; document.body.append(f); }</script>')
    out = dom(tmp_path, probe.as_uri(), '--allow-file-access-from-files')
    seen = {p: int(w) for p, w in re.findall(r'<p>(\S+) (\d+) \d+</p>', out)}
    assert sorted(seen) == pages and max(seen.values()) <= 390, seen
