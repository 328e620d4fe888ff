// The browser's side of t/browser.t: opens pages in a real Chromium, as
// shoppers have it, and prints TAP.  What it opens and how much of it stands
// in the JSON file that is its only argument:
//
//   base, minimal, closed   addresses of pages, full, minimal, and none without
//                   a proof, without the number
//   orders          numbers, one for each sub-status
//   langs           languages the pages come in
//   all             every order in every language, theme and width, not one
//                   of the combinations each
//   live            { number, commits: [[program, argument...], ...] }
//   revoked         { link, revoke: [program, argument...] }
//   feedback        link to an order that was delivered
//   long            the number of the order with most to tell
//   shots           directory for screenshots; nothing is tested then
//   chromium        the program

'use strict';

const fs = require('fs');
const path = require('path');
const { execFile } = require('child_process');
const { chromium } = require('playwright-core');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const conf = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const themes = ['light', 'dark'];
const widths = [360, 1280];
const parallel = 4;

let browser;
let count = 0;


function ok(good, name, why) {
  count++;
  console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);

  if (!good && why) {
    console.log(String(why).replace(/^/gm, '# '));
  }

  return good;
}


// A page that takes down what it must not do: what its policy refuses, what
// it asks of other hosts, scripts that fail.

async function open(address, options) {
  const context = await browser.newContext(Object.assign({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
  }, options));
  const page = await context.newPage();
  const host = new URL(address).host;

  page.faults = [];

  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 404/.test(message.text())) {
      page.faults.push(message.text());
    }
  });

  page.on('pageerror', (error) => page.faults.push(String(error)));

  page.on('request', (request) => {
    const url = new URL(request.url());

    if (url.host !== host && url.protocol !== 'data:') {
      page.faults.push(`asks ${url.host} for ${url.pathname}`);
    }
  });

  await page.goto(address, { waitUntil: 'load' });

  return page;
}


async function close(page) {
  await page.context().close();
}


async function findings(page) {
  await page.evaluate(axe);

  const result = await page.evaluate((tags) => window.axe.run(document, {
    runOnly: { type: 'tag', values: tags },
    resultTypes: ['violations'],
  }), tags);

  return result.violations.map((v) => `${v.id}: ${v.help}\n`
    + v.nodes.slice(0, 3).map((n) => `  ${n.html.slice(0, 200)}\n  `
        + n.failureSummary.replace(/\n/g, '\n  ')).join('\n'));
}


// Wider than the window, but for what scrolls by itself.

function overflow() {
  const root = document.documentElement;

  if (root.scrollWidth <= root.clientWidth) {
    return '';
  }

  const wide = Array.from(document.querySelectorAll('body *')).filter((e) => {
    const box = e.getBoundingClientRect();
    return box.right > root.clientWidth + 1 || box.left < -1;
  });

  return `${root.scrollWidth} of ${root.clientWidth} px: `
    + wide.slice(0, 5).map((e) => e.outerHTML.slice(0, 120)).join('\n');
}


async function several(jobs) {
  const queue = jobs.slice();

  await Promise.all(Array.from({ length: parallel }, async () => {
    while (queue.length) {
      const job = queue.shift();

      try {
        await job();
      } catch (error) {
        ok(false, 'a page', error.stack);
      }
    }
  }));
}


// Every state.  Of the combinations each has its turn, or all of them.

async function states() {
  const combinations = [];

  for (const lang of conf.langs) {
    for (const theme of themes) {
      for (const width of widths) {
        combinations.push({ lang, theme, width });
      }
    }
  }

  const jobs = [];
  const wanted = conf.orders.map((number) => conf.base + number)
    .concat([conf.minimal + conf.long, conf.minimal, conf.base + 'nobody',
             conf.base + conf.long + '?t=forged']);

  // the combinations are as many as 2, 4, 8 ...: an odd step takes them all

  wanted.forEach((address, i) => {
    for (const c of conf.all ? combinations
                             : [combinations[i * 3 % combinations.length]]) {
      jobs.push(() => state(address, c));
    }
  });

  await several(jobs);
}


