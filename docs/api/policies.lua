---@meta
-- luacheck: ignore 211 212 631

--- policies.lua: what policies are asked and what they answer, for editors.
--
-- Write the type above your table, and the arguments of its functions are known:
--
--     ---@type relay.policy.client_auth
--     local client_auth = {}
--
-- Every function gets `settings` of main.lua as its last argument.

-- ── What all of them know ────────────────────────────────────────────────────────────────────

--- `settings` of relay.node: a table for each policy file, empty where main.lua gives none.
---@class relay.Settings
---@field [string] any texts, numbers, booleans, and lists and tables of such

--- Who asks.
---@class relay.Client
---@field id integer
---@field address string "192.0.2.7"
---@field channels integer that it is subscribed to
---@field identity table what client_auth.connect returned; {} without one
---@field user any identity.user

--- What every policy file may have.
---@class relay.Policy
---@field check? fun(settings: relay.Settings) # raises what is wrong with them, when the file is loaded: nothing is taken then

-- ── client_auth.lua ──────────────────────────────────────────────────────────────────────────

---@class relay.ConnectRequest
---@field time number Unix seconds
---@field address string the client's address, "192.0.2.7"
---@field origin? string the Origin header; a program that is no browser sends none
---@field path string "/connect"
---@field query string what stands behind the "?", percent escapes and all; "" without one
---@field headers table<string, string> by lower-case name; repeated ones joined with ", "

---@class relay.policy.client_auth: relay.Policy
---@field headers? string[] names of headers to be told beside the usual ones, 16 at most
---@field connect? fun(request: relay.ConnectRequest, settings: relay.Settings): boolean, string|table|nil, integer? # `true`, `true, identity`, or `false, reason, status`; when it fails: denied, 403

-- ── channel_auth.lua ─────────────────────────────────────────────────────────────────────────

--- A subscribe to a channel that nobody has.
---@class relay.OpenRequest
---@field time number Unix seconds
---@field client relay.Client
---@field channel string its name
---@field protected boolean a password was given

--- A subscribe to a channel that exists, here or on another node.
---@class relay.JoinRequest
---@field time number Unix seconds
---@field client relay.Client
---@field channel string its name
---@field protected boolean the channel has a password
---@field password_matches boolean also when it has none

--- One channel of a list.
---@class relay.ListRequest
---@field client relay.Client
---@field channel string its name
---@field protected boolean it has a password

---@class relay.policy.channel_auth: relay.Policy
---@field open? fun(request: relay.OpenRequest, settings: relay.Settings): boolean, string? # `true`, or `false, reason`; when it fails: denied
---@field join? fun(request: relay.JoinRequest, settings: relay.Settings): boolean, string? # the same
---@field list? fun(request: relay.ListRequest, settings: relay.Settings): boolean # whether it is shown; when it fails: hidden

-- ── limits.lua ───────────────────────────────────────────────────────────────────────────────

---@class relay.ClientLimits
---@field message_bytes? integer the longest message
---@field channels_per_client? integer
---@field messages_per_second? number 0: no limit
---@field burst? number so many at once, before messages_per_second counts
---@field send_queue_bytes? integer a reader that falls further behind is disconnected

---@class relay.LimitsRequest
---@field client relay.Client
---@field limits relay.ClientLimits the configured ones, all of them

---@class relay.policy.limits: relay.Policy
---@field client? fun(request: relay.LimitsRequest, settings: relay.Settings): relay.ClientLimits? # those that differ; when it fails: the configured ones

-- ── message.lua ──────────────────────────────────────────────────────────────────────────────

---@class relay.PublishRequest
---@field time number Unix seconds
---@field client relay.Client
---@field channel string its name
---@field text string a string's text; of any other value, its JSON text
---@field json boolean the message is no string

---@class relay.policy.message: relay.Policy
---@field publish? fun(message: relay.PublishRequest, settings: relay.Settings): boolean|string, string? # `true`, `false, reason`, or a text in its place; when it fails: refused

-- ── health.lua ───────────────────────────────────────────────────────────────────────────────

---@class relay.HealthFacts
---@field clients integer connected clients
---@field channels integer open channels
---@field connections integer all connections, clients and peers
---@field peers integer linked peers
---@field peers_configured integer peers that main.lua names
---@field latency_ms number of the slowest peer; 0 without peers
---@field latency_limit_ms number health.latency_ms of main.lua
---@field draining boolean the node is about to stop

---@class relay.HealthRule
---@field state "good"|"degraded"|"bad"
---@field reason string up to 120 bytes
---@field when fun(facts: relay.HealthFacts, settings: relay.Settings): boolean # whether the rule holds

---@class relay.policy.health: relay.Policy
---@field rules? relay.HealthRule[] 64 at most; the worst state that holds wins; when one fails: the last state stands

-- ── node_auth.lua ────────────────────────────────────────────────────────────────────────────

---@class relay.NodeRequest
---@field name string
---@field address string where it comes from
---@field token_kind "configured"|"single-use"
---@field token_matches boolean one whose token does not match is refused anyhow
---@field peers integer how many peers this node has

---@class relay.policy.node_auth: relay.Policy
---@field accept? fun(request: relay.NodeRequest, settings: relay.Settings): boolean, string? # `true`, or `false, reason`; when it fails: denied

-- ── routing.lua ──────────────────────────────────────────────────────────────────────────────

---@class relay.Route
---@field peer string the peer that packets would go to
---@field latency_ms? number round trip to that peer; nil: not measured
---@field hops? integer 1: the peer is the destination; nil: not known
---@field fastest boolean what is taken when nobody says otherwise

---@class relay.policy.routing: relay.Policy
---@field scope? fun(channel: string, settings: relay.Settings): "network"|"node"|string[] # when it fails: the network
---@field next_hop? fun(destination: string, routes: relay.Route[], settings: relay.Settings): string? # a route's peer, or nil for the fastest; when it fails: the fastest

-- ── peer_selection.lua ───────────────────────────────────────────────────────────────────────

---@class relay.Candidate
---@field name string
---@field linked boolean it is a peer now
---@field dialled boolean this node made the link
---@field configured boolean main.lua names it as a peer
---@field ring boolean it is a neighbour in the ring of all names
---@field latency_ms? number round trip; nil: not known
---@field degree? integer how many peers it has; nil: not known
---@field via? string a peer of this node that has a link with it
---@field random number 0 to 1; drawn once for each node, so that a choice by it stays

---@class relay.policy.peer_selection: relay.Policy
---@field choose? fun(candidates: relay.Candidate[], pool: integer, settings: relay.Settings): string[] # names, the most important first; when it fails: the links stay

-- ── nearest.lua ──────────────────────────────────────────────────────────────────────────────

--- A node that a client can be sent to.
---@class relay.NearestNode
---@field name string
---@field host string where a client connects: "wss://node-a.example.com/connect"
---@field region? string of main.lua
---@field clients integer that it has, with those that were sent there since it said so
---@field load? number of its host, over a minute; nil: not known
---@field health? "good"|"degraded"|"bad" nil: not known
---@field draining boolean it is about to stop
---@field latency_ms? number round trip from the master; nil: not known

--- GET /nearest.
---@class relay.NearestRequest
---@field time number Unix seconds
---@field address string the client's
---@field region? string that the client says: ?region=eu, or the header X-Region
---@field query table<string, string> by name
---@field headers table<string, string> by lower-case name
---@field nodes relay.NearestNode[]

---@class relay.policy.nearest: relay.Policy
---@field choose? fun(request: relay.NearestRequest, settings: relay.Settings): string[] # names, the best first; when it fails: a healthy node with few clients
