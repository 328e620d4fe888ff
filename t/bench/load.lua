-- wrk -s load.lua URL -- FILE SEED
--
-- FILE has a path a line, after a tab perhaps an ETag to ask with, after
-- another one what encoding to accept, and a key of the API.  The requests are made before the clock
-- starts and sent from a random place on, so that no two slices are alike.

local requests, n, i = {}, 0, 0

function init(args)
    local headers = {
        ["Host"] = "shop.example",
        ["Accept"] = "text/html,application/xhtml+xml,*/*;q=0.8",
    }

    for line in io.lines(args[1]) do
        local path, etag, encoding, key =
            line:match("^([^\t]+)\t?([^\t]*)\t?([^\t]*)\t?(.*)$")

        -- LuaJIT hashes a long string by a few of its bytes only, and these
        -- differ in fewer still: their lengths keep them apart.

        n = n + 1
        headers["User-Agent"] = "bench/" .. ("."):rep(n % 53)
        headers["If-None-Match"] = etag ~= "" and etag or nil
        headers["Accept-Encoding"] = encoding ~= "" and encoding or nil
        headers["Authorization"] = key ~= "" and "Bearer " .. key or nil
        requests[n] = wrk.format("GET", path, headers)
    end

    math.randomseed(tonumber(args[2]))

    for k = n, 2, -1 do
        local j = math.random(k)
        requests[k], requests[j] = requests[j], requests[k]
    end
end

function request()
    i = i % n + 1
    return requests[i]
end

function done(summary, latency)
    local e = summary.errors

    io.write(("RESULT %d %d %d %d %d %d %d %d\n"):format(
        summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(99),
        e.connect + e.read + e.write, e.status, e.timeout))
end
