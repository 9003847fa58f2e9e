---@meta relay
-- luacheck: ignore 212

--- relay.lua: what require "relay" gives to main.lua and to what it requires, for editors.
--
-- The types of relay.node's table stand in config.lua, those of policies in policies.lua, beside this.
--
-- Functions marked "waits" are called as if they did not wait: handlers run in coroutines of the
-- engine's, and it resumes them. They can be called in handlers (of relay.command, relay.on,
-- relay.every, relay.after), there not in a coroutine of your own, and not while main.lua loads.
-- Wrong arguments raise; what the world refuses comes back as nil and a reason.

---@class relay
local relay = {}

--- Says what this node is. A main.lua calls it once.
---@param given relay.NodeConfig
function relay.node(given) end

---@type relay.log
relay.log = {}

--- A plain table for what handlers share, and for what shall outlive a reload: its strings, numbers,
--- booleans, relay.null and tables of these are set in the new generation's relay.state when that is
--- taken (after main.lua was loaded, so what main.lua sets there is the default). Functions, userdata and
--- coroutines are left out, with a warning in the log. At most 64 MiB, and 100 tables deep.
---@type table
relay.state = {}

--- JSON's null. `{ password = relay.null }`; what is read has it, too, and it counts as true.
---@type userdata
relay.null = nil

--- Marks a table as an array, so that it is written as `[]` when it is empty. What is read has it.
---@generic T: table
---@param list? T
---@return T
function relay.array(list) end

-- ── What starts handlers ─────────────────────────────────────────────────────────────────────

---@class relay.Request
---@field command string
---@field source string the node that asks
---@field nonce string
---@field data table the command's data, decoded
---@field is_plain boolean the source is no node of our kind, as far as is known
---@field is_peer boolean the source is a peer
---@field is_broadcast boolean every node got it

---@alias relay.Handler fun(request: relay.Request): table|boolean|nil, string?

--- Answers an Intra-Node command; a later one of the same name replaces it, the shipped ten included.
--- The handler returns a table, which is the response (`ok = true` is added when it has no ok); nil
--- and a reason, which is `{"ok":false,"reason":…}`; false alone for no response at all; nothing for
--- `{"ok":true}`. One that raises is logged and answered with `internal error`.
---@param name string
---@param handler relay.Handler
function relay.command(name, handler) end

---@class relay.ClientFacts
---@field id integer
---@field address string
---@field channels integer that it is subscribed to
---@field identity table what client_auth.connect returned
---@field user any identity.user

---@class relay.MessageFacts
---@field channel string
---@field text string a string's text; of any other value, and of a string that is no Unicode, its JSON text
---@field json boolean text is JSON
---@field client? integer the sender's id; nil: it is no client of this node
---@field nonce? string the sender's, when that is a string

---@alias relay.Event
---| "client_open"
---| "client_close"
---| "channel_open"
---| "channel_close"
---| "subscribe"
---| "unsubscribe"
---| "message"
---| "peer_up"
---| "peer_down"
---| "reload"

--- Calls a handler when something happens, in a later turn of the loop:
---
--- | event | arguments | when |
--- |---|---|---|
--- | `client_open`, `client_close` | relay.ClientFacts | a client connected, or is gone |
--- | `channel_open`, `channel_close` | { name =, protected = } | first subscriber here, last one gone |
--- | `subscribe`, `unsubscribe` | client, the channel's name | a client joined or left a channel here |
--- | `message` | relay.MessageFacts | a message reached a channel that is open here |
--- | `peer_up`, `peer_down` | relay.PeerFacts | a link with a node stands, or stands no more |
--- | `reload` | | this generation of the scripts has taken over from another |
---
--- An event that nobody listens to costs nothing. A handler of client_open, subscribe or peer_up
--- that waits when its client or peer goes, or after that, is ended there (variables that are `<close>` are
--- closed).
--- At most 10,000 handlers wait; events beyond are dropped, with a warning in the log.
---@param event relay.Event
---@param handler fun(...: any)
function relay.on(event, handler) end

--- Calls a handler again and again. While one call waits for something no other begins.
---@param seconds number
---@param handler fun()
function relay.every(seconds, handler) end

--- Calls a handler once. While main.lua loads: so many seconds after the node runs.
---@param seconds number
---@param handler fun()
function relay.after(seconds, handler) end

--- Waits.
---@param seconds number
function relay.sleep(seconds) end

-- ── Other nodes ──────────────────────────────────────────────────────────────────────────────

--- Sends a command to a node and waits for its response, 5 seconds unless said otherwise. A response
--- with `ok = false` is data like any other.
---@param node string
---@param data table { command = "list-nodes", … }
---@param seconds? number
---@return table? data
---@return string? reason "timed out", "no route", …
function relay.request(node, data, seconds) end

--- Sends a command to every node and waits: until all who are believed alive have answered, or the
--- time is over.
---@param data table
---@param seconds? number
---@return table<string, table>? answers by node
---@return string? reason
function relay.broadcast(data, seconds) end

---@class relay.NodeFacts
---@field name string
---@field distance_ms? number one way; nil: not known
---@field is_peer boolean
---@field is_plain boolean it speaks the notes and nothing else