async function state(address, { lang, theme, width }) {
  const mark = address.includes('?') ? '&' : '?';
  const page = await open(`${address}${mark}lang=${lang}`, {
    viewport: { width, height: 800 },
    colorScheme: theme,
    locale: lang,
  });
  const name = `${new URL(address).pathname}, ${lang}, ${theme}, ${width} px`;
  const faults = (await findings(page)).concat(page.faults);
  const wide = await page.evaluate(overflow);

  if (wide) {
    faults.push(`wider than the window: ${wide}`);
  }

  const said = await page.evaluate(() => ({
    h1: Array.from(document.querySelectorAll('h1')).map((e) => e.innerText),
    lang: document.documentElement.lang,
  }));

  if (said.h1.length !== 1 || !said.h1[0].trim()) {
    faults.push(`expected one headline: ${JSON.stringify(said.h1)}`);
  }

  if (said.lang !== lang) {
    faults.push(`the language is ${said.lang}`);
  }

  ok(!faults.length, name, faults.join('\n'));
  await close(page);
}


// With the keyboard alone: everything can be reached, is seen to be, and can
// be used.

async function keyboard() {
  const page = await open(conf.base + conf.long, {
    viewport: { width: 1280, height: 900 },
  });

  // what is in a closed part is not there

  const wanted = await page.evaluate(() => Array.from(
    document.querySelectorAll('a[href], button, input, summary, select'))
    .filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .length);
  const reached = new Set();
  const unseen = [];

  for (let i = 0; i < wanted + 5; i++) {
    await page.keyboard.press('Tab');

    const at = await page.evaluate(() => {
      const e = document.activeElement;

      if (e === document.body) {
        return null;
      }

      const style = getComputedStyle(e);
      const box = e.getBoundingClientRect();
      const all = Array.from(document.querySelectorAll('*'));

      return {
        n: all.indexOf(e),
        html: e.outerHTML.slice(0, 100),
        seen: box.width > 0 && box.height > 0 && box.top < innerHeight
          && box.bottom > 0
          && (style.outlineStyle !== 'none' || style.boxShadow !== 'none'),
        href: e.getAttribute('href'),
      };
    });

    if (!at || reached.has(at.n)) {
      break;
    }

    if (i === 0) {
      ok(at.href === '#main' && at.seen, 'keyboard: first a way to the '
         + 'content, to be seen when it has focus', at.html);
    }

    reached.add(at.n);

    if (!at.seen) {
      unseen.push(at.html);
    }
  }

  ok(reached.size >= wanted, 'keyboard: everything is reached',
     `${reached.size} of ${wanted}`);
  ok(!unseen.length, 'keyboard: one sees where one is', unseen.join('\n'));

  const toggled = await page.evaluate(() => {
    const s = Array.from(document.querySelectorAll('main summary'))
      .find((e) => e.checkVisibility());

    if (!s) {
      return null;
    }

    s.focus();
    return s.parentNode.open;
  });

  if (toggled !== null) {
    await page.keyboard.press('Enter');
    ok(await page.evaluate(() => document.activeElement.parentNode.open)
       !== toggled, 'keyboard: Enter opens and closes');
  }

  await close(page);

  const form = await open(conf.minimal);

  for (let i = 0; i < 20; i++) {
    await form.keyboard.press('Tab');

    if (await form.evaluate(() => document.activeElement.name === 'order')) {
      break;
    }
  }

  await form.keyboard.type(` #${conf.long} `);
  await Promise.all([
    form.waitForURL((url) => url.pathname.endsWith('/' + conf.long)),
    form.keyboard.press('Enter'),
  ]);
  ok(await form.$('main h1'), 'keyboard: the form leads to the page');
  await close(form);
}


// 400 % of a window of 1280 px leave 320 px of width.

async function zoom() {
  for (const lang of conf.langs) {
    const page = await open(`${conf.base}${conf.long}?lang=${lang}`, {
      viewport: { width: 320, height: 256 },
    });

    await page.evaluate(() => document.querySelectorAll('details')
      .forEach((e) => { e.open = true; }));

    const wide = await page.evaluate(overflow);

    ok(!wide, `400 %, ${lang}: nothing is wider than the window`, wide);
    await close(page);
  }

  // text alone, twice as large; more space within it

  const page = await open(conf.base + conf.long, {
    viewport: { width: 1280, height: 900 },
  });

  await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%';
  });

  const wide = await page.evaluate(overflow);

  ok(!wide, 'text of 200 %: nothing is wider than the window', wide);
  await close(page);
}


