"""The notes' chart "New Client (Single Node)", line by line."""

from support.client import OK, client


async def test_flow_new_client_single_node(node):
    async with client(node) as client1, client(node) as client2:
        assert await client1.subscribe("channel") == OK
        assert await client2.subscribe("channel") == OK
        assert await client1.send("channel", "Hello World") == OK
        assert await client2.receive() == {"message": "Hello World", "channel": "channel"}
        assert await client1.channels() == ["channel"] and not client1.inbox
