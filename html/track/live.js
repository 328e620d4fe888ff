/*
 * A page that stays open: it hears of changes, asks for itself again and
 * takes over what is different, so that focus, open details and the place in
 * the page stay as they are.  Without it the page works all the same.
 */

(function () {
  'use strict';

  var main = document.querySelector('main[data-version]');
  var zone = document.querySelector('[data-zone]');
  var source, timer, opened, busy, again, clock;

  if (!main || !window.DOMParser || !window.fetch) {
    return;
  }


  /* What needs a script is hidden as long as there is none. */

  function show(root) {
    if (navigator.clipboard) {
      root.querySelectorAll('[data-copy][hidden]').forEach(function (b) {
        b.hidden = false;
      });
    }

    if (zone && window.Intl && instants(root).length) {
      zone.hidden = false;
    }
  }


  /* Times are those of the place, as the carrier prints them; whoever asks
     for it sees instants by the clock of the viewer. */

  function instants(root) {
    return root.querySelectorAll('time[datetime$="Z"]');
  }

  function tell(root) {
    instants(root).forEach(function (t) {
      var basis = t.nextElementSibling;

      if (clock) {
        t.dataset.said = t.textContent;
        t.textContent = clock.format(new Date(t.dateTime));

      } else if (t.dataset.said) {
        t.textContent = t.dataset.said;
        delete t.dataset.said;
      }

      if (basis) {
        basis.hidden = !!clock;
      }
    });
  }

  if (zone) {
    zone.addEventListener('click', function () {
      var text = zone.textContent;
      var lang = document.documentElement.lang;
      var mine = navigator.language || lang;

      /* in the page's language, as it is written where the viewer is */

      if (mine.split('-')[0] !== lang.split('-')[0]) {
        mine = lang;
      }

      clock = clock ? null : new Intl.DateTimeFormat(mine, {
        weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric',
        minute: '2-digit', timeZoneName: 'short'
      });

      tell(main);

      zone.textContent = zone.dataset.zone;
      zone.dataset.zone = text;
    });
  }

  document.addEventListener('click', function (e) {
    var b = e.target.closest && e.target.closest('[data-copy]');
    var text = b && b.textContent;
    var done = b && b.dataset.done;

    if (!b || text === done) {
      return;
    }

    navigator.clipboard.writeText(b.dataset.copy).then(function () {
      b.textContent = done || text;

      setTimeout(function () {
        b.textContent = text;
      }, 2000);
    }, function () {});
  });


  /* Makes "from" what "to" is, node by node; "to" is used up. */

  function morph(from, to) {
    var a, b, i;

    if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) {
      from.replaceWith(to);
      return;
    }

    if (from.nodeType !== 1) {
      if (from.data !== to.data) {
        from.data = to.data;
      }

      return;
    }

    if (from.isEqualNode(to)) {
      return;
    }

    for (a of Array.from(from.attributes)) {
      if (!to.hasAttribute(a.name) && a.name !== 'open') {
        from.removeAttribute(a.name);
      }
    }

    for (a of Array.from(to.attributes)) {
      if (from.getAttribute(a.name) !== a.value && a.name !== 'open') {
        from.setAttribute(a.name, a.value);
      }
    }

    a = Array.from(from.childNodes);
    b = Array.from(to.childNodes);

    for (i = 0; i < a.length || i < b.length; i++) {
      if (!b[i]) {
        a[i].remove();

      } else if (!a[i]) {
        from.appendChild(b[i]);

      } else {
        morph(a[i], b[i]);
      }
    }
  }

  function take(text) {
    var page = new DOMParser().parseFromString(text, 'text/html');
    var next = page.querySelector('main');

    if (!next) {
      return;
    }

    show(next);

    if (clock) {
      tell(next);
    }

    morph(main, next);

    document.title = page.title;
    document.body.className = page.body.className;
  }


  /* The same address: who may see what is decided as always. */

  function update() {
    if (busy) {
      again = true;
      return;
    }

    busy = true;
    again = false;

    fetch(location.href, {
      cache: 'no-cache',
      credentials: 'same-origin',
      headers: { Accept: 'text/html' }

    }).then(function (r) {
      return r.ok || r.status === 404 ? r.text().then(take) : null;

    }).catch(function () {}).then(function () {
      busy = false;

      if (!can()) {
        stop();

      } else if (again) {
        update();
      }
    });
  }

  function can() {
    return main.hasAttribute('data-live');
  }

  function later(code, ms) {
    clearTimeout(timer);
    timer = setTimeout(code, ms * (0.75 + Math.random() / 2));
  }

  function stop() {
    clearTimeout(timer);

    if (source) {
      source.close();
      source = null;
    }
  }

  function start() {
    if (source || !can() || document.visibilityState === 'hidden') {
      return;
    }

    if (!window.EventSource) {
      poll();
      return;
    }

    source = new EventSource(location.pathname + '/live?v='
                             + main.dataset.version);

    source.onmessage = function (e) {

      /* not all who watch an order ask at the same moment */

      if (e.lastEventId !== main.dataset.version) {
        later(update, 150);
      }
    };

    source.onopen = function () {
      opened = true;
    };

    /* too many streams, or none: now and then the page itself is asked; at
       once if there was one, since the order may have gone, or the right to
       see it */

    source.onerror = function () {
      if (source && source.readyState === 2) {
        source = null;
        poll();

        if (opened) {
          opened = false;
          update();
        }
      }
    };
  }

  function poll() {
    later(function () {
      update();
      later(start, 5000);
    }, 60000);
  }

  function resume() {
    if (!source && can() && document.visibilityState !== 'hidden') {
      update();
      start();
    }
  }


  show(document);

  /* a page in the background, or gone back from, has no connection */

  document.addEventListener('visibilitychange', function () {
    if (document.visibilityState === 'hidden') {
      stop();

    } else {
      resume();
    }
  });

  window.addEventListener('pagehide', stop);
  window.addEventListener('pageshow', function (e) {
    if (e.persisted) {
      resume();
    }
  });

  start();
})();
