"""--watch: a script that changes is loaded anew, by itself; one that is broken changes nothing."""

import os
import shutil

import pytest

from support.client import OK, client, refused
from support.node import main_lua, run


def channel_auth(reason: str) -> str:
    return f'return {{ open = function() return false, "{reason}" end }}'


def replace(path, text: str):
    """As most editors save: another file, renamed over the old one."""
    other = path.with_name(path.name + ".tmp")
    other.write_text(text)
    os.rename(other, path)


async def answer(node) -> dict:
    async with client(node) as alice:
        return await alice.subscribe("channel")


@pytest.fixture
def watched(start_node):
    def start(config="", files=None, **more):
        return start_node(config, files={"policies/channel_auth.lua": channel_auth("first"), **(files or {})},
                          options=["--watch"], **more)

    return start


async def test_watch_a_policy_that_changes_decides_without_a_signal(watched):
    node = watched()
    policy = node.directory / "policies" / "channel_auth.lua"
    async with client(node) as alice:
        assert await alice.subscribe("channel") == refused("first")
        policy.write_text(channel_auth("second"))
        await node.logged("reloaded")
        assert await alice.subscribe("channel") == refused("second")
    changed = node.events("script changed")[0].fields
    assert changed["file"] == "channel_auth.lua" and changed["directory"] == f"{node.directory}/policies"


async def test_watch_a_file_renamed_over_the_old_one(watched):
    node = watched()
    replace(node.directory / "policies" / "channel_auth.lua", channel_auth("second"))
    await node.logged("reloaded")
    assert await answer(node) == refused("second")


async def test_watch_a_broken_script_keeps_the_old_and_says_where_until_it_is_mended(watched):
    node = watched()
    policy = node.directory / "policies" / "channel_auth.lua"
    replace(policy, "return {\nopen = = }")
    line = await node.logged("reload refused")
    assert f"{policy}:2: " in line.fields["error"]
    assert await answer(node) == refused("first")
    replace(policy, channel_auth("mended"))
    await node.logged("reloaded")
    assert await answer(node) == refused("mended")


async def test_watch_main_lua_and_a_module_beside_it(watched):
    node = watched('limits = require "deep.limits",', files={"deep/limits.lua": "return { channels_per_client = 1 }",
                                                              "policies/channel_auth.lua": "return {}"})
    async with client(node) as alice:
        assert await alice.subscribe("a") == OK
        assert (await alice.subscribe("b"))["ok"] is False
        replace(node.directory / "deep" / "limits.lua", "return { channels_per_client = 2 }")
        await node.logged("reloaded", 1)
        assert await alice.subscribe("b") == OK
        assert (await alice.subscribe("c"))["ok"] is False
        replace(node.main, main_lua("limits = { channels_per_client = 3 },", '"127.0.0.1:0"'))
        await node.logged("reloaded", 2)
        assert await alice.subscribe("c") == OK


async def test_watch_a_module_that_is_broken_from_its_first_load_on(watched):
    node = watched()
    node.write("new/module.lua", "return = 1")
    node.configure('pool = require "new.module",')
    line = await node.logged("reload refused")
    assert "new/module.lua:1:" in line.fields["error"]
    node.write("new/module.lua", "return 5")
    await node.logged("reloaded")


async def test_watch_a_directory_that_is_deleted_and_made_again(watched):
    node = watched()
    policies = node.directory / "policies"
    shutil.rmtree(policies)
    await node.logged("reloaded", 1)  # the installed ones
    assert await answer(node) == OK
    node.write("policies/channel_auth.lua", channel_auth("again"))
    await node.logged("reloaded", 2)
    replace(policies / "channel_auth.lua", channel_auth("and again"))
    await node.logged("reloaded", 3)
    assert await answer(node) == refused("and again")


async def test_watch_a_directory_that_a_link_leads_to(watched, tmp_path):
    for release in ("one", "two"):
        (tmp_path / "releases" / release).mkdir(parents=True)
        (tmp_path / "releases" / release / "channel_auth.lua").write_text(channel_auth(release))
    (tmp_path / "current").symlink_to("releases/one")
    node = watched(f'policies = "{tmp_path}/current",')
    assert await answer(node) == refused("one")
    (tmp_path / "next").symlink_to("releases/two")
    os.rename(tmp_path / "next", tmp_path / "current")
    await node.logged("reloaded")
    assert await answer(node) == refused("two")


async def test_watch_minds_nothing_but_lua_and_no_editors_files(watched):
    node = watched()
    for name in ("notes.txt", ".channel_auth.lua.swp", "channel_auth.lua~", ".#channel_auth.lua", "#channel_auth.lua#"):
        node.write(f"policies/{name}", "return = nonsense")
    node.write("policies/limits.lua", "return {}")
    await node.logged("reloaded")
    assert [line.fields["file"] for line in node.events("script changed")] == ["limits.lua"]
    assert not node.events("reload refused")


async def test_watch_is_off_unless_asked_for_and_has_a_variable(start_node):
    node = start_node(files={"policies/channel_auth.lua": channel_auth("first")}, env={"WSRELAY_WATCH": "1"})
    node.write("policies/channel_auth.lua", channel_auth("second"))
    await node.logged("reloaded")
    done = run("main.lua", env={"WSRELAY_WATCH": "perhaps"})
    assert done.returncode == 2 and "WSRELAY_WATCH is 0 or 1" in done.stderr
    quiet = start_node(files={"policies/channel_auth.lua": channel_auth("first")}, env={"WSRELAY_WATCH": "0"})
    quiet.write("policies/channel_auth.lua", channel_auth("second"))
    assert await answer(quiet) == refused("first")
    assert (await quiet.reload()).fields["generation"] == 2