// A form that came back says what is wrong, and where, to all.

async function faulty() {
  for (const lang of conf.langs) {
    const page = await open(`${conf.closed}?lang=${lang}`);

    await page.locator('[name=order]').fill('R-1');
    await Promise.all([
      page.waitForNavigation(),
      page.locator('form').evaluate((form) => form.submit()),
    ]);

    const told = await page.locator('[name=proof]').evaluate((e) => ({
      invalid: e.getAttribute('aria-invalid'),
      texts: e.getAttribute('aria-describedby').split(' ')
        .map((id) => document.getElementById(id)?.innerText || ''),
    }));
    const faults = (await findings(page))
      .concat(page.faults.filter((f) => !/status of 422/.test(f)));

    ok(told.invalid === 'true' && told.texts.every((t) => t.length > 3),
       `form, ${lang}: the field says what is wrong`, JSON.stringify(told));
    ok(!faults.length, `form, ${lang}: accessible with its fault`,
       faults.join('\n'));
    await close(page);
  }
}


async function without() {
  const page = await open(conf.base + conf.long, { javaScriptEnabled: false });
  const text = await page.locator('main').innerText();

  ok(text.length > 300, 'without scripts: all is there', text);
  ok(await page.locator('[data-copy]:visible, [data-zone]:visible')
     .count() === 0,
     'without scripts: no button that does nothing');
  ok(await page.locator('meta[http-equiv=refresh]').count() === 1,
     'without scripts: it reloads now and then');
  ok(!page.faults.length, 'without scripts: no faults',
     page.faults.join('\n'));
  await close(page);
}


async function print() {
  const page = await open(conf.base + conf.long);

  await page.emulateMedia({ media: 'print' });

  const seen = await page.evaluate(() => ({
    h1: document.querySelector('h1').checkVisibility(),
    skip: document.querySelector('.skip').checkVisibility()
      && document.querySelector('.skip').getBoundingClientRect().left >= 0
      && document.querySelector('.skip').getBoundingClientRect().top >= 0,
    background: getComputedStyle(document.body).backgroundColor,
  }));
  const pdf = await page.pdf({ format: 'A4' });

  ok(seen.h1, 'print: the headline');
  ok(!seen.skip, 'print: without what is for screens');
  ok(/rgba\(0, 0, 0, 0\)|rgb\(255, 255, 255\)/.test(seen.background),
     'print: on white', seen.background);
  ok(pdf.length > 5000, 'print: a document', pdf.length);
  await close(page);
}


function commit(argv) {
  return new Promise((resolve, reject) => {
    execFile(argv[0], argv.slice(1), (error, out, err) => {
      return error ? reject(new Error(err || error)) : resolve();
    });
  });
}


// A change is seen in a page that is open, and only what has changed is other
// than before.

