// The browser's side of t/widget.t: opens pages of another site that have the
// element <wismo-track> in them, and prints a line of JSON for each: what is
// seen, and what the pages' policy refused.
//
//   chromium   the program
//   pages      addresses
//   script     whether scripts run

'use strict';

const fs = require('fs');
const { chromium } = require('playwright-core');

const conf = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));


function seen() {
  return Array.from(document.querySelectorAll('wismo-track')).map((e) => ({
    text: e.shadowRoot ? e.shadowRoot.querySelector('div').innerText : '',
    links: e.shadowRoot ? Array.from(e.shadowRoot.querySelectorAll('a'))
      .map((a) => a.href) : [],
    fallback: e.checkVisibility ? Array.from(e.children)
      .some((c) => c.getClientRects().length > 0) : null,
    border: e.shadowRoot && e.shadowRoot.querySelector('section')
      ? getComputedStyle(e.shadowRoot.querySelector('section')).borderTopWidth
      : '',
  }));
}


(async () => {
  const browser = await chromium.launch({
    executablePath: conf.chromium,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });

  for (const one of conf.pages) {
    const context = await browser.newContext({
      javaScriptEnabled: one.script !== false,
    });
    const page = await context.newPage();
    const faults = [];

    page.on('console', (m) => {
      if (m.type() === 'error') {
        faults.push(m.text());
      }
    });
    page.on('pageerror', (e) => faults.push(String(e)));

    await page.goto(one.address, { waitUntil: 'load' });

    if (one.script !== false) {
      await page.waitForFunction('window.updates >= ' + (one.updates || 1),
                                 null, { timeout: 20000 }).catch(() => {});
    }

    console.log(JSON.stringify({
      address: one.address,
      faults,
      seen: one.script === false ? await page.innerText('body')
        : await page.evaluate(seen),
    }));

    await context.close();
  }

  await browser.close();
})();
