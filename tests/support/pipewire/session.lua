-- SPDX-License-Identifier: GPL-2.0-or-later
-- What of WirePlumber 0.4 is needed to link streams: see session.conf. `follow` is off because it
-- leaves a note about a stream behind, by a number that the next stream may get.
components = {}

local function module(name, args)
    table.insert(components, { "libwireplumber-module-" .. name, type = "module", args = args })
end

local function script(name, args)
    table.insert(components, { name .. ".lua", type = "script/lua", args = args })
end

script("access/access-default", { rules = {} })
module("default-nodes", { ["use-persistent-storage"] = false })
module("si-node")
module("si-audio-adapter")
module("si-standard-link")
module("si-audio-endpoint")
module("default-nodes-api")
script("create-item", { ["move"] = true, ["follow"] = false })
script("policy-node", { ["move"] = true, ["follow"] = false })