async function live() {
  const [first, second, last] = conf.live.commits;
  const page = await open(conf.base + conf.live.number);
  const headline = () => page.locator('h1').innerText();
  const before = await headline();

  await page.evaluate(() => {
    window.same = true;
    window.main = document.querySelector('main');
    window.status_ = document.querySelector('[aria-live]');

    const details = Array.from(document.querySelectorAll('main details'))
      .filter((e) => e.parentNode.closest('details') === null);

    if (details[0]) {
      details[0].open = !details[0].open;
      window.details = details[0];
      window.open_ = details[0].open;
    }

    const link = document.querySelector('main a[href], main summary');

    link.focus();
    window.focused = link;
    scrollTo(0, 40);
  });

  // the stream must be there, or the change is the page's own

  await page.waitForTimeout(300);
  await commit(first);

  const start = Date.now();

  await page.waitForFunction((text) => document.querySelector('h1').innerText
    !== text, before, { timeout: 10000, polling: 20 })
    .catch(() => {});

  const took = Date.now() - start;
  const now = await headline();

  ok(now !== before && took <= 1000,
     'live: a change is seen within a second of the commit',
     `after ${took} ms: ${before} -> ${now}`);

  const kept = await page.evaluate(() => ({
    same: window.same && window.main.isConnected,
    focus: document.activeElement === window.focused,
    details: !window.details || window.details.open === window.open_,
    scroll: scrollY,
    status: !window.status_ || window.status_.isConnected,
    title: document.title,
  }));

  ok(kept.same, 'live: without a reload');
  ok(kept.focus, 'live: focus stays where it is');
  ok(kept.details, 'live: what was opened stays open');
  ok(kept.scroll === 40, 'live: and the place in the page', kept.scroll);
  ok(kept.status, 'live: what readers listen to is still the same');
  ok(kept.title.includes(now.trim().slice(0, 10)), 'live: the title, too',
     kept.title);

  const faults = (await findings(page)).concat(page.faults);

  ok(!faults.length, 'live: accessible afterwards', faults.join('\n'));

  // gone elsewhere and back: what was missed is there

  await page.goto(conf.minimal);
  await commit(second);
  await page.goBack();
  await page.waitForFunction((text) => document.querySelector('h1').innerText
    !== text, now, { timeout: 5000, polling: 20 }).catch(() => {});
  ok(await headline() !== now, 'live: gone back to, it is up to date',
     await headline());

  // the end: nothing is waited for any more

  await commit(last);
  await page.waitForFunction(() => !document.querySelector('[data-live]'),
    null, { timeout: 5000, polling: 20 }).catch(() => {});
  ok(await page.locator('[data-live]').count() === 0,
     'live: when nothing can change, it stops');
  ok(!page.faults.length, 'live: no faults', page.faults.join('\n'));
  await close(page);
}


// A page that is open loses its view when its link is revoked.

async function revoked() {
  const page = await open(conf.revoked.link);
  const shows = () => page.locator('main').innerText();

  ok(/Desk lamp/.test(await shows()), 'revoked: the page before');

  await page.waitForTimeout(300);
  await commit(conf.revoked.revoke);
  await page.waitForFunction(() => !/Desk lamp/
    .test(document.querySelector('main').innerText), null,
    { timeout: 20000, polling: 100 }).catch(() => {});

  ok(!/Desk lamp/.test(await shows()), 'revoked: it shows nothing any more');
  ok(await page.locator('main form [name=order]').count() === 1,
     'revoked: but the form');
  ok(!page.faults.length, 'revoked: no faults', page.faults.join('\n'));
  await close(page);
}


// The form's other button, and the short view's: the link by e-mail.

async function mailed() {
  for (const lang of conf.langs) {
    for (const [name, url] of [['form', conf.closed],
                               ['short view', conf.minimal + conf.long]]) {
      const page = await open(`${url}?lang=${lang}`);
      const before = await findings(page);

      if (name === 'form') await page.locator('[name=order]').fill('R-1');

      await Promise.all([
        page.waitForNavigation(),
        page.locator('button[name=mail]').click(),
      ]);

      const faults = before.concat(await findings(page), page.faults);

      ok(await page.locator('main h1').count() === 1
         && await page.locator('main form').count() === 0,
         `link by mail, ${name}, ${lang}: it is said`);
      ok(!faults.length, `link by mail, ${name}, ${lang}: accessible`,
         faults.join('\n'));
      await close(page);
    }
  }
}


// What a shopper says is sent by one form and without a script.

