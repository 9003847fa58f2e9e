--- metric_list.lua: what a node tells Prometheus: each metric, and the figure that it shows.
--
-- Figures are those of engine.figures() (engine/script/bind_figures.c). A row is name, type, help,
-- and where its samples come from: one figure; `by`, a label with a figure for each of its values;
-- `each`, a list with a sample for each of its entries; or `histogram`. docs/operations.md says when
-- to worry; specs see to it that nothing is missing on any side.

---@alias relay.MetricType "counter"|"gauge"|"histogram"|"summary"

---@class relay.MetricBy
---@field label string
---@field values string[][] the label's value, the figure

---@class relay.MetricEach
---@field list string of the figures, or of what metrics.lua adds to them
---@field labels string[][] the label, the entry's field
---@field value string the entry's field; of a summary the sum
---@field count? string of a summary

---@class relay.MetricHistogram
---@field buckets string a list of the figures, of { up_to, count }
---@field sum string
---@field count string

---@class relay.Metric name, type and help first
---@field figure? string
---@field by? relay.MetricBy
---@field each? relay.MetricEach
---@field histogram? relay.MetricHistogram

local function by(label, values)
  return { label = label, values = values }
end

local function each(list, labels, value, count)
  return { list = list, labels = labels, value = value, count = count }
end

local PEER = { { "peer", "name" } }
local CHANNEL = { { "channel", "name" } }
local QUESTION = { { "policy", "policy" }, { "question", "question" } }

