--- built_in.lua: what a node does by itself: the ten commands of the notes and node-info, the two flows,
-- ctl, and HTTP.
--
-- Loaded before main.lua, whose relay.command of the same name replaces one of these.

require "inm.get_node_connection"
require "inm.get_connection_token"
require "inm.list_nodes"
require "inm.list_channels"
require "inm.list_reserved_channels"
require "inm.reserve_channel"
require "inm.unreserve_channel"
require "inm.node_stats"
require "inm.host_stats"
require "inm.get_latency"
require "inm.node_info"

require("relay.onboarding").install()
require("relay.remote_connection").install()
require("relay.ctl").install()
require("relay.http").install()
require("relay.metrics").install()

return true
