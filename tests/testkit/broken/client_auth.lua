local client_auth = {}

error("this one does not load")

return client_auth