---@class relay.PeerFacts
---@field name string
---@field host? string where others can dial it; nil: it did not say
---@field latency_ms? number round trip; nil: not measured yet
---@field is_plain boolean
---@field is_dialled boolean this node dialled it
---@field is_configured boolean it stands in peers of main.lua

--- This node's name.
---@return string
function relay.name() end

--- The nodes that are believed alive, this one left out.
---@return relay.NodeFacts[]
function relay.nodes() end

--- The nodes that this one holds a link with.
---@return relay.PeerFacts[]
function relay.peers() end

--- The smoothed round trip to a peer in milliseconds.
---@param peer string
---@return number? ms
---@return string? reason "target not connected", "not measured yet"
function relay.latency(peer) end

--- A token that lets the node of that name in once, within 60 seconds.
---@param node string
---@return string? token
---@return string? reason
function relay.new_token(node) end

--- Dials a node once and waits for the link.
---@param peer relay.Peer
---@return true? linked
---@return string? reason
function relay.dial(peer) end

--- Closes the link with a peer. One that main.lua names is dialled again.
---@param name string
---@return boolean dropped false: it was none
function relay.drop_peer(name) end

-- ── Channels ─────────────────────────────────────────────────────────────────────────────────

---@class relay.ChannelFacts
---@field name string
---@field password? string the hash, 64 hexadecimal digits; nil: it has none
---@field subscribers? integer channels(): on this node
---@field scope? "network"|"node"|"list" channels(): where its messages go
---@field node? string reserved(): who holds it

--- The channels that are open on this node.
---@return relay.ChannelFacts[]
function relay.channels() end

--- The names that other nodes hold and that are not open here.
---@return relay.ChannelFacts[]
function relay.reserved() end

--- Sends a text to the subscribers of a channel, on all nodes.
---@param channel string
---@param text string UTF-8
---@return true? sent
---@return string? reason "channel not open": on no node
function relay.publish(channel, text) end

--- Sends a text to one subscriber alone, as a message of the channel.
---@param client integer its id
---@param channel string
---@param text string UTF-8
---@return true? sent
---@return string? reason "not subscribed"
function relay.send(client, channel, text) end

--- Reserves a channel's name for this node, though nobody is subscribed, so that nobody in the network can
--- open it with another password. Waits for the other nodes' votes. It stays until relay.unreserve, over
--- reloads too; when another node's claim wins after a partition the log says `reservation lost`.
---@param channel string
---@param hash? string of its password (relay.hash); nil: it has none
---@return true? reserved
---@return string? reason "channel already reserved", "busy"
function relay.reserve(channel, hash) end

--- Gives a name back that relay.reserve reserved.
---@param channel string
---@return true? done
---@return string? reason "not reserved"
function relay.unreserve(channel) end

--- The hash of a password as the network knows it: PBKDF2, on another thread. Waits.
---@param password string
---@param channel string
---@return string? hash 64 hexadecimal digits
---@return string? reason
function relay.hash(password, channel) end

-- ── Clients ──────────────────────────────────────────────────────────────────────────────────

---@class relay.ConnectedClient
---@field id integer never used again
---@field address string
---@field user? string|number|boolean|table of the identity
---@field identity table what client_auth.connect returned; {}: nothing
---@field channels string[] that it is subscribed to
---@field queued_bytes integer what it has not taken yet
---@field connected_seconds number

--- The clients that are connected here, oldest first. Of many take some at a time: those whose id is
--- above `after`.
---@param after? integer 0: from the first one on
---@param most? integer
---@return relay.ConnectedClient[]
function relay.clients(after, most) end

--- Ends a client with a close code, 1000 to 1003, 1007 to 1014 or 3000 to 4999, and a reason of 123
--- bytes at most.
---@param id integer
---@param code? integer 1000
---@param reason? string ""
---@return boolean closed false: there is none
function relay.close_client(id, code, reason) end

-- ── Figures ──────────────────────────────────────────────────────────────────────────────────

---@class relay.Counter
---@field add fun(self: relay.Counter, number?: number) 1 unless said otherwise; never negative
---@field value fun(self: relay.Counter): number

---@class relay.Gauge
---@field set fun(self: relay.Gauge, number: number)
---@field add fun(self: relay.Gauge, number?: number)
---@field value fun(self: relay.Gauge): number

--- A figure that only grows. Values stay over a reload. The same name gives the same counter; at most 1,000
--- counters and gauges. By Prometheus' conventions a counter's name ends with `_total`.
---@param name string A-Z a-z 0-9 _, not beginning with wsrelay_ or process_
---@param help? string what it counts
---@return relay.Counter
function relay.counter(name, help) end

--- A figure that goes up and down.
---@param name string
---@param help? string
---@return relay.Gauge
function relay.gauge(name, help) end

--- The dictionary of node-stats. Its `network` counts the messages of all channels that are open here.
---@param bytes_max? integer of its JSON: channels that do not fit are left out
---@return table stats
---@return integer left_out channels
function relay.stats(bytes_max) end

--- The dictionary of host-stats.
---@return table? stats
---@return string? reason
function relay.host_stats() end

return relay
