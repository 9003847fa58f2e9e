---@meta relay.testkit
-- luacheck: ignore 212 241

--- testkit.lua: what require "relay.testkit" gives to specs that `wsrelay-engine test` runs.
--
-- A network is whole nodes in this process, on simulated links and a simulated clock: the same core
-- as in production and your own main.lua and policies, each node with Lua states of its own. What the
-- kit does not have are sockets: listen, tls, admin and control of a main.lua are checked and not used.
--
-- Time stands still while a spec computes. It moves by net:advance, and in the calls marked "waits",
-- until their answer is there. All times are in seconds of that clock. The same seed and the same calls
-- give the same run; os.time, os.date and math.random in main.lua follow the simulation, too.
--
-- Wrong arguments raise, and so does an error in main.lua or a policy when a node starts, with file:line.
-- What the network refuses comes back as nil and a reason.

---@class relay.testkit
local testkit = {}

--- JSON's null, in what is sent and what was received.
---@type userdata
testkit.null = nil

--- Marks a table as an array, so that it is sent as `[]` when it is empty. What is received has it.
---@generic T: table
---@param list? T
---@return T
function testkit.array(list) end

---@class relay.testkit.NodeSpec
---@field name string 1 to 64 of the characters A-Z a-z 0-9 . _ -
---@field main? string this node's main.lua
---@field policies? string its policies' directory, relative to the working directory
---@field environment? table<string, string> what os.getenv of main.lua finds first
---@field token? string what others present to join it
---@field host? string what others are told to dial; "ws://NAME/"
---@field log_level? "debug"|"info"|"warn"|"error" instead of main.lua's

---@class relay.testkit.NetworkSpec
---@field [integer] string|relay.testkit.NodeSpec the nodes, 1 to 64: names, or tables of their own
---@field links? table[] pairs of names, `{ "node-a", "node-b", latency_ms = 80 }`: the first dials the
--- second, and nodes without a link cannot reach each other. Without links all can; `pool` still counts
---@field latency_ms? number of links that say none, there and back; 1
---@field main? string main.lua of nodes that say none; what --main says, or main.lua in the working directory
---@field policies? string policies of nodes that say none; what their main.lua says
---@field environment? table<string, string> of all nodes, below their own; WSRELAY_NAME is in it
---@field token? string of nodes that say none
---@field log_level? "debug"|"info"|"warn"|"error" of nodes that say none
---@field seed? integer 1

--- Starts a network and lets it settle, for 10 seconds at most. In the place of name, host, token and
--- peers of each main.lua stands what is given here; all else is as main.lua has it. It ends with
--- net:close, or when nothing refers to it any more.
---@param given relay.testkit.NetworkSpec
---@return relay.testkit.Net
function testkit.network(given) end

-- ── The network ──────────────────────────────────────────────────────────────────────────────

---@class relay.testkit.Net
local Net = {}

--- Lets time pass.
---@param seconds number
function Net:advance(seconds) end

--- Lets time pass until a function answers neither nil nor false, looking every 0.01 seconds. Waits.
---@generic T
---@param seconds number at most
---@param is_done fun(): T?
---@return T? answer the function's last one
function Net:wait(seconds, is_done) end

--- Lets time pass until the links have not changed for 2 seconds and every node knows exactly those that
--- it can reach. Waits.
---@param seconds? number at most; 60
---@return true? is_settled
---@return string? reason what is still wrong: "node-a does not know node-b"
function Net:settle(seconds) end

--- How much time has passed since the network began.
---@return number seconds
function Net:time() end

--- A client connects: client_auth.connect is asked, and the limits of connections hold.
---@param node string one that runs
---@param request? relay.testkit.ConnectRequest
---@return relay.testkit.Client? client
---@return string? reason of a refusal
---@return integer? status the HTTP status that the client would get
function Net:client(node, request) end

---@class relay.testkit.ConnectRequest
---@field address? string "192.0.2.1"
---@field origin? string the Origin header
---@field query? string what stands behind "?" of the URL; ""
---@field headers? table<string, string> policies see those that a real node would show them

--- A node asks another one, as relay.request does. Waits.
---@param node string the one that asks
---@param target string
---@param data table `{ command = "say-hello" }`
---@param seconds? number at most; 5
---@return table? data of the response
---@return string? reason "timed out", "no route", "cancelled"
function Net:request(node, target, data, seconds) end

