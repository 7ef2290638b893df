// Opens pages in a headless Chromium, counts what is wrong, and measures filters and search.
//
//   node tests/browser.mjs CHROMIUM FOLDER [--status URL] [--shots FOLDER]
//
// Speaks the DevTools protocol over a pipe, so nothing listens on a port.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [chromium, folder, ...rest] = process.argv.slice(2);
const given = (flag) => (rest.includes(flag) ? rest[rest.indexOf(flag) + 1] : null);
const shots = given('--shots');
const status = given('--status');

// What a person takes for at once, in milliseconds (RAIL: a response within 100 ms).
const BAR = 100;

const profile = mkdtempSync(join(tmpdir(), 'browser-'));
const browser = spawn(
  chromium,
  ['--headless=new', '--remote-debugging-pipe', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
    '--no-first-run', '--disable-background-networking', `--user-data-dir=${profile}`, 'about:blank'],
  { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
);
const waiting = new Map();
const heard = [];
let next = 1;
let buffer = Buffer.alloc(0);
browser.stdio[4].on('data', (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (let end = buffer.indexOf(0); end >= 0; end = buffer.indexOf(0)) {
    const message = JSON.parse(buffer.subarray(0, end).toString('utf8'));
    buffer = buffer.subarray(end + 1);
    if (message.id) {
      const { ok, bad } = waiting.get(message.id);
      waiting.delete(message.id);
      message.error ? bad(new Error(JSON.stringify(message.error))) : ok(message.result);
    } else {
      heard.push(message);
    }
  }
});
const send = (method, params = {}, sessionId = undefined) => new Promise((ok, bad) => {
  const id = next++;
  waiting.set(id, { ok, bad });
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
});
const event = async (method, sessionId, tries = 600) => {
  for (let n = 0; n < tries; n += 1) {
    const found = heard.find((message) => message.method === method && message.sessionId === sessionId);
    if (found) return found;
    await new Promise((ok) => setTimeout(ok, 50));
  }
  throw new Error(`no ${method}`);
};

const wrong = [];
const check = (ok, what) => { if (!ok) wrong.push(what); };

async function open(file, { width = 1280, height = 900, dark = false, script = true, print = false } = {}) {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  await call('Page.enable');
  await call('Runtime.enable');
  await call('Log.enable');
  await call('Network.enable');
  await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  await call('Emulation.setScriptExecutionDisabled', { value: !script });
  await call('Emulation.setEmulatedMedia', {
    media: print ? 'print' : 'screen',
    features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
  });
  const url = file.startsWith('http:') ? file : pathToFileURL(resolve(file)).href;
  await call('Page.navigate', { url });
  await event('Page.loadEventFired', sessionId);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const close = async () => {
    const of = heard.filter((message) => message.sessionId === sessionId);
    for (const { method, params } of of) {
      if (method === 'Log.entryAdded') wrong.push(`${file}: ${params.entry.text}`);
      if (method === 'Runtime.exceptionThrown') wrong.push(`${file}: ${params.exceptionDetails.text}`);
      if (method === 'Page.javascriptDialogOpening') wrong.push(`${file}: a dialog: ${params.message}`);
      const own = file.startsWith('http:') ? new URL('/', file).href : 'file:';
      if (method === 'Network.requestWillBeSent' && !params.request.url.startsWith(own)) {
        wrong.push(`${file}: asks for ${params.request.url}`);
      }
    }
    await send('Target.closeTarget', { targetId });
  };
  const shot = async (name, whole = false) => {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    const { data } = await call('Page.captureScreenshot', { format: 'png', captureBeyondViewport: whole });
    writeFileSync(join(shots, `${name}.png`), Buffer.from(data, 'base64'));
  };
  return { call, evaluate, close, shot };
}

// One use of a filter, from the key to the frame after layout and paint.
const TIMER = `
  window.measured = async (act) => {
    const start = performance.now();
    act();
    await new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)));
    return performance.now() - start;
  };
  window.type = (text) => {
    const search = document.getElementById('search');
    search.value = text;
    search.dispatchEvent(new Event('input', { bubbles: true }));
  };
  window.press = (key) => [...document.querySelectorAll('[data-key]')].find((chip) => chip.dataset.key === key).click();
  window.shown = () => [...document.querySelectorAll('[data-item]')].filter((node) => !node.hidden).length;
`;

async function measure(file) {
  const began = performance.now();
  const page = await open(file);
  const loaded = performance.now() - began;
  await page.evaluate(TIMER);
  const items = await page.evaluate("document.querySelectorAll('[data-item]').length");
  // Once without waiting for the idle preparation, then as a person types.
  const first = await page.evaluate("measured(() => type('lop'))");
  const acts = ["type('lopez')", "type('lopez 77')", "type('no such person')", "type('')", "press('disable')",
    "press('disable')", "press('too_many')", "press('too_many')", "type('groß engineer')", "type('')"];
  const times = [];
  for (let round = 0; round < 3; round += 1) {
    for (const act of acts) times.push([await page.evaluate(`measured(() => ${act})`), act]);
  }
  times.sort((left, right) => left[0] - right[0]);
  const [worst, act] = times[times.length - 1];
  const median = times[times.length >> 1][0];
  const round = (n) => Math.round(n);
  console.log(`${items} entries: loaded in ${round(loaded)} ms; a first search ${round(first)} ms; `
    + `then the median ${round(median)} ms, the slowest ${round(worst)} ms (${act}): `
    + `${(median / BAR).toFixed(2)} and ${(worst / BAR).toFixed(2)} of ${BAR} ms`);
  await page.evaluate("type('')");
  await page.close();
}

async function behaves(file) {
  const page = await open(file);
  await page.evaluate(TIMER);
  const settle = 'await new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)))';
  const run = (code) => page.evaluate(`(async () => { ${code} })()`);
  const all = await page.evaluate('shown()');
  check(await run(`type('LOPEZ'); ${settle}; const n = shown(); return n > 0 && n < ${all}`), 'search without case and accents');
  check(await run(`type('no such person'); ${settle}; return shown() === 0 && document.querySelectorAll('[data-block]:not([hidden])').length === 0`), 'empty sections are hidden');
  check(await run(`document.getElementById('clear').click(); ${settle}; return shown() === ${all}`), 'clear shows all');
  check(await run(`press('disable'); ${settle}; return [...document.querySelectorAll('[data-item]:not([hidden])')].every((node) => node.dataset.item.includes('disable')) && shown() > 0`), 'a filter by action');
  check(await run(`press('too_many'); ${settle}; return [...document.querySelectorAll('[data-item]:not([hidden])')].every((node) => node.dataset.item.includes('too_many'))`), 'filters of two rows together');
  check(await page.evaluate("getComputedStyle(document.getElementById('filter')).display !== 'none'"), 'the filters are there');
  await run(`document.getElementById('clear').click(); document.activeElement.blur(); ${settle}`);
  await page.call('Input.dispatchKeyEvent', { type: 'keyDown', key: '/', text: '/' });
  check(await page.evaluate("document.activeElement.id === 'search' && document.activeElement.value === ''"), '`/` goes to the search');
  await page.close();
}

async function plain(file) {
  const page = await open(file, { script: false });
  const { root } = await page.call('DOM.getDocument', { depth: 0 });
  const { nodeId } = await page.call('DOM.querySelector', { nodeId: root.nodeId, selector: '#filter' });
  const box = await page.call('DOM.getBoxModel', { nodeId }).catch(() => null);
  check(box === null, 'without script there are no filters');
  await page.shot('plan-plain');
  await page.close();
}

// Nothing is wider than a phone.
async function narrow(file, name) {
  const page = await open(file, { width: 360, height: 780 });
  const width = await page.evaluate('document.documentElement.scrollWidth');
  check(width <= 360, `${name}: ${width} pixels wide on a phone of 360`);
  await page.shot(`${name}-phone`);
  await page.evaluate('window.scrollTo(0, 700)');
  await page.shot(`${name}-phone-below`);
  await page.close();
}

async function shoot(file, name) {
  for (const dark of [false, true]) {
    const page = await open(file, { dark });
    await page.shot(dark ? `${name}-dark` : name);
    await page.evaluate('window.scrollTo(0, 900)');
    await page.shot(dark ? `${name}-dark-below` : `${name}-below`);
    if (!dark && shots) {
      await page.call('Emulation.setEmulatedMedia', { media: '', features: [] });
      const { data } = await page.call('Page.printToPDF', { printBackground: false });
      writeFileSync(join(shots, `${name}.pdf`), Buffer.from(data, 'base64'));
    }
    await page.close();
  }
}

// The status page of a service that holds 10,000 changes, and its search for a person.
async function serves(url) {
  const began = performance.now();
  const page = await open(url);
  console.log(`the status page loaded in ${Math.round(performance.now() - began)} ms, `
    + `${await page.evaluate('document.documentElement.outerHTML.length')} characters of it`);
  check(await page.evaluate("document.body.innerText.includes('10,000')"), 'the status page counts what is held');
  check(await page.evaluate("document.querySelectorAll('script[src], link[href^=http], img[src^=http]').length === 0"), 'the status page loads nothing');
  await page.close();
  const person = await open(new URL('/people?person=person77%40example.com', url).href);
  check(await person.evaluate("document.body.innerText.includes('person77@example.com')"), 'a person is found');
  await person.shot('status-person');
  await person.close();
  for (const path of ['', 'people?person=person77%40example.com', 'people?person=nobody-of-this-name']) {
    await narrow(new URL(`/${path}`, url).href, `status-${path.replace(/\W+/g, '-') || 'page'}`);
  }
  await shoot(url, 'status');
}

try {
  if (status) await serves(status);
  const names = readdirSync(folder).filter((file) => file.endsWith('.html')).map((file) => file.slice(0, -5));
  for (const name of names.filter((name) => name !== 'large')) {
    const file = join(folder, `${name}.html`);
    await narrow(file, name);
    await shoot(file, name);
  }
  if (names.includes('plan')) {
    await behaves(join(folder, 'plan.html'));
    await plain(join(folder, 'plan.html'));
  }
  if (names.includes('large')) await measure(join(folder, 'large.html'));
} catch (problem) {
  wrong.push(problem.stack);
} finally {
  browser.kill();
  await new Promise((ok) => browser.once('exit', ok));
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
for (const what of wrong) console.error(`wrong: ${what}`);
console.log(wrong.length === 0 ? 'the pages behave' : `${wrong.length} wrong`);
process.exitCode = wrong.length === 0 ? 0 : 1;
