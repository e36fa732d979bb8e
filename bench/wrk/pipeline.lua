-- SPDX-License-Identifier: Apache-2.0
-- Sixteen requests in each send. Made once, so that wrk sends them as cheaply as a single one.
local depth = 16

function init(args)
    local one = wrk.format()
    wrk.format = function() return one:rep(depth) end
end

-- The line for a script to read is made as in report.lua.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
