local address = require "relay.address"

describe("relay.address", function()
  it("reads an IPv4 address and a port", function()
    assert.are.same({ host = "127.0.0.1", port = 8080 }, address.parse "127.0.0.1:8080")
    assert.are.same({ host = "0.0.0.0", port = 0 }, address.parse "0.0.0.0:0")
  end)

  it("reads an IPv6 address in brackets", function()
    assert.are.same({ host = "::", port = 8080 }, address.parse "[::]:8080")
    assert.are.same({ host = "2001:db8::1", port = 1 }, address.parse "[2001:db8::1]:1")
  end)

  it("takes port 65535 and refuses 65536", function()
    assert.are.equal(65535, address.parse("127.0.0.1:65535").port)
    for _, text in ipairs { "127.0.0.1:65536", "127.0.0.1:99999999999999999999" } do
      local listen, message = address.parse(text)
      assert.is_nil(listen)
      assert.matches("is not 0 to 65535", message)
    end
  end)

  it("refuses names", function()
    local listen, message = address.parse "localhost:8080"
    assert.is_nil(listen)
    assert.are.equal("\"localhost\" is not a numeric address (write 127.0.0.1 for localhost)", message)
  end)

  it("refuses what is no address and port", function()
    for _, text in ipairs { "", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "::1:80",
      "[127.0.0.1]:80", "256.0.0.1:80", "1.2.3:80", "[:::]:80", "[1:2]:80", "[g::]:80" } do
      assert.is_nil((address.parse(text)), text)
    end
  end)

  it("knows IPv6 in all its forms", function()
    for _, host in ipairs { "::", "::1", "1::", "1:2:3:4:5:6:7:8", "fe80::1:2", "::ffff:192.0.2.7",
      "64:ff9b::192.0.2.7", "1:2:3:4:5:6:192.0.2.7" } do
      assert.is_true(address.is_ipv6(host), host)
    end
    for _, host in ipairs { "", ":", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::",
      "192.0.2.7", "::192.0.2", "192.0.2.7::", "1:2:3:4:5:6:7:192.0.2.7", "::1%lo" } do
      assert.is_false(address.is_ipv6(host), host)
    end
  end)
end)
