-- The tracking page for nginx's Lua module: one GET over a pooled connection,
-- cjson, one table of strings joined once.  What does not depend on the order
-- is joined when nginx starts; texts that carriers repeat are escaped once.

local cjson = require "cjson.safe"
local redis = require "nginx.redis"
local new_tab = require "table.new"

local find, gsub, concat = string.find, string.gsub, table.concat
local floor, abs = math.floor, math.abs
local null, now = ngx.null, ngx.time
local header, print, var, exit = ngx.header, ngx.print, ngx.var, ngx.exit

local M = {}
local socket, t, days, months, head, foot
local headline, scan, following, tone, steps = {}, {}, {}, {}, {}

local two = {}
for i = 0, 99 do two[i] = ("%02d"):format(i) end

local entities = {
    ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
    ["'"] = "&#39;",
}


local function escape(s)
    if find(s, "[&<>\"']") then
        s = gsub(s, "[&<>\"']", entities)
    end

    return s
end


-- The same few thousand texts come again and again.

local known, count = {}, 0

local function repeated(s)
    local e = known[s]

    if e then
        return e
    end

    if count == 10000 then
        known, count = {}, 0
    end

    e = escape(s)
    known[s] = e
    count = count + 1

    return e
end


-- Seconds since 1970 and minutes east of UTC as date and time; pages show few
-- different days.

local dates = {}

local function day(number)
    local d = dates[number]

    if d then
        return d
    end

    local z = number + 719468
    local era = floor(z / 146097)
    local doe = z - era * 146097
    local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524)
                      - floor(doe / 146096)) / 365)
    local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
    local mp = floor((5 * doy + 2) / 153)
    local m = mp < 10 and mp + 3 or mp - 9
    local date = doy - floor((153 * mp + 2) / 5) + 1

    d = {
        ("%04d-%02d-%02dT"):format(yoe + era * 400 + (m <= 2 and 1 or 0), m,
                                   date),
        ("%s %d %s"):format(days[(number + 4) % 7 + 1], date, months[m])
    }
    dates[number] = d

    return d
end

local function split(time, tz)
    time = time + tz * 60
    local n = floor(time / 86400)

    return day(n), time - n * 86400
end

local function offset(tz)
    local m = abs(tz)

    return (tz < 0 and "-" or "+") .. two[floor(m / 60)] .. ":" .. two[m % 60]
end

local function date(time, tz)
    return (split(time, tz))[2]
end

local function when(time, tz)
    local d, s = split(time, tz)

    return d[2] .. ", " .. two[floor(s / 3600)] .. ":"
        .. two[floor(s / 60) % 60] .. " local time"
end

local function iso(time, tz)
    local d, s = split(time, tz)

    return d[1] .. two[floor(s / 3600)] .. ":" .. two[floor(s / 60) % 60]
        .. ":" .. two[s % 60] .. offset(tz)
end


local function read(path)
    local f = assert(io.open(path))
    local s = f:read("*a")
    f:close()

    return s
end


-- DIR/words.json has the words of the page it is compared with, DIR/style.css
-- its style sheet.

