// What one would write instead of "wismo fetch": undici's pool asks about one
// parcel after the other, the reply is parsed, put into one form and written
// to Redis.  No schedule, no leases, no quotas, no merging with what the shop
// has said.
//
// URL, NUMBERS (a file), REDIS, CONNECTIONS, CA (a file, or nothing).

'use strict'

const fs = require('fs')
const { randomUUID } = require('crypto')
const { Pool } = require('undici')
const Redis = require('ioredis')

const connections = +process.env.CONNECTIONS
const numbers = fs.readFileSync(process.env.NUMBERS, 'utf8').trim().split('\n')
const ca = process.env.CA ? fs.readFileSync(process.env.CA) : undefined
const pool = new Pool(process.env.URL, { connections, connect: { ca } })
const redis = new Redis(process.env.REDIS, { enableAutoPipelining: true })

const status = {
  M: 'label_created',
  P: 'picked_up',
  I: 'in_transit',
  O: 'out_for_delivery',
  D: 'delivered',
  X: 'exception'
}

function time (a) {
  const d = a.gmtDate

  return `${d.slice(0, 4)}-${d.slice(4, 6)}-${d.slice(6)}T${a.gmtTime}Z`
}

function normalise (body) {
  const p = body.trackResponse.shipment[0].package[0]
  const events = p.activity.map(a => ({
    time: time(a),
    local: a.date + a.time + a.gmtOffset,
    status: status[a.status.type],
    code: a.status.type + '/' + a.status.code,
    description: a.status.description.trim(),
    place: [a.location.address.city, a.location.address.stateProvince,
      a.location.address.countryCode].filter(Boolean).join(', ')
  }))

  events.sort((a, b) => a.time < b.time ? 1 : -1)

  return {
    tracking_number: p.trackingNumber,
    status: status[p.currentStatus.type],
    expected: p.deliveryDate[0].date,
    weight: p.weight.weight,
    checked_at: Math.floor(Date.now() / 1000),
    events
  }
}

async function ask (token, number) {
  const reply = await pool.request({
    path: `/api/track/v1/details/${number}?locale=en_US`,
    method: 'GET',
    headers: {
      authorization: 'Bearer ' + token,
      transid: randomUUID(),
      transactionsrc: 'bench',
      accept: 'application/json'
    }
  })
  const parcel = normalise(await reply.body.json())

  await redis.set('parcel:' + number, JSON.stringify(parcel))
}

async function main () {
  const reply = await pool.request({
    path: '/security/v1/oauth/token',
    method: 'POST',
    body: 'grant_type=client_credentials'
  })
  const token = (await reply.body.json()).access_token
  const from = Math.floor(numbers.length / 10)
  let next = 0
  let begin = process.cpuUsage()

  async function worker () {
    while (next < numbers.length) {
      if (next === from) begin = process.cpuUsage()
      await ask(token, numbers[next++])
    }
  }

  await Promise.all(Array.from({ length: connections }, worker))

  const spent = process.cpuUsage(begin)

  console.log(JSON.stringify({
    polls: numbers.length - from,
    cpu: (spent.user + spent.system) / (numbers.length - from),
    rss_kb: Math.round(process.memoryUsage().rss / 1024)
  }))

  redis.disconnect()
  await pool.close()
}

main()
