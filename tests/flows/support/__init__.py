"""What the flows share: a node, a client, a bare socket."""