async function feedback() {
  const page = await open(conf.feedback, { javaScriptEnabled: false });
  const posts = [];

  page.on('request', (request) => {
    if (request.method() === 'POST') {
      posts.push(request.postData());
    }
  });

  await page.locator('input[name=arrived][value=yes]').check();
  await page.locator('input[name=rating][value="4"]').check();
  await page.locator('textarea[name=comment]').fill('Quick, & "well" packed');
  await page.locator('form:has(textarea) button').click();
  await page.waitForURL(/#thanks$/);

  ok(posts.length === 1, 'feedback: one POST', posts.join('\n'));
  ok(await page.locator('#thanks').isVisible(), 'feedback: thanks');
  ok(!page.faults.length, 'feedback: no faults', page.faults.join('\n'));
  await close(page);
}


// Times are the place's, and the viewer's own if they want that.

async function clocks() {
  const page = await open(conf.base + conf.long, {
    timezoneId: 'Asia/Tokyo', locale: 'en-GB',
  });
  const button = page.locator('[data-zone]');
  const stamp = page.locator('time[datetime$="Z"]').first();
  const shown = () => stamp.evaluate((e) => Array.from(e.parentNode.childNodes)
    .filter((n) => !n.hidden).map((n) => n.textContent).join(''));
  const before = await shown();
  const words = await button.innerText();
  const then = await stamp.evaluate((e) => new Date(new Date(e.dateTime)
    .getTime() + 9 * 3600e3).toISOString().slice(11, 16));

  ok(/UTC/.test(before), 'clocks: as the carrier has them', before);

  await button.click();

  const own = await shown();

  ok(own.includes(then) && /GMT\+9|JST/.test(own) && !/UTC/.test(own),
     'clocks: the viewer\'s own', own);
  ok(await button.innerText() !== words, 'clocks: the button takes it back');

  const faults = (await findings(page)).concat(page.faults);

  ok(!faults.length, 'clocks: accessible', faults.join('\n'));

  await button.focus();
  await page.keyboard.press('Enter');
  ok(await shown() === before && await button.innerText() === words,
     'clocks: and back, by keyboard', await shown());
  await close(page);

  const minimal = await open(conf.minimal + conf.long);

  ok(!await minimal.locator('[data-zone]').isVisible(),
     'clocks: no button where there are no times');
  await close(minimal);
}


async function copy() {
  const page = await open(conf.base + conf.long, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const button = page.locator('[data-copy]:visible').first();

  if (await page.locator('[data-copy]').count()) {
    await button.click();

    const text = await page.evaluate(() => navigator.clipboard.readText());

    ok(text === await button.getAttribute('data-copy'),
       'copying a tracking number', text);
  }

  await close(page);
}


// What is looked for is found: faults are planted in a page.

async function planted() {
  const page = await open(conf.base + conf.long);
  const before = page.faults.length;

  await page.evaluate(() => {
    const p = document.createElement('p');

    p.textContent = 'Hardly to be read';
    p.style.setProperty('color', '#777');
    p.style.setProperty('background', '#888');
    p.style.setProperty('width', '5000px');
    document.querySelector('main').append(p, new Image());
    document.querySelector('main').lastChild.src = 'http://127.0.0.2:9/';
  });
  await page.waitForTimeout(100);

  const found = await findings(page);

  ok(before === 0 && page.faults.some((f) => /violates|Refused/.test(f)),
     'planted: what the policy refuses is found', page.faults.join('\n'));
  ok(found.some((f) => f.startsWith('color-contrast')),
     'planted: so is what cannot be read', found.join('\n'));
  ok(found.some((f) => f.startsWith('image-alt')),
     'planted: and what has no words', found.join('\n'));
  ok(await page.evaluate(overflow), 'planted: and what is too wide');
  await close(page);
}


// Pictures for documents, not for comparison.

async function shots() {
  const dir = conf.shots;
  const desk = await open(conf.base + conf.long, {
    viewport: { width: 860, height: 950 },
  });
  const phone = await open(conf.base + conf.phone, {
    viewport: { width: 390, height: 950 }, colorScheme: 'dark',
  });
  const pictures = [await desk.screenshot(), await phone.screenshot()];

  await close(desk);
  await close(phone);

  const context = await browser.newContext({
    viewport: { width: 1330, height: 950 },
  });
  const page = await context.newPage();

  await page.setContent('<style>body{margin:0;display:flex;gap:40px;'
    + 'background:#c9ced6}img{display:block;height:950px}</style>'
    + pictures.map((p) => `<img src="data:image/png;base64,${
      p.toString('base64')}">`).join(''), { waitUntil: 'load' });
  await page.waitForTimeout(200);
  await page.screenshot({ path: path.join(dir, 'page.png') });
  await context.close();
  ok(true, `written: ${dir}/page.png`);
}


async function main() {
  browser = await chromium.launch({
    executablePath: conf.chromium,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });

  for (const part of conf.shots ? [shots]
                                : [live, revoked, feedback, keyboard, zoom,
                                   faulty, mailed, without, print, copy, clocks,
                                   planted, states]) {
    try {
      await part();
    } catch (error) {
      ok(false, part.name, error.stack);
    }
  }

  await browser.close();
  console.log(`1..${count}`);
}


main().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
