'use strict'

// The tracking page with fastify and ioredis, one process: PORT, REDIS (the
// socket's path) and DIR (words.json, style.css) are in the environment.
// What does not depend on the order is joined once.

const fs = require('fs')
const path = require('path')
const fastify = require('fastify')({ logger: false, keepAliveTimeout: 120000 })
const Redis = require('ioredis')

const redis = new Redis({
  path: process.env.REDIS, enableAutoPipelining: true
})

const dir = process.env.DIR
const words = JSON.parse(fs.readFileSync(path.join(dir, 'words.json')))
const style = fs.readFileSync(path.join(dir, 'style.css'), 'utf8')

const entities = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'
}

const escape = s =>
  /[&<>"']/.test(s) ? s.replace(/[&<>"']/g, c => entities[c]) : s

const t = {}
for (const k in words.t) t[k] = escape(words.t[k])

const status = {}
for (const [k, s] of Object.entries(words.status)) {
  const last = words.steps.labels.length - 1
  const steps = words.steps.labels.map((label, i) => {
    const done = i < s.milestone || (i === s.milestone && i === last)
    const now = i === s.milestone && !done
    const state = done ? 'done' : now ? 'current' : 'todo'

    return '<li' + (done ? ' class="done"' : '') +
      (now ? ' class="now" aria-current="step"' : '') + '><span>' +
      escape(label) + '</span> <span class="vh">(' + words.steps[state] +
      ')</span></li>\n'
  })

  status[k] = {
    headline: escape(s.headline),
    scan: escape(s.scan || s.headline),
    next: escape(s.next),
    tone: k === 'delivered' ? 'ok' : 'info',
    steps: '<ol class="steps" aria-label="' + t.progress + '">\n' +
      steps.join('') + '</ol>\n'
  }
}

const head = '</title>\n<meta charset="utf-8">\n<meta name="viewport" ' +
  'content="width=device-width,initial-scale=1">\n' +
  '<meta name="robots" content="noindex,nofollow,noarchive">\n' +
  '<meta name="referrer" content="no-referrer">\n' +
  '<meta name="color-scheme" content="light dark">\n' +
  '<meta name="format-detection" content="telephone=no">\n' +
  `<style>${style}</style>\n</head>\n<body class="`

const two = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'))
const local = (time, tz) => new Date((time + tz * 60) * 1000)

const date = (time, tz) => {
  const d = local(time, tz)

  return words.days[d.getUTCDay()] + ' ' + d.getUTCDate() + ' ' +
    words.months[d.getUTCMonth()]
}

const when = (time, tz) => {
  const d = local(time, tz)

  return words.days[d.getUTCDay()] + ' ' + d.getUTCDate() + ' ' +
    words.months[d.getUTCMonth()] + ', ' + two[d.getUTCHours()] + ':' +
    two[d.getUTCMinutes()] + ' local time'
}

const iso = (time, tz) => {
  const d = local(time, tz)
  const m = Math.abs(tz)

  return d.getUTCFullYear() + '-' + two[d.getUTCMonth() + 1] + '-' +
    two[d.getUTCDate()] + 'T' + two[d.getUTCHours()] + ':' +
    two[d.getUTCMinutes()] + ':' + two[d.getUTCSeconds()] +
    (tz < 0 ? '-' : '+') + two[m / 60 | 0] + ':' + two[m % 60]
}

function due (order) {
  if (order.status === 'delivered') {
    let e = order.parcels[0].events[0]
    for (const p of order.parcels) if (p.events[0].t > e.t) e = p.events[0]

    return ['Delivered', when(e.t, e.tz)]
  }

  return [order.promised < Date.now() / 1000 ? 'Was expected'
    : 'Promised delivery', date(order.promised, order.tz)]
}

function event (e, i) {
  return `<li${i === 0 ? ' class="latest"' : ''}>
<p><b>${status[e.status].scan}</b> <span class="place" lang="">` +
`${escape(e.place)}</span></p>
<p class="quiet" lang="">${escape(e.text)}</p>
<p class="stamp"><time datetime="${iso(e.t, e.tz)}">${when(e.t, e.tz)}` +
'</time></p>\n</li>\n'
}

function parcel (p, i, total) {
  const s = status[p.status]
  const e = p.events[0]
  let events = ''

  for (let j = 0; j < p.events.length; j++) events += event(p.events[j], j)

  return `<article class="card ${s.tone}">
<header${total > 1 ? '' : ' class="vh"'}>
<h3>${total > 1 ? `Parcel ${i + 1} of ${total}` : 'Your parcel'}</h3>
<p class="status">${s.headline}</p>
</header>
<dl class="facts">
<div><dt>${t.carrier}</dt><dd>${escape(p.name)}</dd></div>
<div><dt>${t.tracking_number}</dt><dd class="code"><bdi dir="ltr">` +
`${escape(p.number)}</bdi></dd></div>
</dl>
<h4>${t.history}</h4>
<ol class="events" reversed>
${events}</ol>
<dl class="fresh">
<div><dt>${t.last_scan}</dt><dd>${when(e.t, e.tz)}</dd></div>
<div><dt>${t.last_check}</dt><dd>Not asked yet</dd></div>
<div><dt>${t.next_check}</dt><dd>None needed</dd></div>
<div><dt>${t.source}</dt><dd>Loaded by the shop</dd></div>
</dl>
<p class="more"><a href="${escape(p.url)}" rel="noopener noreferrer">` +
`${t.carrier_page}</a></p>
</article>
`
}

function render (order) {
  const s = status[order.status]
  const number = escape(order.number)
  const [label, text] = due(order)
  const total = order.parcels.length
  let parcels = ''
  let items = ''
  let delivered = ''

  for (let i = 0; i < total; i++) parcels += parcel(order.parcels[i], i, total)

  for (const i of order.items) {
    items += (i.quantity > 1 ? `<li><b>${i.quantity} ×</b> ` : '<li>') +
      escape(i.name) + '</li>\n'
  }

  if (total > 1) {
    const n = order.parcels.filter(p => p.status === 'delivered').length
    delivered = `<p class="where">${n} of ${total} parcels delivered</p>\n`
  }

  return `<!doctype html>
<html lang="en" dir="ltr">
<head>
<title>${s.headline} · Order ${number}${head}${s.tone}">
<a class="skip" href="#main">${t.skip}</a>
<header>
<p class="brand">${t.track}</p>
<a href="/track/">${t.track_another}</a>
</header>
<main id="main">
<section class="hero">
<p class="over">Order ${number} <span>· Placed on ` +
`${date(order.placed, order.tz)}</span></p>
<h1>${s.headline}</h1>
<p class="next"><b class="vh">${t.next}: </b>${s.next}</p>
<div class="date">
<p class="over">${label}</p>
<p class="when">${text}</p>
</div>
${s.steps}${delivered}<p class="where">${t.last_check}: Not asked yet</p>
</section>
<section aria-labelledby="parcels">
<h2 id="parcels">${t.parcels}</h2>
${parcels}</section>
<section class="card" aria-labelledby="items">
<h2 id="items">${t.items}</h2>
<ul class="items">
${items}</ul>
</section>
</main>
<footer>
<p>${t.footer}</p>
</footer>
</body>
</html>
`
}

// What the shop's own bookkeeping is stays inside; times are for everybody.

function json (order) {
  return JSON.stringify({
    order: order.number,
    status: order.status,
    placed_at: iso(order.placed, order.tz),
    promised: iso(order.promised, order.tz),
    items: order.items,
    parcels: order.parcels.map(p => ({
      carrier: p.carrier,
      tracking_number: p.number,
      tracking_url: p.url,
      status: p.status,
      events: p.events.map(e => ({
        time: iso(e.t, e.tz),
        status: e.status,
        place: e.place,
        description: e.text
      }))
    }))
  })
}

function route (url, type, make) {
  fastify.get(url, async (request, reply) => {
    const value = await redis.get('order:' + request.params.number)

    if (value === null) {
      reply.code(404)
      return 'no such order'
    }

    reply.type(type).header('cache-control', 'private, no-cache')

    return make(JSON.parse(value))
  })
}

route('/track/:number', 'text/html; charset=utf-8', render)
route('/json/:number', 'application/json; charset=utf-8', json)

fastify.listen({ host: '127.0.0.1', port: +process.env.PORT })
