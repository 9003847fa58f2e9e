--- JWT: who connects shows a token that your web site signed (HS256), and is known by its name.
--
-- JWT_SECRET=… wsrelay-engine main.lua; 32 bytes or more, the same that the web site signs with.

local relay = require "relay"

relay.node {
  name = "jwt",
  listen = "127.0.0.1:8080",
  settings = { jwt_secret = os.getenv "JWT_SECRET" },
}
