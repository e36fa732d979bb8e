-- SPDX-License-Identifier: Apache-2.0
-- Prints what came of a run in one line for a script to read: requests, microseconds, errors.
function done(summary, latency, requests)
    local e = summary.errors
    print(string.format("RESULT %d %d %d", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.status + e.timeout))
end
