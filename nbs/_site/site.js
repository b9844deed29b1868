// The page's few moving parts. Without this file everything can still be read.
(() => {
  const root = document.documentElement, $ = (q, el = document) => el.querySelector(q), all = (q, el = document) => [...el.querySelectorAll(q)];

  // ---- light and dark: the system decides until the reader does
  const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const theme = $('#the-theme'), mark = () => theme.setAttribute('aria-pressed', dark());
  theme.onclick = () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    try { localStorage.setItem('theme', root.dataset.theme); } catch (e) {}
    mark();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', mark);
  mark();

  // ---- the list of chapters: a drawer on small screens, scrolled to the open chapter on large ones
  const menu = $('#the-menu'), rooms = $('#the-rooms'), here = $('[aria-current]', rooms);
  menu.onclick = () => menu.setAttribute('aria-expanded', rooms.classList.toggle('open'));
  if (here && here.offsetTop + 40 > rooms.clientHeight) rooms.scrollTop = here.offsetTop - rooms.clientHeight / 2;

  // ---- the contents of the page: folded where they would stand above the text, else they follow the reader
  const toc = $('.toc details');
  if (toc) {
    const wide = matchMedia('(min-width: 78rem)'), set = () => { toc.open = wide.matches; };
    wide.addEventListener('change', set); set();
    const links = new Map(all('a', toc).map(a => [decodeURIComponent(a.hash.slice(1)), a]));
    const heads = [...links.keys()].map(id => document.getElementById(id)).filter(Boolean);
    let last;
    const follow = () => {
      const now = heads.filter(h => h.getBoundingClientRect().top < 120).pop();
      if (now === last) return;
      if (last) links.get(last.id).removeAttribute('aria-current');
      last = now;
      if (!now) return;
      const a = links.get(now.id), box = toc.parentElement;
      a.setAttribute('aria-current', 'true');
      if (wide.matches && (a.offsetTop < box.scrollTop || a.offsetTop > box.scrollTop + box.clientHeight - 40)) box.scrollTop = a.offsetTop - box.clientHeight / 2;
    };
    addEventListener('scroll', () => requestAnimationFrame(follow), {passive: true}); follow();
  }

  // ---- what scrolls sideways can be reached with the keyboard
  for (const el of all('pre, .table, math[display=block]')) if (el.scrollWidth > el.clientWidth + 1) el.tabIndex = 0;

  // ---- copy buttons
  if (navigator.clipboard) for (const pre of all('pre.code')) {
    const b = Object.assign(document.createElement('button'), {className: 'copy', type: 'button', textContent: 'copy'});
    b.onclick = async () => {
      await navigator.clipboard.writeText($('code', pre).textContent);
      b.textContent = 'copied'; setTimeout(() => { b.textContent = 'copy'; }, 1500);
    };
    const box = document.createElement('div'); box.className = 'codebox';
    pre.replaceWith(box); box.append(pre, b);
  }

  // ---- search: the index is a script, so it loads from a folder as well as from a server, and only when it is wanted
  const box = $('#the-search'), input = $('input', box), list = $('ol', box), status = $('[role=status]', box);
  let index;
  const load = () => index ??= new Promise((ok, no) => {
    const s = document.createElement('script');
    s.src = root.dataset.root + 'assets/index.js';
    s.onload = () => ok({pages: window.siteIndex.pages, rows: window.siteIndex.rows.map(r => [...r, r[3].toLowerCase()])});
    s.onerror = () => no(new Error('assets/index.js is not there'));
    document.head.append(s);
  });

  const letter = /[\p{L}\p{N}_]/u;
  const at = (text, t) => {                            // how well a heading answers: the whole, a whole word, a beginning, a part
    const i = text.indexOf(t);
    if (i < 0) return 0;
    if (text === t) return 40;
    const start = !letter.test(text[i - 1] || ' '), end = !letter.test(text[i + t.length] || ' ');
    return start && end ? 24 : start ? 14 : 6;
  };
  function score(terms, [n, id, head, , low], pages) {  // 0 when a word is nowhere; the chapter's title alone does not make a section a hit
    let sum = 0, own = !id;
    for (const t of terms) {
      let s = at(head.toLowerCase(), t), hits = 0;
      for (let i = low.indexOf(t); i >= 0 && hits < 6; i = low.indexOf(t, i + t.length)) { hits++; s += letter.test(low[i - 1] || ' ') ? .3 : 1; }
      own ||= s > 0;
      s += at(pages[n][1].toLowerCase(), t) * (id ? .1 : 1.2);
      if (!s) return 0;
      sum += s;
    }
    return own ? sum : 0;
  }

  function cut(text, terms) {                          // some words around the first hit, the hits marked
    const low = text.toLowerCase(), at = Math.min(...terms.map(t => low.indexOf(t)).filter(i => i >= 0), text.length);
    const from = at === text.length ? 0 : Math.max(0, at - 60), piece = text.slice(from, from + 170), out = document.createElement('span');
    if (from) out.append('… ');
    const re = new RegExp(terms.map(t => t.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'gi');
    let done = 0;
    for (const m of piece.matchAll(re)) {
      out.append(piece.slice(done, m.index), Object.assign(document.createElement('mark'), {textContent: m[0]}));
      done = m.index + m[0].length;
    }
    out.append(piece.slice(done), from + 170 < text.length ? ' …' : '');
    return out;
  }

  async function find() {
    const terms = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let data;
    try { data = await load(); } catch (e) { status.textContent = e.message; return; }
    list.replaceChildren();
    if (!terms.length) { status.textContent = ''; return; }
    const hits = data.rows.map((r, i) => [score(terms, r, data.pages), i, r]).filter(h => h[0]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    status.textContent = hits.length === 1 ? '1 section' : hits.length ? `${hits.length} sections` : 'Nothing found.';
    for (const [, , [n, id, head, text]] of hits.slice(0, 40)) {
      const [path, title, room] = data.pages[n], a = document.createElement('a'), li = document.createElement('li');
      a.href = root.dataset.root + path + (id ? '#' + id : '');
      const where = Object.assign(document.createElement('small'), {textContent: [room, head && title].filter(Boolean).join(' › ')});
      a.append(where, Object.assign(document.createElement('b'), {textContent: head || title}), cut(text, terms));
      li.append(a); list.append(li);
    }
  }

  const open = q => { if (!box.open) box.showModal(); if (q !== undefined) input.value = q; input.select(); find(); };
  $('#the-find').onclick = () => open();
  input.oninput = find;
  box.onclick = e => { if (e.target === box || e.target.closest('a')) box.close(); };
  box.onkeydown = e => {
    const links = all('a', list), at = links.indexOf(document.activeElement);
    if (e.key === 'ArrowDown' && links.length) { e.preventDefault(); links[Math.min(at + 1, links.length - 1)].focus(); }
    else if (e.key === 'ArrowUp' && links.length) { e.preventDefault(); (links[at - 1] || input).focus(); }
    else if (e.key === 'Enter' && e.target === input) { e.preventDefault(); if (links[0]) links[0].click(); }
    else if (e.key === 'Escape') { e.preventDefault(); box.close(); }  // a search field would only empty itself
  };
  addEventListener('keydown', e => {
    const typing = e.target.closest && e.target.closest('input, textarea, [contenteditable]');
    if ((e.key === '/' && !typing && !e.ctrlKey && !e.metaKey) || (e.key === 'k' && (e.ctrlKey || e.metaKey))) { e.preventDefault(); open(); }
  });
  const q = new URLSearchParams(location.search).get('q');
  if (q) open(q);
})();