function M.init(path, dir)
    local words = assert(cjson.decode(read(dir .. "/words.json")))

    socket, t, days, months = "unix:" .. path, {}, words.days, words.months

    for name, text in pairs(words.t) do
        t[name] = escape(text)
    end

    for status, s in pairs(words.status) do
        headline[status] = escape(s.headline)
        scan[status] = escape(s.scan or s.headline)
        following[status] = escape(s.next)
        tone[status] = status == "delivered" and "ok" or "info"

        local w = { '<ol class="steps" aria-label="' .. t.progress .. '">\n' }

        for i, label in ipairs(words.steps.labels) do
            local at, last = s.milestone + 1, #words.steps.labels
            local state, class = words.steps.todo, ""

            if i < at or (i == at and i == last) then
                state, class = words.steps.done, ' class="done"'

            elseif i == at then
                state = words.steps.current
                class = ' class="now" aria-current="step"'
            end

            w[#w + 1] = "<li" .. class .. "><span>" .. escape(label)
                .. '</span> <span class="vh">(' .. state .. ")</span></li>\n"
        end

        steps[status] = concat(w) .. "</ol>\n"
    end

    head = '</title>\n<meta charset="utf-8">\n<meta name="viewport" '
        .. 'content="width=device-width,initial-scale=1">\n'
        .. '<meta name="robots" content="noindex,nofollow,noarchive">\n'
        .. '<meta name="referrer" content="no-referrer">\n'
        .. '<meta name="color-scheme" content="light dark">\n'
        .. '<meta name="format-detection" content="telephone=no">\n'
        .. '<style>' .. read(dir .. "/style.css") .. '</style>\n</head>\n'
        .. '<body class="'

    foot = '</main>\n<footer>\n<p>' .. t.footer
        .. '</p>\n</footer>\n</body>\n</html>\n'

    M.header = '">\n<a class="skip" href="#main">' .. t.skip
        .. '</a>\n<header>\n<p class="brand">' .. t.track
        .. '</p>\n<a href="/track/">' .. t.track_another
        .. '</a>\n</header>\n<main id="main">\n<section class="hero">\n'
        .. '<p class="over">Order '
    M.next = '</h1>\n<p class="next"><b class="vh">' .. t.next .. ': </b>'
    M.last_check = '<p class="where">' .. t.last_check .. ': Not asked yet</p>'
        .. '\n</section>\n<section aria-labelledby="parcels">\n'
        .. '<h2 id="parcels">' .. t.parcels .. '</h2>\n'
    M.carrier = '</p>\n</header>\n<dl class="facts">\n<div><dt>' .. t.carrier
        .. '</dt><dd>'
    M.number = '</dd></div>\n<div><dt>' .. t.tracking_number
        .. '</dt><dd class="code"><bdi dir="ltr">'
    M.history = '</bdi></dd></div>\n</dl>\n<h4>' .. t.history
        .. '</h4>\n<ol class="events" reversed>\n'
    M.last_scan = '</ol>\n<dl class="fresh">\n<div><dt>' .. t.last_scan
        .. '</dt><dd>'
    M.more = '</dd></div>\n<div><dt>' .. t.last_check
        .. '</dt><dd>Not asked yet</dd></div>\n<div><dt>' .. t.next_check
        .. '</dt><dd>None needed</dd></div>\n<div><dt>' .. t.source
        .. '</dt><dd>Loaded by the shop</dd></div>\n</dl>\n'
        .. '<p class="more"><a href="'
    M.carrier_page = '" rel="noopener noreferrer">' .. t.carrier_page
        .. '</a></p>\n</article>\n'
    M.items = '</section>\n<section class="card" aria-labelledby="items">\n'
        .. '<h2 id="items">' .. t.items .. '</h2>\n<ul class="items">\n'
end


local function due(order)
    if order.status == "delivered" then
        local e = order.parcels[1].events[1]

        for i = 2, #order.parcels do
            local other = order.parcels[i].events[1]

            if other.t > e.t then
                e = other
            end
        end

        return "Delivered", when(e.t, e.tz)
    end

    return order.promised < now() and "Was expected" or "Promised delivery",
           date(order.promised, order.tz)
end


local function render(order)
    local w = new_tab(320, 0)
    local number, status = escape(order.number), order.status
    local label, text = due(order)

    w[1] = '<!doctype html>\n<html lang="en" dir="ltr">\n<head>\n<title>'
    w[2] = headline[status]
    w[3] = " · Order "
    w[4] = number
    w[5] = head
    w[6] = tone[status]
    w[7] = M.header
    w[8] = number
    w[9] = " <span>· Placed on "
    w[10] = date(order.placed, order.tz)
    w[11] = "</span></p>\n<h1>"
    w[12] = headline[status]
    w[13] = M.next
    w[14] = following[status]
    w[15] = '</p>\n<div class="date">\n<p class="over">'
    w[16] = label
    w[17] = '</p>\n<p class="when">'
    w[18] = text
    w[19] = '</p>\n</div>\n'
    w[20] = steps[status]

    local n = 20
    local parcels = order.parcels
    local total = #parcels

    if total > 1 then
        local delivered = 0

        for i = 1, total do
            if parcels[i].status == "delivered" then
                delivered = delivered + 1
            end
        end

        w[n + 1] = '<p class="where">'
        w[n + 2] = delivered
        w[n + 3] = " of "
        w[n + 4] = total
        w[n + 5] = " parcels delivered</p>\n"
        n = n + 5
    end

    n = n + 1
    w[n] = M.last_check

    for i = 1, total do
        local parcel = parcels[i]
        local s, events = parcel.status, parcel.events

        w[n + 1] = '<article class="card '
        w[n + 2] = tone[s]
        n = n + 2

        if total > 1 then
            w[n + 1] = '">\n<header>\n<h3>Parcel '
            w[n + 2] = i
            w[n + 3] = " of "
            w[n + 4] = total
            n = n + 4

        else
            n = n + 1
            w[n] = '">\n<header class="vh">\n<h3>Your parcel'
        end

        w[n + 1] = '</h3>\n<p class="status">'
        w[n + 2] = headline[s]
        w[n + 3] = M.carrier
        w[n + 4] = repeated(parcel.name)
        w[n + 5] = M.number
        w[n + 6] = escape(parcel.number)
        w[n + 7] = M.history
        n = n + 7

        for j = 1, #events do
            local e = events[j]

            w[n + 1] = j == 1 and '<li class="latest">\n<p><b>'
                       or '<li>\n<p><b>'
            w[n + 2] = scan[e.status]
            w[n + 3] = '</b> <span class="place" lang="">'
            w[n + 4] = repeated(e.place)
            w[n + 5] = '</span></p>\n<p class="quiet" lang="">'
            w[n + 6] = repeated(e.text)
            w[n + 7] = '</p>\n<p class="stamp"><time datetime="'
            w[n + 8] = iso(e.t, e.tz)
            w[n + 9] = '">'
            w[n + 10] = when(e.t, e.tz)
            w[n + 11] = '</time></p>\n</li>\n'
            n = n + 11
        end

        w[n + 1] = M.last_scan
        w[n + 2] = when(events[1].t, events[1].tz)
        w[n + 3] = M.more
        w[n + 4] = escape(parcel.url)
        w[n + 5] = M.carrier_page
        n = n + 5
    end

    n = n + 1
    w[n] = M.items

    local items = order.items

    for i = 1, #items do
        local item = items[i]

        if item.quantity > 1 then
            w[n + 1] = "<li><b>"
            w[n + 2] = item.quantity
            w[n + 3] = " ×</b> "
            n = n + 3

        else
            n = n + 1
            w[n] = "<li>"
        end

        w[n + 1] = repeated(item.name)
        w[n + 2] = "</li>\n"
        n = n + 2
    end

    w[n + 1] = "</ul>\n</section>\n"
    w[n + 2] = foot

    return concat(w)
end


-- What the shop's own bookkeeping is stays inside; times are for everybody.

local function public(order)
    local parcels = new_tab(#order.parcels, 0)

    for i, p in ipairs(order.parcels) do
        local events = new_tab(#p.events, 0)

        for j, e in ipairs(p.events) do
            events[j] = {
                time = iso(e.t, e.tz), status = e.status, place = e.place,
                description = e.text,
            }
        end

        parcels[i] = {
            carrier = p.carrier, tracking_number = p.number,
            tracking_url = p.url, status = p.status, events = events,
        }
    end

    return cjson.encode({
        order = order.number, status = order.status,
        placed_at = iso(order.placed, order.tz),
        promised = iso(order.promised, order.tz), items = order.items,
        parcels = parcels,
    })
end


local function get(number)
    local r = redis:new()
    r:set_timeout(1000)

    if not r:connect(socket) then
        exit(503)
    end

    local value = r:get("order:" .. number)

    if not value then
        exit(503)
    end

    r:set_keepalive(60000, 64)

    if value == null then
        exit(404)
    end

    return value
end


local function number()
    local n = var.uri:match("^/[a-z]+/([A-Za-z0-9-]+)$")

    if not n or #n > 64 then
        exit(404)
    end

    return n
end


local function answer(body)
    if not var.http_accept_encoding then
        header["Content-Length"] = #body
    end

    header["Cache-Control"] = "private, no-cache"
    print(body)
end


local function made(make)
    local order = cjson.decode(get(number()))

    if not order then
        exit(500)
    end

    answer(make(order))
end


-- A minute old at most, as if nobody minded.

function M.kept()
    local n = number()
    local pages = ngx.shared.pages
    local body = pages:get(n)

    if not body then
        local order = cjson.decode(get(n))

        if not order then
            exit(500)
        end

        body = render(order)
        pages:set(n, body, 60)
    end

    answer(body)
end


function M.html() made(render) end
function M.json() made(public) end
function M.stored() answer(get(number())) end


return M
