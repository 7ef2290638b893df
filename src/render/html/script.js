'use strict';
(() => {
  const bar = document.getElementById('filter');
  const search = document.getElementById('search');
  const count = document.getElementById('count');
  const clear = document.getElementById('clear');
  const values = document.getElementById('values');
  // As people search: without case, accents and what blanks separate.
  const fold = (text) => text.normalize('NFD').replace(/\p{M}+/gu, '').toLowerCase();
  const blocks = new Map();
  const items = Array.from(document.querySelectorAll('[data-item]'), (node) => {
    const item = { node, keys: node.dataset.item.split('|'), text: null, within: [], shown: true };
    for (let up = node.closest('[data-block]'); up; up = up.parentElement.closest('[data-block]')) {
      if (!blocks.has(up)) {
        const rem = up.matches('.names') ? 0.6 : up.matches('.chunk') ? 6 : 0;
        blocks.set(up, { node: up, all: 0, shown: 0, told: -1, rem, label: rem ? null : up.querySelector('.of') });
      }
      const block = blocks.get(up);
      block.all += 1;
      block.shown += 1;
      item.within.push(block);
    }
    return item;
  });
  const text = (item) => {
    if (item.text === null) {
      const above = item.within.map((block) => block.node.dataset.block).join(' ');
      item.text = fold(item.node.textContent + ' ' + above);
    }
    return item.text;
  };
  // What is searched is made ready while nothing else is to do.
  let ready = 0;
  const prepare = (idle) => {
    while (ready < items.length && idle.timeRemaining() > 1) text(items[ready++]);
    if (ready < items.length) requestIdleCallback(prepare);
  };
  if (window.requestIdleCallback) requestIdleCallback(prepare);

  const chips = Array.from(bar.querySelectorAll('[data-key]'));
  const number = (n) => n.toLocaleString('en');
  const show = () => {
    const words = fold(search.value).split(/\s+/).filter((word) => word);
    const wanted = new Map();
    for (const chip of chips) {
      if (chip.getAttribute('aria-pressed') !== 'true') continue;
      const of = chip.dataset.of;
      wanted.set(of, (wanted.get(of) || new Set()).add(chip.dataset.key));
    }
    const groups = Array.from(wanted.values());
    let shown = 0;
    for (const item of items) {
      const fits = groups.every((keys) => item.keys.some((key) => keys.has(key)))
        && words.every((word) => text(item).includes(word));
      if (fits) shown += 1;
      if (fits === item.shown) continue;
      item.shown = fits;
      item.node.hidden = !fits;
      for (const block of item.within) block.shown += fits ? 1 : -1;
    }
    const all = shown === items.length;
    for (const block of blocks.values()) {
      if (block.shown === block.told) continue;
      block.told = block.shown;
      block.node.hidden = block.shown === 0;
      // How tall it is likely to be while it is far from the window and not laid out.
      if (block.rem) block.node.style.containIntrinsicBlockSize = 'auto ' + Math.ceil(block.shown * block.rem) + 'rem';
      if (block.label) block.label.textContent = block.shown === block.all ? '' : number(block.shown) + ' shown';
    }
    count.textContent = all ? number(shown) + ' entries' : number(shown) + ' of ' + number(items.length) + ' shown';
    clear.hidden = all && !words.length && !groups.length;
    document.getElementById('filtered').hidden = all;
  };
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; show(); });
  };
  const press = (button, on) => button.setAttribute('aria-pressed', String(on));
  search.addEventListener('input', soon);
  bar.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button === clear) {
      search.value = '';
      chips.forEach((chip) => press(chip, false));
      search.focus();
    } else if (button === values) {
      const flat = document.body.classList.toggle('flat');
      press(values, flat);
    } else {
      press(button, button.getAttribute('aria-pressed') !== 'true');
    }
    soon();
  });
  document.addEventListener('keydown', (event) => {
    const writing = event.target.closest('input, textarea');
    if (event.key === '/' && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === 'Escape' && event.target === search) {
      search.value = '';
      soon();
    }
  });
  const wide = window.matchMedia('(min-width: 40.01rem)');
  const more = bar.querySelector('details');
  if (more) more.open = wide.matches && chips.length <= 16;
  bar.hidden = items.length < 2;
  show();
})();
