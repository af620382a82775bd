// The hostile corpus through everything that stands before a reader: inserted as a site, opened at an origin of its
// own, filtered, under the policy of such pages. Each page is visited by itself, since none can be framed.

import { Chromium, isOfSite } from './chromium.mjs';
import { watchDeeds } from './deeds.mjs';
import { PROD } from './prod.mjs';
import * as scenes from './scenes.mjs';
import { inLanes } from './tally.mjs';

/** Pages at a time: one per core. */
const LANES = 2;

/** The least that is visited, evenly out of all that there are. */
const LEAST = 500;

/** How many pages one check is about. */
const BATCH = 128;

/** Runs the suite. @param {import('./tally.mjs').Tally} tally */
export async function run(tally) {
    const [scene] = await scenes.serveScenes('corpus');
    const browsers = await Chromium.launchAll(LANES, 'reader');
    const pages = await Promise.all(browsers.map((browser) => browser.page()));
    const { origin: console_, port } = new URL(scene.url);
    let origin = console_;
    let note = () => {};
    // Before the first page: what may have no program takes no debugger either.
    const isInside = (url) => [console_, origin].includes(url.origin);
    for (const page of pages) {
        await watchDeeds(page, isInside, (...deed) => note(...deed));
    }
    await pages[0].goto(scene.url);
    ({ origin } = new URL(pages[0].url()));
    await tally.check('reader: a site has an origin of its own', async (complain) => {
        if (!isOfSite(origin)) {
            complain(origin);
        }
    });
    await pages[0].goto(`${origin}/names.txt`);
    const all = (await pages[0].locator('main pre').innerText()).trim().split('\n').filter((name) => name.endsWith('.html'));
    const step = Math.max(1, Math.floor(all.length / LEAST));
    const names = all.filter((_, index) => index % step === 0);
    await tally.check('reader: the corpus is there', async (complain) => {
        if (names.length < LEAST) {
            complain(`it has ${names.length} pages`);
        }
    });
    for (let from = 0; from < names.length; from += BATCH) {
        const batch = names.slice(from, from + BATCH);
        await tally.check(`reader: hostile pages from ${from} on`, async (complain) => {
            note = (what, address, detail) => complain(`${address}: ${what} ${detail}`);
            await inLanes(LANES, batch, (name, lane) => visit(pages[lane], `${origin}/${name}`, complain));
        });
    }
    const reach = await Chromium.closeAll(browsers);
    await tally.check('reader: no name is looked up and nobody else is called', async (complain) => {
        reach.names.forEach((name) => complain(`${name} was looked up`));
        const ours = [`127.0.0.1:${port}`, `[::1]:${port}`];
        [...reach.addresses].filter((address) => !ours.includes(address)).forEach((address) => complain(`${address} was called`));
    });
    console.log(`${names.length} of ${all.length} hostile pages through the reader`);
}

async function visit(page, address, complain) {
    const answer = await page.goto(address);
    // A page that is refused says so, which is as good.
    if (![200, 415].includes(answer.status())) {
        complain(`${address}: its status is ${answer.status()}`);
    }
    const found = await page.evaluate(PROD);
    found.forEach(({ url, what }) => complain(`${url}: keeps ${what}`));
    if (page.url() !== address) {
        complain(`${address}: it leads to ${page.url()}`);
    }
}