---@type relay.Metric[]
return {
  -- The node.
  { "wsrelay_build_info", "gauge", "1, with the engine's version.",
    each = each("builds", { { "version", "version" } }, "one") },
  { "wsrelay_node_info", "gauge", "1, with the node's name.",
    each = each("builds", { { "node", "node" } }, "one") },
  { "wsrelay_generation", "gauge", "Which load of the scripts serves.", figure = "generation" },
  { "wsrelay_reloads_total", "counter", "Loads of the scripts while the node ran.",
    by = by("result", { { "done", "reloads_done" }, { "refused", "reloads_refused" } }) },
  { "wsrelay_health_state", "gauge", "1 for the state that the health policy says.",
    by = by("state", { { "good", "health_good" }, { "degraded", "health_degraded" },
      { "bad", "health_bad" } }) },
  { "wsrelay_draining", "gauge", "1 while the node sends its clients away.", figure = "draining" },
  { "wsrelay_traces", "gauge", "Who follows a trace.", figure = "traces" },

  -- Connections.
  { "wsrelay_connections", "gauge", "Connections of all kinds.", figure = "connections" },
  { "wsrelay_connections_max", "gauge", "limits.connections, or what the descriptors allow.",
    figure = "connections_max" },
  { "wsrelay_connections_accepted_total", "counter", "Connections that were accepted.",
    figure = "connections_accepted" },
  { "wsrelay_connections_refused_total", "counter", "Connections and upgrades that were refused.",
    by = by("reason", { { "full", "connections_refused_full" }, { "address", "connections_refused_address" },
      { "handshake", "handshakes_refused" } }) },
  { "wsrelay_disconnects_total", "counter", "Connections that the node closed for a fault of theirs.",
    by = by("reason", { { "too_slow", "clients_too_slow" }, { "flooding", "clients_flooding" },
      { "too_big", "messages_too_big" }, { "not_utf8", "messages_not_utf8" },
      { "not_text", "messages_not_text" }, { "unfinished", "messages_unfinished" },
      { "timed_out", "clients_timed_out" } }) },
  { "wsrelay_received_bytes_total", "counter", "Payload of the frames that came.",
    by = by("from", { { "clients", "bytes_received" }, { "peers", "peer_bytes_received" } }) },
  { "wsrelay_sent_bytes_total", "counter", "Frames that left, in bytes.",
    by = by("to", { { "clients", "bytes_sent" }, { "peers", "peer_bytes_sent" } }) },
  { "wsrelay_queued_bytes", "gauge", "What waits for readers to take it.",
    by = by("to", { { "clients", "client_queued_bytes" }, { "peers", "peer_queued_bytes" } }) },
  { "wsrelay_drops_total", "counter", "Messages, frames and packets that did not reach somebody.",
    by = by("reason", { { "too_slow", "frames_dropped_slow" }, { "disconnected", "frames_dropped_gone" },
      { "peer_behind", "tree_dropped" }, { "gap", "tree_skipped" }, { "no_memory", "tree_refused" },
      { "no_route", "router_stuck" }, { "other_password", "messages_withheld" },
      { "undecodable", "messages_undecodable" }, { "malformed", "packets_malformed" } }) },

  -- Clients, channels, messages.
  { "wsrelay_clients", "gauge", "Clients that are connected.", figure = "clients" },
  { "wsrelay_clients_opened_total", "counter", "Clients that came.", figure = "clients_opened" },
  { "wsrelay_clients_closed_total", "counter", "Clients that went.", figure = "clients_closed" },
  { "wsrelay_channels", "gauge", "Channels that are open here.", figure = "channels" },
  { "wsrelay_channels_opened_total", "counter", "Channels that were opened here.",
    figure = "channels_opened" },
  { "wsrelay_channels_closed_total", "counter", "Channels that were closed here.",
    figure = "channels_closed" },
  { "wsrelay_commands_total", "counter", "Text frames of clients.", figure = "commands" },
  { "wsrelay_commands_failed_total", "counter", "Commands that were answered with a reason.",
    figure = "commands_failed" },
  { "wsrelay_commands_refused_total", "counter", "Commands that were refused for one of these reasons.",
    by = by("reason", { { "malformed", "commands_malformed" }, { "rate_limited", "commands_limited" },
      { "wrong_password", "passwords_refused" }, { "hash_queue_full", "passwords_busy" } }) },
  { "wsrelay_messages_total", "counter", "Messages to channels that are open here, of other nodes too.",
    figure = "messages" },
  { "wsrelay_message_bytes_total", "counter", "Bytes of such messages, as JSON values.",
    figure = "message_bytes" },
  { "wsrelay_deliveries_total", "counter", "Messages that were queued for a subscriber, once for each.",
    figure = "deliveries" },
  { "wsrelay_hash_jobs", "gauge", "Password hashes that are under way.",
    by = by("state", { { "waiting", "hashes_waiting" }, { "running", "hashes_running" } }) },
  { "wsrelay_passwords_remembered_total", "counter", "Passwords that needed no hash again.",
    figure = "passwords_remembered" },

  -- Peers.
  { "wsrelay_peers", "gauge", "Links with other nodes.", figure = "peer_count" },
  { "wsrelay_peers_configured", "gauge", "Peers in main.lua.", figure = "peers_configured" },
  { "wsrelay_nodes", "gauge", "Other nodes of the network that are believed alive.", figure = "nodes" },
  { "wsrelay_peer_up", "gauge", "1 for a peer that is linked, 0 for one of main.lua that is not.",
    each = each("peers", PEER, "is_up") },
  { "wsrelay_peer_latency_seconds", "gauge", "Round trip to a peer, smoothed.",
    each = each("peers", PEER, "latency_seconds") },
  { "wsrelay_peer_queued_bytes", "gauge", "What waits for a peer to take it.",
    each = each("peers", PEER, "queued_bytes") },
  { "wsrelay_links_opened_total", "counter", "Links that stood.", figure = "links_opened" },
  { "wsrelay_links_closed_total", "counter", "Links that stand no more.", figure = "links_closed" },
  { "wsrelay_links_refused_total", "counter", "Nodes that were not let in.",
    by = by("reason", { { "token", "upgrades_refused" }, { "handshake", "links_refused" } }) },
  { "wsrelay_links_lost_total", "counter", "Links that this node gave up.",
    by = by("reason", { { "timed_out", "links_timed_out" }, { "too_slow", "links_too_slow" },
      { "replaced", "links_replaced" } }) },
  { "wsrelay_dials_total", "counter", "Attempts to reach a node.", figure = "dials" },
  { "wsrelay_dials_failed_total", "counter", "Attempts to reach a node that failed.",
    figure = "dials_failed" },

  -- Packets between nodes.
  { "wsrelay_packets_received_total", "counter", "Packets that came from peers.",
    figure = "packets_received" },
  { "wsrelay_packets_received_bytes_total", "counter", "Bytes of packets from peers.",
    figure = "packet_bytes_received" },
  { "wsrelay_packets_sent_total", "counter", "Packets that were queued for peers.", figure = "packets_sent" },
  { "wsrelay_packets_sent_bytes_total", "counter", "Bytes of packets for peers.",
    figure = "packet_bytes_sent" },
  { "wsrelay_packets_forwarded_total", "counter", "Packets handed on: along trees, to one peer, to all.",
    by = by("way", { { "tree", "tree_forwarded" }, { "route", "router_routed" },
      { "flood", "router_flooded" } }) },
  { "wsrelay_packets_duplicate_total", "counter", "Packets that had been here before.",
    by = by("way", { { "tree", "tree_duplicates" }, { "route", "router_seen" } }) },
  { "wsrelay_broadcasts_received_total", "counter", "Broadcasts that came, duplicates too.",
    figure = "tree_received" },
  { "wsrelay_broadcasts_delivered_total", "counter", "Broadcasts of other nodes, once each.",
    figure = "tree_delivered" },
  { "wsrelay_broadcasts_ignored_total", "counter", "Broadcasts of a boot that ended; our own, come back.",
    by = by("reason", { { "stale", "tree_stale" }, { "echo", "tree_echoes" } }) },
  { "wsrelay_remote_messages_total", "counter", "Messages of other nodes to channels that are open here.",
    figure = "messages_delivered" },
  { "wsrelay_tree_sources", "gauge", "Nodes whose broadcasts are followed, this one too.",
    figure = "tree_sources" },
  { "wsrelay_tree_held_packets", "gauge", "Broadcasts that wait behind a gap.", figure = "tree_held" },
  { "wsrelay_tree_told_total", "counter", "What was told to peers about the trees.",
    by = by("kind", { { "prune", "tree_prunes" }, { "graft", "tree_grafts" }, { "gone", "tree_gones" },
      { "have", "tree_haves" } }) },
  { "wsrelay_tree_told_rows_total", "counter", "Sources in the digests that were told.",
    figure = "tree_have_rows" },
  { "wsrelay_tree_resent_total", "counter", "Broadcasts that were sent again, for who missed them.",
    figure = "tree_resent" },
  { "wsrelay_tree_forgotten_total", "counter", "Nodes that were silent too long to be followed.",
    figure = "tree_forgotten" },
  { "wsrelay_node_commands_total", "counter", "Commands of other nodes for this one.",
    figure = "commands_received" },
  { "wsrelay_node_requests_total", "counter", "Commands of this node for others.", figure = "requests" },
  { "wsrelay_node_requests_retried_total", "counter", "Further attempts of such commands.",
    figure = "requests_again" },
  { "wsrelay_node_requests_timed_out_total", "counter", "Commands of this node that nobody answered.",
    figure = "requests_timed_out" },
  { "wsrelay_node_requests_waiting", "gauge", "Commands of this node that wait for an answer.",
    figure = "requests_waiting" },
  { "wsrelay_node_responses_unexpected_total", "counter", "Answers of other nodes that nobody waited for.",
    figure = "responses_unexpected" },
  { "wsrelay_reservations", "gauge", "Names of channels: held by this node, asked for, held by others.",
    by = by("state", { { "held", "claims_held" }, { "tentative", "claims_tentative" },
      { "replicated", "claims_replicated" } }) },

  -- The master's routine that keeps reservations in step; its figures are metrics.lua's own.
  { "wsrelay_synchronise_rounds_total", "counter", "Times that the master compared all nodes.",
    figure = "synchronise_rounds" },
  { "wsrelay_synchronise_last_time_seconds", "gauge", "When the last such round ended, Unix time.",
    figure = "synchronise_at" },
  { "wsrelay_synchronise_duration_seconds", "gauge", "How long the last round took.",
    figure = "synchronise_seconds" },
  { "wsrelay_synchronise_asked", "gauge", "Nodes that were asked in the last round.",
    figure = "synchronise_asked" },
  { "wsrelay_synchronise_silent", "gauge", "Nodes without lists in the last round: nothing is freed.",
    figure = "synchronise_silent" },
  { "wsrelay_synchronise_differences", "gauge", "Differences that the last round saw.",
    figure = "synchronise_differences" },
  { "wsrelay_synchronise_lasting", "gauge", "Differences of nodes of our own kind that last.",
    figure = "synchronise_lasting" },
  { "wsrelay_synchronise_conflicts", "gauge", "Channels that are open with two passwords.",
    figure = "synchronise_conflicts" },
  { "wsrelay_synchronise_mended_total", "counter", "Differences that were mended.",
    figure = "synchronise_mended" },

  -- Scripts and policies.
  { "wsrelay_policy_calls_total", "counter", "Questions to the policies.",
    each = each("policies", QUESTION, "asked") },
  { "wsrelay_policy_failures_total", "counter", "Questions that a policy could not answer.",
    each = each("policies", QUESTION, "failed") },
  { "wsrelay_policy_seconds", "summary", "Time of one question in sixteen, which is measured.",
    each = each("policies", QUESTION, "seconds", "timed") },
  { "wsrelay_handlers_waiting", "gauge", "Handlers of the scripts that wait for something.",
    figure = "handlers_waiting" },
  { "wsrelay_handler_failures_total", "counter", "Handlers that raised or overran.",
    figure = "handler_failures" },
  { "wsrelay_events_dropped_total", "counter", "Events for which no handler had room.",
    figure = "events_dropped" },
  { "wsrelay_lua_memory_bytes", "gauge", "What the Lua states hold.",
    by = by("state", { { "scripts", "scripts_bytes" }, { "policies", "policies_bytes" } }) },

  -- The loop and the process.
  { "wsrelay_loop_lag_seconds", "histogram", "How long the loop was busy at a time, to the millisecond.",
    histogram = { buckets = "turns", sum = "turn_seconds", count = "turn_count" } },
  { "wsrelay_loop_cpu_seconds_total", "counter", "Processor time of the loop's thread.",
    figure = "loop_cpu_seconds" },
  { "process_cpu_seconds_total", "counter", "Processor time of all threads.", figure = "cpu_seconds" },
  { "process_resident_memory_bytes", "gauge", "Memory of the process.", figure = "resident_bytes" },
  { "process_virtual_memory_bytes", "gauge", "Addresses of the process.", figure = "virtual_bytes" },
  { "process_open_fds", "gauge", "Descriptors that are open; known from Linux 6.2 on.",
    figure = "descriptors" },
  { "process_max_fds", "gauge", "Descriptors that may be open.", figure = "descriptors_max" },
  { "process_start_time_seconds", "gauge", "When the node started, Unix time.", figure = "started_at" },

  -- Channels by name: only those that admin.channel_metrics asks for.
  { "wsrelay_channel_subscribers", "gauge", "Subscribers of a channel, on this node.",
    each = each("busiest", CHANNEL, "subscribers") },
  { "wsrelay_channel_messages_total", "counter", "Messages to a channel since it opened here.",
    each = each("busiest", CHANNEL, "messages") },
  { "wsrelay_channel_message_bytes_total", "counter", "Bytes of such messages, as JSON values.",
    each = each("busiest", CHANNEL, "message_bytes") },
}
