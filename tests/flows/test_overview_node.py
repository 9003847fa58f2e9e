

async def test_a_tip_covers_none_of_the_neighbours_that_it_could_spare(reader):
    async with reader(troubled(World(12)), size=(1440, 640)) as (page, _, _browser):
        await page.shown()
        await page.evaluate("document.querySelector('#drawing [href=\"#/node/node-f\"]').dispatchEvent(new PointerEvent('pointerenter'))")
        covered = await page.evaluate(
            "(() => { const tip = document.querySelector('.tip').getBoundingClientRect(); return [...document.querySelectorAll('#drawing .node')].filter((n) => {"
            " const d = n.querySelector('.disc').getBoundingClientRect(); return d.right > tip.left && d.left < tip.right && d.bottom > tip.top && d.top < tip.bottom; })"
            " .map((n) => n.getAttribute('href')); })()")
        assert covered == ["#/node/node-d"]  # which is lost, and has no link to it
