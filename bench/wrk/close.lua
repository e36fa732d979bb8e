-- SPDX-License-Identifier: Apache-2.0
-- A connection for each request.
wrk.headers["Connection"] = "close"

function done(summary, latency, requests)
    local e = summary.errors
    print(string.format("RESULT %d %d %d", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.status + e.timeout))
end
