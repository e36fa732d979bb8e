-- SPDX-License-Identifier: Apache-2.0
-- A connection for each request.
wrk.headers["Connection"] = "close"

-- The line for a script to read is made as in report.lua.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "report.lua")
