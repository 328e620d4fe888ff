/*
 * <wismo-track order="1001" token="...">: the status of an order in any page,
 * in the words and the language of the tracking page, which it asks for a
 * part of itself.  What stands between its tags is seen where there is no
 * script, no answer or no such order.
 */

(function () {
  'use strict';

  var script = document.currentScript;
  var home = script && script.src ? new URL('.', script.src).href : '';
  var every = 60000;
  var sheet;

  var css = ':host{display:block;color:var(--wismo-text,inherit);'
    + 'font:var(--wismo-font,inherit)}'
    + ':host([hidden]){display:none}'
    + 'section{border:1px solid var(--wismo-line,currentColor);'
    + 'border-radius:var(--wismo-radius,.5rem);padding:1rem}'
    + 'p{margin:0 0 .5rem}p:last-child{margin:0}'
    + '.wismo-headline{font-size:1.25em}'
    + '.warn .wismo-headline,.bad .wismo-headline{'
    + 'color:var(--wismo-alert,inherit)}'
    + 'ol{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem .75rem;'
    + 'margin:0 0 .5rem;padding:0}'
    + 'li{padding-block-start:.25rem;'
    + 'border-block-start:3px solid var(--wismo-line,currentColor)}'
    + 'li.done,li.now{border-color:var(--wismo-accent,currentColor)}'
    + 'li.now{font-weight:bold}'
    + 'a{color:var(--wismo-accent,inherit)}';

  if (!window.customElements || customElements.get('wismo-track')) {
    return;
  }

  function dress(root) {
    try {
      sheet = sheet || new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch (plain) { /* an old browser shows it as it is */ }
  }

  class WismoTrack extends HTMLElement {
    static get observedAttributes() {
      return ['order', 'token', 'lang', 'src'];
    }

    constructor() {
      super();

      var root = this.attachShadow({ mode: 'open' });

      dress(root);

      this.box = document.createElement('div');
      this.box.setAttribute('aria-live', 'polite');
      root.append(document.createElement('slot'), this.box);

      this.seen = this.seen.bind(this);
    }

    connectedCallback() {
      document.addEventListener('visibilitychange', this.seen);
      this.soon();
    }

    disconnectedCallback() {
      document.removeEventListener('visibilitychange', this.seen);
      clearTimeout(this.timer);
      this.turn = null;
    }

    attributeChangedCallback() {
      if (this.isConnected) {
        this.soon();
      }
    }

    /* Several attributes may change before anything is asked. */

    soon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(this.ask.bind(this), 0);
    }

    seen() {
      if (document.visibilityState === 'visible' && this.due <= Date.now()) {
        this.soon();
      }
    }

    address(fragment) {
      var src = this.getAttribute('src');
      var url = new URL(encodeURIComponent(this.getAttribute('order')),
                        src ? new URL(src, document.baseURI) : home);

      if (fragment) {
        url.searchParams.set('fragment', 'status');
      }

      if (this.getAttribute('token')) {
        url.searchParams.set('t', this.getAttribute('token'));
      }

      if (this.lang) {
        url.searchParams.set('lang', this.lang);
      }

      return url.href;
    }

    ask() {
      var turn = this.turn = {};
      var address;

      try {
        address = this.getAttribute('order') && this.address(true);
      } catch (nowhere) {
        address = '';
      }

      if (!address) {
        this.show(null);
        return;
      }

      fetch(address, {
        cache: 'no-cache',
        credentials: 'same-origin',
        referrerPolicy: 'no-referrer',
        headers: { Accept: 'text/html' }

      }).then((r) => {
        if (r.ok) {
          return r.text();
        }

        /* what was there stays if there is no answer, not if it is gone */

        return r.status === 404 ? '' : null;

      }).catch(() => null).then((text) => {
        if (turn !== this.turn) {
          return;
        }

        if (text !== null) {
          this.take(text);
        }

        if (text === null || this.live) {
          this.due = Date.now() + every;
          this.timer = setTimeout(() => {
            if (document.visibilityState === 'visible') {
              this.ask();
            }
          }, every * (0.75 + Math.random() / 2));
        }
      });
    }

    take(text) {
      var page = new DOMParser().parseFromString(text, 'text/html');
      var part = page.querySelector('section.wismo');

      if (part) {
        part.querySelectorAll('a').forEach((a) => {
          a.href = this.address(false);
          a.target = '_top';
          a.rel = 'noopener noreferrer';
        });
      }

      this.live = !!part && part.hasAttribute('data-live');
      this.due = Infinity;
      this.show(part);

      this.dispatchEvent(new CustomEvent('wismo-update', {
        bubbles: true,
        detail: {
          found: !!part,
          version: part ? part.dataset.version.split('-')[0] : null
        }
      }));
    }

    show(part) {
      this.shadowRoot.querySelector('slot').hidden = !!part;

      if (part && this.box.firstChild
          && this.box.firstChild.isEqualNode(part))
      {
        return;
      }

      this.box.textContent = '';

      if (part) {
        this.box.append(document.importNode(part, true));
      }
    }
  }

  customElements.define('wismo-track', WismoTrack);
})();
