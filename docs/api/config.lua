---@meta
-- luacheck: ignore 211 212 631

--- config.lua: the table that relay.node takes, for editors. Options of the command line go over it; an unknown
--- key or a wrong value is an error with its line. Paths are relative to main.lua.

---@class relay.NodeConfig
---@field name? string A-Z a-z 0-9 . _ -, 64 at most; the host's name
---@field listen? string|string[] "0.0.0.0:8080", also a list; "[::]:8080"; port 0 picks one and logs it
---@field host? string ws:// or wss://, what other nodes are told to dial; nothing
---@field region? string A-Z a-z 0-9 . _ -, 64 at most: where it stands, for policies and the overview; nothing
---@field token? string nodes that present it may join; nobody may
---@field peers? relay.Peer[] whom to dial
---@field pool? integer links with other nodes at most; 8
---@field master? boolean
---@field reserve? "available"|"majority" what an unconfirmed open does; "available"
---@field policies? string their directory; policies/ where it is there, else the installed ones
---@field tls? relay.TlsConfig plain without it
---@field admin? relay.AdminConfig off without it
---@field control? string the socket of `ctl`; off without it
---@field history? relay.HistoryConfig for the master
---@field limits? relay.LimitsConfig
---@field health? relay.HealthConfig
---@field drain_seconds? number 10
---@field keep_alive_seconds? number 25
---@field log? relay.LogConfig
---@field settings? relay.Settings for policies: texts, numbers, booleans, lists and tables; 8 tables deep and 64 KiB of JSON at most

---@class relay.Peer
---@field name string
---@field url string "wss://node-b.example.com/node"
---@field token string

---@class relay.TlsConfig
---@field cert? string a PEM file
---@field key? string
---@field ca? string who signs the certificates of nodes that are dialled; the system's list

---@class relay.AdminConfig
---@field listen? string "127.0.0.1:8081"
---@field token? string
---@field channel_metrics? integer 0; so many channels, the busiest, have metrics of their own: their names become labels

---@class relay.HistoryConfig what the overview's charts and events are kept in
---@field path? string "history.db"; a database of SQLite, made where it is missing; others may read it
---@field bytes? integer 268435456; the oldest fine figures go first

---@class relay.LimitsConfig
---@field message_bytes? integer 65536; longer ones close the connection
---@field connections? integer 100000
---@field connections_per_address? integer 1000; 0: no limit
---@field channels_per_client? integer 100
---@field messages_per_second? number 1000; 0: no limit
---@field burst? number 2000
---@field send_queue_bytes? integer 1048576; a reader that falls further behind is disconnected
---@field hash_queue? integer 1024 passwords that wait

---@class relay.HealthConfig
---@field latency_ms? number 10; for policies/health.lua

---@class relay.LogConfig
---@field level? "debug"|"info"|"warn"|"error" "info"
---@field format? "text"|"json" "text"