--- A node asks all others, as relay.broadcast does. Waits.
---@param node string
---@param data table
---@param seconds? number at most; 5
---@return table<string, table> answers by node; of those that answered in time
function Net:broadcast(node, data, seconds) end

--- Cuts the network: nodes of different groups cannot reach each other from now on. Their links do not
--- know it yet; as with a real cable, a keep-alive that is not answered tells them. Nodes that stand in no
--- group are one group more. A later call replaces an earlier one.
---@param ... string[] groups of names
function Net:partition(...) end

--- Ends a partition. Nodes dial each other again by themselves, which takes them some seconds: net:settle.
function Net:heal() end

--- Cuts the connections between two nodes, without a word to them. Where one is configured to dial the
--- other, it does so again once it has noticed.
---@param a string
---@param b string
function Net:cut(a, b) end

--- A node's process dies: its clients and links are reset, and its memory is gone.
---@param node string one that runs
function Net:crash(node) end

--- A node ends in good order, as by SIGTERM: it says so to the others, and closes its clients and links.
--- Three seconds pass, then it does not run any more.
---@param node string one that runs
function Net:stop(node) end

--- Starts a node that crashed or was stopped, from its main.lua as it is now. Raises what is wrong in it.
---@param node string one that does not run
function Net:start(node) end

---@param node string
---@return boolean
function Net:is_alive(node) end

--- Loads a node's scripts and policies again, as SIGHUP does. On failure the old ones go on.
---@param node string one that runs
---@param changed? { main?: string, policies?: string } to be taken instead, from now on
---@return true? is_loaded
---@return string? message what is wrong, with file:line
function Net:reload(node, changed) end

--- What GET /health answers. The rules are asked once a second at most.
---@param node string one that runs
---@return { healthy: "good"|"degraded"|"bad", reason: string }
function Net:health(node) end

--- What a node has logged since it was started for the first time, the last 10,000 lines.
---@param node string
---@param wanted? string lines with this text in them alone
---@return string[] lines
function Net:log(node, wanted) end

--- The channels that are open on a node, oldest first.
---@param node string one that runs
---@return { name: string, protected: boolean, subscribers: integer }[]
function Net:channels(node) end

--- The nodes that a node holds a link with, in alphabetical order.
---@param node string one that runs
---@return string[] names
function Net:peers(node) end

--- The nodes that a node believes alive, itself left out, in alphabetical order.
---@param node string one that runs
---@return string[] names
function Net:nodes(node) end

--- Ends all nodes at once. Any later use raises.
function Net:close() end

-- ── A client ─────────────────────────────────────────────────────────────────────────────────

--- The commands wait for their response, 10 seconds at most, and answer its `data`: `{ ok = true }`, or
--- `{ ok = false, reason = "…" }`. Without a response they answer nil and a reason.
---@class relay.testkit.Client
---@field closed? { code: integer, reason: string } nil while the connection stands; 1006: it broke
local Client = {}

--- Waits.
---@param channel string
---@param password? string
---@return table? data
---@return string? reason
function Client:subscribe(channel, password) end

--- Waits.
---@param channel string
---@return table? data
---@return string? reason
function Client:unsubscribe(channel) end

--- Waits, for the node's answer; others get the message a moment later (receive).
---@param channel string
---@param message any what JSON can hold
---@return table? data
---@return string? reason
function Client:send(channel, message) end

--- The channels that it is subscribed to, or with "node" those that the node shows it. Waits.
---@param scope? "node"
---@return table? data `{ channels = { "channel" } }`
---@return string? reason
function Client:list(scope) end

--- Any command, as it is; a nonce is added when it has none. Waits.
---@param command table
---@return table? data
---@return string? reason
function Client:command(command) end

--- Any text, as it is, be it a command or not. Waits for the response that comes next.
---@param text string
---@return table? data
---@return string? reason
function Client:say(text) end

--- The next message of others: `{ channel = "channel", message = "hi" }`. Whatever else a node sends by
--- itself has its type beside: `{ type = "unsubscribed", channel = "channel", reason = "…" }`. Waits.
---@param seconds? number at most; 1
---@return table? message nil when none came
function Client:receive(seconds) end

--- All messages that have come and were not received, without waiting.
---@return table[]
function Client:messages() end

--- Leaves, without a word.
function Client:close() end

return testkit
